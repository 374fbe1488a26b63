"""The pure operations of the mapping, each in microseconds: what a sign-in pays before anything is stored."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from benchmarks.mapping_timing import Load, Rates, take_turns
from mapping.conceal import blind_index, mask
from mapping.documents import (
    HongKongIdentityCard,
    MacaoIdentityCard,
    SocialInsuranceNumber,
    TravelPermit,
    UnifiedSocialCreditCode,
    classify,
)
from mapping.errors import MappingError
from mapping.evidence import Binding, Evidence, Known, Policy
from mapping.identifier import MainlandIdentifier, check_character, suggest, upgrade
from mapping.names import compare_han, compare_latin
from mapping.normalise import normalise
from mapping.resolve import decide
from mapping.surrogate import block_for, candidates
from mapping.vocabulary import Realm, Sex

AS_OF: Final = date(2026, 11, 22)
BORN: Final = date(1904, 5, 6)
PERMIT: Final = TravelPermit("H00000018", "01")
_TURNS: Final = 100
_KEY: Final = secrets.token_bytes(32)


def _stand_in() -> MainlandIdentifier:
    body = "81005019040506590"
    return MainlandIdentifier.parse(body + check_character(body), AS_OF)


def _first(permit: TravelPermit) -> MainlandIdentifier:
    return next(candidates(block_for(permit, Realm.SANDBOX), BORN, Sex.FEMALE, secrets.randbelow))


def _deciding() -> dict[str, Callable[[], Any]]:
    evidence = Evidence(permit=PERMIT, birthdate=BORN, sex="F", assurance=3)
    binding = Binding(PERMIT, BORN, Sex.FEMALE, _stand_in(), datetime(2026, 3, 2, tzinfo=UTC))
    known, nobody, policy = Known(binding=binding), Known(), Policy()
    stranger = Evidence(permit=PERMIT, birthdate=date(1904, 5, 7), sex="F", assurance=3)
    return {
        "decide: a known holder": lambda: decide(evidence, known, policy),
        "decide: a first stand-in": lambda: decide(evidence, nobody, policy),
        "decide: refused, another birth date": lambda: _refused(lambda: decide(stranger, known, policy)),
        "choose a stand-in at random": lambda: _first(PERMIT),
    }


def _refused(operation: Callable[[], object]) -> None:
    try:
        operation()
    except MappingError:
        return
    raise AssertionError("this is refused")


def operations() -> dict[str, Callable[[], Any]]:
    """Every operation on a typical input; those that must be refused are said to be."""
    number = _stand_in().value
    misread = number[:17] + ("1" if number[17] != "1" else "2")
    return {
        "identifier: 18 characters": lambda: MainlandIdentifier.parse(number, AS_OF),
        "identifier: refused by its check": lambda: _refused(lambda: MainlandIdentifier.parse(misread, AS_OF)),
        "identifier: typed with spaces": lambda: MainlandIdentifier.parse(f" {number[:6]} {number[6:]}", AS_OF),
        "identifier: 15 to 18": lambda: upgrade("110105491231002"),
        "identifier: suggest a repair": lambda: suggest(number.replace("0", "O", 1), AS_OF),
        "permit: nine characters": lambda: TravelPermit.parse("H00000018"),
        "permit: eleven characters": lambda: TravelPermit.parse("H0000001801"),
        "permit: refused, a passport": lambda: _refused(lambda: TravelPermit.parse("K00000018")),
        "Hong Kong identity card": lambda: HongKongIdentityCard.parse("A123456(3)"),
        "Macao identity card": lambda: MacaoIdentityCard.parse("1000001(0)"),
        "social credit code": lambda: UnifiedSocialCreditCode.parse("91440300MA0000023W"),
        "social insurance number": lambda: SocialInsuranceNumber.from_permit(PERMIT),
        "classify a text": lambda: classify("H00000018"),
        "normalise full-width text": lambda: normalise("Ｈ００ ０００－０１８"),
        "name: Han, simplified and not": lambda: compare_han("陈小明", "陳小明"),
        "name: Latin, another order": lambda: compare_latin("CHAN, Tai Man", "Tai-Man Chan"),
        "mask": lambda: mask("permit", "H00000018"),
        "blind index": lambda: blind_index(_KEY, "permit", "H00000018"),
    } | _deciding()


def measure(rounds: int, seconds: float) -> Rates:
    """Run all of them in turns."""
    return take_turns({name: _load(operation) for name, operation in operations().items()}, rounds, seconds)


def _load(operation: Callable[[], Any]) -> Load:
    def load() -> int:
        for _ in range(_TURNS):
            operation()
        return _TURNS

    return load
