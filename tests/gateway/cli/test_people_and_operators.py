"""``gate person``, ``gate provider``, ``gate operator`` and ``gate map reveal``: who is let in, who may look behind."""

from pathlib import Path

import pytest

from tests.gateway.cli.folder import PERMIT, Filled, answer, gate

BECAUSE = ("--reason", "case 17")


def with_providers(config: str) -> None:
    blocks = '\n[providers.macao]\nbase_url = "http://127.0.0.1:1"\n\n[providers.hong_kong]\nbase_url = "http://127.0.0.1:2"\n'
    Path(config).write_text(Path(config).read_text() + blocks)


def key_of(config: str, name: str, folder: Path, role: str = "keeper") -> str:
    made = answer("operator", "create", name, "--role", role, "--config", config)
    path = folder / f"{name}.key"
    path.write_text(made["key"] + "\n")
    return str(path)


@pytest.mark.attack("AL-08")
def test_al_08_a_person_is_blocked_shown_and_let_in_again(filled: Filled) -> None:
    person, config = filled.subject_id, ("--config", filled.config)

    assert gate("person", "block", person, *BECAUSE, *config).exit_code == 2  # no terminal, no --yes
    assert answer("person", "block", person, *BECAUSE, "--dry-run", *config)["dry_run"] is True
    assert answer("person", "show", person, *config)["state"] == "active"
    assert answer("person", "block", person, *BECAUSE, "--yes", *config)["blocked"] is True
    assert answer("person", "show", person, *config)["state"] == "blocked"
    assert answer("person", "unblock", person, *BECAUSE, *config)["blocked"] is False
    assert gate("person", "unblock", person, *BECAUSE, *config).exit_code == 3
    assert filled.actions()[-4:] == ["record.read", "subject.blocked", "record.read", "subject.unblocked"]


def test_a_person_is_shown_with_masked_numbers(filled: Filled) -> None:
    shown = answer("person", "show", filled.subject_id, "--config", filled.config)

    assert (shown["permit"], shown["record"], shown["providers"]) == ("H******78", filled.record, ["hong_kong"])
    for secret in (PERMIT.canonical, filled.number):
        assert secret not in str(shown)


def test_an_unknown_person_is_a_precondition(filled: Filled) -> None:
    for verb in (["show"], ["block", *BECAUSE, "--yes"], ["unblock", *BECAUSE], ["untie", *BECAUSE, "--yes"]):
        assert gate("person", verb[0], "nobody", *verb[1:], "--config", filled.config).exit_code == 3


@pytest.mark.attack("AL-02")
def test_al_02_an_account_is_untied_only_with_yes_and_a_reason(filled: Filled) -> None:
    person, config = filled.subject_id, ("--config", filled.config)

    assert gate("person", "untie", person, *BECAUSE, *config).exit_code == 2
    assert answer("person", "untie", person, *BECAUSE, "--dry-run", *config)["tied"] is True
    assert answer("person", "untie", person, *BECAUSE, "--yes", *config)["tied"] is False
    assert answer("person", "show", person, *config)["record"] is None


@pytest.mark.attack("AL-09")
def test_al_09_a_provider_is_disabled_listed_and_enabled(config: str) -> None:
    with_providers(config)
    where = ("--config", config)

    assert gate("provider", "disable", "macao", *BECAUSE, *where).exit_code == 2
    assert answer("provider", "disable", "hong-kong", *BECAUSE, "--dry-run", *where)["dry_run"] is True
    assert answer("provider", "disable", "macao", *BECAUSE, "--yes", *where)["enabled"] is False
    assert gate("provider", "disable", "macao", *BECAUSE, "--yes", *where).exit_code == 3

    rows = {row["provider"]: row for row in answer("provider", "list", *where)["providers"]}
    assert (rows["macao"]["enabled"], rows["hong_kong"]["enabled"]) == (False, True)
    assert rows["macao"]["reason"] == "case 17"

    assert answer("provider", "enable", "macao", *BECAUSE, *where)["enabled"] is True
    assert gate("provider", "enable", "macao", *BECAUSE, *where).exit_code == 3
    assert gate("provider", "disable", "macau", *BECAUSE, "--yes", *where).exit_code == 2


def test_an_operators_key_is_shown_once(config: str) -> None:
    made = answer("operator", "create", "ada", "--config", config)

    rows = answer("operator", "list", "--config", config)["operators"]
    assert len(made["key"]) == 43
    assert [(row["name"], row["role"], row["active"]) for row in rows] == [("ada", "reader", True)]
    assert made["key"] not in str(rows)


def test_operators_have_one_name_each_and_lose_their_key_for_good(config: str) -> None:
    where = ("--config", config)
    assert "key" not in answer("operator", "create", "ada", "--dry-run", *where)
    answer("operator", "create", "ada", *where)

    assert gate("operator", "create", "Ada", *where).exit_code == 2
    assert gate("operator", "create", "ada", *where).exit_code == 3
    assert gate("operator", "disable", "ada", *where).exit_code == 2
    assert answer("operator", "disable", "ada", "--dry-run", *where)["active"] is True
    assert answer("operator", "disable", "ada", "--yes", *where)["active"] is False
    assert gate("operator", "disable", "ada", "--yes", *where).exit_code == 3
    assert gate("operator", "create", "ada", *where).exit_code == 3


@pytest.mark.attack("MP-03")
def test_mp_03_two_keepers_together_trace_a_number_back_once(filled: Filled, tmp_path: Path) -> None:
    where = ("--config", filled.config)
    ada, ben = (key_of(filled.config, name, tmp_path) for name in ("ada", "ben"))
    ask = ("map", "reveal", "ask", "-", "--purpose", "court order 17", "--key-file", ada, *where)

    asked = answer(*ask, stdin=filled.number)["id"]
    assert gate("map", "reveal", "use", asked, "--key-file", ada, *where).exit_code == 3
    assert gate("map", "reveal", "approve", asked, "--key-file", ada, *where).exit_code == 3
    assert answer("map", "reveal", "approve", asked, "--key-file", ben, *where)["approved_by"] == "ben"
    assert gate("map", "reveal", "use", asked, "--key-file", ben, *where).exit_code == 3
    used = answer("map", "reveal", "use", asked, "--key-file", ada, *where)

    assert used["permit"] == "H1234567801"
    assert gate("map", "reveal", "use", asked, "--key-file", ada, *where).exit_code == 3
    steps = [action for action in filled.actions() if action.startswith("reveal.")]
    assert steps == [
        "reveal.asked",
        "reveal.refused",
        "reveal.refused",
        "reveal.approved",
        "reveal.refused",
        "reveal.used",
        "reveal.refused",
    ]


@pytest.mark.attack("MP-03")
def test_mp_03_a_reader_a_disabled_keeper_and_a_made_up_key_reveal_nothing(filled: Filled, tmp_path: Path) -> None:
    where = ("--config", filled.config)
    reader = key_of(filled.config, "rita", tmp_path, role="reader")
    gone = key_of(filled.config, "gil", tmp_path)
    answer("operator", "disable", "gil", "--yes", *where)
    (tmp_path / "made-up.key").write_text("x" * 43)

    for key in (reader, gone, str(tmp_path / "made-up.key")):
        result = gate(
            "map", "reveal", "ask", "-", "--purpose", "case 17", "--key-file", key, *where, stdin=filled.number
        )
        assert result.exit_code == 3
        assert filled.number not in result.output
    assert filled.actions()[-1] == "operator.refused"


@pytest.mark.attack("MP-03")
def test_mp_03_the_sixth_request_of_a_day_is_refused(filled: Filled, tmp_path: Path) -> None:
    ada = key_of(filled.config, "ada", tmp_path)
    ask = ("map", "reveal", "ask", "-", "--purpose", "case 17", "--key-file", ada, "--config", filled.config)

    codes = [gate(*ask, stdin=filled.number).exit_code for _ in range(6)]

    assert codes == [0, 0, 0, 0, 0, 3]


@pytest.mark.attack("MP-03")
@pytest.mark.parametrize(("number", "purpose"), [("81", "case 17"), ("810050190506070026", "holder of H12345678")])
def test_mp_03_a_number_that_is_none_and_a_purpose_that_names_one_are_usage_errors(
    filled: Filled, tmp_path: Path, number: str, purpose: str
) -> None:
    ada = key_of(filled.config, "ada", tmp_path)

    result = gate(
        "map", "reveal", "ask", "-", "--purpose", purpose, "--key-file", ada, "--config", filled.config, stdin=number
    )

    assert result.exit_code == 2


def test_the_operator_api_does_not_start_without_its_block(config: str) -> None:
    result = gate("serve-operators", "--config", config)

    assert result.exit_code == 3
    assert "[operator_api]" in result.output
