"""Decide on the evidence and write the decision, or say what stood in the way (mapping specification 10.4)."""

from typing import Final

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.asking import Asking
from gateway.broker.conflicts import Refused, refuse, refuse_tie
from gateway.broker.parts import Broker
from gateway.broker.ports import BindingConflictError, BindingRaceError, Held
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Decision, Evidence, Known, Renew
from mapping.lifecycle import Change
from mapping.resolve import decide

_RACES: Final = 5
"""How often a lost race for a record is tried again before it counts as a fault."""

_ACTIONS: Final = {
    Change.SUPERSEDED: AuditAction.IDENTIFIER_SUPERSEDED,
    Change.MOVED: AuditAction.IDENTIFIER_SUPERSEDED,
    Change.CORRECTED: AuditAction.IDENTIFIER_CORRECTED,
    Change.RENEWED: AuditAction.IDENTIFIER_RENEWED,
}
"""What a change is called in the audit trail; all others are a binding."""


async def record(broker: Broker, asking: Asking, evidence: Evidence) -> Held | Refused:
    """Bring the records and the evidence together; a lost race is decided anew on what is there now (MP-04).

    Raises ``BindingRaceError`` if others keep changing the same record.
    """
    if evidence.permit is None:
        raise ValueError("nothing is recorded without a permit")
    person = asking.person
    for _ in range(_RACES):
        known = await broker.numbers.known(
            person.subject_id, evidence.permit, evidence.previous_permit, evidence.residence_permit
        )
        decision = _decided(evidence, known, asking)
        if isinstance(decision, MappingError):
            return await refuse(broker, asking, evidence, known, decision.code)
        event = _event(asking, decision)
        try:
            return await broker.numbers.apply(person.subject_id, person.provider, evidence, decision, asking.now, event)
        except BindingRaceError:
            continue
        except BindingConflictError:
            return await refuse_tie(broker, asking, evidence, evidence.permit)
        except MappingError as error:  # the day's numbers are used up, or the record was frozen in this moment
            return await refuse(broker, asking, evidence, known, error.code)
    raise BindingRaceError


def _decided(evidence: Evidence, known: Known, asking: Asking) -> Decision | MappingError:
    try:
        return decide(evidence, known, asking.policy)
    except MappingError as error:
        return error


def _event(asking: Asking, decision: Decision) -> AuditEvent:
    change = _change(decision)
    action = _ACTIONS.get(change, AuditAction.IDENTIFIER_BOUND) if change else AuditAction.IDENTIFIER_BOUND
    details = {"reason": type(decision).__name__.lower()}
    if change is not None:
        details["change"] = change.value
    return asking.event(action, **details)


def _change(decision: Decision) -> Change | None:
    match decision:
        case Bind(change=change) | Allocate(change=change):
            return change
        case Renew():
            return Change.RENEWED
        case _:
            return None
