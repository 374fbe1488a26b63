"""Acting from the operators' pages: first looked at, then confirmed for exactly what was looked at, and on record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeySetRecord
from gateway.admin import key_office, key_work
from gateway.admin.key_work import Order
from gateway.admin.operation_records import Instance
from tests.attacks.operators_office import REASON, OperatorsOffice
from tests.gateway.web.dashboard_desk import Tab, a_tab, dashboard, text_of

__all__ = ["dashboard"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
REPORTED = "federation-es256"
LOCAL = "audit-es256"
TOKENS = "id-token-es256"


async def a_next_key(office: OperatorsOffice, name: str) -> str:
    """Make the next key of a set, as the chores would; gives its name."""
    done = await key_office.generate(office.desk.keys, name, Order(office.act("cyril")))
    return done.kid or ""


async def keys_of(office: OperatorsOffice, name: str) -> KeySetRecord:
    return (await key_work.current(office.desk.keys, name))[1]


async def state_of(office: OperatorsOffice, name: str, kid: str) -> KeyState:
    found = (await keys_of(office, name)).find(kid)
    assert found is not None
    return found.state


def every_key_works(office: OperatorsOffice) -> None:
    """Let guard 5 hold: the operators' process has tried every key."""
    keys = replace(office.desk.keys, ready=lambda found: frozenset(key.kid for key in found.keys))
    office.app.inner.state.desk = replace(office.desk, keys=keys)


async def confirm(tab: Tab, name: str, verb: str, **changes: str) -> int:
    return (await tab.post(f"/keys/{name}/{verb}/confirm", **changes)).status_code


async def test_a_verb_changes_nothing_until_it_is_confirmed_and_counts_once(dashboard: OperatorsOffice) -> None:
    kid = await a_next_key(dashboard, REPORTED)
    async with a_tab(dashboard, "cora") as tab:
        preview = text_of((await tab.act(REPORTED, "publish", kid)).text)
        page = tab.page
        before = await state_of(dashboard, REPORTED, kid)
        first = await confirm(tab, REPORTED, "publish")
        after = await state_of(dashboard, REPORTED, kid)
        tab.page = page
        second = await confirm(tab, REPORTED, "publish")

    assert "what would happen" in preview
    assert f"{kid} published" in preview
    assert (before, after) == (KeyState.GENERATED, KeyState.PUBLISHED)
    assert (first, second) == (303, 409)
    assert "guard 7" in text_of(tab.page)
    assert {"operator": "cora", "reason": REASON}.items() <= (await dashboard.events("key.published"))[-1].items()


async def test_closed_guards_are_shown_with_need_and_finding_and_cannot_be_confirmed(
    dashboard: OperatorsOffice,
) -> None:
    name = "id-token-ps256" if "id-token-ps256" in dashboard.desk.keys.sets else TOKENS
    keys = await keys_of(dashboard, name)
    assert keys.active is not None
    async with a_tab(dashboard, "cora") as tab:
        await tab.get(f"/keys/{name}")
        shown = await tab.post(f"/keys/{name}/abort", kid=keys.active.kid, reason=REASON)

    page = text_of(shown.text)
    assert "In the way" in page
    assert "guard 11" in page
    assert "needs" in page
    assert "/confirm" not in shown.text


@pytest.mark.attack("KM-01")
async def test_km_01_what_is_confirmed_is_what_was_looked_at(dashboard: OperatorsOffice) -> None:
    kid = await a_next_key(dashboard, TOKENS)
    async with a_tab(dashboard, "cora") as tab:
        await tab.act(TOKENS, "publish", kid)
        page = tab.page
        changed = []
        for field, value in (("version", "999"), ("reason", "another reason"), ("kid", "x"), ("csrf", "0" * 64)):
            tab.page = page
            changed.append(await confirm(tab, TOKENS, "publish", **{field: value}))
        tab.page = page
        other_verb = await tab.post(
            f"/keys/{TOKENS}/compromise/confirm", **tab.hidden(f"/keys/{TOKENS}/publish/confirm")
        )
    async with a_tab(dashboard, "cyril") as another:
        another.page = page
        other_session = await confirm(another, TOKENS, "publish")

    assert changed == [403] * 4
    assert (other_verb.status_code, other_session) == (403, 403)
    assert await state_of(dashboard, TOKENS, kid) is KeyState.GENERATED


async def test_a_compromised_key_leaves_at_once(dashboard: OperatorsOffice) -> None:
    keys = await keys_of(dashboard, TOKENS)
    assert keys.active is not None
    kid = keys.active.kid
    async with a_tab(dashboard, "cora") as tab:
        wrong = await tab.act(TOKENS, "compromise", kid, since="yesterday")
        preview = text_of((await tab.act(TOKENS, "compromise", kid)).text)
        done = await confirm(tab, TOKENS, "compromise")
        page = text_of((await tab.get(f"/keys/{TOKENS}?done=compromise")).text)

    after = await keys_of(dashboard, TOKENS)
    assert wrong.status_code == 400
    assert "since must be a time" in text_of(wrong.text)
    assert "doubted from" in preview
    assert done == 303
    assert await state_of(dashboard, TOKENS, kid) is KeyState.COMPROMISED
    assert after.active is not None
    assert "must be doubted from here on" in page


@pytest.mark.attack("AD-05")
async def test_ad_05_a_key_that_was_seen_lately_is_retired_by_two_persons(dashboard: OperatorsOffice) -> None:
    dashboard.world.clock.advance(minutes=20)  # sign-ins are counted by name
    every_key_works(dashboard)
    before = (await keys_of(dashboard, LOCAL)).active
    assert before is not None
    kid = await a_next_key(dashboard, LOCAL)
    dashboard.world.clock.advance(seconds=1)
    async with a_tab(dashboard, "cora") as tab:
        await tab.act(LOCAL, "publish", kid)
        assert await confirm(tab, LOCAL, "publish") == 303
        dashboard.world.clock.advance(minutes=2)
        await tab.act(LOCAL, "activate", kid)
        assert await confirm(tab, LOCAL, "activate") == 303
    await _seen(dashboard, before.kid, after=timedelta(hours=2))

    async with a_tab(dashboard, "cora") as tab:
        closed = text_of((await tab.act(LOCAL, "retire", before.kid)).text)
        asked = await tab.post(f"/keys/{LOCAL}/retire/confirm")
        own = text_of((await tab.get("/joint-acts")).text)
        alone = await tab.http.post(f"/joint-acts/{await _act_id(dashboard)}/agree", data={"csrf": "x"})
        async with a_tab(dashboard, "cyril") as second:
            await second.get("/joint-acts")
            agreed = await second.post(f"/joint-acts/{await _act_id(dashboard)}/agree", reason="I have compared it")
        await tab.get("/joint-acts")
        address = tab.page.split('href="/keys/')[-1].split("#")[0].replace("&amp;", "&")
        await tab.get(f"/keys/{address}")
        await tab.post(f"/keys/{LOCAL}/retire", kid=before.kid, reason=REASON)
        done = await confirm(tab, LOCAL, "retire")

    assert "guard 9" in closed
    assert (asked.status_code, asked.headers["location"]) == (303, "/joint-acts?done=asked")
    assert "asked by cora" in own
    assert "What you have checked" not in own
    assert alone.status_code == 403
    assert agreed.headers["location"] == "/joint-acts?done=agreed"
    assert done == 303
    assert await state_of(dashboard, LOCAL, before.kid) is KeyState.RETIRED


async def _seen(office: OperatorsOffice, kid: str, *, after: timedelta) -> None:
    """Have a worker tell that it has just verified something signed with a key."""
    office.world.clock.advance(seconds=after.total_seconds())
    now = office.world.clock()
    soon = now + timedelta(seconds=31)  # signing in takes the next code
    beat = Instance("tests-1", soon, now, ready=(kid,), used={kid: now.isoformat()})
    await office.desk.keys.instances.beat(beat)


async def _act_id(office: OperatorsOffice) -> str:
    return (await office.desk.joint_acts.waiting(office.world.clock()))[0].id


async def test_an_outage_is_planned_in_hong_kongs_time_and_withdrawn(dashboard: OperatorsOffice) -> None:
    async with a_tab(dashboard, "kim") as tab:
        await tab.get("/upstreams")
        day = f"{dashboard.world.clock() + timedelta(days=2):%Y-%m-%d}"
        wish = {"provider": "macao", "reason": REASON}
        wrong = await tab.post("/upstreams/outages", starts_at=f"{day}T05:00", ends_at=f"{day}T04:00", **wish)
        planned = await tab.post("/upstreams/outages", starts_at=f"{day}T01:00", ends_at=f"{day}T05:00", **wish)
        page = text_of((await tab.get("/upstreams?done=planned")).text)
        path = tab.page.split('action="/upstreams/outages/')[1].split('"')[0]
        withdrawn = await tab.post(f"/upstreams/outages/{path}", reason=REASON)

    assert (wrong.status_code, planned.status_code, withdrawn.status_code) == (400, 303, 303)
    assert "it must end after it starts" in text_of(wrong.text)
    assert "planned by operator:kim" in page
    assert "17:00 UTC" in page


@pytest.mark.attack("AD-02")
async def test_ad_02_a_switch_is_turned_for_ones_own_place_alone(dashboard: OperatorsOffice) -> None:
    async with a_tab(dashboard, "mei") as tab:
        await tab.get("/upstreams")
        foreign = await tab.post("/upstreams/switch", name="hong_kong", off="yes", reason=REASON)
        await tab.get("/upstreams")
        without_reason = await tab.post("/upstreams/switch", name="macao", off="yes", reason=" ")
        off = await tab.post("/upstreams/switch", name="macao", off="yes", reason=REASON)
        page = text_of((await tab.get("/upstreams")).text)
        on = await tab.post("/upstreams/switch", name="macao", off="no", reason=REASON)

    assert (foreign.status_code, without_reason.status_code) == (404, 400)
    assert (off.status_code, on.status_code) == (303, 303)
    assert "◆ switched off" in page
    assert "hong kong" not in page


async def test_the_audit_is_searched_page_by_page_and_its_chain_checked(dashboard: OperatorsOffice) -> None:
    keeper = dashboard.world.chores.keeper
    assert keeper is not None
    async with a_tab(dashboard, "aud") as tab:
        while await keeper.link(dashboard.world.clock()):
            pass
        found = await tab.get("/audit?action=operator.created&since=")
        all_pages = await tab.get("/audit")
        further = await tab.get(all_pages.text.split('id="further" href="')[1].split('"')[0].replace("&amp;", "&"))
        wrong = await tab.get("/audit?since=yesterday")
        unknown = await tab.get("/audit?order=seq")
        await tab.get("/audit")
        verdict = await tab.post("/audit/verify")

    assert "operator.created" in text_of(found.text)
    assert "key.published" not in found.text.split("<tbody>")[1]
    assert further.status_code == 200
    assert "since must be a moment" in text_of(wrong.text)
    assert unknown.status_code == 400
    assert "The chain holds" in text_of(verdict.text)


async def test_a_form_without_its_token_is_refused_and_on_record(dashboard: OperatorsOffice) -> None:
    async with a_tab(dashboard, "kim") as tab:
        await tab.get("/upstreams")
        fields = tab.hidden("/upstreams/switch")
        without = await tab.http.post("/upstreams/switch", data={"name": "macao", "off": "yes", "reason": REASON})
        elsewhere = await tab.http.post(
            "/upstreams/switch", data={**fields, "reason": REASON}, headers={"sec-fetch-site": "cross-site"}
        )
        doubled = await tab.http.post(
            "/upstreams/switch",
            content="name=macao&name=hong_kong",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )

    assert (without.status_code, elsewhere.status_code, doubled.status_code) == (403, 403, 400)
    assert (await dashboard.events("operator.refused"))[-1]["why"] == "csrf"
