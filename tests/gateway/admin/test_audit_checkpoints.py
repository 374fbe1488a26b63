"""Checkpoints of the audit: signed by the audit's key alone, and each naming the one before it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.keys import base64url, jose
from gateway.admin import audit_checkpoints
from gateway.admin.audit_chain import Break, ChainError, Finding
from gateway.admin.audit_checkpoints import TYPE, Checkpoint, Lost, Witnesses, is_due, issue, read, read_at
from tests.gateway.admin.audit_world import ISSUER, KEY, NOW, PINNED, STRANGER

HASH = bytes(range(32))


def a_checkpoint(position: int = 1000, previous: int = 0, **changes: Any) -> Checkpoint:
    return replace(Checkpoint(position, HASH, NOW, 1, previous), **changes)


def claims(**changes: Any) -> dict[str, Any]:
    values = {
        "iss": ISSUER,
        "position": 1000,
        "hash": base64url.encode(HASH),
        "count": 1000,
        "at": "2026-03-02T09:30:00.000000Z",
        "epoch": 1,
        "previous": 0,
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_what_was_vouched_for_is_read_back() -> None:
    given = a_checkpoint()

    token = issue(given, ISSUER, KEY)

    assert read(token, ISSUER, PINNED) == replace(given, token=token)


@pytest.mark.attack("AU-03")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda: issue(a_checkpoint(), ISSUER, STRANGER),
        lambda: issue(a_checkpoint(), "https://other.example", KEY),
        lambda: issue(a_checkpoint(), ISSUER, KEY)[:-4] + "AAAA",
        lambda: jose.sign(claims(), KEY, typ="gba-receipt+jwt"),
        lambda: jose.sign(claims(), KEY, typ="JWT"),
        lambda: "",
        lambda: "x" * 20_000,
        *(
            lambda changes=changes: jose.sign(claims(**changes), KEY, typ=TYPE)
            for changes in (
                {"position": 0, "count": 0},
                {"position": True},
                {"position": "1000"},
                {"position": 2**60},
                {"count": 999},
                {"count": None},
                {"previous": 1000},
                {"previous": -1},
                {"epoch": 0},
                {"hash": "AAAA"},
                {"hash": "not base64"},
                {"hash": None},
                {"at": "2026-03-02"},
                {"at": "2026-13-02T09:30:00.000000Z"},
                {"at": 5},
            )
        ),
    ],
)
def test_au_03_what_is_not_signed_by_the_audits_key_is_forged(spoil: Callable[[], str]) -> None:
    with pytest.raises(ChainError) as caught:
        read(spoil(), ISSUER, PINNED)

    assert caught.value.finding == Finding(Break.CHECKPOINT_FORGED)


@pytest.mark.attack("AU-03")
def test_au_03_a_checkpoint_of_another_place_does_not_stand_here() -> None:
    token = issue(a_checkpoint(), ISSUER, KEY)

    with pytest.raises(ChainError) as caught:
        read_at(999, token, lambda given: read(given, ISSUER, PINNED))

    assert caught.value.finding == Finding(Break.CHECKPOINT_FORGED, 999)


@pytest.mark.parametrize(
    ("waiting", "last_at", "due"),
    [
        (0, None, False),
        (1, None, True),
        (999, NOW - timedelta(seconds=59), False),
        (1000, NOW, True),
        (1, NOW - timedelta(seconds=60), True),
        (1, NOW + timedelta(days=1), True),
        (0, NOW - timedelta(days=1), False),
    ],
)
def test_a_checkpoint_is_due_after_a_minute_or_a_thousand_events(
    waiting: int, last_at: datetime | None, due: bool
) -> None:
    assert is_due(waiting, last_at, NOW) is due


def test_a_file_vouches_for_all_its_positions_however_late_it_was_begun() -> None:
    found = Witnesses.of([a_checkpoint(500, 400), a_checkpoint(700, 500)])

    assert (set(found.hashes), found.lost) == ({500, 700}, ())


@pytest.mark.attack("AU-02")
@pytest.mark.parametrize(
    "others",
    [
        [a_checkpoint(30, 20)],
        [a_checkpoint(10, 0)],
        [a_checkpoint(20, 10), a_checkpoint(20, 10)],
        [a_checkpoint(20, 10, epoch=2), a_checkpoint(30, 20, epoch=1)],
        [a_checkpoint(20, 10), a_checkpoint(25, 15, epoch=2)],
    ],
)
def test_au_02_a_checkpoint_that_was_taken_out_of_the_file_is_missed(others: list[Checkpoint]) -> None:
    with pytest.raises(ChainError) as caught:
        Witnesses.of([a_checkpoint(10, 0), *others])

    assert caught.value.finding.kind is Break.CHECKPOINT_MISSING


@pytest.mark.attack("F-BK-01")
def test_f_bk_01_a_restored_backup_leaves_behind_what_it_lost() -> None:
    before = [a_checkpoint(10, 0), a_checkpoint(20, 10), a_checkpoint(30, 20)]
    after = [a_checkpoint(25, 10, epoch=2, hash=bytes(32)), a_checkpoint(40, 25, epoch=2)]

    found = Witnesses.of([*before, *after])

    assert found.lost == (Lost(2, 11, 30),)
    assert found.hashes == {10: HASH, 25: bytes(32), 40: HASH}


def test_retired_keys_are_known_too() -> None:
    keys = audit_checkpoints.keys_of([KEY.public_jwk(), STRANGER.public_jwk()])

    assert read(issue(a_checkpoint(), ISSUER, STRANGER), ISSUER, keys).position == 1000
