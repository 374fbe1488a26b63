"""A platform holds several credentials for the time of a rotation, and refuses steps that are out of order."""

import httpx
import pytest
from starlette.applications import Starlette

from mock_idps.credentials import MOST, PLATFORM, Rack
from mock_idps.switchboard import Switchboard


def a_rack(**changes) -> Rack:
    return Rack("first", **{"read": str, **changes})


def test_the_next_one_is_accepted_before_it_is_used_and_the_one_before_after_it():
    rack = a_rack()

    rack.publish("second")
    before = rack.current, rack.accepted
    rack.switch()

    assert before == ("first", ("first", "second"))
    assert (rack.current, rack.accepted) == ("second", ("second", "first"))


def test_what_is_withdrawn_is_accepted_no_longer():
    rack = a_rack()
    rack.publish("second")
    rack.switch()

    rack.withdraw()

    assert rack.accepted == ("second",)


def test_a_next_one_may_be_withdrawn_again():
    rack = a_rack()
    name = rack.publish("second").name

    rack.withdraw(name)

    assert rack.accepted == ("first",)


def test_rolling_back_makes_the_one_before_current_and_the_present_one_next():
    rack = a_rack(age=lambda value: f"{value}, old")
    rack.publish("second")
    rack.switch()
    aged = rack.previous

    rack.roll_back()

    assert aged == "first, old"
    assert (rack.current, rack.accepted) == ("first", ("first", "second"))


@pytest.mark.parametrize(
    "step",
    [
        lambda rack: rack.switch(),
        lambda rack: rack.roll_back(),
        lambda rack: rack.withdraw(),
        lambda rack: rack.withdraw("1"),
        lambda rack: rack.withdraw("99"),
        lambda rack: rack.publish(None),
        lambda rack: rack.publish("first"),
    ],
    ids=["switch", "roll-back", "withdraw", "withdraw the current", "withdraw unknown", "no value", "known value"],
)
def test_a_step_out_of_order_is_refused_and_changes_nothing(step):
    rack = a_rack()

    with pytest.raises(ValueError):
        step(rack)

    assert rack.accepted == ("first",)


def test_there_is_one_next_at_a_time_and_never_too_many():
    rack = a_rack()
    for number in range(MOST - 1):
        rack.publish(f"number {number}")
        with pytest.raises(ValueError, match="next one already"):
            rack.publish("another")
        rack.switch()

    with pytest.raises(ValueError, match="too many"):
        rack.publish("one more")


def test_a_key_of_the_platform_is_made_by_the_platform():
    rack = Rack("made", make=lambda name: f"made {name}")

    entry = rack.publish()
    rack.switch()

    assert entry.value == rack.current == "made 2"
    with pytest.raises(ValueError):
        rack.publish("told")


def test_neither_rows_nor_entries_show_a_value():
    rack = a_rack()

    entry = rack.publish("very-secret-value")

    assert "secret" not in repr(entry)
    assert "secret" not in str(rack.rows())


@pytest.fixture
def board() -> Switchboard:
    board = Switchboard("A mock", {})
    board.credentials.put("shop", "client_secret", a_rack())
    board.credentials.put("other", "client_secret", a_rack())
    board.credentials.put(PLATFORM, "key", Rack("made", make=lambda name: f"made {name}"))
    return board


@pytest.fixture
async def control(board):
    transport = httpx.ASGITransport(Starlette(routes=board.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
        yield client


async def test_a_rotation_over_http_step_by_step(board, control):
    asked = {"client": "shop", "kind": "client_secret"}

    steps = [
        await control.post("/__mock__/credentials/publish", json=asked | {"value": "second"}),
        await control.post("/__mock__/credentials/switch", json=asked),
        await control.post("/__mock__/credentials/roll-back", json=asked),
        await control.post("/__mock__/credentials/switch", json=asked),
        await control.post("/__mock__/credentials/withdraw", json=asked | {"name": "1"}),
    ]

    assert [(step.status_code, step.json()["name"]) for step in steps] == [
        (200, "2"),
        (200, "2"),
        (200, "1"),
        (200, "2"),
        (200, "1"),
    ]
    assert board.credentials.accepted("shop", "client_secret") == ("second",)


async def test_one_clients_rotation_touches_no_other_client(board, control):
    await control.post(
        "/__mock__/credentials/publish", json={"client": "shop", "kind": "client_secret", "value": "second"}
    )

    assert board.credentials.accepted("other", "client_secret") == ("first",)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("withdraw", {"client": "shop", "kind": "client_secret", "name": "1"}),
        ("switch", {"client": "shop", "kind": "client_secret"}),
        ("switch", {"client": "nobody", "kind": "client_secret"}),
        ("switch", {"client": "shop"}),
        ("publish", {"client": "shop", "kind": "client_secret"}),
        ("publish", {"client": "shop", "kind": "client_secret", "value": 7}),
        ("publish", {"client": PLATFORM, "kind": "key", "value": "told"}),
    ],
)
async def test_a_refused_step_says_why_and_changes_nothing(board, control, verb, fields):
    answer = await control.post(f"/__mock__/credentials/{verb}", json=fields)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert board.credentials.accepted("shop", "client_secret") == ("first",)


async def test_a_form_of_another_site_rotates_nothing(board, control):
    answer = await control.post(
        "/__mock__/credentials/publish",
        data={"client": PLATFORM, "kind": "key"},
        headers={"sec-fetch-site": "cross-site"},
    )

    assert answer.status_code == 403
    assert board.credentials.accepted(PLATFORM, "key") == ("made",)


async def test_the_page_has_a_button_for_every_step_and_shows_no_secret(board, control):
    board.credentials.rack("shop", "client_secret").publish("very-secret-value")

    home = await control.get("/__mock__/")
    pressed = await control.post("/__mock__/credentials/switch", data={"client": "shop", "kind": "client_secret"})

    for button in ("publish", "switch", "roll-back", "withdraw"):
        assert f'id="{button}-shop-client_secret' in home.text
    assert "very-secret-value" not in home.text
    assert pressed.status_code == 303
    assert board.credentials.rack("shop", "client_secret").current == "very-secret-value"


async def test_a_reset_restores_the_registration_and_leaves_the_platforms_own_keys(board, control):
    board.credentials.rack("shop", "client_secret").publish("second")
    board.credentials.rack(PLATFORM, "key").publish()

    await control.post("/__mock__/reset", json={"session": "one"})
    of_a_session = board.credentials.accepted("shop", "client_secret")
    await control.post("/__mock__/reset", json={})

    assert of_a_session == ("first", "second")
    assert board.credentials.accepted("shop", "client_secret") == ("first",)
    assert board.credentials.accepted(PLATFORM, "key") == ("made", "made 2")


async def test_a_script_reads_the_racks_without_their_values(board, control):
    board.credentials.rack("shop", "client_secret").publish("very-secret-value")

    answer = await control.get("/__mock__/credentials")

    rows = answer.json()["credentials"][0]["rows"]
    assert [(row["name"], row["state"]) for row in rows] == [("1", "current"), ("2", "next")]
    assert "secret-value" not in answer.text
