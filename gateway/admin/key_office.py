"""Operators' work on managed keys: every verb reads the set, asks the guards, and writes once (§9.2).

A verb is idempotent under its operation id, changes nothing in a dry run, needs a reason where a person acts, and goes
on record together with its change. Two who act at once: one changes the set, the other is told so.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Final

from certs.keys.backends import NewKey
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import Facts, Guard, GuardError, GuardNumber, require
from certs.keys.rotation.records import KeyRecord, KeySetRecord, Proof, ProofKind
from certs.keys.rotation.rules import Publication
from gateway.admin.acts import Act
from gateway.admin.key_sets import SetDescription
from gateway.admin.key_work import (
    AlreadyRunningError,
    Chain,
    Done,
    KeyOffice,
    Order,
    UnknownKeySetError,
    carry_out,
    current,
    done_before,
    done_of,
    facts,
    failed,
    require_expected,
    second_person,
)
from gateway.admin.operation_records import JointActKind
from gateway.audit import AuditAction

_COMING: Final = (KeyState.GENERATED, KeyState.CERTIFIED, KeyState.PUBLISHED, KeyState.HELD)


async def generate(office: KeyOffice, name: str, order: Order, material: bytes | None = None) -> Done:
    """Make the next key in its backend, or keep what a partner issued; one that is on its way is not made again."""
    description, keys = await current(office, name)
    if (again := await done_before(office, name, "generate", order)) is not None:
        return again
    _require_none_coming(keys)
    if order.dry_run:
        return await carry_out(office, name, "generate", AuditAction.KEY_GENERATED, lambda keys, _: keys, order)
    try:
        made = await asyncio.to_thread(_make, office, description, material)  # an RSA key takes a while
    except KeyMaterialError as error:
        await failed(office, name, "generate", order.act)
        raise GuardError(_backend_down(error)) from error

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        _require_none_coming(keys)
        return moves.generate(keys, made, known.now)

    try:
        done = await carry_out(office, name, "generate", AuditAction.KEY_GENERATED, move, order, kid=made.kid)
    except BaseException:
        office.backend.destroy(made.handle)  # nobody will ever know it
        raise
    if not done.changed:
        office.backend.destroy(made.handle)
    return done


async def publish(office: KeyOffice, name: str, order: Order, kid: str | None = None) -> Done:
    """Show the next key, or let a held one go on."""
    description, _ = await current(office, name)

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        chosen = kid or _only(keys, KeyState.CERTIFIED, KeyState.GENERATED, KeyState.HELD)
        return moves.publish(keys, chosen, description.rules, known.now)

    return await carry_out(office, name, "publish", AuditAction.KEY_PUBLISHED, move, order, kid=kid)


async def prove(office: KeyOffice, name: str, proof: ProofKind, order: Order, kid: str | None = None) -> Done:
    """Put on record that everybody concerned sees the next key; an override is an act of two persons (guard 3)."""
    description, keys = await current(office, name)
    if (again := await done_before(office, name, "prove", order, kid)) is not None:
        return again
    _require_fit(proof, description)
    chosen = kid or _only(keys, KeyState.PUBLISHED, KeyState.HELD)
    by = order.act.operator
    if proof is ProofKind.OVERRIDE:
        by = await _second(office, JointActKind.PROOF_OVERRIDE, name, chosen, order)

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.prove(keys, chosen, Proof(proof, known.now, by))

    return await carry_out(office, name, "prove", AuditAction.KEY_PROVEN, move, order, kid=chosen)


async def activate(office: KeyOffice, name: str, order: Order, kid: str | None = None) -> Done:
    """The next key signs from now on; all guards must hold."""
    description, _ = await current(office, name)

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        chosen = kid or _only(keys, KeyState.PUBLISHED, KeyState.HELD, KeyState.CERTIFIED, KeyState.GENERATED)
        return moves.activate(keys, chosen, description.rules, known)

    return await carry_out(office, name, "activate", AuditAction.KEY_ACTIVATED, move, order, kid=kid)


async def hold(office: KeyOffice, name: str, order: Order, kid: str | None = None) -> Done:
    """Keep the next key from being activated, until it is published again."""
    order.act.require_reason()

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.hold(keys, kid or _only(keys, KeyState.PUBLISHED), order.act.reason, known.now)

    return await carry_out(office, name, "hold", AuditAction.KEY_HELD, move, order, kid=kid)


async def abort(office: KeyOffice, name: str, order: Order) -> Done:
    """Take a fresh activation back."""
    order.act.require_reason()
    description, _ = await current(office, name)

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.abort(keys, description.rules, known.now)

    return await carry_out(office, name, "abort", AuditAction.KEY_ABORTED, move, order)


async def retire(office: KeyOffice, name: str, order: Order, kid: str | None = None) -> Done:
    """Take a key out of the document; one that was seen lately only with a second person's agreement (guard 9)."""
    description, keys = await current(office, name)
    if (again := await done_before(office, name, "retire", order, kid)) is not None:
        return again
    chosen = kid or _only(keys, KeyState.RETIRING)
    is_acknowledged = False
    if order.joint_act is not None or order.ask:
        await _second(office, JointActKind.EARLY_RETIRE, name, chosen, order)
        is_acknowledged = True

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.retire(keys, chosen, description.rules, replace(known, acknowledged_use=is_acknowledged))

    return await carry_out(office, name, "retire", AuditAction.KEY_RETIRED, move, order, kid=chosen)


async def certify(office: KeyOffice, name: str, kid: str, chain: Chain, order: Order) -> Done:
    """A checked certificate joins its key (`certs.keys.own_certificate` has checked it)."""

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.certify(keys, kid, chain.certificates, chain.not_after, known.now)

    return await carry_out(office, name, "import-cert", AuditAction.KEY_CERTIFIED, move, order, kid=kid)


async def compromise(office: KeyOffice, name: str, kid: str, since: datetime, order: Order) -> Done:
    """Somebody else may have the key: out of the document at once, the standby signs; one person is enough (§9.1).

    Asked for again it goes on where it was interrupted, so that no set stays without a key that signs.
    """
    order.act.require_reason()

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.compromise(keys, kid, since, order.act.reason, known.now)

    done = await _cut_off(office, name, kid, order)
    if done is None:
        done = await carry_out(office, name, "compromise", AuditAction.KEY_COMPROMISED, move, order, kid=kid)
    if order.dry_run or KeyState.ACTIVE.value in done.states.values():
        return done
    try:
        return await _replace_at_once(office, name, replace(order, operation=None, expected=None))
    except (GuardError, AlreadyRunningError):
        return done  # the key counts for nothing any more, which is what was asked; the plan says what is missing


async def revoke(office: KeyOffice, name: str, kid: str, order: Order) -> Done:
    """Put on record that everybody concerned was told of a compromised key."""
    order.act.require_reason()

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.revoke(keys, kid, known.now)

    return await carry_out(office, name, "revoke", AuditAction.KEY_REVOKED, move, order, kid=kid)


async def destroy(office: KeyOffice, name: str, kid: str, order: Order) -> Done:
    """Destroy a private half for good: an act of two persons. The public half stays for the archive."""
    order.act.require_reason()
    description, keys = await current(office, name)
    key = keys.find(kid)
    if key is None:
        raise UnknownKeySetError("there is no key of this name in the set")
    if (again := await done_before(office, name, "destroy", order, kid)) is not None:
        return again
    require_expected(keys, order)
    moves.destroy(keys, kid, description.rules, order.act.now)  # the guards, before anybody's agreement is used up
    await _second(office, JointActKind.KEY_DESTROY, name, kid, order)
    if not order.dry_run:
        await _wipe(office, name, key, order.act)

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.destroy(keys, kid, description.rules, known.now)

    return await carry_out(office, name, "destroy", AuditAction.KEY_DESTROYED, move, order, kid=kid)


async def destroy_private(office: KeyOffice, name: str, kid: str, order: Order) -> Done:
    """Destroy the private half of a key that only verifies, once its rotation cannot be taken back any more."""
    description, keys = await current(office, name)
    key = keys.find(kid)
    if key is None:
        raise UnknownKeySetError("there is no key of this name in the set")
    if (again := await done_before(office, name, "destroy-private", order, kid)) is not None:
        return again
    require_expected(keys, order)  # a file that is gone comes back by no guard
    moves.disable_private(keys, kid, description.rules, order.act.now)
    if not order.dry_run:
        await _wipe(office, name, key, order.act)  # before the record says so: a crash between is repeated, not lost

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.disable_private(keys, kid, description.rules, known.now)

    return await carry_out(office, name, "destroy-private", AuditAction.KEY_DESTROYED, move, order, kid=kid)


async def _cut_off(office: KeyOffice, name: str, kid: str, order: Order) -> Done | None:
    """The set as it is, if the key is known to be lost and nothing took its place: a crash came between."""
    description, keys = await current(office, name)
    key = keys.find(kid)
    if keys.active is not None or key is None or key.state is not KeyState.COMPROMISED:
        return None
    known = await facts(office, keys, order.act.now)
    return done_of(description, keys, "compromise", kid, known, changed=False)


async def _replace_at_once(office: KeyOffice, name: str, order: Order) -> Done:
    """There was no standby: a key is made, shown and signs in one breath, since the other choice is to sign nothing."""
    _, keys = await current(office, name)
    coming = next(iter(keys.in_state(*_COMING)), None)
    if coming is None:
        await generate(office, name, order)
        _, keys = await current(office, name)
        coming = next(iter(keys.in_state(*_COMING)))
    chosen = coming.kid
    if coming.state is not KeyState.PUBLISHED:
        await publish(office, name, order, chosen)

    def move(keys: KeySetRecord, known: Facts) -> KeySetRecord:
        return moves.take_over(keys, chosen, known.now)

    return await carry_out(office, name, "take-over", AuditAction.KEY_ACTIVATED, move, order, kid=chosen)


def _make(office: KeyOffice, description: SetDescription, material: bytes | None) -> NewKey:
    if material is None and description.is_issued:
        raise KeyMaterialError("the partner issues this credential: bring it with --from-file")
    if material is None:
        return office.backend.generate(description.name, description.algorithm)
    if description.check is not None:
        description.check(material)
    return office.backend.store(description.name, description.algorithm, material)


async def _wipe(office: KeyOffice, name: str, key: KeyRecord, act: Act) -> None:
    try:
        office.backend.destroy(key.handle or "")
    except KeyMaterialError as error:
        await failed(office, name, "destroy", act)
        raise GuardError(_backend_down(error)) from error


async def _second(office: KeyOffice, kind: JointActKind, name: str, kid: str, order: Order) -> str:
    """Use up the second person's agreement to exactly this; gives both names."""
    return await second_person(office, kind, {"key_set": name, "kid": kid}, order)


def _only(keys: KeySetRecord, *states: KeyState) -> str:
    """The key that is meant when none is named; the guard speaks where there is none."""
    for state in states:
        found = keys.in_state(state)
        if found:
            return found[0].kid
    need = " or ".join(state.value for state in states)
    raise GuardError(Guard(GuardNumber.STATE, holds=False, need=f"a key in state {need}", have="none"))


def _require_none_coming(keys: KeySetRecord) -> None:
    coming = keys.in_state(*_COMING)
    have = f"one in state {coming[0].state.value} already" if coming else "none"
    require(Guard(GuardNumber.STATE, not coming, "no key on its way", have))


def _require_fit(proof: ProofKind, description: SetDescription) -> None:
    """A partner's word proves what a partner registers; what everybody reads takes a look from outside."""
    publication = description.rules.publication
    is_fit = proof is not ProofKind.PARTNER or publication is Publication.PARTNER
    require(Guard(GuardNumber.PUBLICATION, is_fit, f"proof of publication ({publication.value})", "a partner's word"))


def _backend_down(error: KeyMaterialError) -> Guard:
    have = "it does not answer" if isinstance(error, KeyUnavailableError) else str(error)
    return Guard(GuardNumber.BACKEND, holds=False, need="a backend that keeps the private half", have=have)
