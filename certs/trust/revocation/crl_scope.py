"""Whether a revocation list speaks of a certificate at all (RFC 5280 §5.2.5 and §6.3.3 (b)).

Silence of a list is good news only for what the list covers: one cut into parts says nothing about the other parts.
"""

from collections.abc import Mapping
from typing import Final

from asn1crypto import core, crl

from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from certs.trust.revocation.points import names_of, point_names

NUMBER: Final = "2.5.29.20"
DELTA: Final = "2.5.29.27"
PARTITION: Final = "2.5.29.28"
REMEMBERS: Final = "2.5.29.60"
"""expiredCertsOnCRL (X.509 §9.5.2.8): since when expired certificates stay on the list."""
UNDERSTOOD: Final = frozenset({NUMBER, DELTA, PARTITION, REMEMBERS, "2.5.29.35", "2.5.29.18", "2.5.29.46"})


def check_scope(extensions: Mapping[str, bytes], certificate: Certificate) -> None:
    """Refuse a list that does not cover the certificate for every reason."""
    if DELTA in extensions:
        raise Fault(Reason.REVOCATION_DELTA)
    value = extensions.get(PARTITION)
    if value is None:
        return
    partition = crl.IssuingDistributionPoint.load(value, strict=True)
    excluded = "only_contains_user_certs" if certificate.is_ca else "only_contains_ca_certs"
    limits = (excluded, "only_contains_attribute_certs", "indirect_crl")
    if any(partition[limit].native for limit in limits) or not isinstance(partition["only_some_reasons"], core.Void):
        raise Fault(Reason.REVOCATION_SCOPE)
    point = partition["distribution_point"]
    if not isinstance(point, core.Void) and not names_of(point) & point_names(certificate):
        raise Fault(Reason.REVOCATION_SCOPE)
