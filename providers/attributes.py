"""Attribute tables: which upstream fields must be there, how each is checked, and which are ignored on purpose.

A table runs over fields that are authentic already. What it does not know is reported, never used: it means
that the provider has changed.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from providers.base import NAME_LIMIT
from providers.errors import ProviderError, ProviderFailure

_LOG: Final = logging.getLogger(__name__)
_TEXT_LIMIT: Final = 512

Check: TypeAlias = Callable[[object], Any]
"""Takes the raw field, returns the value to use, raises ``ValueError`` (its text is never shown)."""


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """What a provider promises to send: the field names and a check for each."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)
    ignored: Collection[str] = ()

    def read(self, provider: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """Check all fields; a missing or malformed one breaks the sign-in, with the field's name and no value."""
        values: dict[str, Any] = {}
        for name, check in self.required.items():
            if name not in fields:
                raise ProviderError(provider, ProviderFailure.BROKEN, f"missing:{name}")
            values[name] = _checked(provider, name, check, fields[name])
        for name, check in self.optional.items():
            if fields.get(name) is not None:
                values[name] = _checked(provider, name, check, fields[name])
        unknown = sorted(set(fields) - set(values) - set(self.optional) - set(self.ignored))
        if unknown:
            _LOG.warning("unknown upstream fields", extra={"provider": provider, "fields": len(unknown)})
        return values


def _checked(provider: str, name: str, check: Check, value: object) -> Any:
    try:
        return check(value)
    except ValueError:
        raise ProviderError(provider, ProviderFailure.BROKEN, f"field:{name}") from None


def text(value: object) -> str:
    """A non-empty string of bounded length without control characters; never coerced from another type (UN-06)."""
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_LIMIT:
        raise ValueError("text")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValueError("control")
    return value


def name_text(value: object) -> str:
    """A person's name: NFC, bounded, no control characters or lone surrogates; otherwise shown as it came (UN-05)."""
    name = unicodedata.normalize("NFC", text(value)).strip()
    if not name or len(name) > NAME_LIMIT:
        raise ValueError("name")
    return name


def one_of(allowed: Collection[str]) -> Check:
    """A string from a closed list."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError("one_of")
        return value

    return check


def matching(pattern: str) -> Check:
    """A string that matches the whole pattern (ASCII semantics; ``$`` traps do not arise with ``fullmatch``)."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ValueError("matching")
        return value

    return check


def record(value: object) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError("record")  # noqa: TRY004 - checks speak ValueError so that the table has one thing to catch
    return value
