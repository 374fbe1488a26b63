"""Entity statements: what an entity says of itself, and what its superior says of it (OpenID Federation 1.0 §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from certs.keys import JoseError
from certs.keys.jose import Expectation, VerificationKeys, VerifiedClaims, claimed, verify
from gateway.oidc.names import SIGNING_ALGORITHMS
from gateway.oidc.redirect_uri import UriError, WebUri

STATEMENT_TYPE: Final = "entity-statement+jwt"
LONGEST_LIFE: Final = timedelta(days=30)
"""A statement that would count for longer is refused: withdrawing it would take as long."""
MAX_HINTS: Final = 4
"""Superiors of one entity that are looked at; more are a maze built for us to get lost in."""
WELL_KNOWN: Final = "/.well-known/openid-federation"

_CONFIGURATION: Final = frozenset({"iss", "sub", "iat", "exp", "jwks"})
_UNDERSTOOD: Final = frozenset(
    {
        *("iss", "sub", "iat", "exp", "jwks", "metadata", "metadata_policy", "constraints", "crit"),
        *("authority_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners", "source_endpoint"),
    }
)
"""Members that mean something to us; ``crit`` may name no others (§3.1.1)."""


class FederationError(Exception):
    """Why an entity cannot be trusted: one fixed phrase, for records; strangers are told less."""


@dataclass(frozen=True, slots=True)
class EntityStatement:
    """A verified statement; ``iss`` and ``sub`` are equal for an entity configuration (§3.1)."""

    iss: str
    sub: str
    expires_at: datetime
    jwks: Mapping[str, Any] = field(repr=False)
    authority_hints: tuple[str, ...] = ()
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    metadata_policy: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    constraints: Mapping[str, Any] = field(default_factory=dict, repr=False)
    trust_marks: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    trust_mark_issuers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    """As it was signed: it is verified once more with the keys that the issuer's own superior vouches for."""

    @property
    def keys(self) -> VerificationKeys:
        """The subject's keys; raises ``FederationError`` for a set that holds a dangerous one."""
        return federation_keys(self.jwks)


def check_entity_id(text: str) -> str:
    """An entity identifier is an https address without query and fragment (§1.2)."""
    try:
        WebUri.parse(text)
    except UriError:
        raise FederationError("not an entity identifier") from None
    if "?" in text or not text.startswith(("https://", "http://127.0.0.1", "http://[::1]")):
        raise FederationError("not an entity identifier")
    return text


def federation_keys(jwks: Mapping[str, Any]) -> VerificationKeys:
    """Read a key set of an entity."""
    try:
        return VerificationKeys.from_jwks(jwks)
    except JoseError:
        raise FederationError("a key set is not acceptable") from None


def read_configuration(token: str, entity_id: str, now: datetime) -> EntityStatement:
    """What an entity says of itself, signed with one of the keys that it names itself (§9)."""
    return read_statement(token, entity_id, entity_id, federation_keys(_own_keys(token)), now)


def read_statement(token: str, iss: str, sub: str, keys: VerificationKeys, now: datetime) -> EntityStatement:
    """A statement of ``iss`` about ``sub`` (§3.1, §10.2), checked with the keys that ``iss`` is known by."""
    expected = Expectation(
        algorithms=frozenset(SIGNING_ALGORITHMS),
        typ=frozenset({STATEMENT_TYPE}),
        issuer=iss,
        audience=None,
        required=_CONFIGURATION,
        max_lifetime=LONGEST_LIFE,
    )
    try:
        claims = verify(token, keys, expected, now=now)
    except JoseError:
        raise FederationError("an entity statement cannot be verified") from None
    if claims["sub"] != sub or claims.header_kid is None:
        raise FederationError("an entity statement is about another entity")
    return _parsed(claims, token)


def statement_of(body: bytes) -> str:
    """The compact token in an answer's body."""
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise FederationError("an entity statement is malformed") from None


def _own_keys(token: str) -> Mapping[str, Any]:
    try:
        return objects(claimed(token), "jwks")
    except JoseError:
        raise FederationError("an entity statement is malformed") from None


def _parsed(claims: VerifiedClaims, token: str) -> EntityStatement:
    critical = texts(claims.claims, "crit")
    if not set(critical) <= _UNDERSTOOD:
        raise FederationError("an entity statement demands what is not understood here")
    return EntityStatement(
        iss=claims["iss"],
        sub=claims["sub"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        jwks=objects(claims.claims, "jwks"),
        authority_hints=texts(claims.claims, "authority_hints")[:MAX_HINTS],
        metadata=_objects_by_name(claims.claims, "metadata"),
        metadata_policy=_objects_by_name(claims.claims, "metadata_policy"),
        constraints=objects(claims.claims, "constraints"),
        trust_marks=_marks(claims.get("trust_marks", [])),
        trust_mark_issuers={
            name: texts(objects(claims.claims, "trust_mark_issuers"), name)
            for name in objects(claims.claims, "trust_mark_issuers")
        },
        token=token,
    )


def objects(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that must be an object where it is there."""
    value = members.get(name, {})
    if not isinstance(value, dict):
        raise FederationError("an entity statement is malformed")
    return value


def texts(members: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A member that must be a list of texts where it is there."""
    value = members.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise FederationError("an entity statement is malformed")
    return tuple(value)


def _objects_by_name(members: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    outer = objects(members, name)
    return {inner: objects(outer, inner) for inner in outer}


def _marks(value: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise FederationError("an entity statement is malformed")
    return tuple(value)
