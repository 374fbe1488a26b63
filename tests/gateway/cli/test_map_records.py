"""``gate map``: records looked at, frozen, released and closed; alerts settled; days counted; exit codes and masks."""

from datetime import date

import pytest

from gateway.admin.records import Bucket
from gateway.store.sql.number_registry import SqlNumberRegistry
from mapping.vocabulary import Sex
from tests.gateway.cli.folder import OTHER, PERMIT, Filled, answer, gate

BECAUSE = ("--reason", "case 17")


def test_a_records_history_tells_what_when_on_which_evidence_by_whom(filled: Filled) -> None:
    shown = answer("map", "history", "-", "--config", filled.config, stdin=PERMIT.canonical)

    assert (shown["record"]["record"], shown["record"]["permit"]) == (filled.record, "H******78")
    (line,) = shown["history"]
    assert (line["what"], line["actor"], line["provider"]) == ("bound", "person", "hong_kong")
    assert line["evidence"]
    assert filled.number not in str(shown)


def test_a_record_is_frozen_released_and_each_is_a_row_of_its_history(filled: Filled) -> None:
    config = ("--config", filled.config)

    frozen = answer("map", "freeze", "-", *BECAUSE, *config, stdin="H1234567801")
    released = answer("map", "release", "--record", filled.record, *BECAUSE, *config)

    assert (frozen["was"], frozen["standing"]) == ("active", "frozen")
    assert (released["was"], released["standing"]) == ("frozen", "active")
    lines = answer("map", "history", "--record", filled.record, *config)["history"]
    assert [line["what"] for line in lines] == ["bound", "frozen", "released"]
    assert lines[1]["actor"].startswith("operator:")
    assert lines[1]["evidence"] == "case 17"
    assert filled.actions()[-3:] == ["identifier.frozen", "identifier.released", "record.read"]


def test_history_is_readable_without_json_too(filled: Filled) -> None:
    result = gate("map", "history", "--record", filled.record, "--config", filled.config)

    assert result.exit_code == 0
    assert "bound" in result.output
    assert filled.number not in result.output


def test_a_dry_run_freezes_nothing(filled: Filled) -> None:
    config = ("--config", filled.config)

    assert answer("map", "freeze", PERMIT.canonical, *BECAUSE, "--dry-run", *config)["standing"] == "frozen"
    assert answer("map", "history", "--record", filled.record, *config)["record"]["standing"] == "active"


def test_closing_wants_yes_one_of_two_reasons_and_is_final(filled: Filled) -> None:
    config = ("--config", filled.config)
    close = ("map", "close", "--record", filled.record, "--reason")

    assert gate(*close, "death", *config).exit_code == 2
    assert gate(*close, "boredom", "--yes", *config).exit_code == 2
    assert answer(*close, "death", "--dry-run", *config)["standing"] == "closed"
    assert answer(*close, "death", "--yes", *config)["standing"] == "closed"
    refused = gate("map", "release", "--record", filled.record, *BECAUSE, *config)
    assert refused.exit_code == 3
    assert "binding.closed" in refused.output


@pytest.mark.parametrize("verb", ["freeze", "release"])
def test_an_unknown_permit_or_record_is_a_precondition(filled: Filled, verb: str) -> None:
    for name in (["--record", "nothing"], [OTHER.canonical]):
        result = gate("map", verb, *name, *BECAUSE, "--config", filled.config)

        assert result.exit_code == 3
        assert OTHER.canonical not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["H12345678", "--record", "r"],
        ["H12345678", "--region", "810050"],
        ["H1234"],
        ["--region", "110105"],
        ["--record", ""],
    ],
)
def test_a_record_is_named_in_exactly_one_way(filled: Filled, arguments: list[str]) -> None:
    assert gate("map", "freeze", *arguments, *BECAUSE, "--config", filled.config).exit_code == 2


def test_a_reason_with_a_document_number_is_refused_before_anything_happens(filled: Filled) -> None:
    config = ("--config", filled.config)

    result = gate("map", "freeze", "--record", filled.record, "--reason", "holder of H12345678", *config)

    assert result.exit_code == 2
    assert "H12345678" not in result.output
    assert answer("map", "history", "--record", filled.record, *config)["record"]["standing"] == "active"


def test_a_region_code_is_frozen_and_released(filled: Filled) -> None:
    config = ("--config", filled.config)

    assert answer("map", "freeze", "--region", "810050", *BECAUSE, "--dry-run", *config)["frozen"] is True
    assert answer("map", "freeze", "--region", "810050", *BECAUSE, *config)["frozen"] is True
    assert gate("map", "freeze", "--region", "810050", *BECAUSE, *config).exit_code == 3
    assert answer("map", "release", "--region", "810050", *BECAUSE, *config)["frozen"] is False
    assert gate("map", "release", "--region", "810050", *BECAUSE, *config).exit_code == 3
    assert filled.actions()[-2:] == ["switched.off", "switched.on"]


@pytest.mark.attack("AL-03")
def test_al_03_a_conflicting_claim_is_an_alert_until_somebody_settles_it(filled: Filled) -> None:
    config = ("--config", filled.config)
    assert answer("map", "alerts", *config)["alerts"] == []
    alert = filled.raise_alert()

    (row,) = answer("map", "alerts", *config, code=1)["alerts"]
    assert (row["kind"], row["about"], row["permit"]) == ("facts_differ", filled.record, "H******78")
    assert gate("doctor", *config).exit_code == 1

    settle = ("map", "settle", alert, "--outcome", "typing error, told the person", *config)
    assert answer(*settle, "--dry-run")["settled"] is False
    assert answer(*settle)["settled"] is True
    assert gate(*settle).exit_code == 3
    assert answer("map", "alerts", *config)["alerts"] == []
    (settled,) = answer("map", "alerts", "--all", *config)["alerts"]
    assert settled["outcome"] == "typing error, told the person"
    assert filled.actions()[-1] == "alert.settled"


def test_capacity_counts_the_one_stand_in_and_hides_its_birth_date(filled: Filled) -> None:
    shown = answer("map", "capacity", "--config", filled.config)

    (bucket,) = shown["buckets"]
    assert (bucket["birthdate"], bucket["given"], bucket["capacity"]) == ("1905-**-**", 1, 497)
    assert shown["filling"] is False


@pytest.mark.spec("mapping specification 11.5")
def test_a_day_over_sixty_percent_is_exit_code_1_with_its_bar(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fullest(_: object, limit: int) -> list[Bucket]:
        return [Bucket("810050", date(1954, 1, 1), Sex.MALE, 400)][:limit]

    monkeypatch.setattr(SqlNumberRegistry, "fullest", fullest)

    result = gate("map", "capacity", "--top", "1", "--config", filled.config)

    assert result.exit_code == 1
    assert "80.3%" in result.output
    assert "########################......" in result.output
    assert gate("doctor", "--config", filled.config).exit_code == 1
