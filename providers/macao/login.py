"""The sign-in with One Account: authorization code with PKCE, then token and signed profile (§6.C)."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from certs.keys import base64url
from certs.keys.jose import VerifiedClaims
from providers.base import Assurance, Callback, LoginRequest, LoginStart, UpstreamIdentity
from providers.calls import Answer, Calls
from providers.errors import ProviderError
from providers.macao import wire
from providers.macao.identity import LEVELS, read_identity
from providers.macao.published_keys import PublishedKeys
from providers.macao.settings import MacaoSettings, from_settings
from providers.macao.wire import PROVIDER, broken

AUTHORIZE: Final = "/oauth/authorize"
TOKEN: Final = "/oauth/token"  # noqa: S105 - a path
PROFILE: Final = "/api/profile"
KEYS: Final = "/keys"
LANGUAGES: Final = MappingProxyType(
    {"zh-Hant-HK": "zh-hant", "zh-Hant-MO": "zh-hant", "zh-Hans-CN": "zh-hans", "pt-MO": "pt", "en": "en"}
)
_VERIFIER_BYTES: Final = 48
"""Gives 64 characters, of the 43 to 128 that RFC 7636 §4.1 allows."""


class Macao:
    """One Account as an upstream provider."""

    name: Final[str] = PROVIDER
    keeps_state: Final[bool] = True
    highest_assurance: Final[Assurance] = max(LEVELS.values())

    def __init__(self, settings: MacaoSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._calls = calls
        self._clock = clock
        self._keys = PublishedKeys(self._fetch_keys, settings.keys_max_age)

    async def start(self, login: LoginRequest) -> LoginStart:
        """Give the address of the sign-in page, and keep the verifier that its code will need (RFC 7636 §4.1)."""
        verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": login.callback_url,
            "scope": wire.SCOPE,
            "state": login.login_id,
            "ui_locales": LANGUAGES.get(login.language, LANGUAGES["en"]),
            "code_challenge": base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
        }
        if login.assurance is not None:
            query["acr"] = str(min(login.assurance, self.highest_assurance).value)
        if login.fresh:
            query["prompt"] = "login"
        kept = {"code_verifier": verifier, "redirect_uri": login.callback_url}
        if login.organisation:
            query["scope"] = f"{wire.SCOPE} {wire.ENTITY_SCOPE}"
            kept["scope"] = query["scope"]
        return LoginStart(f"{self._settings.base_url}{AUTHORIZE}?{urlencode(query)}", kept)

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        """Spend the code, read the profile, translate."""
        code = wire.read_callback(callback, self._settings.base_url)
        token = await self._redeem(code, callback.kept)
        profile = await self._profile(token)
        return read_identity(profile, callback.received_at, token.entity_code)

    def sign_out_url(self, return_to: str) -> str | None:  # noqa: ARG002 - the port's signature
        """The platform documents no way to end its session from outside."""
        return None

    async def introduce(self) -> None:
        """Find out whether our secret is accepted: a code that nobody was given is refused only after it."""
        nobodys = {"code_verifier": secrets.token_urlsafe(_VERIFIER_BYTES), "redirect_uri": self._settings.base_url}
        try:
            await self._redeem(secrets.token_urlsafe(_VERIFIER_BYTES), nobodys)
        except ProviderError as error:
            if error.detail != wire.CODE_REFUSED:
                raise

    async def _redeem(self, code: str, kept: Mapping[str, str]) -> wire.AccessToken:
        if not {"code_verifier", "redirect_uri"} <= kept.keys():
            raise broken("kept")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["redirect_uri"],
            "code_verifier": kept["code_verifier"],
        }
        credentials = wire.basic(self._settings.client_id, self._settings.client_secret)
        headers = {"Authorization": credentials, "Accept": "application/json"}
        answer = await self._calls.post(PROVIDER, self._address(TOKEN), headers=headers, form=form)
        return wire.read_token(answer, for_entity=wire.ENTITY_SCOPE in kept.get("scope", "").split(" "))

    async def _profile(self, token: wire.AccessToken) -> VerifiedClaims:
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json", "Accept-Language": "en"}
        signed = wire.read_envelope(await self._calls.get(PROVIDER, self._address(PROFILE), headers=headers))
        profile = await self._keys.verify(signed, self._clock())
        # The profile has no audience: the pairwise uid of the token answer says that it is this person's, for us.
        uid = profile["uid"]
        if not isinstance(uid, str) or not hmac.compare_digest(uid.encode("utf-8"), token.uid.encode("utf-8")):
            raise broken("uid")
        return profile

    async def _fetch_keys(self) -> Answer:
        return await self._calls.get(PROVIDER, self._address(KEYS), headers={"Accept": "application/json"})

    def _address(self, path: str) -> str:
        return self._settings.base_url + path


def build(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> Macao:
    """Make the provider from its block of settings."""
    return Macao(from_settings(block), calls, clock)
