"""The texts of the pages: one gettext catalogue per language, read once, looked up by symbolic keys.

A text is plain: markup in it is escaped like any foreign word, and ``{service}`` in it stands for a value that is
escaped when it is put in. Nothing in a value is ever read as a placeholder again.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from gateway.web.languages import LAST_RESORT, LOCALES

_LOG: Final = logging.getLogger("gateway.web.texts")
_LOCALES_FOLDER: Final = Path(__file__).parent / "locales"

FALLBACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "zh-Hant-HK": ("zh-Hant-HK", "en"),
    "zh-Hant-MO": ("zh-Hant-MO", "zh-Hant-HK", "en"),
    "zh-Hans-CN": ("zh-Hans-CN", "en"),
    "pt-MO": ("pt-MO", "en"),
    "en": ("en",),
}
"""Where a text is looked for, in this order; Macao's catalogue holds only what is said differently there."""

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_BRACE: Final = re.compile(r"[{}]")

Catalogue = Mapping[str, Markup]


class TextError(Exception):
    """A catalogue or a page is wrong: a missing key, or a placeholder that is none."""


@dataclass(frozen=True, slots=True)
class Texts:
    """All catalogues. ``strict`` is for tests: a text that only a fallback language has is then an error."""

    catalogues: Mapping[str, Catalogue] = field(repr=False)
    strict: bool = False

    def of(self, language: str) -> "Translator":
        """The texts for one page."""
        return Translator(self, language if language in FALLBACKS else LAST_RESORT)

    def find(self, key: str, language: str) -> Markup | None:
        """The text in this language, or in the next one that has it."""
        for locale in FALLBACKS[language]:
            text = self.catalogues[locale].get(key)
            if text is not None:
                self._note_fallback(key, language, locale)
                return text
        return None

    def _note_fallback(self, key: str, language: str, found_in: str) -> None:
        if found_in == LAST_RESORT != language:
            if self.strict:
                raise TextError(f"{language} lacks {key}")
            _LOG.warning("text %s is missing in %s", key, language)


@dataclass(frozen=True, slots=True)
class Translator:
    """What templates call ``t``: ``t("chooser.title")``, ``t("chooser.from", service=…)``, ``t.first(…)``."""

    texts: Texts
    language: str

    def __call__(self, key: str, **values: object) -> Markup:
        """The text of a key that must exist; if it does not, the key stands in for it, and tests fail."""
        return self.first(key, **values)

    def first(self, *keys: str, **values: object) -> Markup:
        """The text of the first key that exists: for codes and names that may be unknown to us."""
        for key in keys:
            text = self.texts.find(key, self.language)
            if text is not None:
                return text.format_map(values) if "{" in text else text
        if self.texts.strict:
            raise TextError(f"no text for {keys[-1]}")
        _LOG.error("no text for %s in any language", keys[-1])
        return escape(keys[-1])

    def has(self, key: str) -> bool:
        """True if there is a text for this key."""
        return self.texts.find(key, self.language) is not None


def load_texts(folder: Path = _LOCALES_FOLDER, *, strict: bool = False) -> Texts:
    """Read every catalogue, ``<locale>/messages.po``; a broken one stops the start."""
    return Texts({locale: read_catalogue(folder / locale / "messages.po") for locale in LOCALES}, strict)


def read_catalogue(path: Path) -> Catalogue:
    """Read one catalogue; texts without translation, and those marked as uncertain, count as missing."""
    with path.open("rb") as file:
        messages = read_po(file, charset="utf-8", abort_invalid=True)
    return {
        message.id: _checked(message.id, message.string)
        for message in messages
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string
        if not message.fuzzy
    }


def _checked(key: str, text: str) -> Markup:
    """Only bare names stand between braces: ``{x.y}`` or ``{x!r}`` would reach into our objects."""
    if _BRACE.search(PLACEHOLDER.sub("", text)):
        raise TextError(f"{key} has a malformed placeholder")
    return escape(text)
