"""Group PR, regions: where personal details may go, and that nobody passes them on (PR-08)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.config import ConfigurationError, load
from gateway.oidc.client_rules import JURISDICTIONS
from gateway.oidc.names import GrantType, TokenType
from gateway.oidc.registration import MetadataError
from tests.asking import asking
from tests.attacks.staying import STUDENT, Staying, a_party, error_in, is_live, stay
from tests.attacks.watch import WatchedWorld, audit_trail, watched
from tests.my_identifier import a_browser, operate
from tests.relying_party import RelyingParty
from tests.world import a_client, a_world


@pytest.mark.attack("PR-08")
@pytest.mark.parametrize("place", ["shanghai", "singapore", "GUANGDONG", "hong kong", "", "*"])
async def test_pr_08_nobody_outside_the_area_can_be_registered_at_all(world: WatchedWorld, place: str) -> None:
    assert {"hong_kong", "macao", "guangdong"} == JURISDICTIONS

    with pytest.raises(MetadataError) as refusal:
        await world.register(a_client("outside", jurisdiction=place))

    assert refusal.value.field == "jurisdiction"
    with pytest.raises(AssertionError, match="jurisdiction"):
        await operate(
            world,
            "/v1/clients",
            client_id="outside",
            metadata={
                "client_name": "Outside",
                "redirect_uris": ["https://rp.example/outside"],
                "scope": "openid",
                "gba_jurisdiction": place or "nowhere",
            },
        )


@pytest.mark.attack("PR-08")
async def test_pr_08_a_client_that_moves_out_of_the_area_is_refused_by_the_operators_door(world: WatchedWorld) -> None:
    await a_party(world)

    with pytest.raises(AssertionError, match="jurisdiction"):
        await operate(world, "/v1/clients/update", client_id="office", metadata={"gba_jurisdiction": "singapore"})

    found = await world.stores.clients.find("office")
    assert found is not None
    assert found.jurisdiction == "guangdong"


@pytest.mark.attack("PR-08")
async def test_pr_08_the_person_sees_that_details_cross_a_border_and_which_one(world: WatchedWorld) -> None:
    shown = {}
    for place in sorted(JURISDICTIONS):
        party, browser = await a_party(world, f"in-{place}", jurisdiction=place), a_browser(world)
        asked = party.asking(scope="openid profile")
        page = await browser.prove(await browser.to_provider(asked, "hong_kong"), STUDENT)
        shown[place] = ("cross-border" in page, page.texts["jurisdiction"].strip())

    assert {place: crosses for place, (crosses, _) in shown.items()} == {
        "guangdong": True,
        "hong_kong": False,
        "macao": True,
    }
    assert len({words for _, words in shown.values()}) == 3


@dataclass(frozen=True, slots=True)
class Onward:
    """A relying party with a person's token, and others that would like to have what it has."""

    who: Staying
    friend: RelyingParty


async def a_second_recipient(world: WatchedWorld, **changes: Any) -> Onward:
    exchange = (GrantType.AUTHORIZATION_CODE, GrantType.TOKEN_EXCHANGE)
    one = await a_party(world, "one", relying_party="hotel_one", resources=("https://one.example",))
    friend = await a_party(
        world,
        "friend",
        **{"relying_party": "agency_two", "grant_types": exchange, "resources": ("https://two.example",)} | changes,
    )
    return Onward(await stay(one), friend)


@pytest.mark.attack("PR-08", "TN-01", "PR-03")
async def test_pr_08_a_second_recipient_gets_nothing_for_the_first_ones_token(world: WatchedWorld) -> None:
    onward = await a_second_recipient(world)
    form = {
        "grant_type": GrantType.TOKEN_EXCHANGE.value,
        "subject_token": onward.who.access_token,
        "subject_token_type": TokenType.ACCESS_TOKEN.value,
        "resource": "https://two.example",
    }

    exchanged = await onward.friend.post("/token", form)
    refreshed = await onward.friend.refresh(onward.who.refresh_token)
    asked_about = await onward.friend.post("/introspect", {"token": onward.who.access_token})

    refused = [event for event in await audit_trail(world) if event["action"] == "request.refused"]
    assert error_in(exchanged) == (400, "invalid_request")
    assert refreshed.status_code == 400
    assert asked_about.json() == {"active": False}
    assert [event for event in refused if "subject_token" in str(event["details"])], "the attempt is on record"


@pytest.mark.attack("PR-08")
async def test_pr_08_even_within_one_relying_party_what_a_person_released_is_not_passed_on(
    world: WatchedWorld,
) -> None:
    onward = await a_second_recipient(world, relying_party="hotel_one")
    form = {
        "grant_type": GrantType.TOKEN_EXCHANGE.value,
        "subject_token": onward.who.access_token,
        "subject_token_type": TokenType.ACCESS_TOKEN.value,
        "resource": "https://two.example",
    }

    exchanged = await onward.friend.post("/token", form)

    assert exchanged.status_code == 200, exchanged.text
    assert not await is_live(onward.friend, exchanged.json()["access_token"]), "userinfo is for the one recipient"


TABLE = {"hong_kong": ("macao", "hong_kong"), "macao": ("macao", "guangdong"), "guangdong": ("guangdong",)}


@pytest.mark.attack("PR-08")
async def test_pr_08_pairs_of_regions_follow_the_configured_table(tmp_path: Path) -> None:
    offered: dict[str, set[str]] = {}
    async with a_world(tmp_path / "world", transfers=TABLE) as running:
        for place in sorted(JURISDICTIONS):
            client_id = f"in-{place}"
            await running.register(a_client(client_id, jurisdiction=place))
            page = await running.browser().open(asking(client_id, scope="openid").url)
            offered[place] = {name for name in TABLE if f"provider-{name.replace('_', '-')}" in page.buttons}

    assert offered == {"hong_kong": {"hong_kong"}, "macao": {"hong_kong", "macao"}, "guangdong": {"macao", "guangdong"}}


@pytest.mark.attack("PR-08")
async def test_pr_08_a_pair_that_is_not_in_the_table_is_refused_by_hint_and_by_session(tmp_path: Path) -> None:
    async with a_world(tmp_path / "world", transfers=TABLE) as running:
        await running.register(a_client("near", jurisdiction="hong_kong"), a_client("far", jurisdiction="guangdong"))
        browser = running.browser()
        await browser.sign_in(asking("near", scope="openid"), "hong_kong", STUDENT)

        await browser.open(asking("far", scope="openid", prompt="none").url)
        by_session = browser.answer
        page = await browser.open(asking("far", scope="openid", idp_hint="hong_kong").url)

    assert by_session["error"] == "login_required"
    assert browser.caught is None
    assert "provider-hong-kong" not in page.buttons


@pytest.mark.attack("PR-08")
async def test_pr_08_a_receiver_whom_nobody_may_send_to_is_refused_with_an_audit_entry(tmp_path: Path) -> None:
    async with a_world(tmp_path / "world", transfers={"hong_kong": ("hong_kong",)}) as running:
        world, browser = watched(running), running.browser()

        await browser.open(asking("shop", scope="openid").url)

        assert browser.answer["error"] == "access_denied"
        refused = [event for event in await audit_trail(world) if event["action"] == "request.refused"]
        assert "no account may be used" in str(refused[-1]["details"])


@pytest.mark.attack("PR-08")
@pytest.mark.parametrize("table", [{"shanghai": ("macao",)}, {"hong_kong": ("singapore",)}])
async def test_pr_08_a_rule_about_nobody_stops_the_start(tmp_path: Path, table: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ConfigurationError, match="transfers"):
        async with a_world(tmp_path / "world", transfers=table):
            raise AssertionError("it started")


@pytest.mark.attack("PR-08")
def test_pr_08_the_table_is_read_from_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "gate.toml"
    settings.write_text(
        'issuer = "https://id.example"\nkeys_dir = "keys"\n[transfers]\nmacao = ["macao"]\n', encoding="utf-8"
    )

    assert load(settings).transfers == {"macao": ("macao",)}
