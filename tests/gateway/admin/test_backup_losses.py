"""What a later copy of the audit tells of the time after a backup, and when such a copy is not believed."""

import json
from pathlib import Path

import pytest

from gateway.admin.backup_losses import AuditCopyError, losses_in
from tests.gateway.admin.audit_copies import Row, a_copy, a_row, facts_at

BEFORE = [a_row(1, "consent.given", "s1", "rp-a"), a_row(2, "subject.blocked", "s9")]


def after(*rows: Row) -> list[Row]:
    return [*BEFORE, *rows]


def test_only_what_happened_after_the_backup_counts(tmp_path: Path) -> None:
    rows = after(a_row(3, "consent.withdrawn", "s1", "rp-a"), a_row(4, "sign_in.completed", "s1", "rp-a"))

    losses = losses_in(a_copy(tmp_path / "copy", rows), facts_at(rows, 2))

    assert losses.withdrawn == (("s1", "rp-a"),)
    assert losses.blocked == ()
    assert (losses.events, losses.highest_seq) == (2, 4)
    assert losses.told == {"consent.withdrawn": 1, "sign_in.completed": 1}
    assert losses.last_at is not None
    assert losses.last_at.minute == 4


def test_what_takes_something_away_is_found_and_the_last_word_counts(tmp_path: Path) -> None:
    rows = after(
        a_row(3, "subject.erased", "s2"),
        a_row(4, "subject.blocked", "s3"),
        a_row(5, "subject.blocked", "s4"),
        a_row(6, "subject.unblocked", "s3"),
        a_row(7, "client.disabled", None, "rp-b"),
        a_row(8, "operator.disabled", name="olga"),
        a_row(9, "switched.off", kind="provider", name="macao"),
        a_row(10, "switched.off", kind="provider", name="hong_kong"),
        a_row(11, "switched.on", kind="provider", name="hong_kong"),
        a_row(12, "identifier.disputed", "s5"),
        a_row(13, "identifier.frozen", None, None, record="b1", reason="case 7"),
        a_row(14, "identifier.bound", "s6", "rp-a", reason="allocate", change="bound"),
        a_row(15, "key.compromised", None, None, key_set="id-token-es256", kid="k1"),
    )

    losses = losses_in(a_copy(tmp_path / "copy", rows), facts_at(rows, 2))

    assert losses.erased == ("s2",)
    assert losses.blocked == ("s4",)
    assert losses.clients == ("rp-b",)
    assert losses.operators == ("olga",)
    assert losses.switches == (("provider", "macao"),)
    assert (losses.stopped, losses.records) == (("s5",), ("b1",))
    assert losses.allocations == 1
    assert losses.keys == (("key.compromised", "k1"),)


def test_a_copy_that_ends_with_the_backup_tells_of_nothing(tmp_path: Path) -> None:
    losses = losses_in(a_copy(tmp_path / "copy", BEFORE), facts_at(BEFORE, 2))

    assert (losses.events, losses.highest_seq, losses.last_at, losses.told) == (0, 0, None, {})


def test_a_backup_without_a_chain_goes_on_with_the_first_event(tmp_path: Path) -> None:
    losses = losses_in(a_copy(tmp_path / "copy", BEFORE), facts_at(BEFORE, 0))

    assert losses.events == 2


def test_a_copy_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    copy = a_copy(tmp_path / "copy", after(a_row(3, "subject.erased", "s2")))
    copy.write_text(copy.read_text().replace('"s2"', '"s8"'))

    with pytest.raises(AuditCopyError, match="does not hold: edited"):
        losses_in(copy, facts_at(BEFORE, 2))


def test_a_copy_that_is_cut_off_is_not_believed(tmp_path: Path) -> None:
    copy = a_copy(tmp_path / "copy", after(a_row(3, "subject.erased", "s2")))
    copy.write_bytes(b"".join(copy.read_bytes().splitlines(keepends=True)[:-2]))

    with pytest.raises(AuditCopyError, match="does not hold"):
        losses_in(copy, facts_at(BEFORE, 2))


def test_the_copy_of_another_database_is_not_believed(tmp_path: Path) -> None:
    other = [a_row(1, "consent.given", "s7", "rp-a"), *after(a_row(3, "subject.erased", "s2"))[1:]]

    with pytest.raises(AuditCopyError, match="another database"):
        losses_in(a_copy(tmp_path / "copy", other), facts_at(BEFORE, 2))


def test_a_copy_that_is_older_than_the_backup_is_refused(tmp_path: Path) -> None:
    rows = after(a_row(3, "subject.erased", "s2"), a_row(4, "sign_in.completed", "s1"))

    with pytest.raises(AuditCopyError, match="ends before the backup"):
        losses_in(a_copy(tmp_path / "copy", rows[:3]), facts_at(rows, 4))


@pytest.mark.parametrize(
    "content", [b"", b"not json\n", b'{"kind": "event"}\n', json.dumps({"kind": "gba-audit"}).encode()]
)
def test_what_is_no_copy_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "copy").write_bytes(content)

    with pytest.raises(AuditCopyError):
        losses_in(tmp_path / "copy", facts_at(BEFORE, 2))


def test_a_file_that_is_not_there_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(AuditCopyError, match="No such file"):
        losses_in(tmp_path / "nothing", facts_at(BEFORE, 2))
