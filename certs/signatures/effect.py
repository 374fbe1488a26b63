"""What a signature is worth where it is shown: the entry that speaks for it there, and the row that says as what.

Recognition goes from one place to another and not back, by arrangement; no row means no recognition. The result is
information for a clerk and never legal advice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from certs.signatures.chain import Match
from certs.signatures.evidence import Question
from certs.signatures.indication import RecognitionVerdict
from certs.signatures.recognition import EntryFindings, check_entry
from certs.signatures.signed import Format
from certs.trust.certificate import Certificate
from certs.trust.reasons import Reason
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import Jurisdiction, SignatureClass, TrustList

EXCLUDED: Final = "excluded-by-law"
_CLASSES: Final = tuple(SignatureClass)
NOTICE: Final = "information, not legal advice"


@dataclass(frozen=True, slots=True)
class Effect:
    """The second and third axis: recognised or why not, as what, and by which rule."""

    verdict: RecognitionVerdict
    reason: Reason | None
    signature_class: SignatureClass | None
    scheme: str = ""
    legal_reference: str = ""
    conditions: tuple[str, ...] = ()

    @classmethod
    def none(cls) -> Self:
        """For a certificate that no list speaks of."""
        return cls(RecognitionVerdict.NOT_LISTED, Reason.NOT_RECOGNISED_FOR_PAIR, None)

    @property
    def recognised(self) -> bool:
        """Whether a list in force and a row in force say yes."""
        return self.verdict is RecognitionVerdict.RECOGNISED

    def reaches(self, wanted: SignatureClass) -> bool:
        """Whether the class is the one that is wanted, or stronger."""
        return self.signature_class is not None and _CLASSES.index(self.signature_class) >= _CLASSES.index(wanted)

    def stale(self) -> Self:
        """The same, said by a list that is out of date: nothing is known any more."""
        return replace(self, verdict=RecognitionVerdict.LIST_STALE, signature_class=None)

    def to_json(self) -> dict[str, Any]:
        """Write the third axis as a report does."""
        return {
            "class": None if self.signature_class is None else self.signature_class.value,
            "scheme": self.scheme,
            "legal_reference": self.legal_reference,
            "conditions": list(self.conditions),
            "notice": NOTICE,
        }


def speaks_for(trust_list: TrustList, relying: Jurisdiction) -> bool:
    """Whether a list's arrangement is about this place: a home list at home, `HK-GD` for the one or the other."""
    if trust_list.issuing_jurisdiction is relying:
        return trust_list.scheme == relying.value
    return relying.value in trust_list.scheme.split("-")


def choose_entry(
    matches: Sequence[Match],
    leaf: Certificate,
    question: Question,
    trust: TrustSnapshot,
    *,
    at: datetime,
    form: Format,
) -> tuple[EntryFindings, Effect]:
    """The entry that is nearest to recognising a certificate where it is shown, and what follows from it."""
    judged = [check_entry(match, leaf, at, form) for match in matches]
    speaking = [one for one in judged if speaks_for(one.match.trust_list, question.relying_jurisdiction)]
    chosen = min(speaking or judged, key=lambda one: one.failures)
    if not speaking:
        return chosen, Effect(RecognitionVerdict.NOT_RECOGNISED_FOR_PAIR, Reason.NOT_RECOGNISED_FOR_PAIR, None)
    return chosen, _effect(chosen, leaf, question, at, trust)


def _effect(chosen: EntryFindings, leaf: Certificate, question: Question, at: datetime, trust: TrustSnapshot) -> Effect:
    scheme, entry = chosen.match.trust_list.scheme, chosen.match.entry
    if question.purpose == EXCLUDED:
        return Effect(RecognitionVerdict.NOT_RECOGNISED_FOR_PAIR, Reason.PURPOSE_EXCLUDED, None, scheme)
    row = trust.equivalence.effect(
        issuing=chosen.match.trust_list.issuing_jurisdiction,
        relying=question.relying_jurisdiction,
        scheme=scheme,
        signature_class=entry.signature_class,
        purpose=question.purpose,
        family=leaf.key.family,
        at=at,
    )
    if row is None:
        verdict = RecognitionVerdict.NOT_RECOGNISED_FOR_PAIR if not chosen.failures else chosen.verdict
        return Effect(verdict, Reason.NOT_RECOGNISED_FOR_PAIR, None, scheme)
    if chosen.failures:
        return Effect(chosen.verdict, None, None, scheme, row.legal_reference, row.conditions)
    return Effect(RecognitionVerdict.RECOGNISED, None, row.effect_class, scheme, row.legal_reference, row.conditions)
