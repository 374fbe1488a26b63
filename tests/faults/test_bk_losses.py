"""Faults, backups: what a copy of the audit tells is done again, and a restore that is killed leaves nothing (F-BK-01)."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from certs.keys.rotation import moves
from certs.keys.rotation.records import KeySetRecord
from gateway.admin import operators, switches
from gateway.admin.acts import Act
from gateway.admin.backup_file import BackupError
from gateway.admin.records import Role, SwitchKind
from gateway.audit import AuditAction
from gateway.oidc.random_values import new_value
from gateway.store.open import Stores, open_stores
from gateway.store.sql import audit as audit_rows
from gateway.store.sql.tables import audit
from mapping.lifecycle import Standing
from tests.certs.keys.rotation.sets import published
from tests.contracts.stores.backing_up import back_up, content, is_empty, restored
from tests.contracts.stores.builders import (
    KEYS,
    NOW,
    a_client,
    a_completion,
    a_consent,
    a_grant,
    a_world,
    an_event,
)
from tests.contracts.stores.desk import Desk, an_evidence
from tests.faults.importing import ROOT_FOLDER
from tests.faults.lives import copy_of
from tests.faults.test_bk_numbers import empty  # noqa: F401 - a fixture
from tests.faults.weight import PATIENT, rounds

pytestmark = [
    PATIENT,
    pytest.mark.attack("F-BK-01"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
ROWS = rounds(500, 100_000)
ACT = Act("olga", NOW, "case 17")


async def agree(stores: Stores, subject_id: str, client_id: str) -> None:
    consent = a_consent(subject_id, id=new_value(), client_id=client_id)
    grant = a_grant(subject_id, id=new_value(), client_id=client_id)
    assert await stores.sign_ins.complete(a_completion(subject_id, grant=grant, code=None, consent=consent), NOW)


def event_of(action: AuditAction, subject_id: str | None, client_id: str | None = None) -> Any:
    return an_event(action, subject_id=subject_id, client_id=client_id)


def key_event(action: AuditAction) -> Any:
    return an_event(action, details={"operator": "olga", "kid": "one"})


async def test_f_bk_01_what_was_taken_away_since_is_taken_away_again(
    database_url: str,
    stores: Stores,
    tmp_path: Path,
    empty: Callable[[], str],  # noqa: F811 - the fixture
) -> None:
    world, desk = await a_world(stores), Desk(stores)
    await stores.registry.save(a_client("rp-b"), an_event())
    stays, blocked, erased, disputes = [await desk.person(f"one-{place}") for place in range(4)]
    for subject_id, client_id in ((stays, "rp-a"), (stays, "rp-b"), (erased, "rp-a")):
        await agree(stores, subject_id, client_id)
    await desk.resolve(disputes, an_evidence())
    await operators.create(stores.operator_registry, "gone", Role.KEEPER, b"k" * 32, ACT)
    await stores.key_registry.change(KeySetRecord(published().name), published(), [key_event(AuditAction.KEY_ADOPTED)])
    while await stores.audit_chain.link(1000):
        pass
    file = await back_up(database_url, tmp_path)
    lost = moves.compromise(published(), "one", NOW, "case 17", NOW)
    await stores.key_registry.change(published(), lost, [key_event(AuditAction.KEY_COMPROMISED)])
    await stores.people.withdraw(stays, "rp-a", NOW, event_of(AuditAction.CONSENT_WITHDRAWN, stays, "rp-a"))
    await stores.people.erase(erased, NOW, event_of(AuditAction.SUBJECT_ERASED, erased))
    await stores.subject_registry.block(blocked, NOW, event_of(AuditAction.SUBJECT_BLOCKED, blocked))
    await stores.numbers.dispute(disputes, NOW, event_of(AuditAction.IDENTIFIER_DISPUTED, disputes))
    await stores.registry.disable("rp-b", NOW, event_of(AuditAction.CLIENT_DISABLED, None, "rp-b"))
    await operators.disable(stores.operator_registry, "gone", ACT)
    await switches.turn_off(stores.switch_registry, SwitchKind.PROVIDER, "macao", {"macao"}, ACT)
    url = empty()

    told = restored(url, file, audit_copy=await copy_of(stores, tmp_path / "copy"), nothing_since=True)

    after = await open_stores(url, **KEYS)
    try:
        assert [one.client_id for one in await after.people.consents(stays)] == ["rp-b"]
        assert await after.people.consents(erased) == []
        assert await after.people.state(erased) == "erased"
        assert await after.people.state(blocked) == "blocked"
        held = await after.numbers.of_subject(disputes)
        assert held is not None
        assert held.standing is Standing.FROZEN
        assert [one.name for one in await after.switch_registry.all()] == ["macao"]
        disabled = {one.name: one.disabled_at is not None for one in await after.operator_registry.all()}
        assert disabled == {"gone": True}
        keys = (await after.key_registry.all())[lost.name]
        assert [(key.kid, key.state.value) for key in keys.keys] == [("one", "compromised"), ("two", "active")]
        client = await after.clients.find("rp-b")
        assert client is None or client.disabled_at is not None
    finally:
        await after.aclose()
    changed = {name: count for name, count in told["changed"].items() if count}
    assert changed == {
        "consents_withdrawn": 1,
        "subjects_erased": 1,
        "subjects_blocked": 1,
        "records_frozen": 1,
        "clients_disabled": 1,
        "key_sets_raised": 1,
        "keys_compromised": 1,
        "operators_disabled": 1,
        "switches_off": 1,
    }
    assert world.client.client_id == "rp-a"


async def test_f_bk_01_without_a_copy_no_consent_lives_on_and_its_end_is_marked(
    database_url: str,
    stores: Stores,
    tmp_path: Path,
    empty: Callable[[], str],  # noqa: F811 - the fixture
) -> None:
    world = await a_world(stores)
    await agree(stores, world.subject_id, "rp-a")
    url = empty()

    told = restored(url, await back_up(database_url, tmp_path))

    rows = content(url)
    assert told["changed"]["consents_to_be_asked_again"] == 1
    assert rows["consents"][0][8] == rows["epochs"][0][1], "the moment of the restore is the mark"


async def test_f_bk_01_lists_and_events_that_others_remember_are_told_of(
    database_url: str,
    stores: Stores,
    tmp_path: Path,
    empty: Callable[[], str],  # noqa: F811 - the fixture
) -> None:
    await a_world(stores)
    file = await back_up(database_url, tmp_path)
    url = empty()

    with pytest.raises(BackupError, match="knows 7 events that the backup does not have"):
        restored(url, file, nothing_since=True, checkpoint_position=7)
    told = restored(url, file, dry_run=True, checkpoint_position=7, marks={"hk-gd-hk": 3})

    assert any("7 events of the audit are lost" in warning for warning in told["warnings"])
    assert any("import hk-gd-hk anew" in warning for warning in told["warnings"])
    assert is_empty(url)


async def test_f_bk_01_a_restore_that_is_killed_leaves_an_empty_database_and_can_be_done_again(
    database_url: str,
    stores: Stores,
    tmp_path: Path,
    empty: Callable[[], str],  # noqa: F811 - the fixture
) -> None:
    rows = audit_rows.rows([an_event()] * ROWS)
    await stores.database.run(lambda connection: connection.execute(insert(audit), rows).rowcount)
    file, url = await back_up(database_url, tmp_path), empty()
    command = [sys.executable, "-m", "tests.faults.restoring", url, str(file), file.stem.partition("-")[2]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT_FOLDER)}

    with subprocess.Popen(command, cwd=ROOT_FOLDER, env=environment, text=True, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 - killed
        assert process.stdout is not None
        assert process.stdout.readline() == "audit\n"
        process.kill()

    assert is_empty(url)
    began = time.monotonic()
    told = restored(url, file)
    print(f"restored {told['rows']} rows, {told['rows'] / (time.monotonic() - began):,.0f} a second")
    assert told["rows"] == ROWS + 2
    assert len(content(url)["audit"]) == ROWS + 1
