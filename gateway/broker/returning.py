"""The way back without a code: an error for the relying party, or a page where there is nobody to send it to."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.broker import problems
from gateway.broker.model import LoginTransaction, Stage
from gateway.broker.parts import Broker
from gateway.broker.problems import Problem, ProblemError
from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import ErrorCode
from gateway.oidc.response import AuthorizationResponse, failure

_UNFINISHED: Final = "the sign-in was not completed"
_DESCRIPTIONS: Final = {
    problems.LEVEL_UNMET: "the demanded acr was not reached",
    problems.PROOF_TOO_OLD: "the provider did not ask the person anew",
    problems.MANDATE_ENDED: "the mandate for the organisation has ended",
    problems.OTHER_PERSON: "another person signed in",
}
_UNDER_WAY: Final = frozenset({Stage.CHOOSING, Stage.RETURNED, Stage.PERMIT, Stage.CONSENT})


def reply_to(request: AuthorizationRequest) -> ReplyTo:
    """Where the responses to a request go."""
    return ReplyTo(request.client_id, request.redirect_uri, request.state, request.response_mode)


async def refused(
    broker: Broker, request: AuthorizationRequest, code: ErrorCode, description: str, now: datetime
) -> OAuthError:
    """An error that travels to the relying party; a pushed request is spent by it as by a code (RO-02)."""
    if request.pushed is not None:
        await broker.pushed.spend(request.pushed, now)
    return OAuthError(code, description, reply_to=reply_to(request))


async def turned_away(
    broker: Broker, transaction: LoginTransaction, problem: Problem, now: datetime, *, stored: bool
) -> OAuthError | ProblemError:
    """The end of a sign-in whose person does not meet a demand; nothing of the person is kept."""
    if stored:
        failed = replace(transaction, stage=Stage.FAILED, person=None, kept={})
        await broker.transactions.move(failed, _UNDER_WAY, now)
    if transaction.request.decoupled is not None:  # there is no address to send an error to
        return ProblemError(problem, transaction)
    description = _DESCRIPTIONS.get(problem, _UNFINISHED)
    return await refused(broker, transaction.request, problem.oauth, description, now)


def way_home(broker: Broker, transaction: LoginTransaction, code: ErrorCode) -> AuthorizationResponse | None:
    """What takes the person back to the relying party with an error; from a device's request no way leads back."""
    if transaction.request.decoupled is not None:
        return None
    return failure(reply_to(transaction.request), code, _UNFINISHED, broker.issuer)
