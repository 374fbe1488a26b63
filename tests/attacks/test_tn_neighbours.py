"""Group TN, neighbours: one that is noisy disturbs nobody, and nobody learns who else is there (TN-03, TN-04).

Of TN-03 the honest part is played: not one request of the neighbour is refused or counted for the noisy one. How much
later its answers come is measured by the benchmarks.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from gateway.config import Limits
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType
from tests.asking import AT, asking
from tests.attacks.conftest import in_turn
from tests.attacks.staying import a_guess, a_party, a_public_party, error_in, events, stay
from tests.attacks.watch import WatchedWorld
from tests.my_identifier import operate
from tests.relying_party import RelyingParty

LIMIT: Final = 20
TOO_MUCH: Final = 20 * LIMIT
SHARED: Final = pytest.mark.asyncio(loop_scope="module")


# --------------------------------------------------------------------------------------- a noisy neighbour (TN-03)
@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[WatchedWorld]:
    """Two gateways whose clients may ask 20 times a minute, over both."""
    limits = Limits(requests_per_minute=LIMIT, pushed_requests_per_minute=LIMIT, refusals_per_minute=10_000)
    async with in_turn(tmp_path / "world", limits=limits) as (world, _):
        yield world


@pytest.mark.attack("TN-03", "DS-01")
@pytest.mark.timeout(120)
async def test_tn_03_at_twenty_times_its_limit_a_client_is_refused_and_its_neighbour_is_served(
    limited: WatchedWorld,
) -> None:
    noisy, calm = await a_party(limited, "noisy"), await a_party(limited, "calm")

    async def make_noise() -> list[httpx.Response]:
        answers: list[httpx.Response] = []
        for _burst in range(TOO_MUCH // 40):
            answers += await asyncio.gather(*(noisy.post("/introspect", {"token": "x"}) for _ in range(40)))
        return answers

    noise, people = await asyncio.gather(make_noise(), asyncio.gather(*(stay(calm) for _ in range(3))))

    refused = [answer for answer in noise if answer.status_code == 429]
    assert len(noise) - len(refused) <= LIMIT
    assert {(error_in(answer)[1], answer.headers["retry-after"].isdigit()) for answer in refused} == {
        ("temporarily_unavailable", True)
    }
    assert [(await calm.refresh(who.refresh_token)).status_code for who in people] == [200] * 3
    assert [(await calm.userinfo(who.access_token)).status_code for who in people] == [200] * 3


@pytest.mark.attack("TN-03", "DS-02")
async def test_tn_03_nobody_can_use_up_the_share_of_another_by_its_name(limited: WatchedWorld) -> None:
    calm = await a_party(limited, "calm")
    who = await stay(calm)

    async with limited.net.browser() as http:
        for secret in (a_guess() for _ in range(2 * LIMIT)):
            form = {"grant_type": "refresh_token", "refresh_token": who.refresh_token}
            answer = await http.post(f"{AT.issuer}/token", data=form, auth=("calm", secret))
            assert answer.status_code == 401

    assert (await calm.refresh(who.refresh_token)).status_code == 200


@pytest.mark.attack("TN-03")
async def test_tn_03_the_noisy_one_is_served_again_when_its_minute_is_over(limited: WatchedWorld) -> None:
    noisy = await a_party(limited, "noisy")
    answers = [await noisy.post("/introspect", {"token": "x"}) for _ in range(LIMIT + 5)]

    limited.clock.advance(minutes=1)

    assert answers[-1].status_code == 429
    assert (await noisy.post("/introspect", {"token": "x"})).status_code == 200
    assert not [event for event in await events(limited, "token.refused") if "many" in str(event)]


# -------------------------------------------------------------------------------------------- enumeration (TN-04)
@dataclass(frozen=True, slots=True)
class Cast:
    """Clients of every standing; a stranger tells none of them from one that never was."""

    live: RelyingParty
    phone: RelyingParty
    disabled: RelyingParty
    disabled_phone: RelyingParty

    @property
    def names(self) -> tuple[str, ...]:
        return ("never-was", "live", "disabled", "disabled-phone")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(shared_world: WatchedWorld) -> Cast:
    every = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.DEVICE_CODE)
    poll = {"backchannel_token_delivery_mode": DeliveryMode.POLL}
    made = Cast(
        live=await a_party(shared_world, "live", grant_types=(*every, GrantType.CIBA), **poll),
        phone=await a_public_party(shared_world, "phone", grant_types=every),
        disabled=await a_party(shared_world, "disabled", grant_types=(*every, GrantType.CIBA), **poll),
        disabled_phone=await a_public_party(shared_world, "disabled-phone", grant_types=every),
    )
    for name in ("disabled", "disabled-phone"):
        await operate(shared_world, "/v1/clients/disable", client_id=name)
    return made


def seen(response: httpx.Response) -> tuple[int, str, tuple[str, ...]]:
    """All that a stranger can compare: status, body, names of headers; what is new in every answer left out."""
    body = re.sub(r"[0-9a-f]{16}", "#", response.text)
    return response.status_code, body, tuple(sorted(response.headers))


async def answers_of(
    world: WatchedWorld, names: Sequence[str], path: str, form: dict[str, str], *, secret: bool
) -> list[tuple[int, str, tuple[str, ...]]]:
    async with world.net.browser() as http:
        found = []
        for name in names:
            named: dict[str, Any] = {"auth": (name, a_guess())} if secret else {}
            fields = form if secret else {**form, "client_id": name}
            found.append(seen(await http.post(f"{AT.issuer}{path}", data=fields, **named)))
        return found


FORMS: Final[dict[str, dict[str, str]]] = {
    "/token": {"grant_type": "authorization_code", "code": "x", "redirect_uri": "x", "code_verifier": "v" * 43},
    "/revoke": {"token": "x"},
    "/introspect": {"token": "x"},
    "/par": {"response_type": "code", "scope": "openid"},
    "/device_authorization": {"scope": "openid"},
    "/bc-authorize": {"scope": "openid", "login_hint": "x"},
}


@SHARED
@pytest.mark.attack("TN-04")
@pytest.mark.parametrize("path", sorted(FORMS))
async def test_tn_04_with_a_wrong_secret_every_name_gets_the_very_same_answer(
    shared_world: WatchedWorld, cast: Cast, path: str
) -> None:
    names = ("never-was", "live", "disabled", "gate-account")

    answers = await answers_of(shared_world, names, path, FORMS[path], secret=True)

    assert len(set(answers)) == 1
    assert (answers[0][0], "invalid_client" in answers[0][1]) == (401, True)


@SHARED
@pytest.mark.attack("TN-04")
@pytest.mark.parametrize("path", sorted(FORMS))
async def test_tn_04_without_a_secret_a_name_that_may_not_do_so_is_as_good_as_none(
    shared_world: WatchedWorld, cast: Cast, path: str
) -> None:
    answers = await answers_of(shared_world, cast.names, path, FORMS[path], secret=False)

    assert len(set(answers)) == 1
    assert (answers[0][0], "invalid_client" in answers[0][1]) == (401, True)


@SHARED
@pytest.mark.attack("TN-04")
async def test_tn_04_the_right_secret_of_a_client_that_is_off_is_worth_a_wrong_one(
    shared_world: WatchedWorld, cast: Cast
) -> None:
    right = seen(await cast.disabled.post("/introspect", FORMS["/introspect"]))

    (wrong,) = await answers_of(shared_world, ["disabled"], "/introspect", FORMS["/introspect"], secret=True)

    assert right == wrong


@SHARED
@pytest.mark.attack("TN-04")
@pytest.mark.parametrize("path", ["/authorize", "/logout"])
async def test_tn_04_pages_about_unknown_and_disabled_clients_are_the_same_and_name_nobody(
    shared_world: WatchedWorld, cast: Cast, path: str
) -> None:
    pages = []
    for name in ("never-was", "disabled", "disabled-phone"):
        query = asking(name, redirect_uri=f"https://rp.example/{name}/callback").parameters
        async with shared_world.net.browser() as http:
            fields = query if path == "/authorize" else {"client_id": name}
            pages.append(await http.get(f"{AT.issuer}{path}?{urlencode({**fields, 'ui_locales': 'en'})}"))

    told = {re.sub(r"\?[^\"]*|never-was|disabled-phone|disabled", "", seen(page)[1]) for page in pages}
    assert {page.status_code for page in pages} == {400}
    assert len(told) == 1
    assert not [page for page in pages if "Test service" in page.text or "location" in page.headers]


@SHARED
@pytest.mark.attack("TN-04")
async def test_tn_04_registrations_of_others_cannot_be_told_from_none(shared_world: WatchedWorld, cast: Cast) -> None:
    async with shared_world.net.browser() as http:
        headers = {"authorization": f"Bearer {a_guess()}"}
        answers = [seen(await http.get(f"{AT.issuer}/register/{name}", headers=headers)) for name in cast.names]

    assert len(set(answers)) == 1
    assert answers[0][0] == 401


@SHARED
@pytest.mark.attack("TN-04")
async def test_tn_04_a_return_address_of_another_relying_party_leads_to_a_page_that_does_not_name_it(
    shared_world: WatchedWorld, cast: Cast
) -> None:
    foreign = cast.live.client.redirect_uris[0]

    async with shared_world.net.browser() as http:
        page = await http.get(asking("phone", redirect_uri=foreign).url)

    assert page.status_code == 400
    assert "location" not in page.headers
    assert "Test service live" not in page.text


@SHARED
@pytest.mark.attack("TN-04")
async def test_tn_04_a_methods_name_is_no_oracle(shared_world: WatchedWorld, cast: Cast) -> None:
    """A client that signs its assertions answers to a secret, right or wrong, as one that never was."""
    method = ClientAuthMethod.PRIVATE_KEY_JWT
    signer = await a_party(shared_world, "signer", token_endpoint_auth_method=method)

    answers = await answers_of(shared_world, ["never-was", signer.client.client_id], "/token", {}, secret=True)

    assert len(set(answers)) == 1
