"""Backups at the operator API: made, verified and listed; what is refused is refused in words and shows no path."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.admin.backup_ports import BackupOffice
from gateway.admin.records import Operator, Role
from gateway.audit import AuditAction
from gateway.web.operator_backup import OPERATIONS, create_backup, list_backups, verify_backup
from gateway.web.operator_call import Call, CallError, Desk
from tests.gateway.admin.fake_backups import FakeRegistry, FakeSource
from tests.gateway.admin.fakes import NOW

CARA = Operator("cara", Role.CUSTODIAN, NOW)


def a_desk(place: Path, **changes: Any) -> tuple[Desk, FakeRegistry]:
    registry = FakeRegistry()
    values: dict[str, Any] = {
        "issuer": "https://id.example",
        "source": FakeSource(),
        "registry": registry,
        "key": bytes(range(32)),
        "folder": place,
        "marks": dict,
    }
    return cast("Desk", SimpleNamespace(backups=BackupOffice(**(values | changes)))), registry


def a_call(**fields: Any) -> Call:
    return Call(operator=CARA, now=NOW, correlation_id="c0rrelation", fields=fields, path={})


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


async def test_a_backup_is_made_listed_and_verified(tmp_path: Path) -> None:
    desk, registry = a_desk(tmp_path)

    dry = await create_backup(desk, a_call(dry_run=True))
    made = await create_backup(desk, a_call(reason="case 17"))
    proved = await verify_backup(desk, a_call(file=made["file"]))
    listed = (await list_backups(desk, a_call()))["backups"]

    assert dry["dry_run"]
    assert str(tmp_path) not in f"{made} {proved} {listed}"
    assert (proved["sha256"], proved["rows"]) == (made["sha256"], 302)
    assert [(one["id"], one["there"]) for one in listed] == [(made["id"], True)]
    assert [event.action for event in registry.events] == [AuditAction.BACKUP_CREATED, AuditAction.BACKUP_VERIFIED]
    assert {event.details["operator"] for event in registry.events} == {"cara"}


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("../outside.gbabackup", 400),
        ("/etc/passwd", 400),
        ("one.gbabackup.partial", 400),
        ("nothing.gbabackup", 404),
        ("other.gbabackup", 404),
    ],
)
async def test_only_backups_of_the_folder_can_be_named(tmp_path: Path, file: str, status: int) -> None:
    desk, registry = a_desk(tmp_path)
    (tmp_path / "other.gbabackup").write_text("something else")

    with pytest.raises(CallError) as refused:
        await verify_backup(desk, a_call(file=file))

    assert (refused.value.status, registry.events) == (status, [])


async def test_a_damaged_file_and_one_under_another_key_are_told_apart(tmp_path: Path) -> None:
    desk, _ = a_desk(tmp_path)
    made = await create_backup(desk, a_call())
    other, _ = a_desk(tmp_path, key=bytes(range(1, 33)))
    with pytest.raises(CallError) as under_another:
        await verify_backup(other, a_call(file=made["file"]))
    cut_short(tmp_path / made["file"])
    with pytest.raises(CallError) as damaged:
        await verify_backup(desk, a_call(file=made["file"]))

    assert (under_another.value.status, under_another.value.error) == (409, "conflict")
    assert (damaged.value.status, damaged.value.error) == (422, "damaged")


@pytest.mark.parametrize("missing", [{"key": None}, {"folder": None}])
async def test_without_a_key_or_a_folder_nothing_is_made(tmp_path: Path, missing: dict[str, Any]) -> None:
    desk, registry = a_desk(tmp_path, **missing)

    with pytest.raises(CallError) as refused:
        await create_backup(desk, a_call())

    assert (refused.value.status, registry.events, names_in(tmp_path)) == (409, [], [])


def test_looking_is_for_everybody_and_making_for_custodians() -> None:
    assert [(one.method, one.path, one.role) for one in OPERATIONS] == [
        ("GET", "/v1/backups", Role.READER),
        ("POST", "/v1/backups", Role.CUSTODIAN),
        ("POST", "/v1/backups/verify", Role.CUSTODIAN),
    ]
    assert not any("restore" in one.path for one in OPERATIONS)
