"""``gate operator asked|agree|refuse``: acts that take two persons, seen from the command line (AD-05).

The account of the machine is the person, as everywhere at the command line. Where one person can become another
account, the second one agrees with their own operator key instead, or at the operator API.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from gateway.admin import joint_acts, operators, rights
from gateway.admin.acts import Act
from gateway.admin.joint_acts import JointActError, Refusal
from gateway.admin.operation_records import JointAct
from gateway.admin.records import Operator
from gateway.cli.output import AsJson, ConfigFile, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

Ask = Annotated[bool, typer.Option("--ask", help="Ask for it: a second person agrees with `gate operator agree`.")]
JointActId = Annotated[
    str | None, typer.Option("--joint-act", help="The id of the request that a second person has agreed to.")
]
_KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help="Agree as the operator whose key this is.", dir_okay=False)
]
_Id = Annotated[str, typer.Argument(help="The id of the request.")]
_WORDS: Final[Mapping[Refusal, str]] = {
    Refusal.NEEDED: "this takes two persons: ask with --ask, have it agreed to, and name it with --joint-act",
    Refusal.TOO_MANY: "too many of your requests wait already",
    Refusal.NOT_AGREEABLE: "there is no such request, it is over, or it is your own",
    Refusal.NOT_AGREED: "nobody has agreed to it yet",
    Refusal.NOT_USABLE: "there is no such request of yours, or it is over",
    Refusal.CHANGED: "this is not what was agreed to",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for instead of being done."""

    shown: Mapping[str, Any]


def stop_for(error: JointActError) -> NoReturn:
    """Say why an act of two persons was not done."""
    stop(_WORDS[error.refusal], Exit.PRECONDITION)


def asked(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List what waits for a second person, or for being done."""
    now = act().now

    async def work(gate: Opened) -> list[JointAct]:
        return list(await gate.stores.joint_acts.waiting(now))

    rows = [joint_acts.described(one, now) for one in with_stores(config, work)]
    columns = ("id", "kind", "state", "subject", "reason", "asked_by", "ends_at", "agreed_by")
    show_rows("joint_acts", rows, columns, as_json=as_json)


def agree(
    act_id: _Id,
    key_file: _KeyFile = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Agree to what somebody else has asked for; read it first with `gate operator asked`."""
    key = None if key_file is None else _read(key_file)

    async def work(gate: Opened) -> Mapping[str, Any]:
        why = act()
        if key is not None:
            why = await _with_key(gate, act_id, key, why)
        return joint_acts.described(await joint_acts.agree(gate.stores.joint_acts, act_id, why), why.now)

    try:
        show(with_stores(config, work), as_json=as_json)
    except JointActError as error:
        stop_for(error)


def refuse(act_id: _Id, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """End a request without its being done."""
    why = act()

    async def work(gate: Opened) -> Mapping[str, Any]:
        return joint_acts.described(await joint_acts.refuse(gate.stores.joint_acts, act_id, why), why.now)

    try:
        show(with_stores(config, work), as_json=as_json)
    except JointActError as error:
        stop_for(error)


async def _with_key(gate: Opened, act_id: str, key: str, why: Act) -> Act:
    """The act as done by whose key it is, if they may agree to this kind."""
    secret_key = gate.keys.client_secret_key
    operator = await operators.authenticate(gate.stores.operator_registry, secret_key, key, why.now)
    waiting = await gate.stores.joint_acts.find(act_id)
    if operator is None or waiting is None or not _may(operator, waiting):
        stop("this key does not allow it, or there is no such request", Exit.PRECONDITION)
    return Act(operator.name, why.now, why.reason, why.correlation_id)


def _may(operator: Operator, waiting: JointAct) -> bool:
    return not operator.jurisdictions and rights.may_agree(operator, waiting.kind)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        stop("the key file cannot be read", Exit.USAGE)
