"""Which of our languages a person gets: the client's wish, their own choice, their browser's, ours.

Follows the lookup of RFC 4647 §3.4, with likely scripts instead of bare prefixes: somebody who asks for ``zh-TW``
reads Traditional characters. Everything here comes from strangers, so nothing here raises.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

LOCALES: Final = ("zh-Hant-HK", "zh-Hant-MO", "zh-Hans-CN", "pt-MO", "en")

NATIVE_NAMES: Final[Mapping[str, str]] = {
    "zh-Hant-HK": "繁體中文（香港）",
    "zh-Hant-MO": "繁體中文（澳門）",
    "zh-Hans-CN": "简体中文",
    "pt-MO": "Português",
    "en": "English",
}
"""What each language link says, in its own language; never a flag."""

LAST_RESORT: Final = "en"

MAX_TAGS: Final = 10
MAX_TAG_LENGTH: Final = 35
"""Longer tags are allowed (RFC 5646 §4.4.1 asks for room for 35), but none of ours is."""

_TAG: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT: Final = re.compile(r"[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")

_LIKELY: Final[Mapping[str, str]] = {
    **{locale.lower(): locale for locale in LOCALES},
    "zh-hant": "zh-Hant-HK",
    "zh-hk": "zh-Hant-HK",
    "zh-tw": "zh-Hant-HK",
    "yue": "zh-Hant-HK",
    "zh-yue": "zh-Hant-HK",
    "cmn-hant": "zh-Hant-HK",
    "zh-mo": "zh-Hant-MO",
    "yue-mo": "zh-Hant-MO",
    "yue-hant-mo": "zh-Hant-MO",
    "zh": "zh-Hans-CN",
    "cmn": "zh-Hans-CN",
    "yue-cn": "zh-Hans-CN",
    "yue-hans": "zh-Hans-CN",
    "pt": "pt-MO",
}
"""From a prefix, in lower case, to the language its readers most likely read; the longest prefix counts."""


def negotiate(ui_locales: Sequence[str], chosen: str | None, accept_language: str | None, default: str) -> str:
    """Find the language for a person: ``ui_locales`` (OpenID Connect Core §3.1.2.1), the cookie, the browser, ours."""
    for tag in _wishes(ui_locales, chosen, accept_language):
        if tag == "*":
            break
        locale = _match(tag)
        if locale is not None:
            return locale
    return _match(default) or LAST_RESORT


def html_lang(locale: str) -> str:
    """The value of ``lang`` for a page: script and region decide which Chinese glyphs a browser draws."""
    return locale if locale in LOCALES else LAST_RESORT


def _wishes(ui_locales: Sequence[str], chosen: str | None, accept_language: str | None) -> Iterator[str]:
    yield from ui_locales[:MAX_TAGS]
    if chosen is not None:
        yield chosen
    yield from _by_weight(accept_language or "")


def _by_weight(accept_language: str) -> list[str]:
    """The tags of an ``Accept-Language`` (RFC 9110 §12.5.4), dearest first; unreadable entries are left out."""
    weighted: list[tuple[float, str]] = []
    for entry in accept_language.split(",", MAX_TAGS)[:MAX_TAGS]:
        tag, separator, parameter = entry.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip()) if separator else None
        if separator and weight is None:
            continue
        weighted.append((float(weight[1]) if weight else 1.0, tag.strip()))
    weighted.sort(key=lambda entry: -entry[0])  # stable: equal weights keep their order
    return [tag for weight, tag in weighted if weight > 0]


def _match(tag: str) -> str | None:
    """The tag itself, or the longest of its prefixes that says what its readers read."""
    if len(tag) > MAX_TAG_LENGTH:
        return None
    tag = tag.replace("_", "-")  # POSIX spelling, common in apps
    if _TAG.fullmatch(tag) is None:
        return None
    subtags = tag.lower().split("-")
    prefixes = ("-".join(subtags[:length]) for length in range(len(subtags), 0, -1))
    return next((_LIKELY[prefix] for prefix in prefixes if prefix in _LIKELY), None)
