"""Everything that ends over the operator API: who may ask, what is told, what nobody is told."""

import pytest
from icalendar import Calendar
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.web.office import Office

PATHS = ("/metrics", "/v1/certs", "/v1/certs/one?id=x", "/v1/calendar.ics")


async def test_the_list_the_calendar_and_the_metrics_speak_of_the_same_things(office: Office) -> None:
    listed = (await office.get("/v1/certs")).json()
    calendar = await office.get("/v1/calendar.ics")
    scraped = await office.get("/metrics")

    signing = [one for one in listed["items"] if one["kind"] == "signing_key" and one["state"] == "active"]
    families = {family.name: family for family in text_string_to_metric_families(scraped.text)}
    assert signing
    assert sum(listed["counts"].values()) == len(listed["items"])
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    assert len(Calendar.from_ical(calendar.content).walk("VEVENT")) >= len(signing)
    assert scraped.headers["content-type"].startswith("text/plain; version=0.0.4")
    ends = families["gba_not_after_timestamp_seconds"].samples
    assert {one["name"] for one in signing} <= {sample.labels["name"] for sample in ends}


async def test_the_list_is_narrowed_and_what_is_not_known_is_refused(office: Office) -> None:
    first = (await office.get("/v1/certs")).json()["items"][0]
    keys = (await office.get("/v1/certs", kind="sealing_key")).json()["items"]

    assert {one["kind"] for one in keys} == {"sealing_key"}
    assert (await office.get("/v1/certs", kind="sealing_key", severity="due")).json()["items"] == []
    assert (await office.get("/v1/certs/one", id=first["id"])).json()["name"] == first["name"]
    assert (await office.get("/v1/certs/one", id="certificate:none")).status_code == 404
    for query in ({"kind": "person"}, {"severity": "bad"}, {"order": "name"}):
        assert (await office.get("/v1/certs", **query)).status_code == 400
    checked = await office.http.post("/v1/certs/check", json={}, headers=office.reader)
    assert checked.json() == {"verdict": "fine", "remarks": []}


@pytest.mark.attack("AD-06")
async def test_ad_06_metrics_are_for_operators_alone_and_neither_count_nor_name_people(office: Office) -> None:
    async with office.world.net.browser() as outside:
        public = [(await outside.get(f"{office.world.issuer}{path}")).status_code for path in PATHS]
    unknown = [(await office.http.get(path)).status_code for path in PATHS]
    await office.world.signed_in("hong_kong", "chan-siu-ming")
    text = (await office.get("/metrics")).text.lower()

    assert public == [404] * len(PATHS)
    assert unknown == [401] * len(PATHS)
    assert not any(word in text for word in ("chan", "subject", "people"))
