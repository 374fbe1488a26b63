"""One person, one browser, one document: each step is taken once, and by nobody else."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.signatures import signing
from gateway.signatures.records import SigningStatus
from gateway.signatures.signing import Ended, GoOn, ShowCode, SigningError, SigningStep, Trouble
from gateway.signatures.signing_return import MOST_LEGS, NOT_TRUSTWORTHY, returned
from gateway.signatures.signing_trip import Leg, trip_of
from providers.errors import ProviderError, ProviderFailure
from providers.signing import SigningStart
from tests.gateway.signatures.signing_bench import DIGEST, NOW, Bench, Place, a_client, a_visit, an_outcome

OURS, THEIRS = a_visit("ours"), a_visit("theirs")
LATER = NOW + timedelta(minutes=15)


def failing(failure: ProviderFailure) -> ProviderError:
    return ProviderError("hong_kong", failure, "word")


async def back(bench: Bench, request_id: str, **changes: str) -> SigningStep:
    order_id = changes.pop("order_id", "") or bench.order_id(request_id)
    provider = changes.pop("provider", "hong_kong")
    visit = THEIRS if changes.pop("browser", "") else OURS
    return await returned(bench.desk, provider, order_id, {"state": order_id, "code": "c"}, visit)


async def at_code(bench: Bench) -> str:
    """A request whose person looks at the identification code."""
    request = await bench.chosen()
    await back(bench, request.id)
    return request.id


async def trouble(bench: Bench, request_id: str, **changes: str) -> Trouble:
    with pytest.raises(SigningError) as error:
        await back(bench, request_id, **changes)
    return error.value.trouble


async def test_the_person_sees_the_code_of_the_order_that_was_placed_for_them() -> None:
    bench = Bench()
    request = await bench.chosen()

    step = await back(bench, request.id)

    assert isinstance(step, ShowCode)
    trip = trip_of(step.request)
    assert trip is not None
    assert (trip.code, trip.leg, dict(trip.kept)) == ("5601", Leg.SIGN, {"ticket": "kept-ticket"})
    (order,) = bench.place.orders
    assert (order.digest, order.document_name, order.service_name) == (
        request.digest,
        "Lease 12/3",
        "Lease office",
    )
    assert order.callback_url == "https://gate.example/sign/callback/hong-kong"
    assert signing.leave(step.request) == "https://place.example/sign"


async def test_what_the_provider_gives_becomes_a_verdict_and_the_provider_hears_of_it() -> None:
    bench = Bench()
    request_id = await at_code(bench)

    step = await back(bench, request_id)

    assert isinstance(step, Ended)
    assert step.request.status is SigningStatus.SIGNED
    assert bench.place.told == [True]
    assert bench.requests.rows[request_id].kept == {}
    assert signing.return_address(step.request) == (
        f"https://lease.example/signed?signing_request={request_id}&state=lease-17"
    )
    assert bench.place.callbacks[-1].kept == {"ticket": "kept-ticket"}


@pytest.mark.attack("ST-01")
async def test_st_01_a_request_that_one_browser_opened_opens_in_no_other() -> None:
    bench = Bench()
    asked = await bench.ask()
    await signing.opened(bench.desk, asked.id, OURS)

    with pytest.raises(SigningError) as error:
        await signing.opened(bench.desk, asked.id, THEIRS)

    assert error.value.trouble is Trouble.UNKNOWN
    assert (await signing.opened(bench.desk, asked.id, OURS))[0].id == asked.id


@pytest.mark.parametrize("leg", ["sign-in", "sign", "over"])
async def test_no_other_browser_sees_it_later_either(leg: str) -> None:
    bench = Bench()
    request_id = (await bench.chosen()).id
    for _ in range(["sign-in", "sign", "over"].index(leg)):
        await back(bench, request_id)

    with pytest.raises(SigningError) as error:
        await signing.opened(bench.desk, request_id, THEIRS)

    assert error.value.trouble is Trouble.UNKNOWN
    assert (await signing.opened(bench.desk, request_id, OURS))[0].id == request_id


@pytest.mark.attack("ST-01")
async def test_st_01_a_return_in_another_browser_is_unknown_and_spends_nothing() -> None:
    bench = Bench()
    request_id = await at_code(bench)

    found = await trouble(bench, request_id, browser="theirs")

    assert found is Trouble.UNKNOWN
    assert isinstance(await back(bench, request_id), Ended)


@pytest.mark.attack("ST-03")
async def test_st_03_a_return_at_another_providers_address_is_unknown() -> None:
    bench = Bench()
    request_id = await at_code(bench)

    assert await trouble(bench, request_id, provider="guangdong") is Trouble.UNKNOWN
    assert bench.requests.rows[request_id].status is SigningStatus.AWAY


async def test_a_return_is_taken_once() -> None:
    bench = Bench()
    request_id = await at_code(bench)
    order_id = bench.order_id(request_id)
    await back(bench, request_id, order_id=order_id)

    assert await trouble(bench, request_id, order_id=order_id) is Trouble.UNKNOWN
    assert len(bench.judge.asked) == 1


async def test_the_return_of_the_sign_in_cannot_be_played_again_as_that_of_the_signature() -> None:
    bench = Bench()
    request = await bench.chosen()
    first = bench.order_id(request.id)
    await back(bench, request.id)

    assert await trouble(bench, request.id, order_id=first) is Trouble.UNKNOWN


async def test_after_its_time_a_request_neither_opens_nor_takes_a_return() -> None:
    bench = Bench()
    request_id = await at_code(bench)
    late = replace(OURS, now=LATER)

    with pytest.raises(SigningError):
        await signing.opened(bench.desk, request_id, late)
    with pytest.raises(SigningError):
        await returned(bench.desk, "hong_kong", bench.order_id(request_id), {}, late)


async def test_a_client_that_was_switched_off_has_nobody_sign_any_more() -> None:
    bench = Bench()
    request_id = await at_code(bench)
    bench.client = a_client(disabled_at=NOW)

    assert await trouble(bench, request_id) is Trouble.UNKNOWN
    assert bench.judge.asked == []


async def test_only_places_that_sign_such_a_digest_for_this_client_can_be_chosen() -> None:
    bench = Bench()
    asked = await bench.ask()
    request, client = await signing.opened(bench.desk, asked.id, OURS)

    with pytest.raises(SigningError) as error:
        await signing.choose(bench.desk, request, client, "guangdong", OURS)

    assert signing.choices(bench.desk, request, client) == ("hong_kong",)
    assert error.value.trouble is Trouble.NO_PROVIDER


async def test_whoever_turns_back_may_choose_again_and_the_first_way_back_is_closed() -> None:
    bench = Bench()
    request = await bench.chosen()
    first = bench.order_id(request.id)
    found, client = await signing.opened(bench.desk, request.id, OURS)

    await signing.choose(bench.desk, found, client, "hong_kong", OURS)

    assert await trouble(bench, request.id, order_id=first) is Trouble.UNKNOWN
    assert isinstance(await back(bench, request.id), ShowCode)


@pytest.mark.parametrize("failure", [ProviderFailure.CANCELLED, ProviderFailure.REFUSED])
async def test_a_no_to_the_document_ends_the_request(failure: ProviderFailure) -> None:
    bench = Bench(Place(steps=[failing(failure)]))
    request_id = await at_code(bench)

    step = await back(bench, request_id)

    assert isinstance(step, Ended)
    assert (step.request.status, step.request.result["reason"]) == (SigningStatus.REFUSED, failure.value)
    assert bench.judge.asked == []


@pytest.mark.parametrize("failure", [ProviderFailure.BROKEN, ProviderFailure.MALFORMED_CALLBACK])
async def test_an_answer_that_the_provider_cannot_have_meant_ends_the_request(failure: ProviderFailure) -> None:
    bench = Bench(Place(steps=[failing(failure)]))
    request_id = await at_code(bench)

    step = await back(bench, request_id)

    assert isinstance(step, Ended)
    assert (step.request.status, step.request.result["reason"]) == (SigningStatus.FAILED, NOT_TRUSTWORTHY)


@pytest.mark.parametrize(
    "failure", [ProviderFailure.UNREACHABLE, ProviderFailure.EXPIRED, ProviderFailure.NOT_ELIGIBLE]
)
@pytest.mark.parametrize("where", ["sign-in", "order", "signature"])
async def test_what_may_be_mended_leads_back_to_the_choice(failure: ProviderFailure, where: str) -> None:
    error = failing(failure)
    spoilt: dict[str, dict[str, Any]] = {
        "sign-in": {"identity": error},
        "order": {"starts": error},
        "signature": {"steps": [error]},
    }
    bench = Bench(Place(**spoilt[where]))
    request_id = (await bench.chosen()).id
    if where == "signature":
        await back(bench, request_id)

    found = await trouble(bench, request_id)

    assert found is Trouble.PROVIDER
    request, client = await signing.opened(bench.desk, request_id, OURS)
    trip = trip_of(request)
    assert trip is not None
    assert trip.leg is Leg.CHOOSE
    assert signing.choices(bench.desk, request, client) == ("hong_kong",)
    with pytest.raises(SigningError):
        signing.leave(request)


async def test_the_provider_that_the_relying_party_named_stays_the_only_one_after_a_failure_too() -> None:
    bench = Bench(Place(identity=failing(ProviderFailure.UNREACHABLE)))
    bench.place.digest_algorithm = "sm3"
    digest = {"alg": "sm3", "value": base64.b64encode(DIGEST).decode()}
    request_id = (await bench.chosen(digest=digest, provider="hong_kong")).id
    await trouble(bench, request_id)

    request, client = await signing.opened(bench.desk, request_id, OURS)

    assert bench.desk.able(client, "sm3") == ("hong_kong", "guangdong")
    assert signing.choices(bench.desk, request, client) == ("hong_kong",)


async def test_a_further_leg_goes_straight_on_while_the_code_is_the_same() -> None:
    further = SigningStart("https://place.example/next", {"session": "kept-session"}, "5601")
    bench = Bench(Place(steps=[further, an_outcome()]))
    request_id = await at_code(bench)

    step = await back(bench, request_id)

    assert isinstance(step, GoOn)
    assert step.url == "https://place.example/next"
    assert isinstance(await back(bench, request_id), Ended)


async def test_another_code_is_shown_before_the_person_goes_on() -> None:
    bench = Bench(Place(steps=[SigningStart("https://place.example/next", {}, "1234")]))
    request_id = await at_code(bench)

    assert isinstance(await back(bench, request_id), ShowCode)


async def test_a_provider_that_sends_people_in_circles_is_left() -> None:
    bench = Bench(Place(steps=[SigningStart("https://place.example/next", {}, "5601")] * MOST_LEGS))
    request_id = await at_code(bench)

    steps = [await back(bench, request_id) for _ in range(MOST_LEGS - 1)]

    assert isinstance(steps[-1], Ended)
    assert steps[-1].request.status is SigningStatus.FAILED


async def test_a_provider_that_hears_no_acknowledgement_changes_nothing_of_the_result() -> None:
    bench = Bench(Place(deaf=failing(ProviderFailure.UNREACHABLE)))
    request_id = await at_code(bench)

    step = await back(bench, request_id)

    assert isinstance(step, Ended)
    assert step.request.status is SigningStatus.SIGNED


async def test_every_end_is_on_record_without_a_word_of_the_document_or_the_person() -> None:
    bench = Bench()
    request_id = await at_code(bench)

    await back(bench, request_id)

    assert [event.action.value for event in bench.requests.events] == [
        "signing.asked",
        "signing.started",
        "signing.ended",
    ]
    assert bench.requests.events[-1].details == {"request": request_id, "status": "signed"}
    assert not {"Lease 12", "CHEUNG", "kept-"} & {
        word for word in ("Lease 12", "CHEUNG", "kept-") if word in repr(bench.requests.events)
    }
