"""Why an operator's act on trust lists is refused; the operator and the audit trail are told the same word."""

from enum import StrEnum


class TrustRefusal(StrEnum):
    """The refusals that are ours; those of a list's content keep the codes of ``certs.trust``."""

    OFF = "off"
    """The settings have no block for signatures."""
    CAPTURE = "capture"
    DRAFT = "draft"
    KEY = "key"
    SAME_OPERATOR = "same_operator"
    UNKNOWN = "unknown"
    """There is no such list, sequence or proposal."""
    NOT_NOW = "not_now"
    """The lists have moved, or the proposal is over: look again."""
    MARK = "mark"
    """The document contradicts the high-water file."""
    ACKNOWLEDGE = "acknowledge"
    """A dangerous change whose code was not stated."""


class TrustRefusedError(Exception):
    """The act is refused; the text is for the operator, and holds names of lists and numbers of ours only."""

    def __init__(self, refusal: str, words: str) -> None:
        super().__init__(words)
        self.refusal = refusal
