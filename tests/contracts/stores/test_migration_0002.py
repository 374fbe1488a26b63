"""From the first schema to the second, with people in it: everybody is found, and no number is lost or given again."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, column, create_engine, insert, select
from sqlalchemy import table as as_it_was

from gateway.admin.records import Remaining
from gateway.audit import AuditAction
from gateway.broker.ports import BindingConflictError
from gateway.store import migrate
from gateway.store.open import Stores, open_stores
from gateway.store.records import write_binding
from gateway.store.sql import number_rows, number_tables
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Bind, Binding
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Standing
from mapping.vocabulary import Sex
from tests.contracts.stores.builders import (
    BIRTHDATE,
    ENGINES,
    KEYS,
    NEXT_KEYS,
    NOW,
    OTHER_PERMIT,
    PERMIT,
    a_number,
    a_subject,
    an_event,
)
from tests.contracts.stores.desk import RESIDENCE, Desk, an_evidence, verified
from tests.engines import PostgresServer

VAULT = Vault(**KEYS)
SURROGATE = a_number("81005019050607001")
OTHER_SURROGATE = a_number("81005119050607003")
MACAO_PERMIT = TravelPermit.parse("M12345678")
COUNT = 1_772_443_800_000_000
CHANGED = an_event(AuditAction.KEYS_CHANGED)


@pytest.fixture(params=ENGINES)
def first_schema(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a database of the first schema with two people and a client in it."""
    server: PostgresServer | None = None
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'first.sqlite3'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database()
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "HEAD", "0001")
        migrate.upgrade(url)
    engine = create_engine(url)
    fill(engine)
    engine.dispose()
    yield url
    if server is not None:
        server.drop_database(url)


@pytest.fixture
async def migrated(first_schema: str) -> AsyncIterator[Stores]:
    """Give stores on the migrated database."""
    migrate.upgrade(first_schema)
    stores = await open_stores(first_schema, **KEYS)
    yield stores
    await stores.aclose()


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        a_client(connection, "enrolled", {"surrogates_allowed": True, "purpose": "accommodation"})
        a_client(connection, "other", {"surrogates_allowed": False, "purpose": "insurance"})
        a_holder(connection, "one", PERMIT, RESIDENCE, (SURROGATE.value,))
        a_holder(connection, "two", OTHER_PERMIT, OTHER_SURROGATE, ())
        retired = Binding(MACAO_PERMIT, BIRTHDATE, Sex.MALE, SURROGATE, NOW)
        a_binding(connection, "retired", retired, None, version=2)


def add(connection: Connection, table: str, **row: Any) -> None:
    """Add a row as the first schema has it: the program's tables are those of the newest."""
    connection.execute(insert(as_it_was(table, *(column(name) for name in row))), row)


def a_client(connection: Connection, client_id: str, changes: dict[str, Any]) -> None:
    record = {
        "client_name": "海濱診所",
        "redirect_uris": ["https://rp.example/cb"],
        "token_endpoint_auth_method": "none",
        "jwks": None,
        "scopes": ["openid"],
        "id_token_signed_response_alg": "ES256",
        "post_logout_redirect_uris": [],
        "client_uri": None,
        "policy_uri": None,
        "sector": "rp.example",
        "jurisdiction": "guangdong",
        "providers": [],
    }
    add(connection, "clients", client_id=client_id, record=json.dumps(record | changes))


def a_holder(
    connection: Connection, name: str, permit: TravelPermit, number: MainlandIdentifier, replaces: tuple[str, ...]
) -> None:
    subject_id, binding_id = f"subject-{name}", f"binding-{name}"
    add(
        connection,
        "subjects",
        id=subject_id,
        provider="hong_kong",
        upstream_index=VAULT.text_index("subject", "hong_kong", name)[0].value,
        box=VAULT.seal({"upstream_subject": name}, "subjects", subject_id),
        created_at=COUNT,
    )
    for value in (*replaces, number.value):
        index = number_index(MainlandIdentifier.parse(value, NOW.date()))
        add(connection, "numbers", number_index=index, binding_id=binding_id, first_at=COUNT)
    binding = Binding(permit, BIRTHDATE, Sex.MALE, number, NOW, replaces)
    a_binding(connection, binding_id, binding, number_index(number), version=1 + len(replaces))
    add(connection, "holders", subject_id=subject_id, binding_id=binding_id, provider="hong_kong", tied_at=COUNT)
    add(
        connection,
        "binding_history",
        id=f"history-{name}",
        binding_id=binding_id,
        version=1,
        at=COUNT,
        what="bound",
        evidence="surrogate",
        provider="hong_kong",
        subject_id=subject_id,
        correlation_id="c",
        box=VAULT.seal(write_binding(binding), "binding_history", f"history-{name}"),
    )


def a_binding(connection: Connection, binding_id: str, binding: Binding, index: bytes | None, *, version: int) -> None:
    add(
        connection,
        "bindings",
        id=binding_id,
        permit_index=VAULT.permit_index(binding.permit)[0].value,
        number_index=index,
        version=version,
        retired=index is None,
        box=VAULT.seal(write_binding(binding), "bindings", binding_id),
    )


def number_index(number: MainlandIdentifier) -> bytes:
    return VAULT.number_index(number)[0].value


async def test_everybody_is_found_as_they_were(migrated: Stores) -> None:
    desk = Desk(migrated)

    held = await desk.held("subject-one")

    assert await desk.person("one") == "subject-one"
    assert held.binding == Binding(PERMIT, BIRTHDATE, Sex.MALE, RESIDENCE, NOW, (SURROGATE.value,), 2)
    assert (held.standing, held.checked_at) == (Standing.ACTIVE, None)
    assert (await desk.known(verified(), "subject-one")).number_holder == PERMIT.canonical
    assert (await desk.known(an_evidence(MACAO_PERMIT))).standing is Standing.RETIRED
    history = await migrated.number_registry.history("binding-one")
    assert [(line.what.value, line.actor) for line in history] == [("bound", "person")]


async def test_clients_are_enrolled_for_the_purpose_that_they_have(migrated: Stores) -> None:
    enrolled, other = await migrated.clients.find("enrolled"), await migrated.clients.find("other")

    assert enrolled is not None
    assert other is not None
    assert (enrolled.surrogate_purposes, enrolled.surrogates_allowed) == (("accommodation",), True)
    assert (other.surrogate_purposes, other.surrogates_allowed) == ((), False)
    assert (other.document_codes, other.event_uri) == ({}, None)


async def test_every_old_number_is_known_by_its_id(migrated: Stores) -> None:
    ids = await Desk(migrated).all(select(number_tables.numbers.c.id))

    numbers = await migrated.database.read(
        lambda connection: {number_rows.number_of(connection, VAULT, number_id) for (number_id,) in ids}
    )

    assert numbers == {RESIDENCE, SURROGATE, OTHER_SURROGATE}
    with pytest.raises(LookupError):
        await migrated.database.read(lambda connection: number_rows.number_of(connection, VAULT, "none"))


async def test_an_old_number_is_never_given_to_another(migrated: Stores) -> None:
    desk = Desk(migrated)
    stranger = await desk.person("stranger", "guangdong")
    evidence = verified(permit=TravelPermit.parse("H10000001"))

    with pytest.raises(MappingError, match=r"binding\.conflict"):
        await desk.resolve(stranger, evidence, "guangdong")
    with pytest.raises(BindingConflictError):
        await desk.apply(stranger, evidence, Bind(RESIDENCE), "guangdong")


async def test_an_old_stand_in_is_superseded_and_keeps_its_place_in_the_books(migrated: Stores) -> None:
    desk = Desk(migrated)
    residence = a_number("81000019050607005")

    held = await desk.resolve("subject-two", verified(residence, permit=OTHER_PERMIT))

    rows = number_tables.numbers.c
    boxes = await desk.all(select(rows.id, rows.box.is_not(None)).where(rows.binding_id == "binding-two"))
    assert held.binding.replaces == (OTHER_SURROGATE.value,)
    assert [has_box for _, has_box in boxes] == [True, True]


async def test_the_first_change_of_keys_seals_and_counts_the_old_numbers(migrated: Stores, first_schema: str) -> None:
    held = await Desk(migrated).held("subject-one")
    ready = await open_stores(first_schema, **NEXT_KEYS)
    await ready.rekeying.begin(NOW, CHANGED)
    left = await ready.rekeying.remaining()
    moved = 0
    while step := await ready.rekeying.step(2):
        moved += step

    assert await ready.rekeying.finish(NOW, CHANGED)

    assert (moved, await ready.rekeying.remaining()) == (left.total, Remaining(0, 0))
    assert await a_subject(ready, "one") == "subject-one"
    assert await Desk(ready).held("subject-one") == held
    record = await ready.number_registry.of_number(SURROGATE)
    assert record is not None
    assert record.binding_id == "binding-one"
    assert sorted((b.code, b.given) for b in await ready.number_registry.fullest(9)) == [("810050", 1), ("810051", 1)]
    await ready.aclose()
