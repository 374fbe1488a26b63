"""KM: keys rotate without a gap, show nothing private, and one that is lost counts nowhere within a minute."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jose import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from certs.keys.rotation.guards import GuardError, GuardNumber
from certs.keys.rotation.records import ProofKind
from gateway.admin import key_chores, key_drill, key_office
from gateway.admin.key_work import Done, Order
from gateway.config import Keys
from gateway.managed_keys import probe_of
from tests.attacks.two_gateways import Pair, a_pair
from tests.relying_party import CODE_AND_REFRESH, RelyingParty
from tests.world import a_client, keys_read_once

ES256 = "id-token-es256"
UNDATED = {"verify_exp": False, "verify_at_hash": False}
"""The library would look at its own clock."""
SHORT = Keys(automatic=False, active_life=timedelta(days=6))
HELD = SHORT.jwks_max_age + SHORT.jwks_stale_if_error
STEP = timedelta(hours=4)


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with a_pair(tmp_path / "world", keys=SHORT) as running:
        await running.beat()
        yield running


@dataclass(slots=True)
class Watcher:
    """What relying parties saw of the keys, moment by moment, and every token that was issued."""

    documents: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    tokens: list[tuple[datetime, str]] = field(default_factory=list)

    def held_at(self, moment: datetime) -> list[dict[str, Any]]:
        """Every document that somebody may hold at a moment who keeps to what we announced."""
        return [document for at, document in self.documents if moment - HELD <= at <= moment]


async def look(pair: Pair, watcher: Watcher) -> None:
    for place in (0, 1):
        answer = await pair.ask(place, "GET", "/jwks")
        assert answer.headers["cache-control"] == "public, max-age=300, stale-if-error=86400"
        watcher.documents.append((pair.world.clock.now, answer.json()))


@pytest.mark.attack("KM-01")
@pytest.mark.timeout(180)
async def test_km_01_every_token_verifies_with_any_key_set_that_may_be_held_in_its_life(pair: Pair) -> None:
    client = a_client("steady", scopes=("openid", "offline_access"), grant_types=CODE_AND_REFRESH)
    party = await RelyingParty.register(pair.world, client)
    tokens = await party.sign_in(scope="openid offline_access", prompt="consent")
    watcher, clock, kids = Watcher(), pair.world.clock, []
    end = clock.now + timedelta(days=7)
    place = 0
    while clock.now < end:
        await pair.beat()
        await pair.rotate()
        await look(pair, watcher)
        place = 1 - place
        pair.world.net.mount(pair.world.issuer, pair.workers[place])
        answer = await party.refresh(tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        watcher.tokens.append((clock.now, tokens["id_token"]))
        clock.advance(hours=STEP.total_seconds() / 3600)
        await look(pair, watcher)

    for at, token in watcher.tokens:
        kids.append(jwt.get_unverified_header(token)["kid"])
        for document in (*watcher.held_at(at), *watcher.held_at(at + timedelta(minutes=5))):
            assert kids[-1] in {key["kid"] for key in document["keys"]}
    for at, token in watcher.tokens[::4]:
        for document in watcher.held_at(at)[::12]:
            (key,) = [key for key in document["keys"] if key["kid"] == jwt.get_unverified_header(token)["kid"]]
            jwt.decode(token, key, algorithms=["ES256"], audience="steady", options=UNDATED)
    assert len(set(kids)) == 2


@pytest.mark.attack("KM-01")
async def test_km_01_a_new_key_is_shown_for_its_whole_lead_before_it_may_sign(pair: Pair) -> None:
    await pair.rotate()
    await pair.beat()

    with pytest.raises(GuardError) as refused:
        await key_office.activate(pair.office, ES256, pair.order())

    assert [one.number for one in refused.value.guards] == [GuardNumber.LEAD]
    opens = refused.value.guards[0].opens_at
    assert opens == pair.world.clock.now + HELD + SHORT.skew


@pytest.mark.attack("KM-01")
async def test_km_01_a_worker_that_cannot_sign_with_the_next_key_holds_it_back(pair: Pair) -> None:
    await pair.rotate()
    pair.world.clock.now += HELD + SHORT.skew
    live = pair.keys(1).live
    live._ready = frozenset()
    await pair.beat()

    with pytest.raises(GuardError) as refused:
        await key_office.activate(pair.office, ES256, pair.order())

    assert [one.number for one in refused.value.guards] == [GuardNumber.INSTANCES]


@pytest.mark.attack("KM-01")
async def test_km_01_a_key_that_nobody_outside_sees_does_not_sign_without_two_persons(pair: Pair) -> None:
    async def blind(_: object) -> frozenset[str]:
        return frozenset()

    with keys_read_once():
        await key_chores.rotate(pair.office, blind, pair.world.clock.now)
    await pair.refresh()
    pair.world.clock.now += HELD + SHORT.skew
    await pair.beat()

    with pytest.raises(GuardError) as refused:
        await key_office.activate(pair.office, ES256, pair.order())
    with pytest.raises(GuardError) as alone:
        await key_office.prove(pair.office, ES256, ProofKind.OVERRIDE, pair.order())

    assert [one.number for one in refused.value.guards] == [GuardNumber.PUBLICATION]
    assert [one.number for one in alone.value.guards] == [GuardNumber.SECOND_PERSON]


@pytest.mark.attack("KM-01")
async def test_km_01_a_whole_rotation_can_be_taken_back_while_it_is_fresh(pair: Pair) -> None:
    await pair.rotate()
    before = pair.keys(0).live.records[ES256].active
    pair.world.clock.now += HELD + SHORT.skew
    await pair.beat()
    await key_office.activate(pair.office, ES256, pair.order())
    await pair.refresh()

    await key_office.abort(pair.office, ES256, pair.order())
    await pair.refresh()

    assert before is not None
    for place in (0, 1):
        active = pair.keys(place).live.id_tokens.active("ES256")
        assert active.kid == before.kid


@pytest.mark.attack("KM-02")
async def test_km_02_published_keys_hold_nothing_private_and_every_one_says_what_it_is_for(pair: Pair) -> None:
    await pair.rotate()

    answer = await pair.ask(0, "GET", "/jwks")

    keys = answer.json()["keys"]
    assert len(keys) == 6
    assert len({key["kid"] for key in keys}) == 6
    for key in keys:
        public = {"kty", "kid", "use", "alg"} | ({"crv", "x", "y"} if key["kty"] == "EC" else {"n", "e"})
        assert set(key) == public
        assert key["use"] == "sig"


@pytest.mark.attack("KM-02")
async def test_km_02_nothing_private_stands_in_the_database_or_in_what_operators_see(pair: Pair) -> None:
    await pair.rotate()
    shown = json.dumps([key.__dict__ if hasattr(key, "__dict__") else repr(key) for key in pair.office.sets.values()])
    content = b"".join(path.read_bytes() for path in pair.world.folder.glob("gateway.sqlite3*"))

    for path in (pair.world.folder / "keys").glob("*.pem"):
        body = "".join(path.read_text().splitlines()[1:-1]).encode()
        assert body[40:100] not in content
    assert b"PRIVATE KEY" not in content
    assert '"d":' not in shown
    assert b'"d":' not in content


@pytest.mark.attack("KM-02")
@pytest.mark.spec("RFC 9110 §13.1.2")
async def test_km_02_who_holds_the_newest_key_set_is_told_so_and_a_rotation_changes_its_name(pair: Pair) -> None:
    first = await pair.ask(0, "GET", "/jwks")
    same = await pair.ask(1, "GET", "/jwks", headers={"if-none-match": first.headers["etag"]})
    await pair.rotate()
    other = await pair.ask(1, "GET", "/jwks", headers={"if-none-match": first.headers["etag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


@dataclass(slots=True)
class Lost:
    """Everything that a compromised key had signed, and what became of the key."""

    pair: Pair
    party: RelyingParty
    tokens: dict[str, Any]
    kid: str
    done: Done


@pytest_asyncio.fixture
async def lost(pair: Pair) -> Lost:
    """A sign-in, a signed access token, and then the emergency, by one person."""
    await pair.rotate()
    client = a_client("api-client", scopes=("openid", "profile"), resources=("https://api.example",))
    party = await RelyingParty.register(pair.world, client)
    tokens = await party.sign_in(scope="openid profile", resource="https://api.example")
    kid = jwt.get_unverified_header(tokens["id_token"])["kid"]
    done = await key_office.compromise(
        pair.office, ES256, kid, pair.world.clock.now, pair.order("ada", "the machine was stolen, case 9")
    )
    return Lost(pair, party, tokens, kid, done)


@pytest.mark.attack("KM-03")
async def test_km_03_the_standby_signs_at_once_and_the_lost_key_leaves_the_document_of_every_worker(lost: Lost) -> None:
    await lost.pair.refresh()

    for place in (0, 1):
        keys = (await lost.pair.ask(place, "GET", "/jwks")).json()["keys"]
        assert lost.kid not in {key["kid"] for key in keys}
        assert lost.pair.keys(place).live.id_tokens.active("ES256").kid in {key["kid"] for key in keys}
    assert lost.done.states[lost.kid] == "compromised"


@pytest.mark.attack("KM-03")
async def test_km_03_what_a_lost_key_signed_is_refused_at_every_door(lost: Lost) -> None:
    await lost.pair.refresh()
    hint = lost.tokens["id_token"]
    asked = lost.party.asking(prompt="none", id_token_hint=hint, scope="openid profile")

    authorize = await lost.pair.ask(0, "GET", "/authorize", params=asked.parameters)
    sign_out = await lost.pair.ask(0, "GET", "/logout", params={"id_token_hint": hint})
    userinfo = await lost.party.userinfo(lost.tokens["access_token"])

    assert "error=invalid_request" in authorize.headers.get("location", "") or authorize.status_code == 400
    assert sign_out.status_code == 400
    assert userinfo.status_code == 401


@pytest.mark.attack("KM-03")
async def test_km_03_the_audit_names_who_did_it_and_why(lost: Lost) -> None:
    def read(connection: Any) -> list[Any]:
        return list(connection.exec_driver_sql("SELECT action, details FROM audit WHERE action LIKE 'key.compromised'"))

    rows = await lost.pair.world.stores.database.read(read)

    assert len(rows) == 1
    details = json.loads(rows[0][1])
    assert (details["operator"], details["kid"]) == ("ada", lost.kid)
    assert details["reason"] == "the machine was stolen, case 9"


@pytest.mark.attack("KM-03")
async def test_km_03_without_a_standby_a_key_is_made_rather_than_nothing_signed_with_a_lost_one(pair: Pair) -> None:
    active = pair.keys(0).live.id_tokens.active("ES256")

    done = await key_office.compromise(pair.office, ES256, active.kid, pair.world.clock.now, pair.order())
    await pair.refresh()

    assert sorted(done.states.values()) == ["active", "compromised"]
    assert pair.keys(1).live.id_tokens.active("ES256").kid != active.kid


@pytest.mark.attack("KM-03")
async def test_km_03_an_emergency_needs_a_reason_and_a_dry_run_changes_nothing(pair: Pair) -> None:
    active = pair.keys(0).live.id_tokens.active("ES256")
    before = (await pair.office.registry.all())[ES256]

    with pytest.raises(ValueError, match="reason"):
        await key_office.compromise(pair.office, ES256, active.kid, pair.world.clock.now, pair.order(reason=""))
    dry = pair.order(dry_run=True)
    await key_office.compromise(pair.office, ES256, active.kid, pair.world.clock.now, dry)

    assert (await pair.office.registry.all())[ES256] == before


@pytest.mark.attack("KM-03")
async def test_km_03_a_drill_says_whether_an_emergency_would_go_well(pair: Pair) -> None:
    async def tick(_: float) -> None:
        pair.world.clock.advance(seconds=1)
        await pair.refresh()
        await pair.beat()

    act = pair.order().act
    without = await key_drill.drill(pair.office, ES256, act, pair.world.clock, tick)
    await pair.rotate()
    await pair.beat()
    with_one = await key_drill.drill(pair.office, ES256, act, pair.world.clock, tick)

    assert (without.is_passed, without.standby) == (False, None)
    assert with_one.is_passed
    assert (with_one.instances, with_one.followed) == (2, 2)
    assert with_one.seconds is not None
    assert with_one.seconds <= 60


@pytest.mark.attack("KM-03")
async def test_km_03_a_drill_fails_where_a_worker_does_not_follow(pair: Pair) -> None:
    await pair.rotate()
    await pair.beat()

    async def tick(_: float) -> None:
        pair.world.clock.advance(seconds=10)
        await pair.keys(0).live.refresh()
        await pair.beat()

    found = await key_drill.drill(pair.office, ES256, pair.order().act, pair.world.clock, tick)

    assert not found.is_passed
    assert (found.followed, found.instances) == (1, 2)


async def test_an_operation_id_does_a_thing_once(pair: Pair) -> None:
    order = pair.order(operation="op-1")

    with keys_read_once():
        first = await key_office.generate(pair.office, ES256, order)
        again = await key_office.generate(pair.office, ES256, order)

    assert (first.changed, again.changed) == (True, False)
    assert len((await pair.office.registry.all())[ES256].keys) == 2


async def test_a_plan_that_no_longer_fits_is_refused_with_its_guard(pair: Pair) -> None:
    stale = Order(pair.order().act, expected=99)

    with pytest.raises(GuardError) as refused:
        await key_office.generate(pair.office, ES256, stale)

    assert [one.number for one in refused.value.guards] == [GuardNumber.VERSION]


async def test_the_probe_sees_our_document_as_others_do(pair: Pair) -> None:
    await pair.rotate()

    seen = await probe_of(pair.world.fetch)(pair.office.sets[ES256])

    assert {key.kid for key in (await pair.office.registry.all())[ES256].document} <= seen


@pytest.mark.attack("KM-03")
@pytest.mark.spec("RFC 8417 §2.2")
async def test_km_03_relying_parties_that_hear_of_events_are_told_under_a_key_that_still_counts(pair: Pair) -> None:
    heard: list[tuple[str, bytes]] = []

    async def listen(request: Request) -> Response:
        heard.append((request.headers["content-type"], await request.body()))
        return Response(status_code=202)

    pair.world.net.mount("https://hears.example", Starlette(routes=[Route("/events", listen, methods=["POST"])]))
    await pair.world.register(a_client("hears", event_uri="https://hears.example/events"))
    await pair.rotate()
    lost = pair.keys(0).live.id_tokens.active("ES256").kid

    await key_office.compromise(pair.office, ES256, lost, pair.world.clock.now - timedelta(days=1), pair.order())
    await pair.refresh()
    await pair.world.chores.deliver()
    await pair.world.chores.deliver()

    ((content_type, token),) = heard
    document = (await pair.ask(0, "GET", "/jwks")).json()
    header = jwt.get_unverified_header(token.decode())
    (key,) = [key for key in document["keys"] if key["kid"] == header["kid"]]
    claims = jwt.decode(token.decode(), key, algorithms=["ES256"], audience="hears", options=UNDATED)
    event = claims["events"]["urn:gba:event:signing-key-compromised"]
    assert (content_type, header["typ"]) == ("application/secevent+jwt", "secevent+jwt")
    assert header["kid"] != lost
    assert (event["kid"], event["alg"]) == (lost, "ES256")
    assert event["since"] < pair.world.clock.now.isoformat()
