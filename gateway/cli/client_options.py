"""The options of ``gate client create`` and ``update``: one row for each member of a relying party's metadata.

Both verbs, the operator API and dynamic registration read the same members, so an option is its name, its kind and a
sentence, and nothing is decided here.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gateway.cli.output import Exit, stop
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType, Profile, Scope, ServiceScope, SubjectType

FILE_LIMIT: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class MetadataOption:
    """One option: how it is written, the member that it becomes, its type, and what it is for."""

    flags: str
    member: str
    kind: Any
    help: str
    convert: Callable[[Any], Any] = lambda value: value

    @property
    def parameter(self) -> str:
        """The name under which the verb receives it."""
        return f"with_{self.member}"


def _codes(pairs: list[str]) -> dict[str, str]:
    """Pairs like ``permit_cn=05``; which kinds there are is checked with the rest of the registration."""
    codes = dict(pair.partition("=")[::2] for pair in pairs)
    if len(codes) != len(pairs) or not all(kind and code for kind, code in codes.items()):
        stop("--document-code is kind=code, each kind once", Exit.USAGE)
    return codes


def read_object(path: Path) -> dict[str, Any]:
    """One JSON object from a file."""
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if len(text) <= FILE_LIMIT else None
    except (OSError, ValueError):
        stop(f"{path} cannot be read as JSON", Exit.USAGE)
    if not isinstance(document, dict):
        stop(f"{path} must hold one JSON object", Exit.USAGE)
    return document


_SEVERAL: Final = "May be given several times."

OPTIONS: Final = (
    MetadataOption("--name", "client_name", str, "Name shown to people."),
    MetadataOption("--redirect-uri", "redirect_uris", list[str], _SEVERAL),
    MetadataOption("--auth", "token_endpoint_auth_method", ClientAuthMethod, "How the client authenticates."),
    MetadataOption("--jwks-file", "jwks", Path, "The client's public keys, a JSON Web Key Set.", read_object),
    MetadataOption("--jwks-uri", "jwks_uri", str, "Where the client publishes them itself."),
    MetadataOption("--scope", "scope", list[Scope], _SEVERAL, " ".join),
    MetadataOption("--grant-type", "grant_types", list[GrantType], _SEVERAL),
    MetadataOption(
        "--may", "gba_service_scopes", list[ServiceScope], f"What the client may do by itself. {_SEVERAL}", list
    ),
    MetadataOption("--profile", "gba_profile", Profile, "Security profile; it demands all of its rules."),
    MetadataOption("--jurisdiction", "gba_jurisdiction", str, "Where the client sits: hong_kong, macao, guangdong."),
    MetadataOption("--purpose", "gba_purpose", str, "Why data is asked for, shown on the consent page."),
    MetadataOption("--surrogate-purpose", "gba_surrogate_purposes", list[str], f"Enrol for stand-ins. {_SEVERAL}"),
    MetadataOption("--document-code", "gba_document_codes", list[str], f"Own code, kind=code. {_SEVERAL}", _codes),
    MetadataOption("--event-uri", "gba_event_uri", str, "Where the client is told of replaced numbers."),
    MetadataOption(
        "--provider",
        "gba_providers",
        list[str],
        f"Offer only these accounts. {_SEVERAL}",
        lambda names: [name.replace("-", "_") for name in names],
    ),
    MetadataOption("--post-logout-redirect-uri", "post_logout_redirect_uris", list[str], _SEVERAL),
    MetadataOption("--backchannel-logout-uri", "backchannel_logout_uri", str, "Where sign-outs are told."),
    MetadataOption(
        "--backchannel-logout-session/--no-backchannel-logout-session",
        "backchannel_logout_session_required",
        bool,
        "Name the session in logout tokens.",
    ),
    MetadataOption("--frontchannel-logout-uri", "frontchannel_logout_uri", str, "A page that ends the session there."),
    MetadataOption(
        "--frontchannel-logout-session/--no-frontchannel-logout-session",
        "frontchannel_logout_session_required",
        bool,
        "Name the session to that page.",
    ),
    MetadataOption("--client-uri", "client_uri", str, "Home page."),
    MetadataOption("--policy-uri", "policy_uri", str, "Privacy notice."),
    MetadataOption("--tos-uri", "tos_uri", str, "Terms of service."),
    MetadataOption("--logo-uri", "logo_uri", str, "Logo."),
    MetadataOption("--contact", "contacts", list[str], f"Whom operators write to. {_SEVERAL}"),
    MetadataOption("--subject-type", "subject_type", SubjectType, "pairwise, or public on an operator's word."),
    MetadataOption("--sector-identifier-uri", "sector_identifier_uri", str, "Document that lists the sector."),
    MetadataOption("--alg", "id_token_signed_response_alg", str, "ID token signature: ES256, PS256 or RS256."),
    MetadataOption("--id-token-encryption-alg", "id_token_encrypted_response_alg", str, "Encrypt ID tokens."),
    MetadataOption("--id-token-encryption-enc", "id_token_encrypted_response_enc", str, "How their content is sealed."),
    MetadataOption("--userinfo-alg", "userinfo_signed_response_alg", str, "Sign userinfo."),
    MetadataOption("--userinfo-encryption-alg", "userinfo_encrypted_response_alg", str, "Encrypt userinfo."),
    MetadataOption("--userinfo-encryption-enc", "userinfo_encrypted_response_enc", str, "How its content is sealed."),
    MetadataOption("--response-alg", "authorization_signed_response_alg", str, "Signature of JARM responses."),
    MetadataOption("--introspection-alg", "introspection_signed_response_alg", str, "Sign introspection."),
    MetadataOption("--request-object-alg", "request_object_signing_alg", str, "What requests are signed with."),
    MetadataOption(
        "--signed-requests/--no-signed-requests", "require_signed_request_object", bool, "Demand signed requests."
    ),
    MetadataOption(
        "--pushed-requests/--no-pushed-requests",
        "require_pushed_authorization_requests",
        bool,
        "Demand pushed requests.",
    ),
    MetadataOption("--request-uri", "request_uris", list[str], f"Where request objects may lie. {_SEVERAL}"),
    MetadataOption("--dpop/--no-dpop", "dpop_bound_access_tokens", bool, "Bind tokens to a DPoP key."),
    MetadataOption(
        "--tls-bound/--no-tls-bound",
        "tls_client_certificate_bound_access_tokens",
        bool,
        "Bind tokens to the TLS certificate.",
    ),
    MetadataOption("--tls-subject-dn", "tls_client_auth_subject_dn", str, "Subject of the certificate, RFC 4514."),
    MetadataOption("--tls-san-dns", "tls_client_auth_san_dns", str, "DNS name in the certificate."),
    MetadataOption("--tls-san-uri", "tls_client_auth_san_uri", str, "URI in the certificate."),
    MetadataOption("--tls-san-email", "tls_client_auth_san_email", str, "Mail address in the certificate."),
    MetadataOption("--default-max-age", "default_max_age", int, "Seconds since the sign-in, where none is asked for."),
    MetadataOption("--default-acr", "default_acr_values", list[str], f"Level, where none is asked for. {_SEVERAL}"),
    MetadataOption("--resource", "gba_resources", list[str], f"Resource server to ask tokens for. {_SEVERAL}"),
    MetadataOption("--serves", "gba_serves", str, "The resource server that this client is."),
    MetadataOption("--relying-party", "gba_relying_party", str, "Who runs it; token exchange works within one."),
    MetadataOption("--delivery-mode", "backchannel_token_delivery_mode", DeliveryMode, "CIBA: poll or ping."),
    MetadataOption("--notification-uri", "backchannel_client_notification_endpoint", str, "Where pings go."),
    MetadataOption("--software-id", "software_id", str, "What the client runs."),
    MetadataOption("--software-version", "software_version", str, "And which version of it."),
    MetadataOption(
        "--legacy-without-pkce/--no-legacy-without-pkce",
        "gba_legacy_without_pkce",
        bool,
        "For software that cannot do PKCE.",
    ),
    MetadataOption("--requests-per-minute", "gba_requests_per_minute", int, "A limit of its own."),
)


def takes_metadata(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb with ``**options`` the options of the table, in front of its own options."""
    own = [one for one in inspect.signature(verb, eval_str=True).parameters.values() if one.kind is not one.VAR_KEYWORD]
    added = [
        inspect.Parameter(
            option.parameter,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[option.kind | None, typer.Option(option.flags, help=option.help)],
        )
        for option in OPTIONS
    ]
    first = [one for one in own if one.default is one.empty]
    rest = [one.replace(kind=one.KEYWORD_ONLY) for one in own if one.default is not one.empty]
    verb.__signature__ = inspect.Signature([*first, *added, *rest])  # type: ignore[attr-defined]
    return verb


def members_of(given: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    """The metadata: what a file of RFC 7591 holds, and over it what the options say."""
    members = read_object(file) if file is not None else {}
    for option in OPTIONS:
        value = given.get(option.parameter)
        if value is not None and value != []:
            members[option.member] = option.convert(value)
    return members


def for_services(members: dict[str, Any]) -> dict[str, Any]:
    """A new client that may do things by itself and has no redirect URIs signs nobody in, unless it says so."""
    is_service = bool(members.get("gba_service_scopes")) and not members.get("redirect_uris")
    return {"grant_types": [GrantType.CLIENT_CREDENTIALS], **members} if is_service else members
