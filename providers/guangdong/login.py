"""The sign-in with the province's platform: code -> access token -> signed user data (§4.1, §6.D)."""

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from providers.base import Assurance, Callback, LoginRequest, LoginStart, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError
from providers.guangdong import wire
from providers.guangdong.account import LEVELS
from providers.guangdong.identity import read_identity
from providers.guangdong.settings import GuangdongSettings, from_settings
from providers.guangdong.wire import BUSY, CODE_REFUSED, PROVIDER, SignedContent, broken

_OAUTH: Final = "/tif/sso/connect/page/oauth2"
AUTHORIZE: Final = f"{_OAUTH}/authorize"
ACCESS_TOKEN: Final = f"{_OAUTH}/access_token"
TOKENINFO: Final = f"{_OAUTH}/tokeninfo"
LOGOUT: Final = "/_tif_sso_logout_/"
_LOGIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Guangdong:
    """The unified authentication platform as an upstream provider; it drops `state`."""

    name: Final[str] = PROVIDER
    keeps_state: Final[bool] = False
    highest_assurance: Final[Assurance] = max(LEVELS.values())

    def __init__(self, settings: GuangdongSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._calls = calls
        self._clock = clock

    async def start(self, login: LoginRequest) -> LoginStart:
        """Give the address of the sign-in page; the login id travels in the path of the callback (ST-02)."""
        if not _LOGIN_ID.fullmatch(login.login_id):
            raise ValueError("a login id must be one path segment")
        redirect_uri = f"{login.callback_url}/{login.login_id}"
        query = {
            "service": "initService",
            "response_type": "code",
            "client_id": self._settings.client_id,
            "scope": "all",
            "redirect_uri": redirect_uri,
        }
        url = f"{self._address(AUTHORIZE)}?{urlencode(query)}"
        # The platform knows no prompt: ending its session first is the only way to a new proof, and to the tab on which
        # an organisation is chosen.
        if login.fresh or login.organisation:
            url = self.sign_out_url(url)
        return LoginStart(url, {"redirect_uri": redirect_uri})

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        """Spend the code, read the user data, translate."""
        code = wire.read_callback(callback)
        redirect_uri = callback.kept.get("redirect_uri", "")
        if not redirect_uri.endswith(f"/{callback.login_id}"):
            raise broken("kept")
        token = await self._redeem(code, redirect_uri)
        return read_identity(await self._user_data(token), callback.received_at)

    def sign_out_url(self, return_to: str) -> str:
        """Give the address that ends the platform's own session and leads back (§4.1)."""
        return f"{self._address(LOGOUT)}?{urlencode({'redirect_uri': return_to})}"

    async def introduce(self) -> None:
        """Find out whether our secret is accepted: a code that nobody was given is refused only after it."""
        try:
            await self._redeem(secrets.token_hex(16), self._settings.base_url)
        except ProviderError as error:
            if error.detail != CODE_REFUSED:
                raise

    async def _redeem(self, code: str, redirect_uri: str) -> str:
        # The dialect wants the secret in the query. `Calls` writes no address anywhere, not even into errors (GD-07).
        query = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "code": code,
            "scope": "all",
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
        }
        return wire.read_token(await self._calls.get(PROVIDER, self._address(ACCESS_TOKEN), query=query))

    async def _user_data(self, token: str) -> SignedContent:
        try:
            return await self._ask(token)
        except ProviderError as error:
            if error.detail != BUSY:
                raise
        # "Busy, retry" is what a node says that does not know the token yet; once is enough (§6.D, node_switch).
        return await self._ask(token)

    async def _ask(self, token: str) -> SignedContent:
        answer = await self._calls.get(PROVIDER, self._address(TOKENINFO), query={"access_token": token})
        return wire.read_user_data(answer, self._settings.platform_keys, self._clock())

    def _address(self, path: str) -> str:
        return self._settings.base_url + path


def build(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> Guangdong:
    """Make the provider from its block of settings."""
    return Guangdong(from_settings(block), calls, clock)
