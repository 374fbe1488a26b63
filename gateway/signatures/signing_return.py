"""The way back from a provider: taken exactly once, in the same browser; then the next leg, or the verdict.

What can be mended by choosing again leads back to the choice; a no of the person ends the request, and so does an
answer that a provider cannot have meant. The provider hears what became of its signature when that is on record.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from gateway.audit import AuditAction
from gateway.oidc.model import Client
from gateway.oidc.names import ServiceScope
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.signatures.signing import (
    Ended,
    GoOn,
    ShowCode,
    SigningDesk,
    SigningError,
    SigningStep,
    SigningVisit,
    Trouble,
    event,
    new_order,
)
from gateway.signatures.signing_trip import Leg, Trip, trip_of, way_back
from gateway.signatures.signing_verdict import Ending, judged, number_of
from gateway.signatures.signing_wish import visible
from providers.base import Callback
from providers.errors import ProviderError, ProviderFailure
from providers.signing import LONGEST_DEPARTMENT, LONGEST_NAME, SigningOrder, SigningOutcome, SigningStart

_LOG: Final = logging.getLogger("gateway.signing")
MOST_LEGS: Final = 5
_NO: Final = frozenset({ProviderFailure.CANCELLED, ProviderFailure.REFUSED})
_HOSTILE: Final = frozenset({ProviderFailure.BROKEN, ProviderFailure.MALFORMED_CALLBACK})
NOT_TRUSTWORTHY: Final = "provider-answer"


@dataclass(frozen=True, slots=True, repr=False)
class _Return:
    """A return that was taken."""

    desk: SigningDesk
    request: SigningRequest
    client: Client
    trip: Trip
    visit: SigningVisit

    @property
    def provider(self) -> str:
        return self.request.provider


async def returned(
    desk: SigningDesk, provider: str, order_id: str, parameters: Mapping[str, str], visit: SigningVisit
) -> SigningStep:
    """Take a return: this browser's, at this provider's address, once (G02, G03)."""
    request = await desk.requests.arrive(way_back(order_id, provider, visit.browser), visit.now)
    trip = None if request is None else trip_of(request)
    if request is None or trip is None:
        raise SigningError(Trouble.UNKNOWN)
    client = await desk.clients.find(request.client_id)
    if client is None or not client.is_active:
        raise SigningError(Trouble.UNKNOWN)
    back = _Return(desk, request, client, trip, visit)
    callback = Callback(parameters, trip.kept, trip.order_id, visit.now)
    try:
        if trip.leg is Leg.SIGN_IN:
            return await _signed_in(back, callback)
        step = await desk.signers[provider].finish_signing(callback)
    except ProviderError as error:
        return await _failed(back, error)
    match step:
        case SigningStart():
            return await _further(back, trip, step)
        case SigningOutcome():
            return await _judge(back, step)
        case _:
            assert_never(step)


async def _signed_in(back: _Return, callback: Callback) -> SigningStep:
    """Who the person is stands: their provider is asked to let them sign, and gives the code to compare."""
    desk, request, client = back.desk, back.request, back.client
    identity = await desk.providers[back.provider].finish(callback)
    order = SigningOrder(
        order_id=new_order(),
        callback_url=desk.callback_url(back.provider),
        digest_algorithm=request.digest_alg,
        digest=request.digest,
        document_name=request.document_name,
        service_name=visible(client.client_name, LONGEST_NAME) or client.client_id,
        department=visible(client.client_name, LONGEST_DEPARTMENT) or client.client_id,
        language=back.visit.language,
    )
    start = await desk.signers[back.provider].begin_signing(order, identity)
    return await _further(back, replace(back.trip, order_id=order.order_id, number_sha256=number_of(identity)), start)


async def _further(back: _Return, trip: Trip, start: SigningStart) -> SigningStep:
    """One more leg; the person sees the code before they leave, and again whenever it is another one."""
    code = start.identification_code or trip.code
    further = replace(trip, leg=Leg.SIGN, legs=trip.legs + 1, url=start.url, code=code, kept=start.kept)
    if further.legs > MOST_LEGS:  # a provider that sends people round in circles
        return await _end(back, Ending(SigningStatus.FAILED, {"reason": NOT_TRUSTWORTHY}))
    away = await _away(back, further)
    return ShowCode(away) if code and code != back.trip.code else GoOn(start.url)


async def _judge(back: _Return, outcome: SigningOutcome) -> Ended:
    """What came back becomes a verdict; the provider is told once that is on record."""
    desk = back.desk
    sees_names = ServiceScope.SIGNATURES_NAMES in back.client.service_scopes
    ending = await judged(desk.service, back.request, outcome, back.trip.number_sha256, sees_names=sees_names)
    ended = await _end(back, ending)
    try:
        await desk.signers[back.provider].acknowledge(outcome, accepted=ending.status is SigningStatus.SIGNED)
    except ProviderError as error:
        _LOG.warning("%s heard no acknowledgement: %s [%s]", error.provider, error.detail, back.visit.correlation_id)
    return ended


async def _failed(back: _Return, error: ProviderError) -> Ended:
    """A no ends the request when the person was asked to sign; what may be mended leads back to the choice."""
    _LOG.info("signing with %s: %s %s [%s]", error.provider, error.failure, error.detail, back.visit.correlation_id)
    if back.trip.leg is Leg.SIGN and error.failure in _NO:
        return await _end(back, Ending(SigningStatus.REFUSED, {"reason": error.failure.value}))
    if back.trip.leg is Leg.SIGN and error.failure in _HOSTILE:
        return await _end(back, Ending(SigningStatus.FAILED, {"reason": NOT_TRUSTWORTHY}))
    choosing = await _away(back, Trip(back.trip.browser, new_order(), Leg.CHOOSE))
    raise SigningError(Trouble.PROVIDER, choosing, provider=error.provider, failure=error.failure) from error


async def _away(back: _Return, trip: Trip) -> SigningRequest:
    """Put on record that the person is on the way again."""
    away = replace(back.request, status=SigningStatus.AWAY, kept=trip.written())
    if not await back.desk.requests.go_on(away, trip.way_back(back.provider), back.visit.now):
        raise SigningError(Trouble.TAKEN, back.request)
    return away


async def _end(back: _Return, ending: Ending) -> Ended:
    """Put the end on record, once."""
    visit, request = back.visit, back.request
    details = {"status": ending.status.value} | ({"reason": ending.reason} if ending.reason else {})
    ended = event(AuditAction.SIGNING_ENDED, request, visit.now, visit.correlation_id, **details)
    result = {**ending.result, "browser": back.trip.browser}  # the result's page is for the same browser alone
    if not await back.desk.requests.end(request, ending.status, result, visit.now, ended):
        raise SigningError(Trouble.TAKEN, request)
    return Ended(replace(request, status=ending.status, result=result, kept={}))
