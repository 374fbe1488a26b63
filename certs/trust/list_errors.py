"""Why a signed document about trust is refused: one code for each rule, for operators to read and alarms to match."""

from dataclasses import dataclass
from enum import StrEnum


class ListRefusal(StrEnum):
    """Which rule refused a root, a list, an equivalence table or a rebase statement."""

    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    SCHEMA = "schema"
    # who signed it
    UNSIGNED = "unsigned"
    SIGNATURE_REFUSED = "signature-refused"
    WRONG_SIGNER = "wrong-signer"
    KEY_EXPIRED = "key-expired"
    KEY_OF_ANOTHER_LIST = "key-of-another-list"
    BELOW_THRESHOLD = "below-threshold"
    ROOT_VERSION = "root-version"
    ROOT_CHAIN = "root-chain"
    ROOT_EXPIRED = "root-expired"
    # what may follow the document that is in force
    ANOTHER_LIST = "another-list"
    ROLLBACK = "rollback"
    EQUIVOCATION = "equivocation"
    FORK = "fork"
    FAST_FORWARD = "fast-forward"
    REBASE_REFUSED = "rebase-refused"
    ISSUED_IN_FUTURE = "issued-in-future"
    ISSUED_EARLIER = "issued-earlier"
    EXPIRED = "expired"
    HISTORY_REWRITTEN = "history-rewritten"
    NOT_ACKNOWLEDGED = "not-acknowledged"
    # what is kept beside the database
    HIGH_WATER_BROKEN = "high-water-broken"


@dataclass(frozen=True, slots=True)
class Equivocation:
    """Two documents under one number: whoever signed both told two stories, and both are kept as evidence."""

    list_id: str
    sequence: int
    in_force: str
    offered: str
    """SHA-256 of the two payloads, in hexadecimal."""


class ListError(Exception):
    """A document about trust that is not accepted; ``where`` is a path of ours into it, ``detail`` a fixed sentence."""

    def __init__(
        self, reason: ListRefusal, detail: str, *, where: str = "", evidence: Equivocation | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}" + (f" ({where})" if where else ""))
        self.reason = reason
        self.detail = detail
        self.where = where
        self.evidence = evidence
