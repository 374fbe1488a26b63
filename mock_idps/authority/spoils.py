"""How a certificate is spoilt: each name changes one thing, and every reader of it should say which.

`LEAF` changes what the certificate says. `ISSUED_BY` puts another issuer above it: an authority that is none, one that
may not sign, one too deep, one that only bears the right names.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from mock_idps.authority import der, extensions
from mock_idps.authority.certificate import Profile
from mock_idps.authority.keys import Family, Scheme

Spoil = Callable[[Profile, datetime], Profile]

_OTHER_ISSUER: Final = {
    "hk-ca-15": "hk-ca-17",
    "hk-ca-17": "hk-ca-15",
    "hk-ca-10": "hk-ca-15",
    "gd-ca-sm2": "gd-ca-rsa",
    "gd-ca-rsa": "gd-ca-sm2",
    "mo-ca": "hk-ca-17",
}
_DAY: Final = timedelta(days=1)


def _other_type(profile: Profile, _now: datetime) -> Profile:
    """Rename the type wherever the certificate names it."""
    subject = tuple((kind, f"{text} Plus" if kind == "OU" else text) for kind, text in profile.subject)
    notice = None if profile.policy_notice is None else f"{profile.policy_notice} Plus"
    renamed = tuple(_renamed(one) for one in profile.extensions)
    return replace(profile, subject=subject, policy_notice=notice, extensions=renamed)


def _renamed(extension: bytes) -> bytes:
    """A type of Macao stands in an extension; `Qualified` becomes `Qualifies`, which has the same length."""
    return extension.replace(b"Qualified", b"Qualifies").replace(b"Normalised", b"Normaliset")


def _issuer(profile: Profile, _now: datetime) -> Profile:
    return replace(profile, issuer=_OTHER_ISSUER[profile.issuer])


def _changed(**changes: Any) -> Spoil:
    return lambda profile, _now: replace(profile, **changes)


def _with_extension(*encoded: bytes) -> Spoil:
    return lambda profile, _now: replace(profile, extensions=(*profile.extensions, *encoded))


LEAF: Final[Mapping[str, Spoil]] = {
    "expired": lambda p, now: replace(p, not_before=now - 400 * _DAY, not_after=now - _DAY),
    "not_yet": lambda p, now: replace(p, not_before=now + _DAY, not_after=now + 400 * _DAY),
    "no_policy": lambda p, _now: replace(p, policies=p.policies[1:] or ("2.999.1",)),
    "other_policy": lambda p, _now: replace(p, policies=("2.16.344.8.2.2008.810.20.1", *p.policies[1:])),
    "old_edition": lambda p, _now: replace(p, policies=("2.16.344.8.2.2008.810.2.2012.1.0", *p.policies[1:])),
    "other_type": _other_type,
    "wrong_issuer": _issuer,
    "key_usage": _changed(key_usage=("keyEncipherment", "dataEncipherment")),
    "key_usage_agreement": _changed(key_usage=("keyAgreement",)),
    "no_key_usage": _changed(key_usage=()),
    "eku": _changed(extended_key_usage=("serverAuth",)),
    "eku_not_critical": _changed(extended_key_usage_critical=False),
    "eku_not_alone": _changed(extended_key_usage=("timeStamping", "clientAuth")),
    "sha1": _changed(scheme=Scheme("sha1")),
    "rsa1024": _changed(family=Family.RSA_1024),
    "secp256k1": _changed(family=Family.K256),
    "ca_true": _changed(ca=True, key_usage=("digitalSignature", "keyCertSign")),
    "version1": _changed(version=1),
    "version2": _changed(version=2),
    "serial_zero": _changed(serial=0),
    "serial_negative": _changed(serial=-5),
    "serial_long": _changed(serial=1 << 200),
    "no_key_ids": _changed(key_ids=False),
    "damaged": _changed(damaged=True),
    "algorithms_differ": _changed(inner_scheme=Scheme("sha512")),
    "doubled_extension": _with_extension(extensions.key_usage(("digitalSignature",))),
    "unknown_critical": _with_extension(extensions.extension("2.999.1.2.3", der.NULL, critical=True)),
    "many_extensions": _with_extension(*(extensions.extension(f"2.999.4.{n}", der.NULL) for n in range(60))),
    "huge": _with_extension(extensions.extension("2.999.5", der.octets(bytes(20_000)))),
    "no_addresses": _changed(ocsp=(), crl=(), issuers=()),
    "foreign_addresses": _changed(
        ocsp=("http://169.254.169.254/ocsp",),
        crl=("http://127.0.0.1:1/x.crl",),
        issuers=("http://[::1]/x.cer",),
    ),
    "bidi_name": lambda p, _now: replace(p, subject=(*p.subject[:-1], ("CN", "Sandbox \u202egnp.exe\x00 Name"))),
}
"""Of an end-entity certificate."""

ISSUED_BY: Final[Mapping[str, Mapping[str, Any]]] = {
    "pathlen": {"parent": "issuing"},
    "issuer_no_ca": {"ca": False, "path_length": None},
    "issuer_no_constraints": {"ca": None},
    "issuer_no_cert_sign": {"key_usage": ("digitalSignature", "cRLSign")},
    "issuer_expired": {"expired": True},
    "issuer_unknown_critical": {
        "extensions": (extensions.extension("2.999.1.2.3", der.NULL, critical=True),),
    },
    "issuer_name_constraints": {
        "extensions": (extensions.name_constraints(permitted=("elsewhere.example",)),),
    },
    "issuer_unlisted": {},
}
"""A subordinate authority between root and leaf, and what is wrong with it; `pathlen` puts it below the issuing one."""
SPOILS: Final = (*LEAF, *ISSUED_BY, "ca_false", "look_alike")
"""`ca_false`: issued by another person's certificate; `look_alike`: the tree has the right names, not the keys."""
