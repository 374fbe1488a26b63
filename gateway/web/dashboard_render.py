"""Turns what an operators' page shows into HTML: own templates and stylesheet, the words in English, no script.

Operators work in English, as the command line and the operator API do; people's pages have their languages elsewhere.
Times are in UTC, with Hong Kong's beside them, because the three places share that clock.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from certs.keys.rotation.guards import span
from gateway.web.render import asset
from gateway.web.responses import content_policy

_HERE: Final = Path(__file__).parent
STYLESHEET: Final = _HERE / "static" / "operators" / "operators.css"
"""In a folder of its own: the public listener serves the files beside it, and not this one."""
_HONG_KONG: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """One page of the dashboard in its head."""

    path: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page of somebody who is signed in."""

    name: str
    role: str
    places: tuple[str, ...]
    strength: str
    idle_end: datetime
    latest_end: datetime
    links: tuple[NavigationLink, ...]
    csrf: str = field(repr=False)
    """For signing out."""
    now: datetime
    issuer: str
    version: str
    realm: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every page has; each page adds what it shows."""

    template: ClassVar[str]
    wrong: str = field(default="", kw_only=True)
    """Why the form that was sent is refused, in fixed words; empty where nothing was."""
    done: str = field(default="", kw_only=True)
    """What has just been done."""


def answered(
    sheet: Sheet, frame: Frame | None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """The page as a response: nothing but our own styles and forms, for this listener alone (WB-11)."""
    html = _environment().get_template(sheet.template).render(sheet=sheet, frame=frame)
    return HTMLResponse(html, status, {"content-security-policy": content_policy(), **(headers or {})})


def at(moment: datetime | None) -> Markup:
    """A moment in UTC, with Hong Kong's time beside it."""
    if moment is None:
        return Markup("–")
    utc = moment.astimezone(UTC)
    words = utc.strftime("%Y-%m-%d %H:%M:%S" if utc.second else "%Y-%m-%d %H:%M")
    local = utc.astimezone(_HONG_KONG).strftime("%d %b %H:%M")
    return Markup('<span class="at"><time datetime="{}">{} UTC</time> <span class="local">{} HKT</span></span>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"), words, local
    )


def read(moment: str | None) -> datetime | None:
    """A moment out of a record that ``gateway.admin`` has described for programs."""
    return None if moment is None else datetime.fromisoformat(moment)


def distance(moment: datetime | None, now: datetime) -> str:
    """How far away a moment is, in words."""
    if moment is None:
        return ""
    left = moment - now
    if abs(left) < timedelta(seconds=1):
        return "now"
    return f"in {span(left)}" if left > timedelta(0) else f"{span(-left)} ago"


def words(name: str) -> str:
    """A name of ours, such as ``signing_key``, as it is read aloud."""
    return name.replace("_", " ")


def address(path: Path) -> str:
    """The address of the operators' stylesheet, with the digest of its content."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"/static/operators/{path.name}?v={digest[:12]}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates" / "operators"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"asset": asset, "stylesheet": address(STYLESHEET), "distance": distance}
    environment.filters |= {"at": at, "moment": read, "words": words, "span": span}
    return environment
