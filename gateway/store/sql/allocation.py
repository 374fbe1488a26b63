"""Chooses a number that nobody ever had (mapping specification 10.5), and notices when that becomes hard."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import Connection

from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.store.sql import alerts, buckets, number_rows, switches
from gateway.store.vault import Vault
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.surrogate import RANDOM_TRIES, Block, Choose, candidates, is_filling
from mapping.vocabulary import Sex

GENERATOR: Final = "generator"
"""What the alert about a generator that repeats itself is about."""
NOBODY: Final = ""
"""An alert about a day or a generator concerns no one person."""


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """Whose number is wanted: one block, one birth date, one sex."""

    block: Block
    birthdate: date
    sex: Sex


def give(
    connection: Connection, vault: Vault, choose: Choose, place: Place, *, binding_id: str, event: AuditEvent
) -> tuple[str, MainlandIdentifier]:
    """Take a free number at random and give its id with it; ``MappingError`` when the day is full.

    Codes that are kept back are turned to when the others are full, or switched off after a restore (F-BK-02).
    """
    frozen = switches.frozen_regions(connection)
    for tier in place.block.tiers:
        found = _from_tier(connection, vault, choose, replace(place, block=tier.without(frozen)), binding_id, event)
        if found is not None:
            return found
    raise MappingError("surrogate.capacity")


def _from_tier(  # noqa: PLR0917 - the arguments of ``give``
    connection: Connection, vault: Vault, choose: Choose, place: Place, binding_id: str, event: AuditEvent
) -> tuple[str, MainlandIdentifier] | None:
    """Take a number of one tier; none when it is full, or none of its codes is open."""
    if not place.block.codes:
        return None
    misses = 0
    try:
        for number in candidates(place.block, place.birthdate, place.sex, choose):
            number_id = number_rows.claim(connection, vault, number, binding_id, event.at)
            if number_id is not None:
                break
            misses += 1
        else:
            return None
    except MappingError as error:
        if error.code != "surrogate.capacity":
            raise
        return None
    if misses >= RANDOM_TRIES:
        _suspect_the_generator(connection, vault, place.block, place, event)
    _count(connection, vault, number, event)
    return number_id, number


def _count(connection: Connection, vault: Vault, number: MainlandIdentifier, event: AuditEvent) -> None:
    bucket = buckets.count(connection, vault, number)
    if is_filling(bucket.given, number.sex) and not is_filling(bucket.given - 1, number.sex):
        alerts.tell(connection, AlertKind.CAPACITY, bucket.id, NOBODY, event)


def _suspect_the_generator(
    connection: Connection, vault: Vault, open_block: Block, place: Place, event: AuditEvent
) -> None:
    """So many misses on a day that is half empty are no chance: 2**-64 at most (F-MAPF-03)."""
    given = buckets.given(connection, vault, open_block.codes, place.birthdate, place.sex)
    if 2 * given < open_block.slot_count(place.sex):
        alerts.tell(connection, AlertKind.GENERATOR, GENERATOR, NOBODY, event)
