"""The smallest table that can carry decisions out: what a store promises, without a database.

It refuses by assertion whatever `decide` must never ask for: a number of another holder, a correction without a
record, a first number for a permit that has one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from mapping.documents import TravelPermit
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read, Renew
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing, standing_after
from mapping.resolve import decide
from mapping.vocabulary import Sex
from tests.mapping.resolve_builders import NOW

Offer = Callable[[Allocate, Evidence], Iterator[MainlandIdentifier]]
"""Numbers for an allocation, best first."""


@dataclass
class Row:
    """One record, the accounts tied to it, and its history."""

    binding: Binding
    standing: Standing = Standing.ACTIVE
    accounts: set[str] = field(default_factory=set)
    history: list[Change] = field(default_factory=list)

    def happen(self, change: Change) -> None:
        self.standing = standing_after(self.standing, change)
        self.history.append(change)


class Table:
    """Records by permit; numbers with the permit that answers for them."""

    def __init__(self, offer: Offer) -> None:
        self.rows: dict[str, Row] = {}
        self.given: dict[str, str] = {}
        """Every number ever given -> the permit whose record answers for it today."""
        self._offer = offer

    def known(self, evidence: Evidence, account: str) -> Known:
        own, former = self._row(evidence.permit), self._row(evidence.previous_permit)
        offered = evidence.residence_permit
        return Known(
            binding=_shown(own),
            previous=_shown(former),
            number_holder=None if offered is None else self.given.get(offered.value),
            standing=Standing.ACTIVE if own is None else own.standing,
            is_holder=own is not None and account in own.accounts,
            previous_standing=Standing.ACTIVE if former is None else former.standing,
        )

    def sign_in(self, evidence: Evidence, policy: Policy, account: str) -> tuple[Decision, Binding | None]:
        """Decide and write, or raise and leave everything as it was."""
        decision = decide(evidence, self.known(evidence, account), policy)
        return decision, self._carry_out(decision, evidence, account)

    def happen(self, permit: TravelPermit, change: Change) -> None:
        self.rows[permit.canonical].happen(change)

    def _carry_out(self, decision: Decision, evidence: Evidence, account: str) -> Binding | None:
        match decision:
            case Read():
                return None
            case Keep(binding):
                return self._tie(self.rows[binding.permit.canonical], account)
            case Renew(binding, permit):
                row = self.rows[permit.canonical]
                row.binding = replace(binding, permit=permit, version=binding.version + 1)
                row.happen(Change.RENEWED)
                return self._tie(row, account)
            case Bind():
                return self._write(evidence, decision.number, decision, account)
            case Allocate():
                assert (decision.change is Change.CORRECTED) == (self._row(evidence.permit) is not None)
                number = next(found for found in self._offer(decision, evidence) if found.value not in self.given)
                return self._write(evidence, number, decision, account)

    def _write(
        self, evidence: Evidence, number: MainlandIdentifier, decision: Bind | Allocate, account: str
    ) -> Binding:
        permit, birthdate, sex = proved(evidence)
        own, former = self._row(permit), self._row(decision.previous_permit)
        owners = {None} | {row.binding.permit.canonical for row in (own, former) if row is not None}
        assert self.given.get(number.value) in owners, "a number of another holder"
        version = 1 if own is None else own.binding.version + 1
        binding = Binding(permit, birthdate, sex, number, NOW, decision.replaces, version)
        row = self.rows.setdefault(permit.canonical, Row(binding))
        row.binding = binding
        row.happen(decision.change)
        if former is not None:
            former.happen(Change.RETIRED)
            row.accounts |= former.accounts
        self.given |= dict.fromkeys((*decision.replaces, number.value), permit.canonical)
        return self._tie(row, account)

    def _tie(self, row: Row, account: str) -> Binding:
        if account not in row.accounts:
            row.accounts.add(account)
            row.happen(Change.TIED)
        return row.binding

    def _row(self, permit: TravelPermit | None) -> Row | None:
        return None if permit is None else self.rows.get(permit.canonical)


def proved(evidence: Evidence) -> tuple[TravelPermit, date, Sex]:
    assert evidence.permit is not None
    assert evidence.birthdate is not None
    return evidence.permit, evidence.birthdate, Sex(evidence.sex or "")


def _shown(row: Row | None) -> Binding | None:
    """A closed or retired record is not shown; a frozen one is."""
    return row.binding if row is not None and row.standing in {Standing.ACTIVE, Standing.FROZEN} else None
