"""What a token must say to be accepted for one purpose: written out by the caller, checked by us (RFC 7519 §4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys.errors import JoseError, JoseErrorCode
from certs.keys.signing_key import Algorithm

LEEWAY: Final = timedelta(seconds=60)
"""How far two clocks may differ; anti-replay keys must live this much longer than the token."""
_LATEST: Final = 253_402_300_799  # the end of the year 9999, in seconds
_DATES: Final = ("exp", "nbf", "iat")
_TEXTS: Final = ("iss", "sub", "jti", "nonce", "azp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One purpose's rules; `None` as issuer or audience means that the caller itself decides about that claim."""

    algorithms: frozenset[str]
    typ: frozenset[str | None]
    """Media types that are this purpose's own, so that no token passes for another kind (RFC 8725 §3.11)."""
    issuer: str | None
    audience: str | None
    required: frozenset[str]
    leeway: timedelta = LEEWAY
    max_age: timedelta | None = None
    """Time since `iat`."""
    max_lifetime: timedelta | None = None
    """Time until `exp`: it bounds how long a `jti` must be remembered."""
    single_audience: bool = False
    """`aud` is one string, not a list (RFC 7523 with the issuer as the only audience)."""
    accept_expired: bool = False
    """Only for `id_token_hint`, which may be old (OpenID Connect RP-Initiated Logout §2)."""

    def __post_init__(self) -> None:
        if not self.algorithms or not self.algorithms <= set(Algorithm):
            raise ValueError("algorithms must be a choice of ES256, RS256, PS256")
        if not self.typ:
            raise ValueError("typ must name at least one type")


def check_claims(claims: Mapping[str, Any], expected: Expectation, now: datetime) -> None:
    """Refuse claims that are missing, malformed or not meant for us now."""
    _check_presence(claims, expected)
    _check_shapes(claims)
    if expected.issuer is not None and claims["iss"] != expected.issuer:
        raise JoseError(JoseErrorCode.ISSUER_REFUSED)
    if expected.audience is not None:
        _check_audience(claims["aud"], expected.audience, single=expected.single_audience)
    _check_times(claims, expected, now.timestamp())


def _check_presence(claims: Mapping[str, Any], expected: Expectation) -> None:
    implied = {
        "iss": expected.issuer is not None,
        "aud": expected.audience is not None,
        "iat": expected.max_age is not None,
        "exp": expected.max_lifetime is not None,
    }
    if not (expected.required | {name for name, needed in implied.items() if needed}) <= claims.keys():
        raise JoseError(JoseErrorCode.CLAIM_MISSING)


def _check_shapes(claims: Mapping[str, Any]) -> None:
    texts_are_good = all(isinstance(claims[name], str) and claims[name] for name in _TEXTS if name in claims)
    if not texts_are_good or not all(_is_date(claims[name]) for name in _DATES if name in claims):
        raise JoseError(JoseErrorCode.CLAIM_MALFORMED)


def _is_date(value: object) -> bool:
    # True is an int to Python. Comparing also refuses infinity and integers too long for a float.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LATEST


def _check_audience(audience: object, ours: str, *, single: bool) -> None:
    named = audience if isinstance(audience, list) and not single else [audience]
    if not all(isinstance(name, str) for name in named):
        raise JoseError(JoseErrorCode.CLAIM_MALFORMED)
    if ours not in named:
        raise JoseError(JoseErrorCode.AUDIENCE_REFUSED)


def _check_times(claims: Mapping[str, Any], expected: Expectation, now: float) -> None:
    leeway = expected.leeway.total_seconds()
    exp, nbf, iat = (claims.get(name) for name in _DATES)
    if exp is not None and not expected.accept_expired and now >= exp + leeway:
        raise JoseError(JoseErrorCode.EXPIRED)
    if nbf is not None and nbf > now + leeway:
        raise JoseError(JoseErrorCode.NOT_YET_VALID)
    if iat is not None and iat > now + leeway:
        raise JoseError(JoseErrorCode.ISSUED_IN_FUTURE)
    if expected.max_age is not None and now - claims["iat"] > expected.max_age.total_seconds() + leeway:
        raise JoseError(JoseErrorCode.TOO_OLD)
    if expected.max_lifetime is not None and claims["exp"] - now > expected.max_lifetime.total_seconds() + leeway:
        raise JoseError(JoseErrorCode.LIFETIME_TOO_LONG)
