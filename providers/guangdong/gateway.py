"""Calls through the province's government gateway: own headers, sealed both ways (§4.5, §6.D).

Refusals come unsealed, because the platform may not know yet who calls; a success counts only sealed and signed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from providers.attributes import AttributeTable, record
from providers.calls import Answer, Calls
from providers.guangdong.envelope import gateway_headers, open_sealed, seal
from providers.guangdong.settings import PermitLinkSettings
from providers.guangdong.wire import PROVIDER, broken, read_object, refuse_error

_SEALED: Final = AttributeTable(required={"data": record}, ignored={"errcode", "errmsg"})


class Gateway:
    """One registration with the gateway, for whatever stands behind it."""

    def __init__(self, settings: PermitLinkSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._calls = calls
        self._clock = clock

    async def post(self, path: str, payload: Mapping[str, str]) -> Mapping[str, Any]:
        """Send sealed members and give those of the answer."""
        now = self._clock()
        headers = {**self._headers(now), "Content-Type": "application/json; charset=UTF-8"}
        sealed = seal(payload, self._settings, now)
        url = self._settings.base_url + path
        return self._read(await self._calls.post(PROVIDER, url, headers=headers, content=sealed))

    async def get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask with a query and give the members of the answer."""
        headers, url = self._headers(self._clock()), self._settings.base_url + path
        return self._read(await self._calls.get(PROVIDER, url, headers=headers, query=query))

    def _headers(self, now: datetime) -> dict[str, str]:
        signed = gateway_headers(self._settings.paas_id, self._settings.paas_token, now)
        return {**signed, "Accept": "application/json"}

    def _read(self, answer: Answer) -> Mapping[str, Any]:
        outer = read_object(answer)
        refuse_error(outer)  # what is left must be sealed: anybody on the way could write an unsealed yes
        fields = open_sealed(outer, self._settings, self._clock())
        if "errcode" not in fields:
            raise broken("missing:errcode")
        refuse_error(fields)
        data: Mapping[str, Any] = _SEALED.read(PROVIDER, fields)["data"]
        return data
