"""The cast: every fictional person that the three mocks know, in one table, and for whom they may act."""

from collections.abc import Iterable
from typing import Final

from mock_idps.people.guangdong import GUANGDONG
from mock_idps.people.hong_kong import HONG_KONG
from mock_idps.people.macao import MACAO
from mock_idps.people.organisations import (
    AGENT,
    MANDATES,
    ORGANISATIONS,
    REPRESENTATIVE,
    Directory,
    Mandate,
    Organisation,
    directory_of,
)
from mock_idps.people.persona import Persona

__all__ = [
    "AGENT",
    "MANDATES",
    "ORGANISATIONS",
    "PERSONAS",
    "REPRESENTATIVE",
    "Directory",
    "Mandate",
    "Organisation",
    "Persona",
    "directory_of",
    "find",
]

PERSONAS: Final[tuple[Persona, ...]] = HONG_KONG + MACAO + GUANGDONG


def find(personas: Iterable[Persona], id: str) -> Persona | None:  # noqa: A002 - the field's own name, promised to the mocks
    """Give the persona with this id, or None."""
    return next((persona for persona in personas if persona.id == id), None)
