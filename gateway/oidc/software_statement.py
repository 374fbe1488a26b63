"""What a vouching party signed about a piece of software; it wins over what the client says (RFC 7591 §2.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from certs.keys import JoseError, JsonError, strict_json
from certs.keys.jose import Expectation, VerificationKeys, claimed, verify
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import SIGNING_ALGORITHMS, ErrorCode

MEMBER: Final = "software_statement"
StatementKeys = Mapping[str, VerificationKeys]
"""Who may vouch for software -> the keys pinned for it."""

_OF_THE_TOKEN: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", MEMBER})
"""Claims about the statement itself, which are no metadata."""


def read_issuers(documents: Mapping[str, bytes]) -> StatementKeys:
    """The vouching parties' key sets, read once when the gateway starts; raises ``ValueError`` naming the party."""
    keys = {}
    for issuer, document in documents.items():
        try:
            keys[issuer] = VerificationKeys.from_jwks(strict_json.parse_object(document))
        except (JoseError, JsonError):
            raise ValueError(f"{issuer} has no acceptable JWK set") from None
        if not keys[issuer].keys:
            raise ValueError(f"{issuer} has no key that verifies signatures")
    return keys


def stated(
    token: str, keys: StatementKeys, issuer: str, now: datetime, *, is_on_record: bool = False
) -> dict[str, Any]:
    """The metadata that a statement vouches for; raises ``OAuthError``.

    ``is_on_record``: a client that was registered with it goes on holding to it after its end (RFC 7592 §2.2).
    """
    try:
        members = claimed(token)
        party = members.get("iss")
        if not isinstance(party, str) or party not in keys:
            raise OAuthError(ErrorCode.UNAPPROVED_SOFTWARE_STATEMENT, "nobody known vouches for the software")
        audience = issuer if "aud" in members else None
        found = verify(token, keys[party], _expected(party, audience, is_on_record=is_on_record), now=now)
    except JoseError as error:
        raise OAuthError(ErrorCode.INVALID_SOFTWARE_STATEMENT, "the software statement is not valid") from error
    return {name: value for name, value in found.claims.items() if name not in _OF_THE_TOKEN}


def _expected(party: str, audience: str | None, *, is_on_record: bool) -> Expectation:
    return Expectation(
        algorithms=frozenset(SIGNING_ALGORITHMS),
        typ=frozenset({None, "JWT"}),
        issuer=party,
        audience=audience,
        required=frozenset({"iss"}),
        accept_expired=is_on_record,
    )
