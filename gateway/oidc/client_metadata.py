"""A relying party's metadata as JSON, read into a ``Client`` and written from one (RFC 7591 §2, §3.2.1).

One table serves dynamic registration, the federation, the operator API and the command line, so that a member means
the same wherever it comes from. What registries do not know has the prefix ``gba_``. Members that are not in the table
are ignored (RFC 7591 §2); one of the wrong type is refused by its name, never by its value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from gateway.oidc.model import Client
from gateway.oidc.names import (
    CLIENT_ASSERTION_ALGORITHMS,
    REQUEST_OBJECT_ALGORITHMS,
    ClientAuthMethod,
    DeliveryMode,
    GrantType,
    Profile,
    Scope,
    ServiceScope,
    SubjectType,
)
from gateway.oidc.registration import MetadataError

MAX_TEXT: Final = 2048
MAX_ENTRIES: Final = 64
RESPONSE_TYPES: Final = "response_types"
CODE: Final = "code"

Read = Callable[[Any], Any]
Kind = TypeVar("Kind", bound=StrEnum)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError("a text is needed")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_ENTRIES:
        raise ValueError("a list of texts is needed")
    return tuple(_text(entry) for entry in value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is needed")  # noqa: TRY004 - one refusal for whatever a stranger sends
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number is needed")  # noqa: TRY004 - as above
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object is needed")  # noqa: TRY004 - as above
    return value


def _codes(value: Any) -> dict[str, str]:
    return {_text(name): _text(code) for name, code in _object(value).items()}


def _scopes(value: Any) -> tuple[str, ...]:
    """``openid`` is always among them: this provider speaks OpenID Connect with everybody."""
    return tuple(dict.fromkeys([Scope.OPENID.value, *_text(value).split()]))


def _one_of(kind: type[Kind]) -> Callable[[Any], Kind]:
    return lambda value: kind(_text(value))


def _some_of(kind: type[Kind]) -> Callable[[Any], tuple[Kind, ...]]:
    return lambda value: tuple(dict.fromkeys(kind(entry) for entry in _texts(value)))


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the metadata: its registered name, the client's field, and how one becomes the other."""

    name: str
    field: str
    read: Read
    write: Callable[[Any], Any] = _same


def _as_named(read: Read, *names: str, write: Callable[[Any], Any] = _same) -> tuple[Member, ...]:
    return tuple(Member(name, name, read, write) for name in names)


def _ours(read: Read, *names: str, write: Callable[[Any], Any] = _same) -> tuple[Member, ...]:
    return tuple(Member(f"gba_{name}", name, read, write) for name in names)


MEMBERS: Final[tuple[Member, ...]] = (
    *_as_named(_text, "client_name"),
    *_as_named(_texts, "redirect_uris", write=list),
    *_as_named(_one_of(ClientAuthMethod), "token_endpoint_auth_method", write=str),
    *_as_named(_some_of(GrantType), "grant_types", write=list),
    Member("scope", "scopes", _scopes, " ".join),
    *_as_named(_text, "client_uri", "logo_uri", "tos_uri", "policy_uri"),
    *_as_named(_texts, "contacts", "post_logout_redirect_uris", "request_uris", "default_acr_values", write=list),
    *_as_named(_object, "jwks", write=dict),
    *_as_named(_text, "jwks_uri", "sector_identifier_uri", "software_id", "software_version"),
    *_as_named(_one_of(SubjectType), "subject_type", write=str),
    *_as_named(_text, "id_token_signed_response_alg", "request_object_signing_alg"),
    *_as_named(_text, "id_token_encrypted_response_alg", "id_token_encrypted_response_enc"),
    *_as_named(_text, "userinfo_signed_response_alg"),
    *_as_named(_text, "userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc"),
    *_as_named(_text, "authorization_signed_response_alg", "introspection_signed_response_alg"),
    *_as_named(_flag, "require_signed_request_object", "require_pushed_authorization_requests"),
    *_as_named(_flag, "dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens"),
    *_as_named(_text, "tls_client_auth_subject_dn", "tls_client_auth_san_dns"),
    *_as_named(_text, "tls_client_auth_san_uri", "tls_client_auth_san_email"),
    *_as_named(_whole, "default_max_age"),
    *_as_named(_text, "backchannel_logout_uri", "frontchannel_logout_uri"),
    *_as_named(_flag, "backchannel_logout_session_required", "frontchannel_logout_session_required"),
    *_as_named(_one_of(DeliveryMode), "backchannel_token_delivery_mode", write=str),
    *_as_named(_text, "backchannel_client_notification_endpoint"),
    *_ours(_one_of(Profile), "profile", write=str),
    *_ours(_text, "jurisdiction", "purpose", "event_uri", "serves", "relying_party"),
    *_ours(_texts, "surrogate_purposes", "providers", "resources", write=list),
    *_ours(_codes, "document_codes", write=dict),
    *_ours(_whole, "requests_per_minute"),
    *_ours(_flag, "legacy_without_pkce"),
    *_ours(_some_of(ServiceScope), "service_scopes", write=list),
)
"""Every member that means something here."""

_BY_FIELD: Final[Mapping[str, str]] = {member.field: member.name for member in MEMBERS}
_ALWAYS: Final = frozenset({"client_name", "redirect_uris", "gba_profile", "gba_jurisdiction"})

_STATED: Final[Mapping[str, Callable[[Any], bool]]] = {
    "application_type": lambda value: value in {"web", "native"},
    "token_endpoint_auth_signing_alg": lambda value: value in CLIENT_ASSERTION_ALGORITHMS,
    "backchannel_authentication_request_signing_alg": lambda value: value in REQUEST_OBJECT_ALGORITHMS,
    "backchannel_user_code_parameter": lambda value: value is False,
}
"""Members that must fit what this provider does with everybody, and of which nothing else is remembered."""


def client_from(members: Mapping[str, Any], base: Client) -> Client:
    """The client that the members make of ``base``; raises ``MetadataError`` for a member of the wrong type.

    ``null`` is the same as absent (RFC 7592 §2.2). Whether the client may be stored is for ``check_client`` to say.
    """
    values = {}
    for member in MEMBERS:
        value = members.get(member.name)
        if value is None:
            continue
        try:
            values[member.field] = member.read(value)
        except ValueError:
            raise MetadataError(member.name, "it has the wrong type or an unknown value") from None
    for name, fits in _STATED.items():
        if members.get(name) is not None and not (isinstance(members[name], str | bool) and fits(members[name])):
            raise MetadataError(name, "this value is not supported")
    client = replace(base, **values)
    _check_response_types(members.get(RESPONSE_TYPES), client)
    return client


def metadata_of(client: Client) -> dict[str, Any]:
    """All registered metadata of a client, none of its secrets (RFC 7591 §3.2.1); what is not set is left out."""
    written = {}
    for member in MEMBERS:
        value = getattr(client, member.field)
        if value or member.name in _ALWAYS or (value == 0 and value is not False):
            written[member.name] = member.write(value)
    return written | {RESPONSE_TYPES: _response_types(client)}


def member_name(field: str) -> str:
    """How a field of ``Client`` is called on the wire."""
    return _BY_FIELD.get(field, field)


def _response_types(client: Client) -> list[str]:
    return [CODE] if GrantType.AUTHORIZATION_CODE in client.grant_types else []


def _check_response_types(stated: Any, client: Client) -> None:
    """The code flow and nothing else; it must agree with the grants (RFC 7591 §2.1)."""
    if stated is not None and stated != _response_types(client):
        raise MetadataError(RESPONSE_TYPES, "only code is supported, with the grant authorization_code")
