"""Words that come with reports and lists, in the language of a page: a reason's sentence, an authority's name."""

from collections.abc import Mapping
from typing import Final

from certs.signatures.wording import text
from certs.trust.reasons import Reason

_WRITTEN: Final[Mapping[str, str]] = {
    "zh-Hant-HK": "zh-Hant",
    "zh-Hant-MO": "zh-Hant",
    "zh-Hans-CN": "zh-Hans",
    "pt-MO": "pt",
}
"""Language of a page -> written language of the sentences; English for every other."""

Localised = tuple[str, str]
"""(language tag, text) of somebody else's words."""


def reason_text(code: str, language: str) -> str:
    """The sentence of one reason."""
    return text(Reason(code), _WRITTEN.get(language, "en"))


def in_language(names: tuple[Localised, ...], language: str) -> Localised:
    """The name in the reader's language, in the nearest one, in English, or in any."""
    by_tag = {tag.lower(): (tag, text) for tag, text in names}
    subtags = language.lower().split("-")
    wanted = ["-".join(subtags[:length]) for length in range(len(subtags), 0, -1)]
    return next((by_tag[tag] for tag in (*wanted, "en") if tag in by_tag), names[0] if names else ("en", ""))
