"""Where a certificate says that its status can be found (RFC 5280 §4.2.1.13 and §4.2.2.1): hints, never trusted.

An address is only called when the entry of the trust list names its host; a distribution point also says which of an
authority's lists covers the certificate.
"""

from functools import lru_cache
from typing import Any, Final

from asn1crypto import core, crl, x509

from certs.trust.certificate import Certificate
from certs.trust.fence import fence
from certs.trust.reasons import Reason

_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_POINTS: Final = "2.5.29.31"
_URI: Final = "uniform_resource_identifier"
_MAX_NAMES: Final = 16
_KEPT: Final = 1_024
"""Certificates whose addresses are remembered: they stand in each of them, and are asked for each time."""


@lru_cache(maxsize=_KEPT)
def responder_addresses(certificate: Certificate) -> tuple[str, ...]:
    """Addresses of responders, in the certificate's order."""
    value = _extension(certificate, _ACCESS)
    if value is None:
        return ()
    with fence(Reason.CERTIFICATE_MALFORMED):
        access = list(x509.AuthorityInfoAccessSyntax.load(value, strict=True))[:_MAX_NAMES]
        locations = [one["access_location"] for one in access if one["access_method"].dotted == _OCSP]
        return tuple(uri for uri in map(_uri, locations) if uri is not None)


@lru_cache(maxsize=_KEPT)
def list_addresses(certificate: Certificate) -> tuple[str, ...]:
    """Addresses of revocation lists, in the certificate's order."""
    with fence(Reason.CERTIFICATE_MALFORMED):
        uris = [_uri(name) for point in _points(certificate) for name in _full_names(point["distribution_point"])]
        return tuple(uri for uri in uris[:_MAX_NAMES] if uri is not None)


def point_names(certificate: Certificate) -> frozenset[bytes]:
    """Names of the certificate's distribution points, as DER, to compare with that of a list."""
    with fence(Reason.CERTIFICATE_MALFORMED):
        return frozenset(name for point in _points(certificate) for name in names_of(point["distribution_point"]))


def names_of(point: Any) -> frozenset[bytes]:
    """The names that a DistributionPointName gives, as DER; empty where it is absent."""
    if isinstance(point, core.Void):
        return frozenset()
    if point.name != "full_name":
        return frozenset({bytes(point.chosen.contents)})  # relative to the issuer, who is the same on both sides
    return frozenset(bytes(name.dump()) for name in _full_names(point))


def _points(certificate: Certificate) -> list[Any]:
    value = _extension(certificate, _POINTS)
    return [] if value is None else list(crl.CRLDistributionPoints.load(value, strict=True))[:_MAX_NAMES]


def _full_names(point: Any) -> list[Any]:
    is_full = not isinstance(point, core.Void) and point.name == "full_name"
    return list(point.chosen)[:_MAX_NAMES] if is_full else []


def _uri(name: Any) -> str | None:
    return str(name.chosen.native) if name.name == _URI else None


def _extension(certificate: Certificate, oid: str) -> bytes | None:
    return next((value for name, _, value in certificate.extensions if name == oid), None)
