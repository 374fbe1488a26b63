"""What must stay true of a person: completed by what is new, contradicted by what cannot be (AL-05)."""

from datetime import UTC, date, datetime
from typing import Final

import pytest

from gateway.broker.ports import Anchor
from gateway.store.sql import subjects

BORN: Final = date(1905, 6, 7)
OTHER_DAY: Final = date(1906, 7, 8)
CARD: Final = "hkid:A1234563"
OTHER_CARD: Final = "hkid:B2345674"
WHOLE: Final = Anchor(BORN, CARD)


@pytest.mark.parametrize(
    ("recorded", "presented", "expected"),
    [
        (Anchor(), Anchor(), Anchor()),
        (Anchor(), WHOLE, WHOLE),
        (WHOLE, Anchor(), WHOLE),
        (WHOLE, WHOLE, WHOLE),
        (Anchor(BORN), Anchor(None, CARD), WHOLE),
        (Anchor(BORN), WHOLE, WHOLE),
        (Anchor(None, CARD), WHOLE, WHOLE),
        (WHOLE, Anchor(OTHER_DAY, CARD), Anchor(OTHER_DAY, CARD)),  # the register has corrected itself
        (WHOLE, Anchor(BORN, OTHER_CARD), None),
        (WHOLE, Anchor(OTHER_DAY, OTHER_CARD), None),
        (WHOLE, Anchor(OTHER_DAY), None),
        (Anchor(BORN), Anchor(OTHER_DAY), None),
        (Anchor(BORN), Anchor(OTHER_DAY, CARD), None),
        (Anchor(None, CARD), Anchor(None, OTHER_CARD), None),
    ],
)
def test_an_anchor_is_completed_or_contradicted(recorded: Anchor, presented: Anchor, expected: Anchor | None) -> None:
    assert subjects.compare(recorded, presented) == expected


def test_a_visitor_prints_nothing_of_anybody() -> None:
    visitor = subjects.Visitor("macao", "canary", WHOLE, datetime(2026, 3, 2, tzinfo=UTC), "c0rrelation")

    assert "canary" not in repr(visitor)
    assert CARD not in repr(visitor)
