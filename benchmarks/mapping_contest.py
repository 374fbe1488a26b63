"""Our validation of an 18-character number beside python-stdnum and id-validator, on what all three judge alike.

Each judge takes a text and says yes or no; one that breaks down on a text has not understood it, and the text is left
out for all. Only numbers can be compared on which the judges agree: else one of them does less work than the others.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import stdnum.cn.ric
from id_validator import data as id_validator_data  # type: ignore[import-untyped]  # ships no types
from id_validator import validator as id_validator

from benchmarks.mapping_timing import Load, Rates, median, ratio, take_turns
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier, check_character
from mapping.regions import PROVINCES

CASES: Final = Path(__file__).parents[1] / "tests" / "vectors" / "identifier-cases.json"
GOAL: Final = 3.0
"""Validations a second, as a multiple of python-stdnum's."""
OURS, STDNUM, ID_VALIDATOR = "ours", "python-stdnum", "id-validator"

_BORN_FROM: Final = date(1985, 1, 1)
_BORN_DAYS: Final = 9_000

Judge = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """Numbers on which all judges agree, and what they are."""

    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How fast each judge went through one field."""

    field: Field
    rates: Rates

    def rate(self, judge: str) -> float:
        """Numbers judged a second."""
        return median(self.rates, judge)

    def times(self, judge: str) -> float:
        """How many times as fast ours is."""
        return ratio(self.rates, OURS, judge)


def judges(as_of: date) -> dict[str, Judge]:
    """The three, each as a function from text to yes or no."""

    def ours(text: str) -> bool:
        try:
            MainlandIdentifier.parse(text, as_of)
        except MappingError:
            return False
        return True

    return {OURS: ours, STDNUM: stdnum.cn.ric.is_valid, ID_VALIDATOR: lambda text: bool(id_validator.is_valid(text))}


def published() -> tuple[date, list[str]]:
    """The published cases of the number and the day they are judged on."""
    meta, *cases = json.loads(CASES.read_text(encoding="utf-8"))
    texts = [case["input"] for case in cases if case["kind"] == "cn18.validate"]
    return date.fromisoformat(meta["input"]["as_of"]), texts


def agreed(texts: Iterable[str], panel: Iterable[Judge]) -> Iterator[str]:
    """The texts that every judge understands, and judges like the others."""
    judging = list(panel)
    for text in texts:
        verdicts = {_verdict(judge, text) for judge in judging}
        if len(verdicts) == 1 and None not in verdicts:
            yield text


def drawn(count: int, seed: int) -> list[str]:
    """Numbers made up at random for counties of the mainland provinces."""
    rng = random.Random(seed)
    codes: list[str] = sorted(code for code in id_validator_data.get_address_code() if _is_county(code))
    return [_number(rng, codes) for _ in range(count)]


def misread(numbers: Iterable[str]) -> list[str]:
    """The same numbers with another check character, as a slip of the finger leaves them."""
    return [number[:17] + ("1" if number[17] != "1" else "2") for number in numbers]


def fields(count: int = 150, seed: int = 1) -> tuple[int, list[Field]]:
    """How many cases are published, and the fields: those all understand, random valid ones, random misread ones."""
    as_of, cases = published()
    panel = list(judges(as_of).values())
    valid = [number for number in agreed(drawn(count, seed), panel) if panel[0](number)]
    return len(cases), [
        Field("published cases, judged alike", tuple(agreed(cases, panel))),
        Field("random mainland numbers, valid", tuple(valid)),
        Field("the same, check character wrong", tuple(agreed(misread(valid), panel))),
    ]


def contest(field: Field, rounds: int, seconds: float) -> Result:
    """Let the judges go through one field in turns."""
    as_of, _ = published()
    loads = {name: _load(judge, field.numbers) for name, judge in judges(as_of).items()}
    return Result(field, take_turns(loads, rounds, seconds))


def _load(judge: Judge, numbers: tuple[str, ...]) -> Load:
    def load() -> int:
        for number in numbers:
            judge(number)
        return len(numbers)

    return load


def _verdict(judge: Judge, text: str) -> bool | None:
    try:
        return judge(text)
    except Exception:  # noqa: BLE001 - whatever another library raises, it has not understood the text
        return None


def _is_county(code: str) -> bool:
    return code[:2] in PROVINCES and code[4:] != "00"


def _number(rng: random.Random, codes: list[str]) -> str:
    born = _BORN_FROM + timedelta(days=rng.randrange(_BORN_DAYS))
    body = f"{rng.choice(codes)}{born:%Y%m%d}{rng.randrange(1, 996):03d}"
    return body + check_character(body)


def as_json(result: Result) -> dict[str, Any]:
    """One field's figures."""
    return {
        "field": result.field.name,
        "numbers": len(result.field.numbers),
        "per_second": {name: result.rate(name) for name in (OURS, STDNUM, ID_VALIDATOR)},
        "times_python_stdnum": result.times(STDNUM),
        "times_id_validator": result.times(ID_VALIDATOR),
    }
