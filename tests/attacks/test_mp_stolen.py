"""Group MP, the stolen database: every table after a full life, and nobody's number comes out of it (MP-06)."""

import hashlib
import hmac
import itertools
import json
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.admin import keyring
from gateway.admin.records import Role
from gateway.store.vault import Vault
from mapping.conceal import blind_index
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier, check_character
from mock_idps.personas import PERSONAS
from tests.attacks.watch import WatchedWorld
from tests.faults.province import believe
from tests.faults.weight import PATIENT, rounds
from tests.world import a_client, asking

pytestmark = [pytest.mark.attack("MP-06"), PATIENT]
PEOPLE = [
    ("hong_kong", "chan-siu-ming"),
    ("hong_kong", "leung-kin-hong"),
    ("guangdong", "leung-kin-hong"),
    ("hong_kong", "wong-ka-yan"),
    ("hong_kong", "jane-smith"),
    ("macao", "chao-sio-man"),
    ("macao", "lei-ka-meng"),
]
NEW_TABLES = {
    "indexes",
    "key_states",
    "numbers",
    "bindings",
    "buckets",
    "switches",
    "alerts",
    "releases",
    "notices",
    "operators",
    "reveals",
    "holders",
    "binding_history",
}
GUESSES = rounds(20_000, 2_000_000)
DOCUMENT = TravelPermit.parse("H00000018").kind
RESIDENCE_LATER = "810000190405060096"
"""What the register gives the student later, instead of the stand-in."""


async def live(world: WatchedWorld) -> list[str]:
    """Leave something in every table of identifiers, and give all numbers that were released."""
    await world.register(a_client("clinic", event_uri="http://127.0.0.1:9000/clinic/events"))
    told = [await world.signed_in(place, person, "clinic") for place, person in PEOPLE]
    await another_card(world)
    believe(world, "chan-siu-ming", residence_permit=later())
    world.clock.advance(hours=25)
    told.append(await world.signed_in("hong_kong", "chan-siu-ming", "clinic"))
    numbers = [claims["gba_cn_id"]["value"] for claims in told]
    async with world.operator_api() as http:
        kim = await world.operator("kim", Role.KEEPER)
        body = {"kind": "region", "name": "810054", "off": True, "reason": "a case"}
        assert (await http.post("/v1/switches", json=body, headers=kim)).status_code == 200
        body = {"number": numbers[1], "purpose": "a case"}
        assert (await http.post("/v1/reveals", json=body, headers=kim)).status_code == 200
    return numbers


def later() -> str:
    stem = RESIDENCE_LATER[:17]
    return stem + check_character(stem)


async def another_card(world: WatchedWorld) -> None:
    """A namesake claims the student's permit, which an operator has to look at."""
    browser, asked = world.browser(), asking("clinic")
    page = await browser.prove(await browser.to_provider(asked, "hong_kong"), "chan-siu-ming-namesake")
    await browser.press(page, "check-permit", permit="H00000018")
    async with world.operator_api() as http:
        lea = await world.operator("lea", Role.KEEPER)
        body = {"permit": "H00000018", "reason": "looked at"}
        assert (await http.post("/v1/map/release", json=body, headers=lea)).status_code == 200


class Dump:
    """What a thief has: every value of every table, and every byte of the files."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("gateway.sqlite3*"))
        self.bytes = b"".join(file.read_bytes() for file in files)
        self.tables: dict[str, list[tuple[Any, ...]]] = {}
        connection = sqlite3.connect(f"file:{files[0]}?mode=ro", uri=True)
        try:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                self.tables[name] = connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - its own names
        finally:
            connection.close()
        self.values = {as_bytes(value) for rows in self.tables.values() for row in rows for value in row}
        self.values |= {bytes.fromhex(value.decode()) for value in self.values if is_hexadecimal(value)}

    def holds(self, guess: bytes) -> bool:
        return guess in self.values


def as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def is_hexadecimal(value: bytes) -> bool:
    return len(value) >= 32 and len(value) % 2 == 0 and not value.translate(None, b"0123456789abcdef")


def known_permits() -> list[TravelPermit]:
    return [TravelPermit.parse(person.permit) for person in PERSONAS if person.permit]


def fingerprints(text: str) -> Iterator[bytes]:
    """What a thief without a key can compute of a value."""
    for form in (text, f"permit|{text}", f"gba-idmap|bidx|v1|{DOCUMENT}|{text}", f"gba-idmap|bidx|v1|number|{text}"):
        plain = form.encode()
        yield plain
        for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
            yield hashlib.new(name, plain, usedforsecurity=False).digest()
        for key in (b"\0" * 32, b"", b"secret"):
            yield hmac.digest(key, plain, "sha256")


def wrong_vaults() -> list[Vault]:
    """Keys that are not the gateway's: chance's, and the obvious ones."""
    keys = (secrets.token_bytes(32), bytes(32), bytes(range(32)), b"0" * 32)
    return [Vault({"1": secrets.token_bytes(32)}, {"1": key}) for key in keys]


def under(vault: Vault, permit: TravelPermit) -> Iterator[bytes]:
    for indexed in (*vault.permit_index(permit), *vault.text_index("permit", permit.canonical)):
        yield indexed.value


async def test_mp_06_a_full_life_leaves_something_in_every_table_and_no_word_of_anybody(world: WatchedWorld) -> None:
    numbers = await live(world)
    await world.stores.database.aclose()

    dump = Dump(world.folder)

    assert {name for name in NEW_TABLES if not dump.tables[name]} == set()
    canaries = {*numbers, later(), *(person.permit for person in PERSONAS if person.permit)}
    canaries |= {person.birthdate for person in PERSONAS} | {p.birthdate.replace("-", "") for p in PERSONAS}
    canaries |= {name for p in PERSONAS for name in (p.name_han, p.hkid, p.residence_permit, p.resident_id) if name}
    assert [canary for canary in canaries if canary.encode() in dump.bytes] == []
    escaped = [json.dumps(p.name_han)[1:-1] for p in PERSONAS if p.name_han]
    assert [text for text in escaped if text.encode() in dump.bytes] == []
    assert b"clinic" in dump.bytes  # the search does find what is there


async def test_mp_06_guessing_the_permits_of_everybody_on_record_finds_nobody_without_the_key(
    world: WatchedWorld,
) -> None:
    numbers = await live(world)
    await world.stores.database.aclose()
    dump = Dump(world.folder)
    keys = keyring.load(world.folder / "keys")
    own = Vault(keys.sealing_keys, keys.index_keys)

    texts = [permit.canonical for permit in known_permits()] + numbers
    computed = [guess for text in texts for guess in fingerprints(text)]
    computed += [guess for vault in wrong_vaults() for permit in known_permits() for guess in under(vault, permit)]
    computed += [
        indexed.value
        for vault in wrong_vaults()
        for text in numbers
        for indexed in vault.number_index(MainlandIdentifier.parse(text, world.clock.now.date()))
    ]

    assert [guess for guess in computed if dump.holds(guess)] == []
    found = [permit for permit in known_permits() if any(dump.holds(guess) for guess in under(own, permit))]
    assert len(found) == len({person for _, person in PEOPLE})  # with the key, and only with it, they are found


async def test_mp_06_going_through_the_permit_space_and_through_birth_dates_finds_nobody(world: WatchedWorld) -> None:
    await live(world)
    await world.stores.database.aclose()
    dump = Dump(world.folder)
    key = secrets.token_bytes(32)

    permits = (f"{letter}{place:08d}" for place, letter in itertools.product(range(GUESSES), "HM"))
    hits = [
        text
        for text in permits
        if dump.holds(hashlib.sha256(text.encode()).digest())
        or dump.holds(bytes.fromhex(blind_index(key, DOCUMENT, text)))
    ]
    hits += [text for text in every_number_of_a_day(GUESSES) if dump.holds(hashlib.sha256(text.encode()).digest())]

    assert hits == []


def every_number_of_a_day(most: int) -> Iterator[str]:
    """Stand-ins and residence numbers, day after day from 1904."""
    codes = ("810000", "820000", "810050", "810051", "810052", "810053", "810054")
    days = (date(1904, 5, 6) + timedelta(days=offset) for offset in itertools.count())
    stems = (f"{code}{day:%Y%m%d}{serial:03d}" for day in days for code in codes for serial in range(1, 996))
    return (stem + check_character(stem) for stem in itertools.islice(stems, most))


async def test_mp_06_nothing_in_the_database_is_equal_for_two_people_or_copied_between_tables(
    world: WatchedWorld,
) -> None:
    await live(world)
    await world.stores.database.aclose()
    dump = Dump(world.folder)

    boxes = [value for rows in dump.tables.values() for row in rows for value in row if isinstance(value, bytes)]
    sealed = [value for value in boxes if len(value) > 40]

    assert len(sealed) > 30
    assert len(sealed) == len(set(sealed))
