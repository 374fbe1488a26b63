"""What an operator writes is kept for good: no document number gets into it."""

import pytest

from gateway.admin.acts import Act, ReasonError, checked_words
from gateway.audit import AuditAction
from tests.gateway.admin.fakes import NOW, an_act


@pytest.mark.parametrize(
    "text", ["case 2026/17", "CASE-123456", "reported on 2026-11-24", "Caso n.º 12, Direcção", "個案一二三", "day 365"]
)
def test_a_case_may_be_named(text: str) -> None:
    assert checked_words(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "holder of H12345678",
        "h 1234 5678",
        "Ｈ１２３４５６７８",
        "A123456(3)",
        "a 123456 (3)",
        "BIR 1234567(8)",
        "11010519491231002X",
        "1101 0519 4912 3100 2X",
        "HA1234567",
    ],
)
def test_a_document_number_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ReasonError) as refused:
        checked_words(text)

    assert "document number" in str(refused.value)
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", ["", "   ", "x" * 201, "line\nbreak", "turned \u202e round", "zero\u200bwidth"])
def test_an_empty_endless_or_hidden_reason_is_refused(text: str) -> None:
    with pytest.raises(ReasonError):
        checked_words(text)


def test_an_act_with_a_bad_reason_cannot_exist() -> None:
    with pytest.raises(ReasonError):
        Act("ada", NOW, "about H12345678")


def test_an_event_says_who_when_why_and_nothing_more() -> None:
    event = an_act(correlation_id="c0ffee").event(AuditAction.SUBJECT_BLOCKED, subject_id="s-1", step="one")

    assert (event.at, event.correlation_id, event.subject_id) == (NOW, "c0ffee", "s-1")
    assert event.details == {"operator": "ada", "step": "one", "reason": "case 2026/17"}


def test_two_acts_have_two_correlation_ids() -> None:
    assert an_act().correlation_id != an_act().correlation_id
