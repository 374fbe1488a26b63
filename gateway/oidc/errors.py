"""The one error of the protocol: a registry code, a fixed description, and whether it may travel by redirect."""

from dataclasses import dataclass, field
from datetime import timedelta

from gateway.oidc.names import ErrorCode, ResponseMode


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where an authorization response may go; exists only once client *and* redirect URI are known good."""

    client_id: str
    redirect_uri: str
    state: str | None = field(default=None, repr=False)
    response_mode: ResponseMode = ResponseMode.QUERY


def error_uri(issuer: str, code: ErrorCode) -> str:
    """The page that explains a code to developers (RFC 6749 §4.1.2.1, §5.2); it tells nothing of the request."""
    return f"{issuer}/errors/{code.value}"


class OAuthError(Exception):
    """A refusal for the relying party (RFC 6749 §4.1.2.1, §5.2).

    ``description`` is fixed ASCII text of ours that quotes nothing. Without ``reply_to`` nothing is redirected: a
    person sees a page, a token endpoint answers JSON (RFC 9700 §4.11.2).
    """

    def __init__(
        self,
        code: ErrorCode,
        description: str,
        *,
        reply_to: ReplyTo | None = None,
        audited: bool = False,
        dpop_nonce: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.reply_to = reply_to
        self.audited = audited
        """True if the refusal was put on record where it arose; otherwise the edge does it."""
        self.dpop_nonce = dpop_nonce
        """The nonce that the next DPoP proof must carry (RFC 9449 §8)."""
        self.retry_after = retry_after
        """How long to wait, if the request was one too many: 429 at the edge (RFC 6585 §4)."""
