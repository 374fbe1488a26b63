"""What can go wrong upstream, as one typed error; the broker translates it once into pages and OAuth errors."""

from enum import StrEnum


class ProviderFailure(StrEnum):
    """The kinds of failure a person or an operator can act upon."""

    CANCELLED = "cancelled"
    """The person cancelled on the provider's side."""
    REFUSED = "refused"
    """The person, or the provider on their behalf, said no."""
    EXPIRED = "expired"
    """The QR code, the page or the code lapsed before the person was done."""
    NOT_ELIGIBLE = "not_eligible"
    """The account may not be used here: level too low, document kind not supported."""
    UNREACHABLE = "unreachable"
    """No connection, time-out, 5xx, throttling or announced maintenance; trying later may help."""
    BROKEN = "broken"
    """The answer is not what the dialect promises: bad signature, wrong shape, HTML instead of data."""
    MALFORMED_CALLBACK = "malformed_callback"
    """The browser brought back what the provider cannot have sent: nobody was called because of it (ST-13)."""
    MISCONFIGURED = "misconfigured"
    """The provider refuses our own credentials or registration; only an operator can help."""


class ProviderError(Exception):
    """A sign-in that the provider, or what it sent, made impossible; carries no text of the provider's.

    ``detail`` is a fixed word of ours (``"sign"``, ``"D20006"``) for logs and the operator.
    """

    def __init__(self, provider: str, failure: ProviderFailure, detail: str) -> None:
        super().__init__(f"{provider}: {failure} ({detail})")
        self.provider = provider
        self.failure = failure
        self.detail = detail
