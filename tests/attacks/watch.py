"""Watches a world under attack: what must hold after every attack, whatever its entry says (attacks.json, always_check)."""

import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Connection, func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.store.sql import tables
from mock_idps.personas import PERSONAS
from tests.world import AT, World

LASTING: Final = (
    "subjects",
    "pairwise",
    "transactions",
    "sessions",
    "consents",
    "grants",
    "codes",
    "tokens",
    "refresh_tokens",
    "pushed_requests",
    "decoupled_requests",
    "deliveries",
    "numbers",
    "bindings",
    "holders",
)
"""Tables that a refused action leaves as they were."""
REFUSALS: Final = frozenset(
    {
        "request.refused",
        "token.refused",
        "sign_in.failed",
        "identifier.refused",
    }
)
"""Actions of the audit log that tell of a refusal; ``code.reused`` tells of what was ended because of one."""
_FAULTY_BODY: Final = re.compile(
    r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|sqlalchemy|psycopg|sqlite3|\bSELECT .+ FROM\b"
)
_OURS: Final = urlsplit(AT.issuer).netloc


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the gateway, as a browser or a server got it."""

    method: str
    path: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers if found == name), None)


@dataclass(slots=True)
class Witness:
    """Stands before the gateway and keeps every answer, and what must never be seen again of those that it gave out."""

    app: ASGIApp
    answers: list[Answer] = field(default_factory=list)
    given_out: set[str] = field(default_factory=set, repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []
        start: Message = {}

        async def keeping(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, keeping)
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
        answer = Answer(scope["method"], scope["path"], start["status"], headers, b"".join(parts))
        self.answers.append(answer)
        self.given_out |= _given_out(answer)


@dataclass(slots=True)
class WatchedWorld(World):
    """A world whose gateway is watched."""

    witness: Witness

    @property
    def answers(self) -> list[Answer]:
        return self.witness.answers


def watched(world: World) -> WatchedWorld:
    """Put a witness before the gateway of a running world."""
    witness = Witness(world.gateway)
    world.net.mount(AT.issuer, witness)
    return WatchedWorld(**{f.name: getattr(world, f.name) for f in fields(World)}, witness=witness)


async def counts(world: World, names: Sequence[str] = LASTING) -> dict[str, int]:
    """How many rows tables have; the lasting ones unless others are named."""

    def ask(connection: Connection) -> dict[str, int]:
        return {
            name: connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar_one()
            for name in names
        }

    return await world.stores.database.read(ask)


async def audit_trail(world: World) -> list[dict[str, Any]]:
    """The events so far, the oldest first."""

    def ask(connection: Connection) -> list[dict[str, Any]]:
        rows = connection.execute(select(tables.audit).order_by(tables.audit.c.seq)).mappings()
        return [{**row, "details": json.loads(row["details"])} for row in rows]

    return await world.stores.database.read(ask)


async def refusals(world: World) -> list[dict[str, Any]]:
    """The events that tell of a refusal."""
    return [event for event in await audit_trail(world) if event["action"] in REFUSALS]


@contextlib.asynccontextmanager
async def leaves_nothing(
    world: World, *, refused: int | None = None, but: Mapping[str, int] | None = None
) -> AsyncIterator[None]:
    """What is done inside leaves no row behind, and ``refused`` events; ``but`` names rows that may be new."""
    before = await counts(world)
    told = 0 if refused is None else len(await refusals(world))

    yield

    allowed = {name: number + (but or {}).get(name, 0) for name, number in before.items()}
    assert await counts(world) == allowed
    if refused is not None:
        events = (await refusals(world))[told:]
        assert len(events) == refused, events


def check_answers(answers: Iterable[Answer]) -> None:
    """No fault but a deliberate 503 with Retry-After, nothing of our inside in a body, no canary on foreign soil."""
    canaries = personal_canaries()
    for answer in answers:
        where = f"{answer.method} {answer.path} -> {answer.status}"
        assert answer.status < 500 or (answer.status == 503 and answer.header("retry-after")), where
        body = answer.body.decode("utf-8", "replace")
        assert not _FAULTY_BODY.search(body), where
        location = answer.header("location")
        if location is not None and urlsplit(location).netloc not in {"", _OURS}:
            told = [canary for canary in canaries if canary in location]
            assert not told, f"{where} tells a canary to {urlsplit(location).netloc}"
            assert "token=" not in location, where


def check_logs(records: Iterable[logging.LogRecord], world: WatchedWorld) -> None:
    """No number, name, code, token, cookie or secret of the run in any line of any logger but the mocks' own."""
    canaries = personal_canaries() | secret_canaries(world)
    formatter = logging.Formatter()
    for record in records:
        if record.name.startswith("mock_idps"):
            continue
        line = formatter.format(record)
        told = [canary for canary in canaries if canary in line]
        assert not told, f"{record.name} told {len(told)} canaries: {record.msg}"


def personal_canaries() -> set[str]:
    """Numbers and names of the whole cast."""
    found: set[str] = set()
    for person in PERSONAS:
        for name in ("permit", "residence_permit", "resident_id", "name_han", "hkid"):
            value = getattr(person, name, None)
            if isinstance(value, str) and len(value) > 1:
                found.add(value)
    return found


def secret_canaries(world: WatchedWorld) -> set[str]:
    """Codes, tokens and cookies that the gateway gave out, and the secrets that it keeps."""
    credentials = json.loads((world.folder / "credentials.json").read_text(encoding="utf-8"))
    kept = {value for name, value in credentials.items() if name.endswith((".secret", ".token", ".key"))}
    return {value for value in world.witness.given_out | kept if len(value) >= 16}


def _given_out(answer: Answer) -> set[str]:
    found: set[str] = set()
    location = answer.header("location")
    if location is not None:
        found |= set(parse_qs(urlsplit(location).query).get("code", ()))
    found |= {value.partition(";")[0].partition("=")[2] for name, value in answer.headers if name == "set-cookie"}
    if answer.path == "/token" and answer.status == 200:
        tokens = json.loads(answer.body)
        found |= {tokens[name] for name in ("access_token", "id_token", "refresh_token") if name in tokens}
    return found
