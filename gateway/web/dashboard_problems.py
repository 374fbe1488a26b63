"""What operators are shown when a page cannot be: not there, not theirs, too fast, a fault; never why in detail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from gateway.web.dashboard_render import Frame, Sheet, answered
from gateway.web.errors import RETRY_SECONDS

_PACE_SECONDS: Final = "60"
_HEADINGS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("This cannot be understood", "What was sent does not fit this page."),
    403: ("You may not do this", "Nothing was changed."),
    404: ("There is nothing here for you", "The page does not exist, or it is not yours to see."),
    405: ("This page does not do that", "Nothing was changed."),
    409: ("This cannot be done now", "Nothing was changed."),
    413: ("This is too large", "Nothing was changed."),
    415: ("This cannot be read", "Nothing was changed."),
    429: ("Too fast", "Wait a minute, then go on."),
    500: ("A fault of ours", "It is in the log of the operators' process, with its place."),
    503: ("A store does not answer", "Nothing is lost. Try again in a moment; `gate doctor` says what is wrong."),
}
"""Status -> heading, and a sentence."""


@dataclass(frozen=True, slots=True)
class ProblemSheet(Sheet):
    """A page that could not be shown."""

    template = "problem.html"
    status: int
    heading: str
    sentence: str
    because: str


def problem(status: int, frame: Frame | None = None, *, because: str = "") -> Response:
    """The page of one status; ``because`` holds fixed words and never what was sent."""
    heading, sentence = _HEADINGS.get(status, _HEADINGS[400])
    headers = {429: {"retry-after": _PACE_SECONDS}, 503: {"retry-after": RETRY_SECONDS}}.get(status)
    return answered(ProblemSheet(status, heading, sentence, because), frame, status=status, headers=headers)
