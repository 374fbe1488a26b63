"""An ID token that a relying party hands back: whose sign-in or sign-out it is about (OpenID Connect Core §3.1.2.1)."""

from datetime import datetime
from typing import Final

from certs.keys import JoseError
from certs.keys.jose import Expectation, VerifiedClaims, verify
from certs.keys.signing_key import KeySource
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import ID_TOKEN_TYPE
from gateway.oidc.names import SIGNING_ALGORITHMS, ErrorCode

_CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "iat"})


def read(hint: str, keys: KeySource, issuer: str, now: datetime, *, audience: str | None = None) -> VerifiedClaims:
    """An ID token of ours, expired or not, while its key counts; one of another kind or issuer is none (CD-07, CA-01).

    With ``audience`` it must be that client's own; without, the caller looks the client up by ``aud``.
    """
    expected = Expectation(
        algorithms=frozenset(SIGNING_ALGORITHMS),
        typ=frozenset({ID_TOKEN_TYPE}),
        issuer=issuer,
        audience=audience,
        single_audience=True,
        required=_CLAIMS,
        accept_expired=True,
    )
    try:
        claims = verify(hint, keys.verification_keys(), expected, now=now)
    except JoseError as error:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "id_token_hint is not an ID token of this issuer") from error
    keys.seen(claims.header_kid, now)
    return claims
