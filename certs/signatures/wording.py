"""One sentence that a clerk can act on for every reason, in the four written languages of the three places.

The texts lie in `texts/`, one file for each language; every reason has one in each (a test says so).
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from certs.signatures.checks import Check, CheckStatus
from certs.trust.reasons import Reason

LANGUAGES: Final = ("en", "zh-Hant", "zh-Hans", "pt")


@cache
def texts(language: str) -> Mapping[str, str]:
    """All sentences of one language, by reason."""
    data = files("certs.signatures").joinpath("texts", f"{language}.json").read_text(encoding="utf-8")
    read: dict[str, str] = json.loads(data)
    return read


def text(reason: Reason, language: str) -> str:
    """One sentence."""
    return texts(language)[reason.value]


@cache
def in_all_languages(code: str) -> Mapping[str, str]:
    """One sentence in each language, as a report carries it."""
    return {language: texts(language)[code] for language in LANGUAGES}


def next_step(checks: Iterable[Check], *, accepted: bool) -> dict[str, Any] | None:
    """What to do about the first check that decided against the signature, else about the first warning."""
    listed = list(checks)
    decisive = next((check for check in listed if check.status is CheckStatus.FAILED), None)
    warning = next((check for check in listed if check.status is CheckStatus.WARNING), None)
    check = decisive or (None if accepted and warning is None else warning)
    if check is None or check.reason is None:
        return None
    return {"code": check.reason.value, "text": dict(in_all_languages(check.reason.value))}
