"""A gateway's folder on disk for the command line: keys, settings, SQLite, and a few fictional people on record."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import select
from typer.testing import CliRunner, Result

from gateway.admin import keyring
from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import Anchor
from gateway.cli import app
from gateway.config import load
from gateway.store.open import Stores, open_stores
from gateway.store.sql import tables
from mapping.documents import TravelPermit
from mapping.evidence import Evidence, Known, Policy
from mapping.resolve import decide

THEN: Final = datetime.now(UTC) - timedelta(days=2)
"""When everything on record happened; no test looks at how long ago that is."""
PERMIT: Final = TravelPermit.parse("H1234567801")
OTHER: Final = TravelPermit.parse("M87654321")
BORN: Final = date(1905, 6, 7)

T = TypeVar("T")


def gate(*arguments: str, stdin: str | None = None) -> Result:
    """Run one verb, as somebody whose standard input is no terminal."""
    return CliRunner().invoke(app, list(arguments), input=stdin)


def answer(*arguments: str, code: int = 0, stdin: str | None = None) -> dict[str, Any]:
    """What a verb prints as JSON, after a look at its exit code."""
    result = gate(*arguments, "--json", stdin=stdin)
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout))


def with_stores(config: str, work: Callable[[Stores], Awaitable[T]]) -> T:
    """Do something to the folder's database that no verb does."""

    async def run() -> T:
        settings = load(Path(config))
        keys = keyring.load(settings.keys_dir)
        stores = await open_stores(
            settings.storage.database_url, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
        )
        try:
            return await work(stores)
        finally:
            await stores.aclose()

    return asyncio.run(run())


@dataclass(frozen=True, slots=True)
class Filled:
    """A folder with one person on record under PERMIT, and a second person without a record."""

    config: str
    subject_id: str
    stranger_id: str
    record: str
    number: str

    def actions(self) -> list[str]:
        """The audit trail, action by action."""
        statement = select(tables.audit.c.action).order_by(tables.audit.c.seq)
        return with_stores(
            self.config,
            lambda stores: stores.database.read(lambda connection: list(connection.execute(statement).scalars())),
        )

    def raise_alert(self) -> str:
        """Let the stranger claim the permit with other facts; gives the alert's id."""
        event = AuditEvent(AuditAction.IDENTIFIER_REFUSED, THEN, "c0ffee", subject_id=self.stranger_id)
        with_stores(
            self.config,
            lambda stores: stores.numbers.conflict(AlertKind.FACTS_DIFFER, self.stranger_id, PERMIT, THEN, event),
        )
        return str(answer("map", "alerts", "--config", self.config, code=1)["alerts"][0]["id"])


def fill(config: str) -> Filled:
    """Put the people on record."""

    async def work(stores: Stores) -> Filled:
        anchor = Anchor(birthdate=BORN)
        subject_id, _ = await stores.sign_ins.subject("hong_kong", "token-id-1", anchor, THEN, "c0ffee")
        stranger_id, _ = await stores.sign_ins.subject("macao", "uid-1", anchor, THEN, "c0ffee")
        evidence = Evidence(permit=PERMIT, birthdate=BORN, sex="F", assurance=2)
        event = AuditEvent(AuditAction.IDENTIFIER_BOUND, THEN, "c0ffee", subject_id=subject_id)
        held = await stores.numbers.apply(
            subject_id, "hong_kong", evidence, decide(evidence, Known(), Policy()), THEN, event
        )
        return Filled(config, subject_id, stranger_id, held.binding_id, held.binding.number.value)

    return with_stores(config, work)
