"""Whoever steals the database gets no usable code, token or cookie, and no name or number (CD-06, MP-06, AU-06)."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from certs.keys.errors import SealError
from gateway.admin.operation_records import Credentials
from gateway.admin.records import Operator, Reveal, Role
from gateway.audit import AuditAction
from gateway.broker.model import Stage
from gateway.store.open import Stores, open_stores
from gateway.store.sql import binding_rows, indexes, number_tables, tables
from gateway.store.vault import KeyNotHeldError, Vault
from mapping.evidence import Evidence, Known, Policy
from mapping.resolve import decide
from tests.contracts.stores.builders import (
    BIRTHDATE,
    CODE_TEXT,
    COOKIE,
    FRONT,
    LATIN_CANARY,
    MINUTE,
    NAME_CANARY,
    NOW,
    PERMIT,
    SEALING_KEY,
    TOKEN_TEXT,
    World,
    a_number,
    a_person,
    a_session,
    a_subject,
    a_transaction,
    accepting,
    an_event,
    digest,
)
from tests.contracts.stores.requests import (
    AUTH_REQ_ID,
    BINDING_MESSAGE,
    HANDLE,
    NOTIFICATION_TOKEN,
    REQUEST_HASH,
    leave_requests,
)
from tests.contracts.stores.signing import leave_signatures

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
READS: dict[str, Callable[[Stores], Awaitable[object]]] = {
    "transactions": lambda stores: stores.transactions.find("transaction-1", FRONT, NOW),
    "sessions": lambda stores: stores.sign_ins.session(COOKIE, NOW),
    "grants": lambda stores: stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW),
    "bindings": lambda stores: stores.numbers.known("nobody", PERMIT, None, None),
    "pushed_requests": lambda stores: stores.pushed.pushed(HANDLE, "rp-a", NOW),
    "decoupled_requests": lambda stores: stores.decoupled.poll(REQUEST_HASH, NOW),
    "deliveries": lambda stores: stores.deliveries.due(NOW, MINUTE, 9),
    "reports": lambda stores: stores.reports.find("report-1", "rp-a"),
    "report_evidence": lambda stores: stores.reports.evidence("report-1", "rp-a"),
    "signing_requests": lambda stores: stores.signing_requests.find("signing-1", NOW),
    "operator_credentials": lambda stores: stores.operator_accounts.credentials("ada"),
}
UPSTREAM = "upstream-subject-canary"
HOME_CARD = "hkid:Z6839874"
AUTHENTICATOR = b"authenticator-canary"


async def live(world: World) -> str:
    """Leave something in every table, and give the surrogate that was issued."""
    stores = world.stores
    subject_id = await a_subject(stores, UPSTREAM, birthdate=BIRTHDATE, home_card=HOME_CARD)
    person = a_person(subject_id)
    kept = {"code_verifier": "verifier-canary"}
    await stores.transactions.begin(a_transaction(stage=Stage.AWAY, person=person, kept=kept), an_event())
    code, _ = await world.sign_in(new_session=replace(a_session(subject_id), person=person))
    await stores.tokens.redeem(code.hash, NOW, accepting())
    await stores.attempts.admit("permit", subject_id, NOW)
    evidence = Evidence(permit=PERMIT, birthdate=BIRTHDATE, sex="M", assurance=3)
    bound = await stores.numbers.apply(
        subject_id, "hong_kong", evidence, decide(evidence, Known(), Policy()), NOW, an_event()
    )
    number = bound.binding.number
    reveal = Reveal("reveal-1", "operator-a", NOW, "a stated purpose", number, NOW + MINUTE)
    await stores.reveal_registry.ask(reveal, an_event(AuditAction.REVEAL_ASKED))
    await leave_requests(world)
    await leave_signatures(stores)
    created = an_event(AuditAction.OPERATOR_CREATED)
    await stores.operator_registry.save(Operator("ada", Role.KEEPER, NOW), digest("operator key"), created)
    secret = Credentials("ada", totp_secret=AUTHENTICATOR)
    await stores.operator_accounts.set_credentials(secret, NOW, an_event(AuditAction.OPERATOR_UPDATED))
    return number.value


def every_table_with_a_box() -> set[str]:
    return {table.name for table in number_tables.metadata.tables.values() if "box" in table.c}


@pytest.mark.attack("CD-06", "MP-06", "AU-06")
@SQLITE
async def test_cd_06_no_byte_of_the_file_tells_a_secret_or_a_person(world: World, tmp_path: Path) -> None:
    surrogate = await live(world)
    await world.stores.aclose()

    dump = every_byte_of(tmp_path)

    canaries = {
        "code": CODE_TEXT,
        "token": TOKEN_TEXT,
        "name": NAME_CANARY,
        "escaped name": "\\u9673\\u865b",
        "Latin name": LATIN_CANARY,
        "permit": PERMIT.canonical,
        "residence number": a_number().value,
        "surrogate": surrogate,
        "birth date": BIRTHDATE.isoformat(),
        "upstream subject": UPSTREAM,
        "home card": HOME_CARD,
        "verifier": "verifier-canary",
        "state": "ate with a NUL",
        "nonce": "n-0S6_WzA2Mj",
        "pushed parameter": "pushed-canary",
        "auth_req_id": AUTH_REQ_ID,
        "notification token": NOTIFICATION_TOKEN,
        "binding message": BINDING_MESSAGE,
        "report": "report-canary",
        "evidence": "evidence-canary",
        "evidence as it is packed": base64.b64encode(b"evidence-canary").decode(),
        "document to sign": "Contrato",
        "what a provider's dialect kept": "kept-canary",
        "state of a signing request": "state-canary",
        "authenticator": AUTHENTICATOR.decode(),
        "authenticator as it is packed": base64.b64encode(AUTHENTICATOR).decode(),
    }
    assert [what for what, canary in canaries.items() if canary.encode() in dump] == []
    assert b"rp-a.example" in dump  # the search does find what is there


async def test_something_is_left_in_every_table_that_holds_boxes(world: World) -> None:
    await live(world)

    assert [name for name in sorted(every_table_with_a_box()) if not await world.count(name)] == []


@pytest.mark.attack("CD-06")
async def test_cd_06_what_the_database_keeps_of_a_code_redeems_nothing(world: World) -> None:
    code, _ = await world.sign_in()

    assert await world.stores.tokens.redeem(digest(code.hash.hex()), NOW, accepting()) is None
    assert await world.stores.tokens.redeem(digest(code.hash.decode("latin-1")), NOW, accepting()) is None


@pytest.mark.attack("MP-06")
async def test_mp_06_another_index_key_finds_nobody(world: World) -> None:
    await live(world)
    stranger = Vault({"1": SEALING_KEY}, {"1": bytes(reversed(range(32)))})

    def work(connection: Connection) -> list[object]:
        return [
            binding_rows.of_permit(connection, stranger.permit_index(PERMIT)),
            indexes.find(connection, stranger.text_index("subject", "hong_kong", UPSTREAM)),
        ]

    assert await world.stores.database.read(work) == [None, None]


@pytest.mark.attack("MP-06")
async def test_mp_06_whoever_brings_another_key_under_a_known_name_is_turned_away(
    world: World, database_url: str
) -> None:
    await live(world)

    with pytest.raises(KeyNotHeldError, match="not in the keys folder"):
        await open_stores(database_url, sealing_keys={"1": SEALING_KEY}, index_keys={"1": bytes(reversed(range(32)))})


@pytest.mark.parametrize("table", READS)
async def test_a_box_that_was_moved_to_another_row_does_not_open(world: World, table: str) -> None:
    await live(world)
    await world.stores.database.run(move_a_box_to(table))

    with pytest.raises(SealError):
        await read(world, table)


def every_byte_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("gate.sqlite3*")))


def move_a_box_to(table: str) -> Any:
    box = select(tables.subjects.c.box).limit(1).scalar_subquery()

    def work(connection: Connection) -> None:
        connection.execute(update(tables.metadata.tables[table]).values(box=box))

    return work


async def read(world: World, table: str) -> object:
    return await READS[table](world.stores)
