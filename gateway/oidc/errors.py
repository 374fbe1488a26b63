"""The one error of the protocol: a registry code, a fixed description, and whether it may travel by redirect."""

from dataclasses import dataclass, field

from gateway.oidc.names import ErrorCode


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where an authorization response may go; exists only once client *and* redirect URI are known good."""

    redirect_uri: str
    state: str | None = field(default=None, repr=False)


class OAuthError(Exception):
    """A refusal for the relying party (RFC 6749 §4.1.2.1, §5.2).

    ``description`` is fixed ASCII text of ours that quotes nothing. Without ``reply_to`` nothing is redirected: a
    person sees a page, a token endpoint answers JSON (RFC 9700 §4.11.2).
    """

    def __init__(
        self, code: ErrorCode, description: str, *, reply_to: ReplyTo | None = None, audited: bool = False
    ) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.reply_to = reply_to
        self.audited = audited
        """True if the refusal was put on record where it arose; otherwise the edge does it."""
