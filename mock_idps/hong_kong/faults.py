"""How the mock breaks when a tester asks for it: outages, refusals with a code, damage to an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio
from starlette.responses import PlainTextResponse, Response

from mock_idps.hong_kong import signing_catalogue
from mock_idps.hong_kong.catalogue import REFUSALS
from mock_idps.hong_kong.codes import MESSAGES, WireError
from mock_idps.hong_kong.envelope import IV_BYTES, LENGTH_BYTES
from mock_idps.hong_kong.simulation import Simulation
from mock_idps.pages import page

MAX_DELAY_MS: Final = 60_000
MAINTENANCE: Final = "<p>iAM Smart is under maintenance. 智方便系統維護中。</p>"


class OutageError(Exception):
    """The endpoint breaks below the level of its own answers."""

    def __init__(self, response: Response) -> None:
        super().__init__("simulated outage")
        self.response = response


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls what, as far as it is known when a scenario is looked for."""

    endpoint: str
    client: str | None = None
    session: str | None = None
    persona: str | None = None


def take(simulation: Simulation, scenario: str, caller: Caller) -> Mapping[str, Any] | None:
    """Ask the switchboard whether a scenario is meant for this caller."""
    return simulation.board.take(
        scenario,
        session=caller.session,
        persona=caller.persona,
        client=caller.client,
        endpoint=caller.endpoint,
    )


async def break_down(simulation: Simulation, caller: Caller) -> None:
    """Wait, or raise an outage, if one is armed."""
    slow = take(simulation, "slow", caller)
    if slow is not None:
        await anyio.sleep(number(slow, "delay_ms", 1_000, MAX_DELAY_MS) / 1_000)
    if take(simulation, "maintenance", caller) is not None:
        raise OutageError(page("Under maintenance", MAINTENANCE, lang="zh-HK", status=503))
    if take(simulation, "outage", caller) is not None:
        raise OutageError(PlainTextResponse("internal server error", status_code=500))
    if take(simulation, "throttled", caller) is not None:
        raise OutageError(PlainTextResponse("too many requests", status_code=429, headers={"Retry-After": "1"}))


def refuse(simulation: Simulation, caller: Caller) -> None:
    """Raise the error code of an armed refusal."""
    for scenario, (code, endpoints) in (REFUSALS | signing_catalogue.REFUSALS).items():
        if caller.endpoint not in endpoints or take(simulation, scenario, caller) is None:
            continue
        if scenario == "cek_expired" and caller.client is not None:
            simulation.desk(caller.endpoint).keys.renew(caller.client, simulation.now(caller.session))
        raise WireError(code)
    wanted = take(simulation, "error_code", caller)
    if wanted is not None:
        raise WireError(wanted_code(wanted))


def wanted_code(args: Mapping[str, Any]) -> str:
    """Read args.code; anything that is not a code of the table becomes the unknown exception."""
    code = args.get("code")
    return code if isinstance(code, str) and code in MESSAGES else "D20000"


def number(args: Mapping[str, Any], name: str, default: int, maximum: int) -> int:
    """Read a number of the arguments, from 0 to a maximum; what is no number counts as the default."""
    value = args.get(name, default)
    return min(max(0, value), maximum) if isinstance(value, int) else default


def override(content: dict[str, Any], args: Mapping[str, Any] | None) -> dict[str, Any]:
    """Replace fields of an answer; null removes one."""
    changed = {**content, **(args or {})}
    return {name: value for name, value in changed.items() if value is not None}


def damage(frame: bytes, kind: str) -> bytes:
    """Spoil a frame in one of the ways that a receiver must notice (HK-03)."""
    start = LENGTH_BYTES + IV_BYTES
    match kind:
        case "iv_length":
            return (IV_BYTES + 1).to_bytes(LENGTH_BYTES, "big") + frame[LENGTH_BYTES:]
        case "short":
            return frame[:start]
        case "tag_cut":
            return frame[:-4]
        case "extra":
            return frame + b"\0"
        case _:
            return frame[:start] + bytes([frame[start] ^ 1]) + frame[start + 1 :]
