"""Group AD, the closed surface: who may ask the operators' listener at all, and what its side doors tell (AD-01, AD-06)."""

from typing import Final

import httpx
import pytest

from gateway.admin import operator_sessions
from gateway.admin.records import Role
from gateway.web.operation import Operation
from gateway.web.operator_routes import OPERATIONS
from tests.attacks.operators_office import PASSWORD, OperatorsOffice, office  # noqa: F401 - a fixture
from tests.world import AT, OPERATORS, asking

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIDE_DOORS: Final = (
    *("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/debug", "/debug/pprof", "/_debug", "/trace"),
    *("/metrics", "/actuator/health", "/env", "/.env", "/.git/config", "/config", "/server-status", "/admin"),
    *("/static/gateway.css.map", "/static/app.js.map", "/mock/scenario", "/mock/clock", "/switchboard", "/__mock__"),
)


def concrete(operation: Operation) -> str:
    return operation.path.replace("{id}", "nobody").replace("{name}", "nobody")


async def asked(office: OperatorsOffice, operation: Operation, headers: dict[str, str]) -> httpx.Response:  # noqa: F811 - the fixture
    return await office.http.request(operation.method, concrete(operation), headers=headers)


@pytest.mark.attack("AD-01")
async def test_ad_01_without_an_operators_session_every_operation_is_closed_and_all_look_alike(
    office: OperatorsOffice,  # noqa: F811 - this is how a fixture is asked for
) -> None:
    wish = asking("shop")
    back = await office.world.browser().sign_in(wish, "hong_kong", "chan-siu-ming")
    person = (await office.world.token(wish, back["code"])).json()["access_token"]
    ended = office.tokens["rita"]
    await operator_sessions.end_all(office.door, "rita", office.act())
    strangers: dict[str, dict[str, str]] = {
        "nothing": {},
        "a relying party's token": {"authorization": f"Bearer {person}"},
        "a person's cookie": {"cookie": "gate_session=x; __Host-gate_session=x"},
        "an ended session": {"authorization": f"Bearer {ended}"},
        "an operator's cookie": {"cookie": f"gate-operator={office.tokens['kim']}"},
        "basic": {"authorization": "Basic a2ltOmtpbQ=="},
    }

    for who, headers in strangers.items():
        some = OPERATIONS if who == "nothing" else OPERATIONS[::9]
        answers = [await asked(office, operation, headers) for operation in some]
        assert {answer.status_code for answer in answers} == {401}, who
        assert len({answer.content for answer in answers}) == 1, who
    await office.sign_everybody_in()


@pytest.mark.attack("AD-01")
async def test_ad_01_what_does_not_exist_and_what_is_not_allowed_teach_nobody_the_list(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    unknown = [await office.http.get(path) for path in ("/v1/nothing", "/v1/", "/v1/clients/", "/v1/%00")]
    public = []
    async with office.world.net.browser() as browser:
        for operation in OPERATIONS:
            path = f"{AT.issuer}{concrete(operation)}"
            public.append(await browser.request(operation.method, path, headers=office.by("cora")))
        public.append(await browser.post(f"{AT.issuer}/v1/session", json={"name": "kim"}))

    assert {answer.status_code for answer in unknown} == {404}
    assert len({answer.content for answer in unknown}) == 1
    assert {answer.status_code for answer in public} == {404}


@pytest.mark.attack("AD-01")
async def test_ad_01_each_role_reaches_what_it_is_for_and_a_key_alone_changes_nothing(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    closed = {
        "rita": {Role.KEEPER, Role.AUDITOR, Role.CUSTODIAN},
        "kim": {Role.AUDITOR, Role.CUSTODIAN},
        "aud": {Role.KEEPER, Role.CUSTODIAN},
    }
    for name, roles in closed.items():
        office.world.clock.advance(minutes=1)
        for operation in OPERATIONS:
            if operation.role in roles:
                assert (await asked(office, operation, office.by(name))).status_code == 403, operation.path

    office.world.clock.advance(minutes=1)
    for operation in OPERATIONS:
        needs_more = operation.role in {Role.KEEPER, Role.CUSTODIAN} and not operation.is_routine
        if needs_more or operation.is_strong:
            answer = await asked(office, operation, office.by_key("cora"))
            assert answer.status_code == 403, operation.path
            assert "one-time code" in answer.json()["error_description"]
    assert {one["why"] for one in await office.events("operator.refused")} >= {"role", "strength"}


@pytest.mark.attack("AD-01")
async def test_ad_01_signing_in_takes_both_factors_and_says_no_more_than_no(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    office.world.clock.advance(minutes=11)
    right = {"name": "kim", "password": PASSWORD, "code": office.code("kim")}
    wrong: list[dict[str, str]] = [
        {**right, "password": PASSWORD + "!"},
        {**right, "code": "000000"},
        {**right, "name": "nobody"},
    ]

    refused = [await office.http.post("/v1/session", json=body) for body in wrong]
    begun = await office.http.post("/v1/session", json=right)
    again = await office.http.post("/v1/session", json=right)
    cross = await office.http.post("/v1/session", json=right, headers={"sec-fetch-site": "cross-site"})
    partial = await office.http.post("/v1/session", json={"name": "kim"})

    assert {(answer.status_code, answer.content) for answer in refused} == {(401, again.content)}
    assert (begun.status_code, again.status_code, cross.status_code, partial.status_code) == (200, 401, 403, 400)
    headers = {"authorization": f"Bearer {begun.json()['token']}"}
    told = await office.http.get("/v1/session", headers=headers)
    assert (told.json()["operator"]["name"], told.json()["strength"]) == ("kim", "two_factors")
    assert told.json()["rights"] == ["change", "look"]
    assert (await office.http.delete("/v1/session", headers=headers)).json() == {"signed_out": True}
    assert (await office.http.get("/v1/session", headers=headers)).status_code == 401
    assert begun.headers["cache-control"] == "no-store"


@pytest.mark.attack("AD-01")
async def test_ad_01_a_session_ends_by_itself(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    office.world.clock.advance(minutes=11)
    token = {"authorization": f"Bearer {await office.sign_in_again('rita')}"}

    office.world.clock.advance(minutes=14)
    within = await office.http.get("/v1/switches", headers=token)
    office.world.clock.advance(minutes=16)
    after = await office.http.get("/v1/switches", headers=token)
    await office.sign_everybody_in()

    assert (within.status_code, after.status_code) == (200, 401)


@pytest.mark.attack("AD-06")
async def test_ad_06_there_are_no_side_doors_on_either_listener(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    async with office.world.net.browser() as browser:
        made_up = await browser.get(f"{OPERATORS}/nothing-is-here")
        for origin in (AT.issuer, OPERATORS):
            for path in SIDE_DOORS:
                answer = await browser.get(f"{origin}{path}")
                if (origin, path) == (OPERATORS, "/metrics"):
                    assert answer.status_code == 401
                    continue
                # On the operators' listener a stranger is sent to the sign-in from wherever they knock.
                assert answer.status_code == (404 if origin == AT.issuer else made_up.status_code), path
                assert answer.headers.get("location") in {None, made_up.headers.get("location")}
                assert "Traceback" not in answer.text


@pytest.mark.attack("AD-06")
async def test_ad_06_health_says_no_more_than_that_it_lives(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    async with office.world.net.browser() as browser:
        live = [await browser.get(f"{origin}/livez") for origin in (AT.issuer, OPERATORS)]
        ready = await browser.get(f"{AT.issuer}/readyz")

    assert {answer.text for answer in live} == {'{"status":"ok"}'}
    assert set(ready.json()) == {"status", "checks"}
    assert set(ready.json()["checks"]) <= {"database", "redis"}


@pytest.mark.attack("AD-06")
async def test_ad_06_a_fault_shows_neither_where_it_happened_nor_what_it_was(
    office: OperatorsOffice,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("the inside of the house")

    monkeypatch.setattr(type(office.desk.switches), "all", broken)
    transport = httpx.ASGITransport(app=office.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OPERATORS) as http:
        answer = await http.get("/v1/switches", headers=office.by("rita"))

    assert answer.status_code == 500
    assert answer.json() == {"error": "server_error", "error_description": "a fault of ours"}
