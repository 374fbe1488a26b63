"""``gate map``: permit numbers and 18-character identifiers, offline; what is shown is masked unless ``--reveal``."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.cli.output import AsJson, Exit, show, stop
from mapping.documents import HongKongIdentityCard, MacaoIdentityCard, TravelPermit, classify
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.normalise import normalise

app = typer.Typer(help="Permit numbers and 18-character identifiers, offline.", no_args_is_help=True)

Number = Annotated[
    str, typer.Argument(help="The number; `-` reads it from standard input, out of the shell's history.")
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show the number in full.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Judge dates on this day.")]


@dataclass(frozen=True, slots=True)
class _Reading:
    kind: str
    parse: Callable[[str, date], Any]


_READINGS = (
    _Reading("mainland identifier", MainlandIdentifier.parse),
    _Reading("travel permit", lambda text, _: TravelPermit.parse(text)),
    _Reading("Hong Kong identity card", lambda text, _: HongKongIdentityCard.parse(text)),
    _Reading("Macao identity card", lambda text, _: MacaoIdentityCard.parse(text)),
)


@app.command()
def check(number: Number, as_of: AsOf = None, reveal: Reveal = False, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Say what a number is; exit code 1 if it is nothing valid."""
    text, day = _text(number), _day(as_of)
    verdicts = [_judge(reading, text, day) for reading in _READINGS]
    valid = [verdict for verdict in verdicts if verdict["valid"]]
    if valid:
        show({"valid": True, **_described(valid[0], reveal=reveal)}, as_json=as_json)
        return
    show({"valid": False, "errors": {verdict["as"]: verdict["error"] for verdict in verdicts}}, as_json=as_json)
    raise typer.Exit(Exit.ATTENTION)


@app.command()
def explain(number: Number, as_of: AsOf = None, reveal: Reveal = False, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Print step by step how a number is read: what was cleaned, what it could be, which rule decides."""
    text, day = _text(number), _day(as_of)
    steps: list[dict[str, Any]] = []
    try:
        cleaned = normalise(text)
        steps.append({"step": "normalise", "changed": list(cleaned.flags), "length": len(cleaned.value)})
        steps.append({"step": "classify", "candidates": list(classify(cleaned.value))})
    except MappingError as error:
        steps.append({"step": "normalise", "error": error.code})
    for reading in _READINGS:
        verdict = _judge(reading, text, day)
        shown = _described(verdict, reveal=reveal) if verdict["valid"] else {"error": verdict["error"]}
        steps.append({"step": f"as {reading.kind}", **shown})
    if as_json:
        show({"steps": steps}, as_json=True)
        return
    for step in steps:
        facts = ", ".join(f"{name}={value}" for name, value in step.items() if name != "step")
        typer.echo(f"{step['step']}: {facts}")


def _judge(reading: _Reading, text: str, day: date) -> dict[str, Any]:
    try:
        return {"as": reading.kind, "valid": True, "value": reading.parse(text, day)}
    except MappingError as error:
        return {"as": reading.kind, "valid": False, "error": error.code}


def _described(verdict: dict[str, Any], *, reveal: bool) -> dict[str, Any]:
    value = verdict["value"]
    number = getattr(value, "value", None) or getattr(value, "canonical", "")
    facts: dict[str, Any] = {"as": verdict["as"], "number": number if reveal else value.masked}
    for name in ("kind", "territory", "holder_class", "realm", "issue_count", "sex"):
        fact = getattr(value, name, None)
        if fact is not None and (reveal or name != "sex"):
            facts[name] = str(fact)
    return facts


def _text(number: str) -> str:
    text = sys.stdin.readline(200).rstrip("\n") if number == "-" else number
    if not text:
        stop("no number was given", Exit.USAGE)
    return text


def _day(as_of: datetime | None) -> date:
    """Dates are judged in Asia/Shanghai (mapping specification 10.2)."""
    return as_of.date() if as_of else datetime.now(ZoneInfo("Asia/Shanghai")).date()
