"""``gate map rekey``: prepared, begun, interrupted, resumed, finished; and what the doctor says meanwhile (MP-09)."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.store.sql.rekeying import SqlRekeying
from tests.gateway.cli.folder import PERMIT, Filled, answer, gate

pytestmark = pytest.mark.attack("MP-09")


def verdict(config: str, check: str) -> tuple[str, str]:
    result = gate("doctor", "--config", config, "--json")
    row = next(
        row for row in answer("doctor", "--config", config, code=result.exit_code)["findings"] if row["check"] == check
    )
    return row["verdict"], row["remark"]


def test_mp_09_one_command_makes_keys_moves_everything_and_retires_the_old_ones(filled: Filled) -> None:
    config = ("--config", filled.config)

    done = answer("map", "rekey", "--make-keys", *config)

    assert (done["began"], done["finished"]) == (True, True)
    assert done["moved"] > 0
    assert len(done["keys_made"]) == 2
    status = answer("map", "rekey", "--status", *config)
    assert status["in_use"] == {"sealing": ["2"], "index": ["2"]}
    assert status["files_that_may_go"] == {"sealing": ["1"], "index": ["1"]}
    assert answer("map", "history", PERMIT.canonical, *config)["record"]["record"] == filled.record
    assert verdict(filled.config, "keys")[0] == "fine"
    assert filled.actions()[-3:] == ["keys.changed", "keys.changed", "record.read"]


def test_mp_09_old_files_may_go_and_everybody_is_still_found(filled: Filled) -> None:
    config = ("--config", filled.config)
    answer("map", "rekey", "--make-keys", *config)
    keys = Path(filled.config).parent / "keys"
    first = [path for path in keys.iterdir() if path.name in {"sealing.key", "index.key"}]
    assert len(first) == 2

    for path in first:
        path.unlink()

    assert answer("map", "history", PERMIT.canonical, *config)["record"]["record"] == filled.record
    assert answer("person", "show", filled.subject_id, *config)["permit"] == "H******78"


def test_mp_09_prepared_keys_are_not_in_use_until_the_change_begins(filled: Filled) -> None:
    config = ("--config", filled.config)

    assert len(answer("map", "rekey", "--prepare", *config)["keys_made"]) == 2

    status = answer("map", "rekey", "--status", *config, code=1)
    assert (status["in_use"]["index"], status["in_folder"]["index"]) == (["1"], ["2", "1"])
    assert verdict(filled.config, "keys")[0] == "attention"
    assert gate("map", "rekey", "--make-keys", *config).exit_code == 3  # no third generation beside two
    assert answer("map", "rekey", *config)["finished"] is True


def test_mp_09_what_was_killed_goes_on_where_it_stood(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ("--config", filled.config)
    answer("map", "rekey", "--prepare", *config)
    monkeypatch.setattr(SqlRekeying, "step", stopping_after(2, SqlRekeying.step))

    stopped = gate("map", "rekey", "--batch", "1", *config)

    assert stopped.exit_code == 1
    assert "run it again" in stopped.output
    monkeypatch.undo()
    assert answer("map", "rekey", "--status", *config, code=1)["left"] > 0
    assert answer("map", "history", PERMIT.canonical, *config)["record"]["record"] == filled.record
    done = answer("map", "rekey", *config)
    assert (done["began"], done["finished"]) == (False, True)


def test_a_dry_run_moves_nothing(filled: Filled) -> None:
    config = ("--config", filled.config)

    answer("map", "rekey", "--make-keys", "--dry-run", *config)

    assert answer("map", "rekey", "--status", *config)["in_folder"] == {"sealing": ["1"], "index": ["1"]}


def test_a_second_run_has_nothing_to_do(filled: Filled) -> None:
    config = ("--config", filled.config)
    answer("map", "rekey", "--make-keys", *config)

    again = answer("map", "rekey", *config)

    assert (again["began"], again["moved"], again["finished"]) == (False, 0, True)


def test_a_missing_key_that_is_in_use_is_named_by_doctor_and_stops_the_verbs(filled: Filled) -> None:
    config = ("--config", filled.config)
    answer("map", "rekey", "--make-keys", *config)
    keys = Path(filled.config).parent / "keys"
    (keys / "index.2.key").unlink()

    assert gate("map", "history", PERMIT.canonical, *config).exit_code == 3
    assert verdict(filled.config, "keys")[0] == "broken"


def stopping_after(
    steps: int, step: Callable[[SqlRekeying, int], Awaitable[int]]
) -> Callable[[SqlRekeying, int], Awaitable[int]]:
    left = steps

    async def stopping(rekeying: SqlRekeying, batch: int) -> int:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return await step(rekeying, batch)

    return stopping
