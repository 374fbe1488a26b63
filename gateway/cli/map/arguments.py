"""How the verbs of ``gate map`` are told which number, which record and which day they are about."""

import sys
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from gateway.admin.numbers import Target
from gateway.cli.output import Exit, stop
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier

_LINE_LIMIT: Final = 200

Number = Annotated[
    str, typer.Argument(help="The number; `-` reads it from standard input, out of the shell's history.")
]
Permit = Annotated[str | None, typer.Argument(help="The travel permit; `-` reads it from standard input.")]
Record = Annotated[str | None, typer.Option("--record", help="A record's id, as alerts name it, in place of a permit.")]
Region = Annotated[str | None, typer.Option("--region", help="A region code of the reserved blocks instead.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show the number that was given in full; never a record's.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Judge dates on this day.")]


def text_of(number: str) -> str:
    """The number itself, or a line of standard input."""
    text = sys.stdin.readline(_LINE_LIMIT).rstrip("\n") if number == "-" else number
    if not text:
        stop("no number was given", Exit.USAGE)
    return text


def permit_of(number: str) -> TravelPermit:
    """A permit, or the end of the command; what was typed is not repeated."""
    try:
        return TravelPermit.parse(text_of(number))
    except MappingError as error:
        stop(f"this is no travel permit: {error.code}", Exit.USAGE)


def identifier_of(number: str) -> MainlandIdentifier:
    """An 18-character number, or the end of the command."""
    try:
        return MainlandIdentifier.parse(text_of(number), today())
    except MappingError as error:
        stop(f"this is no 18-character number: {error.code}", Exit.USAGE)


def target_of(permit: str | None, record: str | None) -> Target:
    """Exactly one of the two ways to name a record."""
    if (permit is None) is not bool(record):
        stop("name a permit or --record, one of them", Exit.USAGE)
    return record or permit_of(permit or "")


def today(as_of: datetime | None = None) -> date:
    """Dates are judged in Asia/Shanghai (mapping specification 10.2)."""
    return as_of.date() if as_of else datetime.now(ZoneInfo("Asia/Shanghai")).date()
