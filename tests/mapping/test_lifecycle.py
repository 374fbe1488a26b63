"""How a record stands after each change, and which changes are refused."""

import pytest

from mapping.errors import MappingError
from mapping.lifecycle import Change, Standing, require_usable, standing_after

ENDS = {
    Change.DISPUTED: Standing.FROZEN,
    Change.FROZEN: Standing.FROZEN,
    Change.CLOSED: Standing.CLOSED,
    Change.RETIRED: Standing.RETIRED,
}
WHILE_FROZEN = {
    Change.RELEASED: Standing.ACTIVE,
    Change.CLOSED: Standing.CLOSED,
    Change.UNTIED: Standing.FROZEN,
    Change.FROZEN: Standing.FROZEN,
    Change.DISPUTED: Standing.FROZEN,
}


def code_of(standing: Standing, change: Change) -> str:
    with pytest.raises(MappingError) as refusal:
        standing_after(standing, change)
    return refusal.value.code


@pytest.mark.parametrize("change", [change for change in Change if change is not Change.RELEASED])
def test_everything_but_a_release_can_happen_to_an_active_record(change: Change) -> None:
    assert standing_after(Standing.ACTIVE, change) is ENDS.get(change, Standing.ACTIVE)


def test_what_was_never_frozen_cannot_be_released() -> None:
    assert code_of(Standing.ACTIVE, Change.RELEASED) == "binding.conflict"


@pytest.mark.parametrize(("change", "standing"), WHILE_FROZEN.items())
def test_a_frozen_record_can_be_released_closed_or_let_go_and_may_be_frozen_again(
    change: Change, standing: Standing
) -> None:
    assert standing_after(Standing.FROZEN, change) is standing


@pytest.mark.parametrize("change", [change for change in Change if change not in WHILE_FROZEN])
def test_nothing_else_happens_to_a_frozen_record(change: Change) -> None:
    assert code_of(Standing.FROZEN, change) == "binding.frozen"


@pytest.mark.parametrize("change", Change)
def test_closed_and_retired_are_final(change: Change) -> None:
    assert code_of(Standing.CLOSED, change) == "binding.closed"
    assert code_of(Standing.RETIRED, change) == "binding.conflict"


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing.FROZEN, "binding.frozen"),
        (Standing.CLOSED, "binding.closed"),
        (Standing.RETIRED, "binding.conflict"),
    ],
)
def test_only_an_active_record_is_usable(standing: Standing, code: str) -> None:
    require_usable(Standing.ACTIVE)

    with pytest.raises(MappingError) as refusal:
        require_usable(standing)

    assert refusal.value.code == code


def test_the_words_are_plain_enough_to_be_stored() -> None:
    assert [standing.value for standing in Standing] == ["active", "frozen", "closed", "retired"]
    assert all(change.value == change.name.lower() for change in Change)
