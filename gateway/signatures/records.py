"""What the signature service remembers, as values (signatures specification 3, 4.2, 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

ROOT: str = "root"
"""The list id under which the chain of roots stands beside the lists; a root's version is its sequence."""
EQUIVALENCE: str = "equivalence"
"""The list id of the equivalence table, a signed document like the lists."""


@dataclass(frozen=True, slots=True, repr=False)
class TrustDocument:
    """One signed document that was accepted, or is kept as evidence: a list, the equivalence table or a root."""

    list_id: str
    sequence: int
    sha256: str
    """Of the signed payload, in hexadecimal."""
    token: bytes
    """The document as it was signed, whole."""
    at: datetime
    """When it was accepted, or seen."""

    def __repr__(self) -> str:
        return f"TrustDocument({self.list_id!r}, {self.sequence})"


class ProposalState(StrEnum):
    """How far a proposed import is."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class TrustProposal:
    """An import with dangerous changes, which waits for a second operator (specification 4.3)."""

    id: str
    documents: tuple[TrustDocument, ...]
    acknowledgements: tuple[str, ...]
    """The codes of the dangerous changes that the first operator has acknowledged."""
    proposed_by: str
    proposed_at: datetime
    ends_at: datetime
    reason: str
    state: ProposalState = ProposalState.OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecognitionFacts:
    """What one signer's recognition was judged by, so that another list's judgement can be counted without evidence."""

    list_id: str
    sequence: int
    entry_id: str
    status: str
    """``recognised``, ``not-listed`` and so on (specification 2.4)."""
    leaf_sha256: str
    issuer_sha256: str = ""
    anchor_sha256: str = ""
    type_names: tuple[str, ...] = ()
    """Texts of the certificate in which an entry's type may be named; empty: not looked at."""
    policy_oids: tuple[str, ...] = ()
    at: datetime | None = None
    """The best signature time, at which recognition was looked up."""
    relying: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class StoredReport:
    """A report as it was signed and given out; it may hold people's names."""

    id: str
    client_id: str
    produced_at: datetime
    keep_until: datetime
    token: str
    """The report's JWS."""
    facts: tuple[RecognitionFacts, ...] = ()
    """One for each signer."""


class SigningStatus(StrEnum):
    """How far a wish to have something signed is."""

    ASKED = "asked"
    AWAY = "away"
    """The person is with their provider."""
    BACK = "back"
    """The provider's answer is being looked at."""
    SIGNED = "signed"
    REFUSED = "refused"
    """The person or the provider said no."""
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come of it."""
        return self in {SigningStatus.SIGNED, SigningStatus.REFUSED, SigningStatus.FAILED}


@dataclass(frozen=True, slots=True, repr=False)
class SigningRequest:
    """A relying party's wish to have a person sign a document's digest through the gateway."""

    id: str
    client_id: str
    document_name: str
    """As it is shown to the person."""
    digest_alg: str
    digest: bytes
    purpose: str
    relying: str
    """The jurisdiction in which the signature is to be used."""
    return_uri: str
    state: str
    """The relying party's own, given back to it."""
    created_at: datetime
    expires_at: datetime
    """Until when the person may sign; the result can be fetched for a while longer."""
    status: SigningStatus = SigningStatus.ASKED
    provider: str = ""
    only_provider: str = ""
    """The one provider that the relying party wants; empty: the person chooses."""
    policy: str = ""
    """The validation policy by which what comes back is judged; empty: the default one."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What the provider's dialect needs again when the person comes back."""
    result: Mapping[str, str] = field(default_factory=dict)
    """Signature, certificate and report, or why there is none."""
