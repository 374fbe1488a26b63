"""An audit on SQLite with its key and its file of checkpoints, and ways to let things happen to it, honest or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from certs.keys.signing_key import Algorithm, SigningKey
from certs.keys.verification_keys import VerificationKeys
from gateway.admin import audit_proof
from gateway.admin.acts import Act
from gateway.admin.audit_chain import Link, Place, chained
from gateway.admin.audit_proof import Verdict
from gateway.admin.audit_sealing import Sealed, Sealing, seal
from gateway.audit import AuditAction, AuditEvent
from gateway.store.open import Stores, open_stores
from gateway.store.sql import audit

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER: Final = NOW + timedelta(hours=1)
ISSUER: Final = "https://id.example"
KEY: Final = SigningKey.generate(Algorithm.ES256, NOW)
STRANGER: Final = SigningKey.generate(Algorithm.ES256, NOW)
PUBLIC: Final = [KEY.public_jwk()]
PINNED: Final = VerificationKeys.from_jwks({"keys": PUBLIC})
ADA: Final = Act("ada", LATER)
KEYS: Final[dict[str, Any]] = {"sealing_keys": {"1": bytes(range(32))}, "index_keys": {"1": bytes(range(32))}}


def an_event(number: int = 0, action: AuditAction = AuditAction.SIGN_IN_COMPLETED, **changes: Any) -> AuditEvent:
    values: dict[str, Any] = {
        "at": NOW + timedelta(seconds=number),
        "correlation_id": f"c{number:06d}",
        "client_id": "shop",
        "subject_id": f"s-{number % 7}",
        "provider": "hong_kong",
        "details": {"by": "provider"},
    }
    return AuditEvent(action, **(values | changes))


def a_row(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "seq": number,
        "at": "2026-03-02T09:30:00.000000Z",
        "action": "sign_in.completed",
        "correlation_id": f"c{number:06d}",
        "client_id": "shop",
        "subject_id": "s-1",
        "provider": "hong_kong",
        "details": "{}",
    }
    return row | changes


def a_chain(count: int, place: Place | None = None) -> list[Link]:
    start = place or Place()
    return list(chained(start, [a_row(start.position + 1 + number) for number in range(count)]))


def sealing_of(stores: Stores, file: Path | None, key: SigningKey | None = KEY) -> Sealing:
    return Sealing(
        chain=stores.audit_chain,
        checkpoints=stores.audit_checkpoints,
        issuer=ISSUER,
        signing_key=lambda: key,
        known_keys=lambda: PUBLIC,
        verification_keys=lambda: PINNED,
        file=file,
    )


@dataclass(frozen=True, slots=True)
class Trail:
    """One audit."""

    stores: Stores
    folder: Path
    sealing: Sealing = field(repr=False)

    @property
    def file(self) -> Path:
        return self.folder / "checkpoints"

    async def happen(self, count: int, first: int = 0, **changes: Any) -> None:
        events = [an_event(number, **changes) for number in range(first, first + count)]
        await self.stores.database.run(lambda connection: audit.record(connection, *events))

    async def link(self, count: int, now: datetime = NOW, *, first: int = 0) -> Sealed:
        """So many events happen, are linked and vouched for."""
        await self.happen(count, first)
        while await self.stores.audit_chain.link(500):
            pass
        return await seal(self.sealing, now, at_once=True)

    async def execute(self, statement: str, **values: Any) -> None:
        """What somebody does who can write to the database."""
        await self.stores.database.run(lambda connection: connection.execute(text(statement), values) and None)

    async def value(self, statement: str) -> Any:
        return await self.stores.database.read(lambda connection: connection.execute(text(statement)).scalar())

    async def verify(self, **options: Any) -> Verdict:
        return await audit_proof.verify(self.sealing, self.stores.audit, ADA, **options)

    def without(self, *parts: str) -> "Trail":
        """The same without its file, or its key."""
        changes: Mapping[str, Any] = {
            "file": {"file": None},
            "key": {"signing_key": lambda: None},
        }
        given: dict[str, Any] = {}
        for part in parts:
            given |= changes[part]
        return replace(self, sealing=replace(self.sealing, **given))


async def open_trail(folder: Path) -> Trail:
    stores = await open_stores(f"sqlite:///{folder / 'gate.sqlite3'}", **KEYS)
    return Trail(stores, folder, sealing_of(stores, folder / "checkpoints"))
