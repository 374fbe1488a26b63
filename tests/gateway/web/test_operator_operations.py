"""What the operator API does: the same as the command line, masked, with reasons, and nothing at all on a dry run."""

import pytest

from tests.gateway.web.office import PERMIT, REASON, Office, on_record
from tests.world import AT, asking


async def test_records_are_shown_masked(office: Office) -> None:
    record = await on_record(office)

    history = await office.post("/v1/map/history", by=office.reader, record=record["record"])
    explained = await office.post("/v1/map/explain", by=office.reader, permit=PERMIT, surrogates=True)
    capacity = await office.get("/v1/map/capacity", top="5")

    assert record["permit"] == "H******18"
    assert [line["what"] for line in history.json()["history"]] == ["bound"]
    assert explained.json()["steps"][-1]["outcome"] == "keep"
    assert capacity.json()["buckets"][0]["given"] == 1
    assert PERMIT not in history.text + explained.text + capacity.text


async def test_the_decision_for_one_person_is_explained(office: Office) -> None:
    record = await on_record(office)

    explained = await office.post("/v1/map/explain", permit=PERMIT, subject=record["subjects"][0])

    assert [step["step"] for step in explained.json()["steps"]] == ["person", "record", "decide"]


async def test_a_record_is_frozen_released_and_closed_and_a_dry_run_changes_nothing(office: Office) -> None:
    record = await on_record(office)

    async def standing() -> str:
        response = await office.post("/v1/map/history", record=record["record"])
        return str(response.json()["record"]["standing"])

    for verb, reason, after in (
        ("freeze", REASON, "frozen"),
        ("release", REASON, "active"),
        ("close", "death", "closed"),
    ):
        before = await standing()
        dry = await office.post(f"/v1/map/{verb}", permit=PERMIT, reason=reason, dry_run=True)
        assert (dry.status_code, dry.json()["standing"], await standing()) == (200, after, before)
        done = await office.post(f"/v1/map/{verb}", permit=PERMIT, reason=reason)
        assert (done.status_code, await standing()) == (200, after)
    again = await office.post("/v1/map/release", permit=PERMIT, reason=REASON)
    wrong = await office.post("/v1/map/close", permit=PERMIT, reason="boredom")
    assert (again.status_code, again.json()["error"], wrong.status_code) == (409, "conflict", 400)


async def test_a_provider_is_switched_off_and_on_again(office: Office) -> None:
    switch = {"kind": "provider", "name": "macao", "off": True, "reason": REASON}

    dry = await office.post("/v1/switches", **switch, dry_run=True)
    empty = await office.get("/v1/switches")
    off = await office.post("/v1/switches", **switch)
    twice = await office.post("/v1/switches", **switch)
    shown = await office.get("/v1/switches")
    on = await office.post("/v1/switches", **(switch | {"off": False}))

    assert (dry.json()["changed"], empty.json()["switches"]) == (True, [])
    assert (off.json()["changed"], twice.json()["changed"], on.json()["changed"]) == (True, False, True)
    assert [(one["kind"], one["name"]) for one in shown.json()["switches"]] == [("provider", "macao")]


async def test_a_person_is_blocked_and_let_in_again(office: Office) -> None:
    record = await on_record(office)
    person = f"/v1/people/{record['subjects'][0]}"

    dry = await office.post(f"{person}/block", reason=REASON, dry_run=True)
    free = await office.get(person)
    await office.post(f"{person}/block", reason=REASON)
    blocked = await office.get(person)
    await office.post(f"{person}/unblock", reason=REASON)

    assert dry.status_code == 200
    assert (free.json()["state"], blocked.json()["state"]) == ("active", "blocked")
    assert (await office.get(person)).json()["state"] == "active"


@pytest.mark.attack("AL-02")
async def test_al_02_a_record_is_taken_from_an_account_that_is_not_its_holders(office: Office) -> None:
    record = await on_record(office)
    person = f"/v1/people/{record['subjects'][0]}"

    dry = await office.post(f"{person}/untie", reason=REASON, dry_run=True)
    tied = await office.get(person)
    done = await office.post(f"{person}/untie", reason=REASON)
    again = await office.post(f"{person}/untie", reason=REASON)

    assert (dry.status_code, done.status_code, again.status_code) == (200, 200, 404)
    assert tied.json()["record"] == record["record"]
    assert (await office.get(person)).json()["record"] is None


async def test_alerts_are_listed_and_settled(office: Office) -> None:
    await on_record(office)
    browser = office.world.browser()
    await browser.sign_in(asking(), "hong_kong", "chan-siu-ming")
    page = await browser.follow(await browser.open(f"{AT.issuer}/account"), "ask-dispute")
    await browser.press(page, "confirm-dispute")

    (alert,) = (await office.get("/v1/map/alerts")).json()["alerts"]
    settle = f"/v1/map/alerts/{alert['id']}/settle"
    dry = await office.post(settle, outcome="looked at", dry_run=True)
    still = (await office.get("/v1/map/alerts")).json()["alerts"]
    done = await office.post(settle, outcome="looked at")

    assert (alert["kind"], alert["permit"]) == ("disputed", "H******18")
    assert (dry.status_code, len(still), done.status_code) == (200, 1, 200)
    assert (await office.get("/v1/map/alerts")).json()["alerts"] == []
    assert (await office.get("/v1/map/alerts", all="true")).json()["alerts"][0]["outcome"] == "looked at"
    assert (await office.post(settle, outcome="looked at")).status_code == 404


@pytest.mark.attack("MP-03")
async def test_mp_03_a_number_is_traced_back_by_two_operators_and_once(office: Office) -> None:
    claims = await office.world.signed_in("hong_kong", "chan-siu-ming")
    number = claims["gba_cn_id"]["value"]

    asked = await office.post("/v1/reveals", number=number, purpose="court order 17 of 2026")
    path = f"/v1/reveals/{asked.json()['id']}"
    alone = await office.post(f"{path}/use")
    own = await office.post(f"{path}/approve")
    approved = await office.post(f"{path}/approve", by=office.second)
    others = await office.post(f"{path}/use", by=office.second)
    used = await office.post(f"{path}/use")
    twice = await office.post(f"{path}/use")

    assert number not in asked.text
    assert (alone.status_code, own.status_code, others.status_code, twice.status_code) == (404, 404, 404, 404)
    assert (approved.status_code, used.status_code) == (200, 200)
    assert used.json()["permit"].startswith(PERMIT)


@pytest.mark.attack("MP-03")
async def test_mp_03_an_approval_lapses_and_requests_are_few(office: Office) -> None:
    claims = await office.world.signed_in("hong_kong", "chan-siu-ming")
    body = {"number": claims["gba_cn_id"]["value"], "purpose": "court order 17 of 2026"}

    path = f"/v1/reveals/{(await office.post('/v1/reveals', **body)).json()['id']}"
    await office.post(f"{path}/approve", by=office.second)
    office.world.clock.advance(minutes=16)
    late = await office.post(f"{path}/use")
    statuses = [(await office.post("/v1/reveals", **body)).status_code for _ in range(5)]

    assert late.status_code == 404
    assert statuses == [200, 200, 200, 200, 429]


async def test_new_keys_are_put_into_use_only_when_there_are_some(office: Office) -> None:
    dry = await office.post("/v1/map/rekey", dry_run=True)
    begun = await office.post("/v1/map/rekey")
    left = await office.get("/v1/map/rekey")

    assert (dry.status_code, begun.json()["began"]) == (200, False)
    assert left.json()["total"] == 0


async def test_the_process_says_that_it_lives(office: Office) -> None:
    assert (await office.http.get("/livez")).json() == {"status": "ok"}
