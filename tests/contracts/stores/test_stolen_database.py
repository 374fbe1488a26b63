"""Whoever steals the database gets no usable code, token or cookie, and no name or number (CD-06, MP-06, AU-06)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from certs.keys.errors import SealError
from gateway.broker.model import Stage
from gateway.store.open import open_stores
from gateway.store.sql import tables
from mapping.evidence import Evidence, Known, Policy
from mapping.resolve import decide
from tests.contracts.stores.builders import (
    BIRTHDATE,
    CODE_TEXT,
    COOKIE,
    FRONT,
    LATIN_CANARY,
    NAME_CANARY,
    NOW,
    PERMIT,
    TOKEN_TEXT,
    World,
    a_number,
    a_person,
    a_sealer,
    a_session,
    a_transaction,
    accepting,
    an_event,
    digest,
)

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UPSTREAM = "upstream-subject-canary"


async def live(world: World) -> str:
    """Leave something in every table, and give the surrogate that was issued."""
    stores = world.stores
    subject_id = await stores.sign_ins.subject("hong_kong", UPSTREAM, NOW)
    assert subject_id is not None
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
    return bound.number.value


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
        "verifier": "verifier-canary",
        "state": "ate with a NUL",
        "nonce": "n-0S6_WzA2Mj",
    }
    assert [what for what, canary in canaries.items() if canary.encode() in dump] == []
    assert b"rp-a.example" in dump  # the search does find what is there


@pytest.mark.attack("CD-06")
async def test_cd_06_what_the_database_keeps_of_a_code_redeems_nothing(world: World) -> None:
    code, _ = await world.sign_in()

    assert await world.stores.tokens.redeem(digest(code.hash.hex()), NOW, accepting()) is None
    assert await world.stores.tokens.redeem(digest(code.hash.decode("latin-1")), NOW, accepting()) is None


@pytest.mark.attack("MP-06")
async def test_mp_06_another_index_key_finds_nobody(world: World, database_url: str) -> None:
    await live(world)
    stranger = await open_stores(database_url, sealer=a_sealer(), index_key=bytes(reversed(range(32))))

    known = await stranger.numbers.known(PERMIT, None, a_number())
    await stranger.aclose()

    assert known == Known()


@pytest.mark.parametrize("table", ["transactions", "sessions", "grants", "bindings"])
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
    stores = world.stores
    match table:
        case "transactions":
            return await stores.transactions.find("transaction-1", FRONT, NOW)
        case "sessions":
            return await stores.sign_ins.session(COOKIE, NOW)
        case "grants":
            return await stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW)
        case _:
            return await stores.numbers.known(PERMIT, None, None)
