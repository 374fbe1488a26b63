"""Every failure a person can meet: stable code, page, OAuth error for the relying party, advice for operators.

The operators' catalogue (docs/reference/problems.md) is generated from this table.
"""

from dataclasses import dataclass
from typing import Final

from gateway.broker.model import LoginTransaction
from gateway.oidc.names import ErrorCode
from providers.errors import ProviderFailure


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure with its three readers."""

    code: str
    """Stable, quoted by people to support."""
    page: str
    """Key of the texts in the locales."""
    status: int
    """HTTP status of the page."""
    oauth: ErrorCode
    """What the relying party gets when the person goes back."""
    advice: str
    """For the operator."""


REQUEST_REFUSED: Final = Problem(
    "GBA-1001",
    "request_refused",
    400,
    ErrorCode.INVALID_REQUEST,
    "The relying party sent a request whose client or redirect URI is unknown; compare with `gate client show`.",
)
RESTART: Final = Problem(
    "GBA-1002",
    "restart",
    400,
    ErrorCode.ACCESS_DENIED,
    "No live sign-in of this browser fits: it expired, cookies are off, or a link was opened in another browser.",
)
STALE_FORM: Final = Problem(
    "GBA-1003",
    "stale_form",
    403,
    ErrorCode.ACCESS_DENIED,
    "A form came from another page, tab or browser than the sign-in it names; a burst of these may be an attack.",
)
FINISHED: Final = Problem(
    "GBA-1004",
    "finished",
    409,
    ErrorCode.ACCESS_DENIED,
    "A step that had been taken was sent again (reload, double click, back button); nothing is wrong.",
)
NOT_FOUND: Final = Problem(
    "GBA-1005", "not_found", 404, ErrorCode.INVALID_REQUEST, "An address that does not exist was asked for."
)
MALFORMED: Final = Problem(
    "GBA-1006",
    "malformed",
    400,
    ErrorCode.INVALID_REQUEST,
    "A request was not understood: doubled, oversized or malformed parameters.",
)
TOO_MANY_REQUESTS: Final = Problem(
    "GBA-1007",
    "too_many_requests",
    429,
    ErrorCode.TEMPORARILY_UNAVAILABLE,
    "A service sends more people than its limit allows, or one address knocks too often; see the limits in settings.",
)
CANCELLED: Final = Problem(
    "GBA-2001", "cancelled", 200, ErrorCode.ACCESS_DENIED, "The person cancelled at the provider; nothing is wrong."
)
REFUSED: Final = Problem(
    "GBA-2002", "refused", 200, ErrorCode.ACCESS_DENIED, "The person, or the provider for them, said no."
)
UPSTREAM_UNREACHABLE: Final = Problem(
    "GBA-2003",
    "upstream_unreachable",
    503,
    ErrorCode.TEMPORARILY_UNAVAILABLE,
    "Ask `gate doctor` which provider fails; the others go on working.",
)
UPSTREAM_BROKEN: Final = Problem(
    "GBA-2004",
    "upstream_broken",
    503,
    ErrorCode.TEMPORARILY_UNAVAILABLE,
    "The provider's answer failed a check; the log names it. A rotated key or a changed dialect are likely.",
)
LAPSED: Final = Problem(
    "GBA-2005", "lapsed", 200, ErrorCode.ACCESS_DENIED, "The QR code or page of the provider lapsed before approval."
)
NOT_ELIGIBLE: Final = Problem(
    "GBA-2006",
    "not_eligible",
    200,
    ErrorCode.ACCESS_DENIED,
    "The provider says that the account's level or document does not suffice for this gateway.",
)
MISCONFIGURED: Final = Problem(
    "GBA-2007",
    "upstream_unreachable",
    503,
    ErrorCode.TEMPORARILY_UNAVAILABLE,
    "The provider refuses the gateway's own credentials or registration; check the provider's settings and keys.",
)
SWITCHED_OFF: Final = Problem(
    "GBA-2008", "switched_off", 403, ErrorCode.ACCESS_DENIED, "The subject was switched off by an operator."
)
PROVIDER_UNKNOWN: Final = Problem(
    "GBA-2009",
    "malformed",
    400,
    ErrorCode.INVALID_REQUEST,
    "A provider was chosen that this client may not use or that does not exist.",
)
ACCOUNT_CHANGED: Final = Problem(
    "GBA-2010",
    "account_changed",
    403,
    ErrorCode.ACCESS_DENIED,
    "The provider delivers another card or birth date under a subject that is known; see `gate map alerts`.",
)
LEVEL_UNMET: Final = Problem(
    "GBA-2011",
    "level_unmet",
    403,
    ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS,
    "The service demands a level that this account, or every account on offer, does not reach; nothing is wrong here.",
)
PROOF_TOO_OLD: Final = Problem(
    "GBA-2012",
    "proof_too_old",
    403,
    ErrorCode.LOGIN_REQUIRED,
    "A fresh sign-in was demanded and the provider answered with an older one; compare its clock and its settings.",
)
MANDATE_ENDED: Final = Problem(
    "GBA-2013",
    "mandate_ended",
    403,
    ErrorCode.ACCESS_DENIED,
    "The person's mandate for the organisation has ended by the provider's own word.",
)
OTHER_PERSON: Final = Problem(
    "GBA-2014",
    "other_person",
    403,
    ErrorCode.LOGIN_REQUIRED,
    "Another person signed in than the one whom the service or the counter asked; nothing was passed on.",
)
REQUEST_GONE: Final = Problem(
    "GBA-2015",
    "request_gone",
    410,
    ErrorCode.ACCESS_DENIED,
    "The request of a kiosk or counter was answered before, or its time is over; nothing is wrong.",
)
TOO_MANY_CODES: Final = Problem(
    "GBA-2016",
    "too_many_codes",
    429,
    ErrorCode.ACCESS_DENIED,
    "Codes of kiosks were typed that do not exist, too many in a short time; a burst of these may be an attack.",
)
PERMIT_CONFLICT: Final = Problem(
    "GBA-3005",
    "permit_conflict",
    409,
    ErrorCode.ACCESS_DENIED,
    "A claim contradicts the record of a permit: see `gate map alerts`; a human has to look.",
)
UNAVAILABLE: Final = Problem(
    "GBA-5001",
    "unavailable",
    503,
    ErrorCode.TEMPORARILY_UNAVAILABLE,
    "The database did not answer in time; see /readyz and the database's own log.",
)
UNEXPECTED: Final = Problem(
    "GBA-5002", "unexpected", 500, ErrorCode.SERVER_ERROR, "A fault of ours; the log has it under the correlation id."
)

CATALOGUE: Final = (
    REQUEST_REFUSED,
    RESTART,
    STALE_FORM,
    FINISHED,
    NOT_FOUND,
    MALFORMED,
    TOO_MANY_REQUESTS,
    CANCELLED,
    REFUSED,
    UPSTREAM_UNREACHABLE,
    UPSTREAM_BROKEN,
    LAPSED,
    NOT_ELIGIBLE,
    MISCONFIGURED,
    SWITCHED_OFF,
    PROVIDER_UNKNOWN,
    ACCOUNT_CHANGED,
    LEVEL_UNMET,
    PROOF_TOO_OLD,
    MANDATE_ENDED,
    OTHER_PERSON,
    REQUEST_GONE,
    TOO_MANY_CODES,
    PERMIT_CONFLICT,
    UNAVAILABLE,
    UNEXPECTED,
)

REFUSALS: Final = frozenset(
    {
        *(RESTART, STALE_FORM, MALFORMED, PROVIDER_UNKNOWN, SWITCHED_OFF, ACCOUNT_CHANGED),
        *(LEVEL_UNMET, PROOF_TOO_OLD, MANDATE_ENDED, OTHER_PERSON, TOO_MANY_CODES),
    }
)
"""Problems that are a decision about security; each leaves an audit event (G11)."""

OF_PROVIDER: Final = {
    ProviderFailure.CANCELLED: CANCELLED,
    ProviderFailure.REFUSED: REFUSED,
    ProviderFailure.EXPIRED: LAPSED,
    ProviderFailure.NOT_ELIGIBLE: NOT_ELIGIBLE,
    ProviderFailure.UNREACHABLE: UPSTREAM_UNREACHABLE,
    ProviderFailure.BROKEN: UPSTREAM_BROKEN,
    ProviderFailure.MALFORMED_CALLBACK: MALFORMED,
    ProviderFailure.MISCONFIGURED: MISCONFIGURED,
}
"""The one table from upstream failures to problems (openid-connect.md, pain 8)."""


class ProblemError(Exception):
    """A sign-in met a problem; with its transaction there is a way back, without there is none."""

    def __init__(
        self,
        problem: Problem,
        transaction: LoginTransaction | None = None,
        *,
        provider: str | None = None,
        reason: str | None = None,
        audited: bool = False,
    ) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.transaction = transaction
        self.provider = provider
        self.reason = reason
        """A fixed word for the audit trail."""
        self.audited = audited
        """True if the refusal was put on record where it arose; otherwise the edge does it."""
