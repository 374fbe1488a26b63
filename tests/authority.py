"""The sandbox's world of certification authorities for tests: made once, so that its keys cost once."""

from datetime import UTC, datetime
from typing import Final

from mock_idps.authority.world import World

NOW: Final = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
"""The moment of the world: certificates are valid since a quarter of a year, lists and answers are fresh."""


def a_world(now: datetime = NOW, seed: str = "") -> World:
    """Give a world with a registry of its own; keys and certificates are shared by all worlds of the moment."""
    return World.make(now, seed)
