"""Group PR, subjects: relying parties cannot compare their people, and nobody slips into a sector (PR-01, PR-02)."""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from starlette.types import Receive, Scope, Send

from gateway.admin import initial_access, key_office, keyring
from gateway.admin.acts import Act
from gateway.admin.initial_access import Terms
from gateway.admin.key_sets import ID_TOKENS
from gateway.admin.key_work import KeyOffice, Order
from gateway.app import create_app
from gateway.config import load
from providers.calls import Calls
from tests.asking import AT, RP, SHOP
from tests.attacks.staying import STUDENT, a_party, error_in, stay
from tests.attacks.watch import WatchedWorld, counts, watched
from tests.my_identifier import operate
from tests.recast import person
from tests.relying_party import RelyingParty
from tests.world import a_world

SHARED: Final = pytest.mark.asyncio(loop_scope="module")
EVERYTHING: Final = "openid profile cn_id cn_doc offline_access"
NAMES: Final = ("rp-a", "rp-b", "rp-x")
SAME_FOR_ALL: Final = {
    # What is true of the person or of the sign-in, and what the gateway says of itself.
    *("iss", "iat", "exp", "auth_time", "acr", "amr", "name", "family_name", "given_name", "birthdate", "gender"),
    *("gba_cn_id", "gba_doc"),
}


async def at_home(world: WatchedWorld, client_id: str, **changes: Any) -> RelyingParty:
    """A relying party on a host of its own."""
    return await a_party(world, client_id, redirect_uris=(f"{SHOP}/{client_id}/callback",), **changes)


async def all_claims(world: WatchedWorld, party: RelyingParty, **options: Any) -> dict[str, Any]:
    """Everything that one sign-in tells a relying party."""
    who = await stay(party, scope=EVERYTHING, **options)
    told = (await party.userinfo(who.access_token)).json()
    return {**told, **await world.id_token_claims(who.asked, who.tokens), **who.tokens}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three(shared_world: WatchedWorld) -> list[dict[str, Any]]:
    """What three relying parties learn of one person in one browser's session."""
    browser = shared_world.browser()
    return [await all_claims(shared_world, await at_home(shared_world, name), browser=browser) for name in NAMES]


# ------------------------------------------------------------------------------------------- pairwise (PR-01)
@SHARED
@pytest.mark.attack("PR-01")
@pytest.mark.spec("OpenID Connect Core §8.1")
async def test_pr_01_nothing_that_names_a_person_or_a_session_is_the_same_at_two_relying_parties(
    three: list[dict[str, Any]],
) -> None:
    for one, other in itertools.combinations(three, 2):
        same = {name for name in one.keys() & other.keys() if one[name] == other[name]}
        assert same - SAME_FOR_ALL == {"token_type", "expires_in", "scope"}
        assert {one["sub"], one["sid"], one["jti"]}.isdisjoint({other["sub"], other["sid"], other["jti"]})


@SHARED
@pytest.mark.attack("PR-01")
async def test_pr_01_no_subject_can_be_computed_from_another_or_from_what_people_know(
    three: list[dict[str, Any]],
) -> None:
    student, mine = person(STUDENT), three[0]
    known = [
        *(str(value) for value in (student.permit, student.hkid, student.name_han, student.id, "hong_kong")),
        *(mine["sub"], mine["sid"], mine["gba_cn_id"]["value"], AT.issuer, "loopback:rp-b", "rp-b", "127.0.0.1"),
    ]

    derived = set(guesses(known))

    assert len(derived) > 3_000
    for other in three[1:]:
        assert not derived & {other["sub"], other["sid"]}


def guesses(known: list[str]) -> list[str]:
    """Plain, doubled and keyed hashes of all that a relying party could put together."""
    texts = [*known, *(sep.join(pair) for pair in itertools.permutations(known, 2) for sep in ("", "|", ":", "\x00"))]
    digests = [hashlib.new(name, text.encode()).digest() for text in texts for name in ("sha256", "sha1", "md5")]
    digests += [
        hmac.digest(key.encode(), text.encode(), "sha256") for key, text in itertools.product(known, texts[:200])
    ]
    return [text for digest in digests for text in (encoded(digest), digest.hex())]


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


@SHARED
@pytest.mark.attack("PR-01")
async def test_pr_01_every_permit_number_of_a_block_leads_to_no_subject(three: list[dict[str, Any]]) -> None:
    subjects = {told["sub"] for told in three}

    for number in range(2_000):
        permit = f"H{number:08d}"
        for text in (permit, f"rp-a{permit}", f"loopback:rp-a\x00{permit}"):
            assert encoded(hashlib.sha256(text.encode()).digest()) not in subjects


@SHARED
@pytest.mark.attack("PR-01")
async def test_pr_01_a_person_keeps_the_subject_over_sign_ins_and_browsers_while_the_session_changes(
    shared_world: WatchedWorld, three: list[dict[str, Any]]
) -> None:
    party = await at_home(shared_world, "rp-again")
    first = await all_claims(shared_world, party)
    shared_world.clock.advance(hours=1)

    second = await all_claims(shared_world, party)

    assert first["sub"] == second["sub"]
    assert first["sid"] != second["sid"]
    assert first["jti"] != second["jti"]


@pytest.mark.attack("PR-01")
async def test_pr_01_a_person_keeps_the_subject_when_every_key_is_replaced_that_may_be(world: WatchedWorld) -> None:
    party = await at_home(world, "rp-a")
    before = await all_claims(world, party)
    keys = world.folder / "keys"
    for path in (keys / "forms.key", keys / "pairwise.key"):
        path.unlink()
    keyring.create(keys, world.clock())
    office: KeyOffice = world.gateway.inner.state.keys.office
    for name in ID_TOKENS:
        (key,) = (await office.registry.all())[name].keys
        order = Order(Act("operator", world.clock(), "case 17"))
        await key_office.compromise(office, name, key.kid, world.clock(), order)

    renewed = create_app(load(world.folder / "gate.toml"), calls=Calls(world.net), fetch=world.fetch, clock=world.clock)
    async with renewed.inner.router.lifespan_context(renewed.inner):
        world.net.mount(AT.issuer, renewed)
        after = await all_claims(world, party)

    assert after["sub"] == before["sub"], "a subject is remembered, and does not depend on a key that may change"
    assert after["sid"] != before["sid"]


@pytest.mark.attack("PR-01")
async def test_pr_01_two_gateways_do_not_agree_on_a_subject_not_even_with_the_same_keys(
    world: WatchedWorld, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told = [(await all_claims(world, await at_home(world, "rp-a")))["sub"]]
    async with a_world(tmp_path_factory.mktemp("second") / "world") as running:
        second = watched(running)
        told.append((await all_claims(second, await at_home(second, "rp-a")))["sub"])

    assert told[0] != told[1]


# --------------------------------------------------------------------------------------------- sectors (PR-02)
OWNER: Final = "https://owner.example"
LISTED: Final = f"{RP}/member/callback"
FOREIGN: Final = f"{RP}/stranger/callback"


@dataclass(slots=True)
class SectorFile:
    """The owner's document, as it happens to be."""

    body: bytes = json.dumps([LISTED]).encode()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bearer(shared_world: WatchedWorld) -> dict[str, str]:
    """An initial access token."""
    now = shared_world.clock()
    key = keyring.load(shared_world.folder / "keys").client_secret_key
    terms = Terms(scopes=("openid", "profile"), purpose="travel", uses=50)
    made = await initial_access.create(
        shared_world.stores.initial_access, "harbour-board", terms, key, Act("tests", now)
    )
    return {"authorization": f"Bearer {made.token}"}


async def register(
    world: WatchedWorld, bearer: dict[str, str], redirect_uri: str, uri: str = f"{OWNER}/sector.json"
) -> httpx.Response:
    metadata = {"client_name": "Ferry", "redirect_uris": [redirect_uri], "sector_identifier_uri": uri}
    async with world.net.browser() as http:
        return await http.post(f"{AT.issuer}/register", json=metadata, headers=bearer)


LISTS_OF_OTHERS: Final[dict[str, SectorFile]] = {
    "not listed": SectorFile(),
    "listed with a slash more": SectorFile(json.dumps([LISTED, f"{FOREIGN}/"]).encode()),
    "a redirect": SectorFile(b"", 302, {"location": f"{OWNER}/elsewhere"}),
    "ten megabytes": SectorFile(json.dumps([FOREIGN, "x" * 10_000_000]).encode()),
    "entries that are no texts": SectorFile(json.dumps([FOREIGN, 7, None, {"a": 1}]).encode()),
    "an object": SectorFile(json.dumps({"redirect_uris": [FOREIGN]}).encode()),
    "one text": SectorFile(json.dumps(FOREIGN).encode()),
    "no JSON": SectorFile(b"<html>"),
    "deep": SectorFile(b"[" * 100_000),
    "not found": SectorFile(json.dumps([FOREIGN]).encode(), 404),
    "nothing": SectorFile(b""),
}


@SHARED
@pytest.mark.attack("PR-02")
@pytest.mark.spec("OpenID Connect Registration §5")
@pytest.mark.parametrize("name", sorted(LISTS_OF_OTHERS))
async def test_pr_02_nobody_joins_a_sector_whose_document_does_not_plainly_list_them(
    shared_world: WatchedWorld, bearer: dict[str, str], name: str
) -> None:
    document = LISTS_OF_OTHERS[name]
    shared_world.net.mount(OWNER, document)

    answer = await register(shared_world, bearer, FOREIGN)

    assert error_in(answer) == (400, "invalid_client_metadata")
    assert document.asked == 1


@SHARED
@pytest.mark.attack("PR-02", "SF-01")
@pytest.mark.parametrize(
    "uri",
    [
        "http://owner.example/sector.json",
        "https://192.168.0.1/sector.json",
        "https://owner.example:22/sector.json",
        "file:///etc/passwd",
        "https://owner.example@evil.example/sector.json",
        "https://nobody-lives-here.example/sector.json",
    ],
)
async def test_pr_02_a_document_that_is_not_to_be_fetched_is_not(
    shared_world: WatchedWorld, bearer: dict[str, str], uri: str
) -> None:
    document = SectorFile(json.dumps([FOREIGN]).encode())
    shared_world.net.mount(OWNER, document)

    answer = await register(shared_world, bearer, FOREIGN, uri)

    assert error_in(answer) == (400, "invalid_client_metadata")
    assert document.asked == 0


@SHARED
@pytest.mark.attack("PR-02")
async def test_pr_02_who_is_listed_shares_the_subject_and_nobody_else_does(
    shared_world: WatchedWorld, bearer: dict[str, str]
) -> None:
    world = shared_world
    world.net.mount(OWNER, SectorFile(json.dumps([LISTED, f"{RP}/sister/callback"]).encode()))
    subjects = []

    for uri in (LISTED, f"{RP}/sister/callback"):
        told = (await register(world, bearer, uri)).json()
        subjects.append(await subject_at(world, told, uri))
    outsider = (await all_claims(world, await at_home(world, "rp-outside")))["sub"]

    assert subjects[0] == subjects[1]
    assert outsider != subjects[0]


async def subject_at(world: WatchedWorld, told: dict[str, Any], uri: str) -> str:
    """The subject at a client that registered itself."""
    party = await party_of(world, told, uri)
    who = await stay(party, scope="openid profile")
    return str((await world.id_token_claims(who.asked, who.tokens))["sub"])


async def party_of(world: WatchedWorld, told: dict[str, Any], uri: str) -> RelyingParty:
    found = await world.stores.clients.find(told["client_id"])
    assert found is not None
    assert found.redirect_uris == (uri,)
    return RelyingParty(world, found, secret=told["client_secret"])


@SHARED
@pytest.mark.attack("PR-02")
async def test_pr_02_a_document_that_changes_later_lets_nobody_in_and_moves_no_subject(
    shared_world: WatchedWorld, bearer: dict[str, str]
) -> None:
    world, document = shared_world, SectorFile()
    world.net.mount(OWNER, document)
    told = (await register(world, bearer, LISTED)).json()
    before = await subject_at(world, told, LISTED)
    own = {"authorization": f"Bearer {told['registration_access_token']}"}
    wanted = {
        "client_id": told["client_id"],
        "client_name": "Ferry",
        "redirect_uris": [FOREIGN],
        "sector_identifier_uri": f"{OWNER}/sector.json",
    }

    document.body = json.dumps([]).encode()
    async with world.net.browser() as http:
        moved = await http.put(told["registration_client_uri"], json=wanted, headers=own)

    assert error_in(moved) == (400, "invalid_client_metadata")
    assert await subject_at(world, told, LISTED) == before


@SHARED
@pytest.mark.attack("PR-02")
async def test_pr_02_an_operator_is_held_to_the_document_as_well(shared_world: WatchedWorld) -> None:
    shared_world.net.mount(OWNER, SectorFile())
    rows = await counts(shared_world)
    metadata = {
        "client_name": "Stranger",
        "redirect_uris": [FOREIGN],
        "sector_identifier_uri": f"{OWNER}/sector.json",
        "scope": "openid",
    }

    with pytest.raises(AssertionError, match="sector"):
        await operate(shared_world, "/v1/clients", client_id=f"stranger-{secrets.token_hex(4)}", metadata=metadata)

    assert await counts(shared_world) == rows
