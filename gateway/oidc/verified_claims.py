"""``verified_claims``: what a region vouched for, and on what (OpenID Identity Assurance Schema 1.0, OIDC4IDA 1.0).

As little as the request lets it be: the trust framework always, everything else only if it is asked for, and nothing at
all when a value that the request insists on is not the one that there is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

TRUST_FRAMEWORKS: Final = ("hk_iam_smart", "mo_one_account", "cn_gd_unified_authentication")
"""Under which of the three regions' rules a person was identified; the systems behind them are simulated."""
EVIDENCE: Final = ("electronic_record", "document")
ELECTRONIC_RECORDS: Final = ("population_register",)
DOCUMENTS: Final = ("mainland_travel_permit", "mainland_residence_permit")
VERIFIABLE: Final = ("name", "family_name", "given_name", "birthdate", "gender")
"""What may stand under ``claims``: never a number of a document."""

_ELEMENTS: Final = ("assurance_level", "time")


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """What is known of one person's identification."""

    trust_framework: str
    assurance_level: str
    time: datetime
    """When the person was identified."""
    evidence: tuple[Mapping[str, Any], ...]
    claims: Mapping[str, Any] = field(default_factory=dict)

    def element(self, name: str) -> str:
        """An element of ``verification`` as it travels."""
        if name == "time":
            return self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return str(getattr(self, name))


def answers(
    wishes: Sequence[Mapping[str, Any]], facts: Facts, now: datetime
) -> dict[str, Any] | list[dict[str, Any]] | None:
    """One element for each wish that can be fulfilled; several make an array (OIDC4IDA 1.0 §5.1)."""
    found: list[dict[str, Any]] = []
    for wish in wishes:
        element = answer(wish, facts, now)
        if element is not None and element not in found:
            found.append(element)
    return found[0] if len(found) == 1 else found or None


def answer(wish: Mapping[str, Any], facts: Facts, now: datetime) -> dict[str, Any] | None:
    """One ``verified_claims`` element, or nothing if the facts are not what the wish insists on (§6.4)."""
    verification = _verification(_object(wish.get("verification")), facts, now)
    claims = {
        name: facts.claims[name]
        for name, wanted in _object(wish.get("claims")).items()
        if name in VERIFIABLE and name in facts.claims and _fits(wanted, facts.claims[name])
    }
    return {"verification": verification, "claims": claims} if verification is not None and claims else None


def _verification(wanted: Mapping[str, Any], facts: Facts, now: datetime) -> dict[str, Any] | None:
    if not _fits(wanted.get("trust_framework"), facts.trust_framework):
        return None
    found: dict[str, Any] = {"trust_framework": facts.trust_framework}
    for name in _ELEMENTS:
        if name not in wanted:
            continue
        if not _fits(wanted[name], facts.element(name)) or (
            name == "time" and not _is_recent(wanted[name], facts, now)
        ):
            return None
        found[name] = facts.element(name)
    if "evidence" in wanted:
        evidence = list(_evidence(wanted["evidence"], facts))
        if not evidence:
            return None
        found["evidence"] = evidence
    return found


def _evidence(wanted: Any, facts: Facts) -> Iterator[dict[str, Any]]:
    """The pieces that fit any of the kinds asked for, each cut down to the members asked for (§6.3.1)."""
    kinds = [entry for entry in wanted if isinstance(entry, Mapping)] if isinstance(wanted, list) else [{}]
    for piece in facts.evidence:
        for kind in kinds:
            cut = _cut(kind, piece)
            if cut is not None:
                yield {"type": piece["type"], **cut}
                break


def _cut(wanted: Mapping[str, Any], piece: Mapping[str, Any]) -> dict[str, Any] | None:
    """The members that are asked for; ``None`` when one of them has another value than the one insisted on."""
    cut: dict[str, Any] = {}
    for name, wish in wanted.items():
        value = piece.get(name)
        if value is None:
            if _insists(wish):
                return None
            continue
        kept = _cut_value(wish, value)
        if kept is None:
            return None
        cut[name] = kept
    return cut


def _cut_value(wish: Any, value: Any) -> Any:
    """A member's value as far as it is asked for."""
    if isinstance(value, Mapping):
        return _cut(wish, value) if isinstance(wish, Mapping) else dict(value)
    if isinstance(value, list):
        entry = wish[0] if isinstance(wish, list) and wish and isinstance(wish[0], Mapping) else None
        if entry is None:
            return value
        return [cut for element in value if (cut := _cut(entry, element)) is not None] or None
    return value if _fits(wish, value) else None


def _insists(wish: Any) -> bool:
    """Whether anything under a wish demands a certain value."""
    if isinstance(wish, Mapping):
        return "value" in wish or "values" in wish or any(_insists(inner) for inner in wish.values())
    return isinstance(wish, str) or (isinstance(wish, list) and any(_insists(inner) for inner in wish))


def _fits(wish: Any, value: Any) -> bool:
    """``value`` and ``values`` insist, and so does a bare text; ``null`` asks for whatever there is (§6.2)."""
    if not isinstance(wish, Mapping):
        return not isinstance(wish, str) or wish == value
    if "value" in wish and wish["value"] != value:
        return False
    listed = wish.get("values")
    return not isinstance(listed, list) or value in listed


def _is_recent(wish: Any, facts: Facts, now: datetime) -> bool:
    """``max_age`` of ``time``: how many seconds ago the identification may lie at most (§6.3.2)."""
    limit = wish.get("max_age") if isinstance(wish, Mapping) else None
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        return True
    return (now - facts.time).total_seconds() <= limit


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
