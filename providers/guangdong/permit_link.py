"""The province's register of permits and residence permits: usable, not visible (identity providers §4.6, §5.2, §6.D).

`ask` learns whether a permit, a name and a birth date belong together; `redeem` fetches the number behind a match,
once.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.ports import LinkAnswer, LinkOutcome, LinkQuestion
from providers.attributes import AttributeTable, matching, one_of
from providers.calls import Calls
from providers.errors import ProviderError
from providers.guangdong.gateway import Gateway
from providers.guangdong.settings import PermitLinkSettings, link_from_settings
from providers.guangdong.wire import BEIJING, CODE_REFUSED, PROVIDER, broken

ASK: Final = "/ebus/tyrzapi/link/permit"
REDEEM: Final = "/ebus/tyrzapi/link/redeem"
CARD_TYPE: Final = "14"
"""The home return permit among the platform's document types."""
_NONE: Final = "-1"
_MATCHED: Final = "true"
_OUTCOMES: Final = MappingProxyType(
    {_MATCHED: LinkOutcome.MATCHED, "false": LinkOutcome.NOT_MATCHED, "several": LinkOutcome.SEVERAL}
)

_ANSWER: Final = AttributeTable(
    required={
        "matched": one_of(_OUTCOMES),
        "residence_no_masked": matching(r"-1|[0-9X*]{18}"),
        "token": matching(r"-1|[A-Za-z0-9._~-]{8,256}"),
    },
    optional={"status": one_of({"expired"})},
)
_NUMBER: Final = AttributeTable(required={"residence_no": matching(r"[0-9]{17}[0-9X]")})


class PermitLink:
    """The register as a `LinkRegister`."""

    def __init__(self, settings: PermitLinkSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._gateway = Gateway(settings, calls, clock)
        self._clock = clock

    async def ask(self, question: LinkQuestion) -> LinkAnswer:
        """Ask about one holder; the Han name is asked for where there is one."""
        name = question.name_han or question.name_latin
        if not name:
            return LinkAnswer(LinkOutcome.NOT_MATCHED)
        payload = {
            "cardtype": CARD_TYPE,
            "cardno": question.permit.canonical,
            "name": name,
            "birth": question.birthdate.isoformat(),
        }
        return _read_answer(await self._gateway.post(ASK, payload))

    async def redeem(self, token: str) -> MainlandIdentifier:
        """Fetch the number behind a match; the register gives it away once."""
        values = _NUMBER.read(PROVIDER, await self._gateway.post(REDEEM, {"token": token}))
        try:
            return MainlandIdentifier.parse(values["residence_no"], self._clock().astimezone(BEIJING).date())
        except MappingError:
            raise broken("field:residence_no") from None

    async def introduce(self) -> None:
        """Find out whether token and keys are accepted: a match that nobody was given is refused only after them."""
        try:
            await self._gateway.post(REDEEM, {"token": secrets.token_urlsafe(24)})
        except ProviderError as error:
            if error.detail != CODE_REFUSED:
                raise


def _read_answer(data: Mapping[str, Any]) -> LinkAnswer:
    values = _ANSWER.read(PROVIDER, data)
    if values["matched"] != _MATCHED:
        return LinkAnswer(_OUTCOMES[values["matched"]])  # whatever else stands there belongs to nobody
    if "status" in values:
        return LinkAnswer(LinkOutcome.EXPIRED)
    masked, token = (None if values[name] == _NONE else values[name] for name in ("residence_no_masked", "token"))
    return LinkAnswer(LinkOutcome.MATCHED, masked, token)


def build_register(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> PermitLink:
    """Make the register from its block of settings."""
    return PermitLink(link_from_settings(block), calls, clock)
