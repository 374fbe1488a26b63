"""The sign-in with iAM Smart: the QR page's address, then code -> access token -> profile (identity-providers §1.3)."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from providers.base import Assurance, Callback, LoginRequest, LoginStart, Mandate, Organisation, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderFailure
from providers.hong_kong import wire
from providers.hong_kong.back_channel import GET_TOKEN, PROFILES, BackChannel
from providers.hong_kong.codes import PROVIDER, broken, failed_callback
from providers.hong_kong.corp_login import CODES, CorpId, read_code
from providers.hong_kong.identity import FIELDS, LEVELS, read_identity
from providers.hong_kong.settings import HongKongSettings, from_settings

GET_QR: Final = "/api/v1/auth/getQR"
SOURCE: Final = "PC_Browser"
SCOPE: Final = "eidapi_auth eidapi_profiles"
LANGUAGES: Final = MappingProxyType(
    {"zh-Hant-HK": "zh-HK", "zh-Hant-MO": "zh-HK", "zh-Hans-CN": "zh-CN", "pt-MO": "en-US", "en": "en-US"}
)
_STATE: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
_CODE: Final = re.compile(r"[0-9a-f]{32}")


class HongKong:
    """iAM Smart as an upstream provider; every sign-in is confirmed on the phone, so each one is fresh."""

    name: Final[str] = PROVIDER
    keeps_state: Final[bool] = True
    highest_assurance: Final[Assurance] = max(LEVELS.values())

    def __init__(self, settings: HongKongSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._back_channel = BackChannel(settings, calls, clock)
        corpid = settings.corpid_base_url
        self._corp_id = None if corpid is None else CorpId(settings, corpid, calls, clock)

    async def start(self, login: LoginRequest) -> LoginStart:
        """Give the address of the QR page (§1.3); neither a level nor freshness can be asked for there."""
        if not _STATE.fullmatch(login.login_id):
            raise ValueError("a login id must fit into state")
        query = {
            "clientID": self._settings.client_id,
            "responseType": "code",
            "source": SOURCE,
            "redirectURI": login.callback_url,
            "scope": SCOPE,
            "lang": LANGUAGES.get(login.language, LANGUAGES["en"]),
            "state": login.login_id,
        }
        page, kept = GET_QR, {"state": login.login_id}
        if login.organisation and self._corp_id is not None:
            page, query, kept = self._corp_id.page, query | self._corp_id.query, kept | self._corp_id.kept
        return LoginStart(f"{self._settings.address(page)}?{urlencode(query)}", kept)

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        """Spend the code, and the second one if there is one; read the profile, translate."""
        code, corp_code = read_answer(callback), read_code(callback)
        content = await self._back_channel.ask(
            GET_TOKEN, {"code": code, "grantType": "authorization_code"}, repeatable=False
        )
        token = wire.read_access_token(content, int(callback.received_at.timestamp() * 1000))
        acting = None if corp_code is None else await self._acting(corp_code, token, callback.received_at)
        request = {"accessToken": token.value, "openID": token.open_id, "profileFields": list(FIELDS)}
        profile = await self._back_channel.ask(PROFILES, request, repeatable=True)
        identity = read_identity(token, profile, callback.received_at)
        return identity if acting is None else replace(identity, organisation=acting[0], mandate=acting[1])

    async def introduce(self) -> None:
        """Find out whether our secret is accepted, and our encipherment key used."""
        await self._back_channel.introduce()

    async def _acting(
        self, corp_code: str, token: wire.AccessToken, received_at: datetime
    ) -> tuple[Organisation, Mandate]:
        if self._corp_id is None:  # begun before the operator took CorpID out of the settings
            raise broken("corp_code", ProviderFailure.MISCONFIGURED)
        return await self._corp_id.acting(corp_code, token, received_at)

    def sign_out_url(self, return_to: str) -> str | None:  # noqa: ARG002 - the port's signature
        """There is no session to end: every sign-in is a new QR."""
        return None


def build(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> HongKong:
    """Make the provider from its block of settings."""
    return HongKong(from_settings(block), calls, clock)


def read_answer(callback: Callback) -> str:
    """Read the answer of the QR page: a code, an error, or nothing but state, which is a denial too (§1.3)."""
    parameters = callback.parameters
    sent = callback.kept.get("state", "")
    # The broker found the sign-in by its id; that it is the same one is checked again here, whatever the answer says.
    came = parameters.get("state", "").encode("utf-8", "replace")
    if not sent or not hmac.compare_digest(came, sent.encode("utf-8")):
        raise broken("state", ProviderFailure.MALFORMED_CALLBACK)
    code, error_code = parameters.get("code"), parameters.get("error_code")
    has_second = not parameters.keys().isdisjoint(CODES)
    if (code is not None or has_second) and error_code is not None:
        raise broken("code_and_error", ProviderFailure.MALFORMED_CALLBACK)
    if error_code is not None:
        raise failed_callback(error_code)
    if code is None and has_second:  # a company without the person who acts for it
        raise broken("code_missing", ProviderFailure.MALFORMED_CALLBACK)
    if code is None:
        raise broken("state_only", ProviderFailure.REFUSED)
    if not _CODE.fullmatch(code):
        raise broken("code_shape", ProviderFailure.MALFORMED_CALLBACK)
    return code
