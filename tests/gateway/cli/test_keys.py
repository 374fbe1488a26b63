"""``gate keys`` and ``gate chores run``: plans that are looked at first, guards with numbers, exit codes, idempotence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.cli.folder import answer, gate, with_stores
from tests.world import _template

SET = "id-token-es256"
LOCAL = "audit-es256"
SHORT = """
[keys]
jwks_max_age = "1s"
jwks_stale_if_error = "1s"
partner_refresh = "1s"
skew = "0s"
settle = "1h"
"""


@pytest.fixture
def config(tmp_path: Path) -> list[str]:
    folder = shutil.copytree(_template(), tmp_path / "gate")
    text = (folder / "gate.toml").read_text().replace(str(_template()), str(folder))
    (folder / "gate.toml").write_text(text + SHORT)
    return ["--config", str(folder / "gate.toml")]


def states(config: list[str], name: str = LOCAL) -> list[str]:
    return [key["state"] for key in answer("keys", "show", name, *config)["keys"]]


def standing(config: list[str], name: str = LOCAL) -> dict[str, Any]:
    """All of a set but its plan, which begins at the present second."""
    return {member: value for member, value in answer("keys", "show", name, *config).items() if member != "plan"}


def test_every_set_is_listed_with_what_is_due(config: list[str]) -> None:
    rows = {row["key_set"]: row for row in answer("keys", "list", *config)["key_sets"]}

    assert {SET, "id-token-rs256", "id-token-ps256", "federation-es256", LOCAL} <= rows.keys()
    assert {"hong_kong-decryption-key", "macao-client-secret", "register-sm2-key"} <= rows.keys()
    assert rows[SET]["active"]
    assert rows[SET]["next_step"] == "generate"


def test_a_plan_for_people_names_every_guard_with_its_number(config: list[str]) -> None:
    answer("keys", "generate", LOCAL, *config)
    answer("keys", "publish", LOCAL, *config)

    text = gate("keys", "plan", LOCAL, *config).stdout

    assert "activate" in text
    for number in (1, 2, 3, 4, 5, 6, 11):
        assert f"guard {number:>2}" in text


def test_a_whole_rotation_by_hand(config: list[str]) -> None:
    for verb in ("generate", "publish", "activate"):
        done = answer("keys", verb, LOCAL, *config)
        assert done["changed"]

    assert states(config) == ["retiring", "active"]
    answer("keys", "abort", LOCAL, "--reason", "case 7", *config)
    assert states(config) == ["active", "published"]


def test_a_closed_guard_is_told_with_its_number_and_nothing_changes(config: list[str]) -> None:
    answer("keys", "generate", SET, *config)
    before = standing(config, SET)

    refused = answer("keys", "activate", SET, *config, code=3)
    words = gate("keys", "activate", SET, *config)

    assert {one["guard"] for one in refused["refused"]} >= {1, 2, 3}
    assert words.exit_code == 3
    assert "guard 1 (state): needs state published, has state generated" in words.stderr
    assert standing(config, SET) == before


@pytest.mark.parametrize("verb", ["generate", "publish", "activate", "retire", "abort"])
def test_a_dry_run_changes_nothing(config: list[str], verb: str) -> None:
    before = standing(config)
    reason = ["--reason", "case 7"] if verb == "abort" else []

    result = gate("keys", verb, LOCAL, *reason, "--dry-run", *config)

    assert result.exit_code in {0, 3}
    assert standing(config) == before


def test_the_same_operation_id_does_it_once(config: list[str]) -> None:
    first = answer("keys", "generate", LOCAL, "--operation-id", "op-7", *config)
    again = answer("keys", "generate", LOCAL, "--operation-id", "op-7", *config)

    assert (first["changed"], again["changed"]) == (True, False)
    assert states(config) == ["active", "generated"]


def test_a_plan_is_applied_if_nothing_has_changed_and_goes_on_where_it_was(config: list[str], tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    answer("keys", "plan", LOCAL, "--out", str(file), *config)

    first = answer("keys", "apply", str(file), *config)
    again = answer("keys", "apply", str(file), *config)

    assert [one["changed"] for one in first["done"]] == [True]
    assert [one["changed"] for one in again["done"]] == [False]


def test_a_plan_that_no_longer_fits_is_refused_with_guard_seven(config: list[str], tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    answer("keys", "plan", LOCAL, "--out", str(file), *config)
    answer("keys", "drill", LOCAL, "--reason", "practice", *config, code=1)

    refused = answer("keys", "apply", str(file), *config, code=3)

    assert [one["guard"] for one in refused["refused"]] == [7]
    assert states(config) == ["active"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "other"}, "not a plan"),
        ({"issuer": "https://elsewhere.example"}, "another gateway"),
        ({"sets": [{"key_set": LOCAL}]}, "damaged"),
        ({"sets": [{"key_set": LOCAL, "version": "1", "due": []}]}, "damaged"),
        ({"sets": [{"key_set": LOCAL, "version": 1, "due": [{"verb": "steal", "kid": None}]}]}, "damaged"),
        ({"sets": [{"key_set": LOCAL, "version": 1, "due": [{"verb": "prove", "kid": None}]}]}, "not taken by itself"),
        ({"sets": [{"key_set": LOCAL, "version": 1, "due": [{"verb": "publish", "kid": None}] * 51}]}, "too many"),
    ],
)
def test_what_is_no_plan_of_this_gateway_is_refused(
    config: list[str], tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**answer("keys", "plan", LOCAL, *config), **change} | {}))
    result = gate("keys", "apply", str(file), *config)

    assert result.exit_code == 3
    assert words in result.stderr


def test_a_lost_key_is_replaced_at_once_and_both_questions_are_asked(config: list[str]) -> None:
    kid = answer("keys", "show", SET, *config)["keys"][0]["kid"]

    unsure = gate("keys", "compromise", SET, kid, "--reason", "case 9", *config)
    done = answer("keys", "compromise", SET, kid, "--reason", "case 9", "--yes", *config)
    revoked = answer("keys", "revoke", SET, kid, "--reason", "case 9", *config)

    assert unsure.exit_code == 2
    assert sorted(done["states"].values()) == ["active", "compromised"]
    assert revoked["states"][kid] == "revoked"


@pytest.mark.parametrize("since", ["yesterday", "2026-11-24T10:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_without_an_offset_is_refused(config: list[str], since: str) -> None:
    result = gate("keys", "compromise", SET, "x", "--reason", "case 9", "--since", since, "--yes", *config)

    assert result.exit_code == 2


def test_destroying_takes_two_persons(config: list[str]) -> None:
    kid = answer("keys", "show", SET, *config)["keys"][0]["kid"]
    answer("keys", "compromise", SET, kid, "--reason", "case 9", "--yes", *config)

    alone = answer("keys", "destroy", SET, kid, "--reason", "case 9", "--yes", *config, code=3)
    asked = answer("keys", "destroy", SET, kid, "--reason", "case 9", "--yes", "--ask", *config)
    early = answer(
        "keys", "destroy", SET, kid, "--reason", "case 9", "--yes", "--joint-act", asked["id"], *config, code=3
    )

    assert [one["guard"] for one in alone["refused"]] == [13]
    assert [one["guard"] for one in early["refused"]] == [13]
    assert asked["kind"] == "key_destroy"


def test_an_unknown_set_is_a_usage_error(config: list[str]) -> None:
    assert gate("keys", "show", "id-token-es999", *config).exit_code == 2


def test_a_reason_with_a_document_number_is_refused(config: list[str]) -> None:
    result = gate("keys", "hold", LOCAL, "--reason", "because of H1234567801", *config)

    assert result.exit_code == 2


def test_a_credential_of_a_partner_comes_from_a_file_and_is_shown_by_nobody(config: list[str], tmp_path: Path) -> None:
    file = tmp_path / "new.secret"
    file.write_text("a-new-secret-of-the-partner-with-enough-bytes")

    done = gate("keys", "generate", "macao-client-secret", "--from-file", str(file), "--json", *config)
    shown = gate("keys", "show", "macao-client-secret", "--json", *config)

    assert done.exit_code == 0
    assert "a-new-secret" not in done.output + shown.output
    assert states(config, "macao-client-secret") == ["active", "generated"]


def test_chores_take_what_is_due_and_a_second_run_finds_nothing(config: list[str]) -> None:
    dry = answer("chores", "run", "--dry-run", *config)
    first = answer("chores", "run", *config)
    second = answer("chores", "run", *config)

    assert f"{LOCAL}: generate" in dry["taken"]
    assert {f"{LOCAL}: generate", f"{LOCAL}: publish"} <= set(first["taken"])
    assert second["taken"] == []
    assert states(config) == ["active", "published"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_gets_its_completion(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_GATE_COMPLETE", "")

    result = gate("completion", shell)

    assert "_GATE_COMPLETE" in result.output


def test_no_private_half_stands_in_the_database(config: list[str]) -> None:
    answer("chores", "run", *config)

    def read(connection: Any) -> str:
        return repr(connection.exec_driver_sql("SELECT * FROM managed_keys").all())

    async def work(stores: Any) -> str:
        return await stores.database.read(read)

    rows = with_stores(config[1], work)
    assert "PRIVATE" not in rows
    assert '"d":' not in rows
