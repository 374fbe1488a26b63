"""The register behind its port: what is asked and answered stays out of logs."""

from datetime import date

from mapping.documents import TravelPermit
from mapping.ports import LinkAnswer, LinkOutcome, LinkQuestion


def test_a_question_shows_neither_name_nor_birth_date_nor_permit() -> None:
    question = LinkQuestion(TravelPermit("H00000018"), "陳小明", "CHAN, Siu Ming", date(1904, 5, 6))

    assert repr(question) == "LinkQuestion(permit=TravelPermit(H******18))"


def test_an_answer_shows_neither_mask_nor_token() -> None:
    answer = LinkAnswer(LinkOutcome.MATCHED, "8****************4", "opaque")

    assert repr(answer) == "LinkAnswer(outcome=<LinkOutcome.MATCHED: 'matched'>)"
