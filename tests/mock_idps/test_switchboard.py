"""A tester turns scenarios, approvals and clocks, and two testers never meet."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from mock_idps.personas import PERSONAS
from mock_idps.switchboard import Approval, Switchboard, session_of

SCENARIOS = {"slow": "waits", "outage": "breaks"}


@pytest.fixture
def board() -> Switchboard:
    return Switchboard("A mock", SCENARIOS, people=PERSONAS[:2])


@pytest.fixture
async def control(board):
    transport = httpx.ASGITransport(Starlette(routes=board.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
        yield client


def test_an_armed_scenario_is_taken_as_often_as_it_was_armed(board):
    board.arm("slow", times=2, args={"delay_ms": 5})

    assert [board.take("slow") for _ in range(3)] == [{"delay_ms": 5}, {"delay_ms": 5}, None]


def test_a_scenario_without_times_stays(board):
    board.arm("slow")

    assert [board.take("slow") for _ in range(3)] == [{}, {}, {}]


def test_a_scenario_of_one_session_acts_for_that_session_alone(board):
    board.arm("slow", session="one", times=1)

    assert board.take("slow") is None
    assert board.take("slow", session="two") is None
    assert board.take("slow", session="one") == {}


def test_the_own_session_comes_before_everybody(board):
    board.arm("slow", args={"for": "all"})
    board.arm("slow", session="one", times=1, args={"for": "one"})

    assert board.take("slow", session="one") == {"for": "one"}
    assert board.take("slow", session="one") == {"for": "all"}


@pytest.mark.parametrize("fact", ["persona", "client", "endpoint"])
def test_a_match_must_hold(board, fact):
    board.arm("slow", match={fact: "this"})

    assert board.take("slow") is None
    assert board.take("slow", **{fact: "that"}) is None
    assert board.take("slow", **{fact: "this"}) == {}


@pytest.mark.parametrize(
    "spoiled",
    [
        {"scenario": "unheard-of"},
        {"session": "a b"},
        {"session": "x" * 65},
        {"session": "<script>"},
        {"match": {"colour": "red"}},
        {"times": 0},
        {"times": -1},
        {"times": 1_000_001},
    ],
)
def test_a_malformed_scenario_is_refused(board, spoiled):
    wanted = {"scenario": "slow", **spoiled}

    with pytest.raises(ValueError):
        board.arm(wanted.pop("scenario"), **wanted)


def test_asking_for_a_scenario_that_was_never_declared_is_a_mistake_of_the_mock(board):
    with pytest.raises(ValueError):
        board.take("unheard-of")


def test_the_number_of_armed_scenarios_is_bounded(board):
    for _ in range(1_000):
        board.arm("slow")

    with pytest.raises(ValueError):
        board.arm("slow")


async def test_arming_and_disarming_over_http(board, control):
    armed = await control.post("/__mock__/scenario", json={"scenario": "slow", "session": "one", "args": {"a": 1}})
    seen = board.take("slow", session="one")
    removed = await control.request("DELETE", "/__mock__/scenario", json={"scenario": "slow", "session": "one"})

    assert armed.json() == {"ok": True}
    assert seen == {"a": 1}
    assert removed.json() == {"ok": True, "removed": 1}
    assert board.take("slow", session="one") is None


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'{"scenario": 7}',
        b"{}",
        b'{"scenario": "unheard-of"}',
        b'{"scenario": "slow", "times": "many"}',
        b'{"scenario": "slow", "times": true}',
        b'{"scenario": "slow", "args": []}',
        b'{"scenario": "slow", "match": {"persona": 1}}',
        b'{"scenario": "slow", "session": 5}',
        b"x" * 70_000,
    ],
)
async def test_a_malformed_order_is_answered_with_400(control, body):
    answer = await control.post("/__mock__/scenario", content=body)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


async def test_an_approval_waits_for_its_login(board, control):
    await control.post("/__mock__/approve", json={"session": "login-1", "persona": PERSONAS[0].id})
    await control.post("/__mock__/approve", json={"session": "login-2", "persona": PERSONAS[1].id, "reject": True})

    assert board.approvals.pop("login-1") == Approval(PERSONAS[0].id)
    assert board.approvals.pop("login-2") == Approval(PERSONAS[1].id, rejected=True)


@pytest.mark.parametrize("path", ["approve", "auto"])
async def test_a_person_without_an_account_approves_nothing(control, path):
    answer = await control.post(f"/__mock__/{path}", json={"session": "login-1", "persona": "nobody"})

    assert answer.status_code == 400


async def test_automatic_approval_is_set_for_a_session_or_for_all(board, control):
    await control.post("/__mock__/auto", json={"session": "one", "persona": PERSONAS[0].id})

    assert (board.auto_approve("one"), board.auto_approve("two"), board.auto_approve()) == (PERSONAS[0].id, None, None)

    await control.post("/__mock__/auto", json={"persona": PERSONAS[1].id})

    assert (board.auto_approve("one"), board.auto_approve("two")) == (PERSONAS[0].id, PERSONAS[1].id)


async def test_a_clock_is_turned_for_a_session_or_for_all(board, control):
    await control.post("/__mock__/clock", json={"session": "one", "skew_ms": 5_000})

    assert (board.skew_ms("one"), board.skew_ms("two"), board.skew_ms()) == (5_000, 0, 0)

    await control.post("/__mock__/clock", json={"skew_ms": -1_000})

    assert (board.skew_ms("one"), board.skew_ms("two")) == (5_000, -1_000)


@pytest.mark.parametrize("skew", [None, "soon", 10**15, True])
async def test_a_malformed_clock_is_refused(control, skew):
    answer = await control.post("/__mock__/clock", json={"skew_ms": skew})

    assert answer.status_code == 400


async def test_reset_forgets_one_session_and_leaves_the_other(board, control):
    for session in ("one", "two"):
        board.arm("slow", session=session)
        board.record({"session": session})
        await control.post("/__mock__/clock", json={"session": session, "skew_ms": 1})

    await control.post("/__mock__/reset", json={"session": "one"})

    assert (board.take("slow", session="one"), board.take("slow", session="two")) == (None, {})
    assert (board.skew_ms("one"), board.skew_ms("two")) == (0, 1)
    assert (await control.get("/__mock__/log")).json()["entries"] == [{"session": "two"}]


async def test_reset_of_everything_calls_the_mock(board, control):
    heard = []
    board.on_reset(heard.append)
    board.arm("slow")

    await control.post("/__mock__/reset", json={})

    assert heard == [None]
    assert board.take("slow") is None


async def test_rotation_is_the_business_of_the_mock(board, control):
    refused = await control.post("/__mock__/keys/rotate")
    board.on_rotate(lambda: {"rotated": "all"})

    answer = await control.post("/__mock__/keys/rotate")

    assert refused.status_code == 400
    assert answer.json() == {"ok": True, "rotated": "all"}


async def test_the_log_keeps_the_last_500_and_cuts_what_is_secret(board, control):
    for number in range(501):
        board.record({"number": number})
    board.record(
        {
            "session": "one",
            "request": {
                "accessToken": "abcdef0123456789",
                "code": "fedcba9876543210",
                "password": "sandbox",
                "otp": "123456",
                "docNo": "fictional",
            },
        }
    )

    everything = (await control.get("/__mock__/log")).json()["entries"]
    own = (await control.get("/__mock__/log", params={"session": "one"})).json()["entries"]

    assert len(everything) == 500
    assert everything[0] == {"number": 2}
    assert own[0]["request"] == {
        "accessToken": "abcdef…",
        "code": "fedcba…",
        "password": "…",
        "otp": "…",
        "docNo": "…",
    }


async def test_the_personas_with_an_account_are_listed_with_their_permit(control):
    people = (await control.get("/__mock__/personas")).json()

    assert [(person["id"], person["permit"]) for person in people] == [(p.id, p.permit) for p in PERSONAS[:2]]


async def test_a_browser_joins_a_session_and_sees_it_on_the_page(board, control):
    joined = await control.get("/__mock__/join", params={"session": "my-tests"})
    page = await control.get("/__mock__/")

    assert (joined.status_code, joined.headers["location"]) == (303, "/__mock__/")
    assert '<code id="session">my-tests</code>' in page.text
    assert all(f'id="arm-{name}"' in page.text for name in SCENARIOS)


async def test_a_button_of_the_page_arms_for_the_joined_session(board, control):
    pressed = await control.post("/__mock__/scenario", data={"scenario": "slow", "session": "mine", "times": "1"})

    assert pressed.status_code == 303
    assert board.take("slow", session="mine") == {}
    assert board.take("slow", session="mine") is None


@pytest.mark.parametrize("session", ["", "a b", "<script>alert(1)</script>", "x" * 65])
async def test_a_malformed_session_key_is_not_joined_and_not_repeated(control, session):
    answer = await control.get("/__mock__/join", params={"session": session})

    assert answer.status_code == 400
    assert "script" not in answer.text


async def test_a_form_of_another_site_is_refused(board, control):
    answer = await control.post(
        "/__mock__/scenario",
        data={"scenario": "slow"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert board.take("slow") is None


async def test_what_is_logged_cannot_become_markup_on_the_page(board, control):
    board.record({"endpoint": "<script>alert(1)</script>"})

    page = await control.get("/__mock__/")

    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_the_page_can_be_neither_framed_nor_scripted(control):
    page = await control.get("/__mock__/")

    assert page.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "Simulation" in page.text


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], None),
        ([(b"x-mock-session", b"from-header")], "from-header"),
        ([(b"cookie", b"mock_session=from-cookie")], "from-cookie"),
        ([(b"x-mock-session", b"from-header"), (b"cookie", b"mock_session=from-cookie")], "from-header"),
        ([(b"x-mock-session", b"not valid!")], None),
    ],
)
def test_a_session_travels_in_header_or_cookie(headers, expected):
    request = Request({"type": "http", "headers": headers})

    assert session_of(request) == expected
