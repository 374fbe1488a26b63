"""``gate map reveal``: trace a number back to its permit, by two operators who prove themselves by keys (MP-03)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import reveals
from gateway.admin.acts import Act
from gateway.admin.ports import RevealRegistry
from gateway.audit import AuditLog
from gateway.cli.keeper import KeyFile, keeper_of
from gateway.cli.map.arguments import Number, identifier_of
from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.cli.stores import Opened, with_stores
from gateway.config import read_secret
from gateway.product import utc_now

app = typer.Typer(help="Trace a number back to its permit: two operators, once, for 15 minutes.", no_args_is_help=True)

RevealId = Annotated[str, typer.Argument(help="The request's id.")]
Step = Callable[[RevealRegistry, AuditLog, Act], Awaitable[dict[str, Any]]]

_WORDS = {
    reveals.Refusal.TOO_MANY: f"you have asked {reveals.DAILY_LIMIT} times within a day",
    reveals.Refusal.NOT_APPROVABLE: "this request cannot be approved, or not by you",
    reveals.Refusal.NOT_USABLE: "this request cannot be used, or not by you",
}


@app.command()
def ask(
    number: Number,
    purpose: Annotated[str, typer.Option("--purpose", help="What for; kept for good, so name a case.")],
    key_file: KeyFile,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Ask for the permit behind a number; another keeper has a day to approve."""
    wanted = identifier_of(number)
    _step(config, key_file, purpose, lambda registry, log, act: reveals.ask(registry, log, wanted, act), as_json)


@app.command()
def approve(reveal_id: RevealId, key_file: KeyFile, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Approve another keeper's request; it can then be used for 15 minutes."""
    _step(config, key_file, "", lambda registry, log, act: reveals.approve(registry, log, reveal_id, act), as_json)


@app.command()
def use(reveal_id: RevealId, key_file: KeyFile, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Use your approved request, once: the permit is shown in full."""
    _step(config, key_file, "", lambda registry, log, act: reveals.use(registry, log, reveal_id, act), as_json)


def _step(config: Path | None, key_file: Path, purpose: str, step: Step, as_json: bool) -> None:  # noqa: FBT001
    key = read_secret(key_file)

    async def work(gate: Opened) -> dict[str, Any]:
        stores = gate.stores
        return await step(stores.reveal_registry, stores.audit, Act(await keeper_of(gate, key), utc_now(), purpose))

    try:
        found = with_stores(config, work)
    except reveals.RevealRefusedError as error:
        stop(_WORDS[error.refusal], Exit.PRECONDITION)
    show(found, as_json=as_json)
