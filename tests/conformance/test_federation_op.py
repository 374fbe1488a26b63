"""openid-federation-entity-joined-to-test-federation-op-test-plan: automatic registration of a stranger."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.asking import RP
from tests.conformance.members import Member, a_member
from tests.conformance.suite import PERSON, PROVIDER, Suite
from tests.conformance.wire import spoiled
from tests.relying_party import Key

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Federation 1.0 §12.1")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def member(suite: Suite) -> Member:
    return await a_member(suite, "member")


async def finish(member: Member, asked: Any, answer: dict[str, str]) -> None:
    tokens = await member.suite.tokens(member.party, asked, answer)
    assert tokens["claims"]["aud"] == member.entity_id


async def refused(member: Member, **changes: Any) -> None:
    """Told to nobody but the person, as the redirect URI stands in the object that is not believed."""
    browser = member.suite.browser()

    page = await browser.open(member.asking(**changes).url)

    assert (page.status, "problem" in page, browser.caught) == (400, True, None)


async def test_openid_federation_automatic_client_registration_with_jar_and_get(member: Member) -> None:
    asked = member.asking()

    await finish(member, asked, await member.suite.sign_in(asked))


async def test_openid_federation_automatic_client_registration_with_jar_and_post(member: Member) -> None:
    asked, browser = member.asking(), member.suite.browser()

    page = await browser.open(f"{asked.issuer}/authorize", asked.parameters)
    page = await browser.prove(await browser.press(page, f"provider-{PROVIDER}"), PERSON)

    await finish(member, asked, await browser.go_on(page, PERSON))


async def test_openid_federation_automatic_client_registration_with_par(member: Member) -> None:
    asked = member.party.asking(scope="openid profile")
    pushed = await member.party.post("/par", {"request": member.request(asked)})
    assert pushed.status_code == 201, pushed.text
    asked.parameters = {"client_id": asked.client_id, "request_uri": pushed.json()["request_uri"]}

    await finish(member, asked, await member.suite.sign_in(asked))


async def test_openid_federation_automatic_client_registration_with_par_and_no_object(member: Member) -> None:
    asked = await member.party.pushed(member.party.asking(scope="openid profile"))

    await finish(member, asked, await member.suite.sign_in(asked))


@pytest.mark.parametrize("place", ["header", "claims"])
async def test_openid_federation_automatic_client_registration_with_trust_chain(member: Member, place: str) -> None:
    # …-with-jar-and-get-and-trust-chain, …-with-jar-and-get-and-trust-chain-in-claims: the chain is followed by ourselves all the same.
    chain = [member.configuration()]
    asked = member.asking(**({"header": {"trust_chain": chain}} if place == "header" else {"trust_chain": chain}))

    await finish(member, asked, await member.suite.sign_in(asked))


def now(member: Member) -> int:
    return int(member.suite.world.clock.now.timestamp())


BAD: dict[str, Callable[[Member], dict[str, Any]]] = {
    "invalid-client-id-in-request-object": lambda _: {"client_id": f"{RP}/somebody-else"},
    "invalid-request-object-exp": lambda member: {"exp": now(member) - 300},
    "invalid-request-object-iss": lambda _: {"iss": f"{RP}/somebody-else"},
    "invalid-request-object-aud": lambda _: {"aud": "https://other.example"},
    "invalid-request-object-sub": lambda member: {"sub": member.entity_id},
    "invalid-request-object-sub-of-somebody-else": lambda _: {"sub": "somebody-else"},
    "invalid-missing-request-object-jti": lambda _: {"jti": None},
    "invalid-missing-request-object-exp": lambda _: {"exp": None},
    "invalid-missing-request-object-iss": lambda _: {"iss": None},
    "invalid-missing-request-object-aud": lambda _: {"aud": None},
    "invalid-keys": lambda _: {"key": Key.make()},
}


@pytest.mark.parametrize("case", BAD)
async def test_openid_federation_automatic_client_registration(member: Member, case: str) -> None:
    # openid-federation-automatic-client-registration-<case>
    await refused(member, **BAD[case](member))


async def test_openid_federation_automatic_client_registration_invalid_signature_on_request_object(
    member: Member,
) -> None:
    asked = member.party.asking(scope="openid profile")

    await refused(member, token=spoiled(member.request(asked)))


async def test_openid_federation_automatic_client_registration_invalid_client_id_in_query_parameters(
    member: Member,
) -> None:
    asked, browser = member.asking(), member.suite.browser()
    asked.parameters["client_id"] = f"{RP}/nobody"

    page = await browser.open(asked.url)

    assert (page.status, browser.caught) == (400, None)


async def test_openid_federation_automatic_client_registration_reused_jti(member: Member) -> None:
    asked, browser = member.asking(), member.suite.browser()
    await member.suite.sign_in(asked)

    page = await browser.open(asked.url)

    assert (page.status, browser.caught) == (400, None)


async def test_a_plain_request_of_a_member_is_refused(member: Member) -> None:
    browser = member.suite.browser()

    await browser.open(member.party.asking(scope="openid profile").url)

    assert browser.answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": f"{RP}/somebody-else"},  # …-invalid-iss-in-entity-configuration
        {"sub": f"{RP}/somebody-else"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"authority_hints": ["https://unknown.example"]},
        {"metadata": {}},
    ],
    ids=str,
)
async def test_openid_federation_automatic_client_registration_invalid_entity_configuration(
    suite: Suite, changes: dict[str, Any]
) -> None:
    name = "spoilt-" + "-".join(str(value).rpartition("/")[2].strip("{}'[]") or "empty" for value in changes.values())
    spoilt = await a_member(suite, f"{name}-{'-'.join(changes)}".lower(), **changes)

    await refused(spoilt)


async def test_an_entity_that_no_region_vouches_for_stays_a_stranger(suite: Suite) -> None:
    stranger = await a_member(suite, "stranger")
    async with suite.world.net.browser() as http:
        await http.request("DELETE", "http://127.0.0.1:8005/hong_kong/enrol", json={"entity_id": stranger.entity_id})

    await refused(stranger)
