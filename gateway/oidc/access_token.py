"""Access tokens: opaque ones for the gateway's own userinfo, signed ones for one resource server (RFC 6750, RFC 9068).

Both are remembered by hash and hang on their grant, so that both can be ended, whoever checks them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from certs.keys import JoseError, jose
from certs.keys.signing_key import SigningKey
from gateway.oidc import resources
from gateway.oidc.claims import mandate_end
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import new_access_token
from gateway.oidc.model import AccessToken, Client, Confirmation, Grant, TokenResponse
from gateway.oidc.names import ConfirmationMethod, ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.protection import key_for
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.random_values import digest

TYPE: Final = "at+jwt"
ALGORITHM: Final = "ES256"
"""Resource servers do not choose; this is what each of them can verify (RFC 9068 §2.1)."""
_MANDATE: Final = "gba_mandate"


class Issued(NamedTuple):
    """An access token: what its holder gets, and what is remembered of it."""

    text: str
    token: AccessToken

    def response(self, now: datetime, **more: str | None) -> TokenResponse:
        """The answer that hands it out."""
        is_proven = self.token.confirmation is not None and self.token.confirmation.method is ConfirmationMethod.JKT
        return TokenResponse(
            access_token=self.text,
            expires_in=int((self.token.expires_at - now).total_seconds()),
            scope=" ".join(self.token.scopes),
            token_type="DPoP" if is_proven else "Bearer",
            **more,
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a new token is for, where it differs from its grant."""

    client_id: str
    scopes: tuple[str, ...]
    audience: str | None = None
    confirmation: Confirmation | None = None
    actor: str | None = None
    """The clients that act, the last one first, separated by blanks; no ``client_id`` holds one."""
    not_after: datetime | None = None


def issue(value: str, grant: Grant, terms: Terms, op: OpenIDProvider, now: datetime) -> Issued:
    """Make a token out of a fresh value: pure but for the signature, so that it may run inside a transaction."""
    limits = [limit for limit in (terms.not_after, mandate_end(grant)) if limit is not None]
    token = replace(
        new_access_token(value, grant, now, op.lifetimes.access_token),
        client_id=terms.client_id,
        scopes=terms.scopes,
        expires_at=min([now + op.lifetimes.access_token, *limits]),
        confirmation=terms.confirmation,
        audience=terms.audience,
        actor=terms.actor,
    )
    if terms.audience is None:
        return Issued(value, token)
    text = jose.sign(_claims(value, grant, token, op, now), signing_key(op), typ=TYPE)
    return Issued(text, replace(token, hash=digest(text)))


async def find(text: str, op: OpenIDProvider, now: datetime) -> tuple[AccessToken, Grant] | None:
    """A live access token of ours with its grant; a signed one counts only as long as its key does (KM-03)."""
    if "." in text and not _is_of_a_key_that_counts(text, op, now):
        return None
    return await op.tokens.find_access_token(digest(text), now)


def _is_of_a_key_that_counts(text: str, op: OpenIDProvider, now: datetime) -> bool:
    try:
        kid = jose.claimed_kid(text)
    except JoseError:
        return False
    counts = kid is not None and any(key.kid == kid for key in op.keys.verification_keys().keys)
    if counts:  # names that strangers make up are not remembered
        op.keys.seen(kid, now)
    return counts


def signing_key(op: OpenIDProvider) -> SigningKey:
    """The key of access tokens; asked for beforehand, so that no code is spent when there is none."""
    return key_for(ALGORITHM, op)


def asked_audience(form: Parameters, client: Client, op: OpenIDProvider) -> str | None:
    """The one resource server that the request names (RFC 8707 §2.2); the issuer stands for userinfo."""
    asked = form.all("resource")
    if len(asked) > 1:
        raise OAuthError(ErrorCode.INVALID_TARGET, "a token is for one resource")
    if asked == (op.issuer,):
        return op.issuer
    return next(iter(resources.read(asked, client)), None)


def audience(asked: str | None, granted: Sequence[str], op: OpenIDProvider) -> str | None:
    """Whom the token is for: the resource server named now, or the only one that was named when the person agreed.

    ``None`` is the gateway itself: the issuer was named, or nothing was, or several were (RFC 8707 §2.2).
    """
    if asked == op.issuer:
        return None
    if asked is None:
        return granted[0] if len(granted) == 1 else None
    if asked not in granted:
        raise OAuthError(ErrorCode.INVALID_TARGET, "the resource is not among those that were granted")
    return asked


def acting(actor: str | None, grant: Grant) -> dict[str, Any] | None:
    """Who acts, the last one outermost; at the bottom the person who acts for an organisation (RFC 8693 §4.1)."""
    act: dict[str, Any] | None = {"sub": grant.actor_sub} if grant.actor_sub is not None else None
    for client_id in reversed((actor or "").split()):
        act = {"client_id": client_id} | ({"act": act} if act is not None else {})
    return act


def _claims(jti: str, grant: Grant, token: AccessToken, op: OpenIDProvider, now: datetime) -> Mapping[str, Any]:
    """What the resource server learns (RFC 9068 §2.2): no name, no number, only what it decides by (PR-05)."""
    claims: dict[str, Any] = {
        "iss": op.issuer,
        "sub": grant.sub,
        "aud": token.audience,
        "exp": int(token.expires_at.timestamp()),
        "iat": int(now.timestamp()),
        "jti": jti,
        "client_id": token.client_id,
        "scope": " ".join(token.scopes),
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": grant.acr,
        "amr": list(grant.amr),
        "cnf": token.confirmation.as_claim() if token.confirmation is not None else None,
        "act": acting(token.actor, grant),
        _MANDATE: grant.claims.get(_MANDATE) if grant.actor_sub is not None else None,
    }
    return {name: value for name, value in claims.items() if value is not None}
