"""Whatever happens to records, and in whatever order: what must hold for numbers and permits always holds (G09)."""

import random
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Evidence, Keep, Policy
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing
from mapping.surrogate import candidates
from tests.mapping.model import Row, Table, proved
from tests.mapping.resolve_builders import SANDBOX, number

PEOPLE = 2
SEX = "F"
# Both were born on the same day; each has a second birth date, to which the register may correct the first.
BIRTHDATES = (("19040506", "19040507"), ("19040506", "19040508"))
SERIES = ("H000000{}1", "H000000{}2", "M000000{}1", "HA00000{}1")
BY_HAND = (Change.RELEASED, Change.DISPUTED, Change.RELEASED, Change.FROZEN, Change.RELEASED, Change.CLOSED)
FINAL = {Standing.CLOSED, Standing.RETIRED}

people = st.integers(0, PEOPLE - 1)
cards = st.sampled_from((0, 0, 1, 2, 3))
often = st.sampled_from((True, True, False))
counts = st.sampled_from((None, "00", "01", "02"))


def permit_of(person: int, card: int, count: str | None = None) -> TravelPermit:
    return TravelPermit(SERIES[card].format(person), count)


def offer(decision: Allocate, evidence: Evidence) -> Iterator[MainlandIdentifier]:
    _, birthdate, sex = proved(evidence)
    chance = random.Random(7)  # noqa: S311 - the point is that it can be repeated
    return candidates(decision.block, birthdate, sex, chance.randrange)


class Lifecycle(RuleBasedStateMachine):
    """Two people, four permits each, two residence numbers each, and everything that can befall them."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(offer)
        self.version = [0] * PEOPLE
        """Which of their two birth dates the register has for each person."""
        self.owners: dict[str, int] = {}
        """Every number that was seen -> whose it was, by the truth that only the test knows."""
        self.ended: dict[str, tuple[Standing, object]] = {}
        self.held: dict[str, set[str]] = {}

    def facts(self, person: int) -> Evidence:
        born = BIRTHDATES[person][self.version[person]]
        birthdate = number("810000", "002", born).birthdate
        return Evidence(birthdate=birthdate, sex=SEX, assurance=2)

    def residence_number(self, person: int, card: int) -> MainlandIdentifier:
        region = "820000" if SERIES[card].startswith("M") else "810000"
        return number(region, f"{2 * person + 100:03d}", BIRTHDATES[person][self.version[person]])

    def spoiled(self, evidence: Evidence, **changes: object) -> Evidence:
        values = {name: getattr(evidence, name) for name in Evidence.__slots__}
        return Evidence(**{**values, **changes})

    @rule(
        person=people,
        card=cards,
        count=counts,
        brings_number=often.map(lambda usual: not usual),
        former=st.none() | cards,
        is_proved=often,
        vouched=often,
        enrolled=often,
    )
    def sign_in(  # noqa: PLR0917 - the rule draws each circumstance by itself
        self,
        person: int,
        card: int,
        count: str | None,
        brings_number: bool,
        former: int | None,
        is_proved: bool,
        vouched: bool,
        enrolled: bool,
    ) -> None:
        evidence = self.spoiled(
            self.facts(person),
            permit=permit_of(person, card, count),
            residence_permit=self.residence_number(person, card) if brings_number else None,
            residence_permit_verified=brings_number,
            previous_permit=None if former is None else permit_of(person, former),
            same_person=is_proved,
            vouched=vouched,
        )
        policy, account = Policy(surrogates_allowed=enrolled), f"account-{person}"
        try:
            _, binding = self.table.sign_in(evidence, policy, account)
        except MappingError:
            return

        assert binding is not None
        assert self.owners.setdefault(binding.number.value, person) == person
        again, _ = self.table.sign_in(evidence, policy, account)
        assert again == Keep(self.table.rows[binding.permit.canonical].binding)

    @rule(person=people, card=cards, former=cards, count=counts)
    def a_holder_shows_two_cards(self, person: int, card: int, former: int, count: str | None) -> None:
        self.sign_in(person, card, count, False, former, is_proved=True, vouched=True, enrolled=True)

    @rule(person=people, card=cards, brings_number=st.booleans())
    def the_register_corrects_a_birth_date(self, person: int, card: int, brings_number: bool) -> None:
        self.version[person] = 1 - self.version[person]
        self.sign_in(person, card, None, brings_number, None, is_proved=False, vouched=True, enrolled=True)

    @precondition(lambda self: self.table.rows)
    @rule(data=st.data(), change=st.sampled_from(BY_HAND))
    def a_record_is_changed_by_hand(self, data: st.DataObject, change: Change) -> None:
        row = data.draw(st.sampled_from(sorted(self.table.rows.values(), key=lambda row: row.binding.permit.canonical)))
        before = row.standing
        is_refused = before in FINAL or (before, change) == (Standing.ACTIVE, Change.RELEASED)

        with pytest.raises(MappingError) if is_refused else nullcontext():
            row.happen(change)

        assert not is_refused or row.standing is before

    @rule(claimant=people, victim=people, card=cards, vouched=st.booleans())
    def somebody_claims_the_permit_of_another(self, claimant: int, victim: int, card: int, vouched: bool) -> None:
        permit = permit_of(victim, card)
        row = self.table.rows.get(permit.canonical)
        evidence = self.spoiled(self.facts(claimant), permit=permit, vouched=vouched)
        if row is None or row.binding.birthdate == evidence.birthdate:
            return  # the register knows such claimants by their names; the records do not

        with pytest.raises(MappingError):
            self.table.sign_in(evidence, SANDBOX, f"stranger-{claimant}")

    @rule(claimant=people, victim=people, card=cards)
    def somebody_brings_the_number_of_another(self, claimant: int, victim: int, card: int) -> None:
        offered = self.residence_number(victim, card)
        if claimant == victim or offered.value not in self.table.given:
            return
        evidence = self.spoiled(
            self.facts(claimant),
            permit=permit_of(claimant, card),
            residence_permit=offered,
            residence_permit_verified=True,
            vouched=True,
        )

        with pytest.raises(MappingError):
            self.table.sign_in(evidence, SANDBOX, f"account-{claimant}")

    @invariant()
    def a_number_is_live_under_one_permit_and_was_only_ever_one_persons(self) -> None:
        live = [row.binding.number.value for row in self._rows() if row.standing not in FINAL]

        assert len(live) == len(set(live))
        assert set(live) <= set(self.owners)

    @invariant()
    def what_was_replaced_is_remembered_and_never_the_number_itself(self) -> None:
        for permit, row in self.table.rows.items():
            binding = row.binding
            held = {*binding.replaces, binding.number.value}
            assert binding.number.value not in binding.replaces
            assert len(binding.replaces) == len(set(binding.replaces))
            assert self.held.get(permit, set()) <= held
            self.held[permit] = held

    @invariant()
    def what_has_ended_stays_as_it_was(self) -> None:
        for permit, row in self.table.rows.items():
            if row.standing in FINAL:
                self.ended.setdefault(permit, (row.standing, row.binding))
        for permit, (standing, binding) in self.ended.items():
            assert (self.table.rows[permit].standing, self.table.rows[permit].binding) == (standing, binding)

    def _rows(self) -> list[Row]:
        return list(self.table.rows.values())


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=60, stateful_step_count=50, deadline=None, database=None)
