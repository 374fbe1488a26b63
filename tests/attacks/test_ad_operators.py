"""Group AD at the operators' listener: write-only secrets (AD-03), hostile lists (AD-04), acts of two persons (AD-05)."""

import dataclasses
from typing import Any, Final

import pytest

from gateway.admin import keyring, operator_sessions
from gateway.web.operator_routes import OPERATIONS
from tests.attacks.operators_office import PASSWORD, REASON, OperatorsOffice, office  # noqa: F401 - a fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE: Final = (
    "' OR '1'='1",
    "x'; DROP TABLE clients; --",
    "shop' UNION SELECT key_hash FROM operators --",
    "%",
    "../../etc/passwd",
    "no-such-entry",
    "\u202e",
)
LISTS: Final = ("/v1/clients", "/v1/deliveries", "/v1/map/alerts")


def custodian(name: str = "dora") -> dict[str, Any]:
    return {"kind": "operator_role", "subject": {"name": name, "role": "custodian", "jurisdictions": []}}


# ------------------------------------------------------------------------------------------------ secrets
@pytest.mark.attack("AD-03")
async def test_ad_03_no_answer_to_anybody_repeats_a_secret_that_was_shown_once(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    metadata = {"client_name": "Ferry", "redirect_uris": ["https://ferry.example/cb"]}
    ferry = (await office.post("/v1/clients", client_id="ferry", metadata=metadata)).json()["client_secret"]
    access = (await office.post("/v1/clients/tokens", name="access-1", reason=REASON)).json()["token"]
    key = (await office.post("/v1/operators", by="cora", name="gil", role="reader", reason=REASON)).json()["key"]
    shown_once = {ferry, access, key}
    ring = keyring.load(office.world.folder / "keys")
    kept = {value for one in dataclasses.astuple(ring) for value in _strings(one)}
    accounts = [await office.door.accounts.credentials(name) for name in office.secrets]
    kept |= {one.password for one in accounts if one is not None and one.password is not None}
    kept |= {secret.hex() for secret in office.secrets.values()} | {PASSWORD, *office.tokens.values()}

    told = ""
    for by in ("cora", "kim", "rita", "aud", "mei"):
        for operation in OPERATIONS:
            if operation.method == "GET":
                path = operation.path.replace("{id}", "nobody").replace("{name}", "rita")
                query = {"client_id": "ferry"} if "client_id" in operation.fields else {}
                told += (await office.get(path, by=by, **query)).text
        told += (await office.post("/v1/clients", by="kim", client_id="ferry", metadata=metadata)).text
        told += (await office.post("/v1/clients/update", by="kim", client_id="ferry", metadata={})).text

    assert "ferry" in told
    assert not [secret for secret in shown_once if secret in told]
    assert not [True for secret in kept if secret in told]


def _strings(value: object) -> set[str]:
    """What of a part of the keyring could stand in an answer."""
    if isinstance(value, bytes):
        return {value.hex(), repr(value)} if len(value) >= 16 else set()
    if isinstance(value, dict):
        return {text for one in value.values() for text in _strings(one)}
    return set()


@pytest.mark.attack("AD-03")
async def test_ad_03_what_operators_work_with_prints_no_secret(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    printed = repr((office.desk, office.door, await office.door.accounts.credentials("kim")))
    signed = await operator_sessions.resume(office.door, office.tokens["kim"], None, office.world.clock())

    assert office.desk.secret_key.hex() not in printed
    assert repr(office.desk.secret_key) not in printed
    assert "argon2" not in printed
    assert office.tokens["kim"] not in repr(signed)


# ------------------------------------------------------------------------------------------------ lists
@pytest.mark.attack("AD-04")
@pytest.mark.parametrize("path", LISTS)
async def test_ad_04_a_cursor_that_is_no_entry_and_a_limit_that_is_no_number_are_refused(
    office: OperatorsOffice,  # noqa: F811 - the fixture
    path: str,
) -> None:
    for cursor in HOSTILE:
        answer = await office.get(path, after=cursor)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), cursor
        assert cursor not in answer.json()["error_description"]
    for limit in ("-1", "0", "1e3", "1;--", "999999999999", "", "٣"):
        assert (await office.get(path, limit=limit)).status_code == 400, limit
    for name in ("sort", "order_by", "filter", "q", "where", "offset", "after[]", "columns"):
        assert (await office.get(path, **{name: "id"})).status_code == 400, name
    doubled = await office.http.get(f"{path}?limit=1&limit=2", headers=office.by("rita"))
    assert doubled.status_code == 400


@pytest.mark.attack("AD-04")
async def test_ad_04_names_and_ids_with_statements_inside_are_only_unknown(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    before = [one.name for one in await office.desk.operators.all()]

    for name in HOSTILE:
        absent = [
            await office.get("/v1/clients/one", client_id=name),
            await office.post("/v1/clients/disable", client_id=name, reason=REASON),
            await office.post("/v1/clients/tokens/revoke", name=name, reason=REASON),
        ]
        refused = await office.post("/v1/operators", by="cora", name=name, role="reader", reason=REASON)
        assert {answer.status_code for answer in absent} == {404}, name
        # A name that an operator could have is made; none of these is one but the plain one.
        assert refused.status_code == (200 if name == "no-such-entry" else 400), name

    assert [one.name for one in await office.desk.operators.all()] == sorted([*before, "no-such-entry"])


# ------------------------------------------------------------------------------------------------ two persons
async def made(office: OperatorsOffice, by: str, joint_act: str | None = None, name: str = "dora") -> Any:  # noqa: F811 - the fixture
    body = {} if joint_act is None else {"joint_act": joint_act}
    return await office.post("/v1/operators", by=by, name=name, role="custodian", reason=REASON, **body)


@pytest.mark.attack("AD-05")
async def test_ad_05_one_custodian_alone_makes_no_other_and_every_way_round_is_on_record(
    office: OperatorsOffice,  # noqa: F811 - the fixture
) -> None:
    alone = await made(office, "cora")
    asked = (await office.post("/v1/joint-acts", by="cora", reason=REASON, **custodian())).json()
    unagreed = await made(office, "cora", asked["id"])
    own = await office.post(f"/v1/joint-acts/{asked['id']}/agree", by="cora")
    office.tokens["cora again"] = await office.sign_in_again("cora")
    second_session = await office.post(f"/v1/joint-acts/{asked['id']}/agree", by="cora again")
    weak = await office.http.post(f"/v1/joint-acts/{asked['id']}/agree", json={}, headers=office.by_key("cyril"))
    lower = await office.post(f"/v1/joint-acts/{asked['id']}/agree", by="aud")
    agreed = await office.post(f"/v1/joint-acts/{asked['id']}/agree", by="cyril")
    others = await made(office, "cyril", asked["id"])
    changed = await made(office, "cora", asked["id"], name="eve")
    done = await made(office, "cora", asked["id"])
    again = await made(office, "cora", asked["id"], name="dora2")

    assert [answer.status_code for answer in (alone, unagreed, own, second_session)] == [409] * 4
    assert [answer.json()["error_description"] for answer in (alone, unagreed, own, second_session)] == [
        "needed",
        "not_agreed",
        "not_agreeable",
        "not_agreeable",
    ]
    assert (weak.status_code, lower.status_code) == (403, 404)
    assert agreed.json()["state"] == "agreed"
    assert [answer.json()["error_description"] for answer in (others, changed, again)] == [
        "not_usable",
        "changed",
        "not_usable",
    ]
    assert (done.status_code, done.json()["role"]) == (200, "custodian")
    refused = [one["why"] for one in await office.events("joint_act.refused")]
    assert refused == [
        *("needed", "not_agreed", "not_agreeable", "not_agreeable"),
        *("not_usable", "changed", "not_usable"),
    ]
    assert len(await office.events("joint_act.taken")) == 1


@pytest.mark.attack("AD-05")
async def test_ad_05_an_agreement_ends_after_a_quarter_of_an_hour_and_what_was_refused_is_over(
    office: OperatorsOffice,  # noqa: F811 - the fixture
) -> None:
    office.world.clock.advance(minutes=12)  # tries to sign in are counted for ten minutes
    await office.sign_everybody_in()
    late = (await office.post("/v1/joint-acts", by="cora", reason=REASON, **custodian("fay"))).json()
    over = (await office.post("/v1/joint-acts", by="cora", reason=REASON, **custodian("gus"))).json()
    await office.post(f"/v1/joint-acts/{late['id']}/agree", by="cyril")
    await office.post(f"/v1/joint-acts/{over['id']}/refuse", by="cyril")
    listed = (await office.get("/v1/joint-acts", by="cyril")).json()["joint_acts"]
    not_for_auditors = (await office.get("/v1/joint-acts", by="aud")).json()["joint_acts"]

    refused = await made(office, "cora", over["id"], name="gus")
    office.world.clock.advance(minutes=14)
    await office.get("/v1/switches", by="cora")
    office.world.clock.advance(minutes=2)
    expired = await made(office, "cora", late["id"], name="fay")

    assert [one["id"] for one in listed] == [late["id"]]
    assert not_for_auditors == []
    assert {answer.json()["error_description"] for answer in (refused, expired)} == {"not_usable"}
    assert await office.desk.operators.find("fay") is None
