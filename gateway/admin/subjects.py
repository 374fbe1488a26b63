"""People in operators' hands: by opaque ids alone, to switch them off and on and to see what is remembered of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import SubjectRegistry
from gateway.audit import AuditAction, AuditLog
from mapping.evidence import Binding
from mapping.lifecycle import Standing


class StandingConsent(Protocol):
    """What a person allowed one client."""

    @property
    def client_id(self) -> str:
        """Whom."""

    @property
    def granted(self) -> tuple[str, ...]:
        """The scopes."""

    @property
    def given_at(self) -> datetime:
        """When."""


class PeopleView(Protocol):
    """The reading side of what is remembered about people."""

    async def accounts(self, subject_id: str) -> Sequence[str]:
        """The providers whose accounts are tied to the same record."""

    async def consents(self, subject_id: str) -> Sequence[StandingConsent]:
        """The standing decision for each client."""

    async def receivers(self, subject_id: str) -> Mapping[str, datetime]:
        """The clients that were given the recorded number."""


class HeldRecord(Protocol):
    """The record a person is tied to."""

    @property
    def binding_id(self) -> str:
        """Its id."""

    @property
    def binding(self) -> Binding:
        """What it says."""

    @property
    def standing(self) -> Standing:
        """How it stands."""


class HeldRecords(Protocol):
    """Where the record of a person is found."""

    async def of_subject(self, subject_id: str) -> HeldRecord | None:
        """The record a person is tied to, if any."""


async def block(registry: SubjectRegistry, subject_id: str, act: Act, *, dry_run: bool = False) -> bool:
    """Switch a person off everywhere at once (AL-08); false if there is no such person."""
    act.require_reason()
    if dry_run:
        return await registry.state(subject_id) in {"active", "blocked"}
    return await registry.block(subject_id, act.now, act.event(AuditAction.SUBJECT_BLOCKED, subject_id=subject_id))


async def unblock(registry: SubjectRegistry, subject_id: str, act: Act, *, dry_run: bool = False) -> bool:
    """Let a person in again; false if they were not off."""
    act.require_reason()
    if dry_run:
        return await registry.state(subject_id) == "blocked"
    return await registry.unblock(subject_id, act.event(AuditAction.SUBJECT_UNBLOCKED, subject_id=subject_id))


async def untie(
    registry: SubjectRegistry, records: HeldRecords, subject_id: str, act: Act, *, dry_run: bool = False
) -> bool:
    """Take a permit's record from an account that is not its holder's (AL-02); false if it has none."""
    act.require_reason()
    if dry_run:
        return await records.of_subject(subject_id) is not None
    event = act.event(AuditAction.IDENTIFIER_UNTIED, subject_id=subject_id)
    return await registry.untie(subject_id, act.reason, act.now, event)


async def show(  # noqa: PLR0917 - everything that is remembered stands in another place
    registry: SubjectRegistry, people: PeopleView, numbers: HeldRecords, log: AuditLog, subject_id: str, act: Act
) -> dict[str, Any] | None:
    """What is remembered of a person: accounts, record (masked), consents, and who has the number."""
    state = await registry.state(subject_id)
    held = None if state is None else await numbers.of_subject(subject_id)
    await act.looked(log, "person", record=None if held is None else held.binding_id, subject_id=subject_id)
    if state is None:
        return None
    receivers = await people.receivers(subject_id)
    return {
        "subject": subject_id,
        "state": state,
        "providers": list(await people.accounts(subject_id)),
        "record": None if held is None else held.binding_id,
        "permit": None if held is None else held.binding.permit.masked,
        "number": None if held is None else held.binding.number.masked,
        "standing": None if held is None else held.standing.value,
        "consents": [
            {"client_id": one.client_id, "scopes": list(one.granted), "since": moment(one.given_at)}
            for one in await people.consents(subject_id)
        ],
        "receivers": {client_id: moment(at) for client_id, at in receivers.items()},
    }
