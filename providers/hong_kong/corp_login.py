"""The company's part of a sign-in: CorpID proves for whom the person acts (identity-providers §2, §6.B).

CorpID has no page of its own: iAM Smart's page is asked with one scope more, and the browser comes back with a second
code. It is redeemed at CorpID, for a token that may be shown once. Whoever chose no company brings no second code.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from providers.base import Callback, Mandate, Organisation
from providers.calls import Calls
from providers.errors import ProviderFailure
from providers.hong_kong import wire
from providers.hong_kong.back_channel import GET_TOKEN, PROFILES, BackChannel, Server
from providers.hong_kong.codes import CORP_ID, broken
from providers.hong_kong.corp_identity import CORP_FIELDS, E_CORP_FIELDS, REPRESENTATION_FIELDS, read_acting
from providers.hong_kong.settings import HongKongSettings

GET_CORP_QR: Final = "/api/v1/auth/corpId/getQR"
GET_MOCK_CORP_QR: Final = "/api/v1/auth/mockCorpId/getQR"
SCOPE: Final = "corpidapi_auth corpidapi_profiles"
CODE, SANDBOX_CODE = "cCode", "corpMockCode"
CODES: Final = (CODE, SANDBOX_CODE)
_SHAPE: Final = re.compile(r"[0-9a-f]{32}")
_ASKED: Final = "company"


class CorpId:
    """The registration with CorpID, which lies beside the one with iAM Smart and has content keys of its own."""

    def __init__(self, settings: HongKongSettings, base_url: str, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._is_sandbox = settings.corpid_sandbox
        self._back_channel = BackChannel(settings, calls, clock, Server(base_url, CORP_ID))

    @property
    def page(self) -> str:
        """The path of the page on which a company may be chosen."""
        return GET_MOCK_CORP_QR if self._is_sandbox else GET_CORP_QR

    @property
    def query(self) -> dict[str, str]:
        """What that page is asked in addition."""
        return {"cScope": SCOPE, "corpMock": "true"} if self._is_sandbox else {"cScope": SCOPE}

    @property
    def kept(self) -> dict[str, str]:
        """What tells the way back that a company was asked for."""
        return {_ASKED: SANDBOX_CODE if self._is_sandbox else CODE}

    async def acting(self, code: str, token: wire.AccessToken, received_at: datetime) -> tuple[Organisation, Mandate]:
        """Spend the second code, which CorpID gives to the very person of the first one, and read the company."""
        request = {
            "ticketID": code,
            "grantType": "authorization_code",
            "iAMSmart_AccessToken": token.value,
            "iAMSmart_TokenizedID": token.open_id,
        }
        content = await self._back_channel.ask(GET_TOKEN, request, repeatable=False)
        corp_token = wire.read_corp_token(content, int(received_at.timestamp() * 1000))
        wanted = {
            "accessToken": corp_token.value,
            "openID": corp_token.open_id,
            "corpProfileFields": list(CORP_FIELDS),
            "eCorpFields": list(E_CORP_FIELDS),
            "representationFields": list(REPRESENTATION_FIELDS),
        }
        # The token is spent before the answer comes, so the call cannot be made again.
        return read_acting(corp_token, await self._back_channel.ask(PROFILES, wanted, repeatable=False))


def read_code(callback: Callback) -> str | None:
    """Give the second code, or None where the person chose no company; one that nobody asked for is no code."""
    came = [name for name in CODES if name in callback.parameters]
    if not came:
        return None
    if came != [callback.kept.get(_ASKED)]:
        raise broken("corp_code", ProviderFailure.MALFORMED_CALLBACK)
    code = callback.parameters[came[0]]
    if not _SHAPE.fullmatch(code):
        raise broken("corp_code_shape", ProviderFailure.MALFORMED_CALLBACK)
    return code
