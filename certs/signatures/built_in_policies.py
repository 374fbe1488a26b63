"""The policies that every gateway has (specification §3); an operator's own come beside them, as files."""

from typing import Any, Final

_RSA: Final = {"family": "RSA", "digests": ["sha256", "sha384", "sha512"], "bits": 2048}
_OF_OLD: Final = "2014-01-01T00:00:00+00:00"
_RSA_OF_OLD: Final = {"family": "RSA", "digests": ["sha256", "sha384", "sha512"], "bits": 1024, "until": _OF_OLD}
_SHA1: Final = {"family": "RSA", "digests": ["sha1"], "bits": 1024, "until": _OF_OLD}
_EC: Final = {"family": "EC", "digests": ["sha256", "sha384", "sha512"], "bits": 256, "curves": ["P-256", "P-384"]}
_ED25519: Final = {"family": "Ed25519"}
_SM2: Final = {"family": "SM2", "digests": ["sm3"], "bits": 256}
_MODERN: Final = [_RSA, _EC, _ED25519, _SM2]
_LENIENT: Final = {"TIME-CLAIMED": "WARN", "TIME-ORDER": "WARN"}

GBA_DEFAULT: Final[dict[str, Any]] = {
    "id": "gba-default",
    "version": 1,
    "levels": _LENIENT,
    "algorithms": [*_MODERN, _RSA_OF_OLD, _SHA1],
    "accept": {"recognised": True, "minimum_class": "R1"},
}
GBA_STRICT: Final[dict[str, Any]] = {
    "id": "gba-strict",
    "version": 1,
    "levels": {"TIME-CLAIMED": "FAIL", "TIME-ORDER": "WARN"},
    "algorithms": _MODERN,
    "time": {"proof_required": True},
    "accept": {"recognised": True, "minimum_class": "R2"},
}
HK_GOVERNMENT: Final[dict[str, Any]] = {
    "id": "hk-government",  # Electronic Transactions Ordinance (Cap. 553) s.6(1A)
    "version": 1,
    "levels": _LENIENT,
    "algorithms": _MODERN,
    "accept": {"recognised": True, "minimum_class": "R2"},
}
GD_SM_ONLY: Final[dict[str, Any]] = {
    "id": "gd-sm-only",
    "version": 1,
    "levels": _LENIENT,
    "algorithms": [_SM2],
    "accept": {"recognised": True, "minimum_class": "R2"},
}
ARCHIVE: Final[dict[str, Any]] = {
    "id": "archive",  # EN 319 102-1 §5.6: what was good then, with proof
    "version": 1,
    "levels": _LENIENT,
    "algorithms": [*_MODERN, _RSA_OF_OLD, _SHA1],
    "time": {"proof_required": True},
    "revocation": {"max_age_ocsp": 86_400, "max_age_crl": 604_800},
    "accept": {"recognised": True, "minimum_class": "R1"},
}
BUILT_IN: Final = (GBA_DEFAULT, GBA_STRICT, HK_GOVERNMENT, GD_SM_ONLY, ARCHIVE)
DEFAULT_POLICY: Final = "gba-default"
