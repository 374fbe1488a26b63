"""What a provider says of itself: read strictly, for its own issuer (OpenID Connect Discovery 1.0 §3, §4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

from providers.calls import Answer, json_object
from providers.errors import ProviderError, ProviderFailure
from providers.openid_connect.settings import OpenIDConnectSettings

WELL_KNOWN: Final = "/.well-known/openid-configuration"
_SUCCESS: Final = 200
_S256: Final = "S256"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True)
class Metadata:
    """The endpoints that we use, and the two promises that change how we behave."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    pushed_authorization_request_endpoint: str | None
    end_session_endpoint: str | None
    sends_iss: bool
    """Every authorization response names its issuer (RFC 9207 §3)."""

    @classmethod
    def read(cls, answer: Answer, settings: OpenIDConnectSettings) -> Self:
        """Read the document; one that speaks for another issuer is refused (Discovery §4.3)."""
        if answer.status != _SUCCESS:
            raise ProviderError(settings.name, ProviderFailure.BROKEN, f"discovery_http_{answer.status}")
        document = json_object(settings.name, answer.content)
        if document.get("issuer") != settings.issuer:
            raise ProviderError(settings.name, ProviderFailure.MISCONFIGURED, "discovery_issuer")
        _check_offer(document, settings)
        return cls(
            authorization_endpoint=_required(document, "authorization_endpoint", settings),
            token_endpoint=_required(document, "token_endpoint", settings),
            jwks_uri=_required(document, "jwks_uri", settings),
            userinfo_endpoint=_endpoint(document, "userinfo_endpoint", settings),
            pushed_authorization_request_endpoint=_endpoint(
                document, "pushed_authorization_request_endpoint", settings
            ),
            end_session_endpoint=_endpoint(document, "end_session_endpoint", settings),
            sends_iss=document.get("authorization_response_iss_parameter_supported") is True,
        )


def _check_offer(document: Mapping[str, Any], settings: OpenIDConnectSettings) -> None:
    """A provider that says it cannot do what we need is found out before a person is sent there."""
    method = "client_secret_basic" if settings.private_key is None else "private_key_jwt"
    needed = {
        "code_challenge_methods_supported": _S256,
        "response_types_supported": "code",
        "token_endpoint_auth_methods_supported": method,
    }
    for member, value in needed.items():
        offered = document.get(member)
        if offered is not None and (not isinstance(offered, list) or value not in offered):
            raise ProviderError(settings.name, ProviderFailure.MISCONFIGURED, f"discovery_{member}")


def _required(document: Mapping[str, Any], member: str, settings: OpenIDConnectSettings) -> str:
    endpoint = _endpoint(document, member, settings)
    if endpoint is None:
        raise ProviderError(settings.name, ProviderFailure.BROKEN, f"discovery_{member}")
    return endpoint


def _endpoint(document: Mapping[str, Any], member: str, settings: OpenIDConnectSettings) -> str | None:
    """An address of the provider: https, or plain on the loopback where the issuer is so too."""
    value = document.get(member)
    if value is None:
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > _LONGEST:
        raise ProviderError(settings.name, ProviderFailure.BROKEN, f"discovery_{member}")
    try:
        parts, issuer = urlsplit(value), urlsplit(settings.issuer)
        is_plain = parts.scheme == "http" == issuer.scheme and parts.hostname in _LOOPBACK
        is_good = (parts.scheme == "https" or is_plain) and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_good = False
    if not is_good or " " in value or "\\" in value or "#" in value:
        raise ProviderError(settings.name, ProviderFailure.BROKEN, f"discovery_{member}")
    return value
