"""The sign-in: authorization code with PKCE and nonce, then ID token and userinfo (OpenID Connect Core §3.1)."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from certs.keys import base64url
from certs.keys.errors import JoseError, JoseErrorCode
from certs.keys.jose import VerificationKeys, VerifiedClaims
from providers.base import Assurance, Callback, LoginRequest, LoginStart, UpstreamIdentity
from providers.calls import Calls, json_object
from providers.errors import ProviderError, ProviderFailure
from providers.openid_connect import credentials, wire
from providers.openid_connect.discovery import WELL_KNOWN, Metadata
from providers.openid_connect.id_token import check_id_token, verify_id_token, verify_userinfo
from providers.openid_connect.identity import read_identity
from providers.openid_connect.published import Published
from providers.openid_connect.settings import ORGANISATION, OpenIDConnectSettings, from_settings

METADATA_MAX_AGE: Final = timedelta(hours=1)
KEYS_MAX_AGE: Final = timedelta(minutes=5)
_SUCCESS: Final = 200
_JSON: Final[Mapping[str, str]] = {"Accept": "application/json"}
_KEPT: Final = frozenset({"code_verifier", "redirect_uri", "nonce"})
_VERIFIER_BYTES: Final = 48
_NONCE_BYTES: Final = 24
Verify = Callable[[str, VerificationKeys, OpenIDConnectSettings, datetime], VerifiedClaims]


class OpenIDConnect:
    """An OpenID Provider as an upstream; as many as an operator has blocks of settings for."""

    keeps_state: Final[bool] = True

    def __init__(self, settings: OpenIDConnectSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._calls = calls
        self._clock = clock
        self._metadata = Published(self._fetch_metadata, METADATA_MAX_AGE)
        self._keys = Published(self._fetch_keys, KEYS_MAX_AGE)

    @property
    def name(self) -> str:
        """The name in settings, callbacks and records."""
        return self._settings.name

    @property
    def title(self) -> str:
        """What people read on the button."""
        return self._settings.title

    @property
    def highest_assurance(self) -> Assurance:
        """The highest level that the operator lets this provider vouch for."""
        return self._settings.highest

    async def start(self, login: LoginRequest) -> LoginStart:
        """Give the address of the sign-in page; the request goes ahead of the browser where the provider takes it."""
        now = self._clock()
        metadata = await self._metadata.current(now)
        verifier, nonce = secrets.token_urlsafe(_VERIFIER_BYTES), secrets.token_urlsafe(_NONCE_BYTES)
        request = self._request(login, verifier, nonce)
        kept = {"code_verifier": verifier, "redirect_uri": login.callback_url, "nonce": nonce}
        if login.fresh:
            kept["fresh_since"] = str(int(now.timestamp()))
        if metadata.pushed_authorization_request_endpoint is not None:
            uri = await self._push(metadata.pushed_authorization_request_endpoint, request, now)
            request = {"client_id": self._settings.client_id, "request_uri": uri}
        return LoginStart(_with_query(metadata.authorization_endpoint, request), kept)

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        """Spend the code, check the ID token, ask userinfo, translate."""
        settings, now = self._settings, self._clock()
        if not callback.kept.keys() >= _KEPT:
            raise ProviderError(self.name, ProviderFailure.MALFORMED_CALLBACK, "kept")
        metadata = await self._metadata.current(now)
        code = wire.read_callback(self.name, callback, issuer=settings.issuer, sends_iss=metadata.sends_iss)
        tokens = await self._redeem(metadata.token_endpoint, code, callback.kept, now)
        token = await self._verified(tokens.id_token, verify_id_token, "id_token", now)
        check_id_token(token, settings, callback.kept, tokens.access_token)
        userinfo = await self._userinfo(metadata.userinfo_endpoint, tokens.access_token, token, now)
        return read_identity(settings, token, userinfo, callback.received_at)

    def sign_out_url(self, return_to: str) -> str | None:
        """Where the provider ends its own session, once it has said so (RP-Initiated Logout 1.0 §2)."""
        metadata = self._metadata.held
        if metadata is None or metadata.end_session_endpoint is None:
            return None
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": return_to}
        return _with_query(metadata.end_session_endpoint, query)

    async def introduce(self) -> None:
        """Find out whether our credential is accepted: a code that nobody was given is refused only after it."""
        now = self._clock()
        metadata = await self._metadata.current(now)
        nobodys = {"code_verifier": secrets.token_urlsafe(_VERIFIER_BYTES), "redirect_uri": self._settings.issuer}
        try:
            await self._redeem(metadata.token_endpoint, secrets.token_urlsafe(_VERIFIER_BYTES), nobodys, now)
        except ProviderError as error:
            if error.detail != wire.CODE_REFUSED:
                raise

    def _request(self, login: LoginRequest, verifier: str, nonce: str) -> dict[str, str]:
        """The authentication request (OpenID Connect Core §3.1.2.1); what is asked of us is asked of the provider."""
        request = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": login.callback_url,
            "scope": " ".join(self._scopes(login)),
            "state": login.login_id,
            "nonce": nonce,
            "code_challenge": base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
            "ui_locales": login.language,
        }
        if login.fresh:
            request |= {"prompt": "login", "max_age": "0"}
        if (acr_values := self._acr_values(login.assurance)) is not None:
            request["acr_values"] = acr_values
        return request

    def _scopes(self, login: LoginRequest) -> list[str]:
        return [scope for scope in self._settings.scopes if scope != ORGANISATION or login.organisation]

    def _acr_values(self, wished: Assurance | None) -> str | None:
        """The provider's own words for the wished level and those above, the nearest first."""
        if wished is None:
            return None
        level = min(wished, self.highest_assurance)
        ranked = sorted(self._settings.levels.items(), key=lambda item: item[1])
        return " ".join(acr for acr, worth in ranked if worth >= level) or None

    async def _push(self, endpoint: str, request: Mapping[str, str], now: datetime) -> str:
        proof = credentials.prove(self._settings, now)
        headers = {**_JSON, **proof.headers}
        answer = await self._calls.post(self.name, endpoint, headers=headers, form={**request, **proof.form})
        return wire.read_pushed(self.name, answer)

    async def _redeem(self, endpoint: str, code: str, kept: Mapping[str, str], now: datetime) -> wire.Tokens:
        proof = credentials.prove(self._settings, now)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["redirect_uri"],
            "code_verifier": kept["code_verifier"],
            **proof.form,
        }
        answer = await self._calls.post(self.name, endpoint, headers={**_JSON, **proof.headers}, form=form)
        return wire.read_tokens(self.name, answer)

    async def _userinfo(
        self, endpoint: str | None, access_token: str, token: VerifiedClaims, now: datetime
    ) -> Mapping[str, Any]:
        if endpoint is None:
            return {}
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json, application/jwt"}
        answer = wire.read_userinfo(self.name, await self._calls.get(self.name, endpoint, headers=headers))
        if isinstance(answer, str):
            answer = dict((await self._verified(answer, verify_userinfo, "userinfo", now)).claims)
        subject = answer.get("sub")
        # Without this an answer about somebody else would be taken for this person's (OpenID Connect Core §5.3.2).
        if not isinstance(subject, str) or not hmac.compare_digest(subject.encode(), str(token["sub"]).encode()):
            raise ProviderError(self.name, ProviderFailure.BROKEN, "userinfo_sub")
        return answer

    async def _verified(self, token: str, verify: Verify, what: str, now: datetime) -> VerifiedClaims:
        """Check a token; an unknown key name may mean that the keys were rotated (OpenID Connect Core §10.1.1)."""
        try:
            try:
                return verify(token, await self._keys.current(now), self._settings, now)
            except JoseError as error:
                if error.code is not JoseErrorCode.UNKNOWN_KID:
                    raise
                return verify(token, await self._keys.again(now), self._settings, now)
        except JoseError as error:
            raise ProviderError(self.name, ProviderFailure.BROKEN, f"{what}_{error.code.value}") from None

    async def _fetch_metadata(self) -> Metadata:
        # As written by the issuer: only a final slash goes (Discovery §4.1).
        address = self._settings.issuer.rstrip("/") + WELL_KNOWN
        return Metadata.read(await self._calls.get(self.name, address, headers=_JSON), self._settings)

    async def _fetch_keys(self) -> VerificationKeys:
        metadata = await self._metadata.current(self._clock())
        answer = await self._calls.get(self.name, metadata.jwks_uri, headers=_JSON)
        if answer.status != _SUCCESS:
            raise ProviderError(self.name, ProviderFailure.BROKEN, f"keys_http_{answer.status}")
        try:
            return VerificationKeys.from_jwks(json_object(self.name, answer.content))
        except JoseError:
            raise ProviderError(self.name, ProviderFailure.BROKEN, "keys") from None


def _with_query(address: str, query: Mapping[str, str]) -> str:
    """Add to the query that an endpoint may already have (RFC 6749 §3.1)."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def build(name: str, block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> OpenIDConnect:
    """Make the provider from its block of settings."""
    return OpenIDConnect(from_settings(name, block, clock()), calls, clock)
