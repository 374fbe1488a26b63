"""Managed keys, plans and guards as operators read them, by command line, API and dashboard alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from certs.keys.key_state import IN_DOCUMENT
from certs.keys.public_text import public_text
from certs.keys.rotation.guards import Guard, closed, span
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.schedule import Step
from gateway.admin.key_sets import SetDescription
from gateway.admin.key_work import Done
from gateway.admin.numbers import moment


def described_set(description: SetDescription, keys: KeySetRecord, steps: Sequence[Step]) -> dict[str, Any]:
    """One set: its numbers, its keys, what comes next and what is in the way."""
    rules = description.rules
    return {
        "key_set": description.name,
        "purpose": description.purpose,
        "algorithm": description.algorithm,
        "version": keys.version,
        "rules": {
            "publication": rules.publication.value,
            "publish_lead": span(rules.publish_lead),
            "overlap": span(rules.overlap),
            "settle": span(rules.settle),
            "active_life": span(rules.active_life),
        },
        "keys": [described_key(key) for key in keys.keys],
        "plan": [described_step(step) for step in steps],
    }


def summary(description: SetDescription, keys: KeySetRecord, steps: Sequence[Step]) -> dict[str, Any]:
    """One set in one row."""
    active, standby = keys.active, keys.standby
    following = next(iter(steps), None)
    return {
        "key_set": description.name,
        "algorithm": description.algorithm,
        "active": active.kid if active else None,
        "active_since": moment(active.activated_at) if active else None,
        "next": standby.kid if standby else None,
        "in_document": len(keys.document),
        "next_step": following.verb.value if following else None,
        "due_at": moment(following.due_at) if following else None,
        "guards": [int(one.number) for one in closed(following.guards)] if following else [],
    }


def described_key(key: KeyRecord) -> dict[str, Any]:
    """One key; its handle says where the private half lies and nothing of it."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": key.state.value,
        "state_since": moment(key.state_since),
        "created_at": moment(key.created_at),
        "published_at": moment(key.published_at),
        "activated_at": moment(key.activated_at),
        "retiring_at": moment(key.retiring_at),
        "retired_at": moment(key.retired_at),
        "private_half": "gone" if key.private_gone_at or key.handle is None else key.handle.partition(":")[0],
        "published": key.state in IN_DOCUMENT,
        "public_half": public_text(key.public) or None,
        "proof": None if key.proof is None else f"{key.proof.kind.value} by {key.proof.by}, {moment(key.proof.at)}",
        "last_used_at": moment(key.last_used_at),
        "not_after": moment(key.not_after),
        "compromised_from": moment(key.compromised_from),
        "reason": key.reason or None,
    }


def described_step(step: Step) -> dict[str, Any]:
    """One step of a plan, with each guard's number, need and finding."""
    return {
        "verb": step.verb.value,
        "kid": step.kid,
        "due_at": moment(step.due_at),
        "by_hand": step.by_hand,
        "guards": [described_guard(one) for one in step.guards],
    }


def described_guard(guard: Guard) -> dict[str, Any]:
    """One guard."""
    return {
        "guard": int(guard.number),
        "name": guard.number.name.lower().replace("_", " "),
        "holds": guard.holds,
        "needs": guard.need,
        "has": guard.have,
        "opens_at": moment(guard.opens_at),
    }


def described_done(done: Done) -> dict[str, Any]:
    """What a verb has done."""
    shown: Mapping[str, Any] = {
        "key_set": done.key_set,
        "verb": done.verb,
        "kid": done.kid,
        "version": done.version,
        "changed": done.changed,
        "states": dict(done.states),
        "next": [described_step(step) for step in done.plan],
    }
    return dict(shown)
