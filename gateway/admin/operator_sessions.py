"""How operators come in: a password with a one-time code, or a client certificate; and how long they stay.

A name that nobody has, a wrong password, a wrong code and somebody who was disabled look alike and cost the same. Tries
are counted by name and by address before anything is compared. What is kept of a session is a keyed hash.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys import one_time_code
from certs.keys.client_certificate import ClientCertificates
from certs.keys.password import Passwords
from gateway.admin import operators
from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.operation_ports import OperatorAccounts, SignInAttempts
from gateway.admin.operation_records import Credentials, OperatorSession, Strength
from gateway.admin.ports import OperatorRegistry
from gateway.admin.records import Operator
from gateway.audit import AuditAction, AuditLog
from gateway.oidc.random_values import new_value

PREFIX: Final = "gos_"
"""Begins every session's token, so that one that went astray is found by scanners."""
NAME_TRIES: Final = "operator sign-in name"
ADDRESS_TRIES: Final = "operator sign-in address"
TOUCH_AFTER: Final = timedelta(seconds=30)
"""How old the last sign of life is before a new one is written."""
_DOMAIN: Final = b"operator session|"
_NAME_LIMIT: Final = 64
_AT_ONCE: Final = 2
"""Passwords that are hashed at once: each takes 64 MiB."""
_NOBODYS_SECRET: Final = bytes(one_time_code.SECRET_BYTES)


class SignInError(Exception):
    """Nobody was signed in; why is not said."""


class TooManyTriesError(SignInError):
    """This name, or this address, has to wait; said of names that nobody has as well."""


@dataclass(frozen=True, slots=True, repr=False)
class Door:
    """What operators come in by."""

    operators: OperatorRegistry
    accounts: OperatorAccounts
    name_tries: SignInAttempts
    address_tries: SignInAttempts
    audit: AuditLog
    secret_key: bytes = field(repr=False)
    passwords: Passwords = field(default_factory=Passwords)
    session: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(minutes=15)
    needs_two_factors: bool = True
    """Whether acts that change something take more than a key of the operator API."""
    certificates: ClientCertificates | None = None
    """Judges client certificates; none where the listener asks for none."""
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))


@dataclass(frozen=True, slots=True, repr=False)
class Presented:
    """What somebody types to be let in, and where from."""

    name: str
    password: str
    code: str
    address: str


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """Who asks, and how they have shown it."""

    operator: Operator
    strength: Strength
    session: OperatorSession | None = None
    """None for a key, and for a certificate without a session."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, with its token: shown once."""

    session: OperatorSession
    token: str = field(repr=False)


async def sign_in(door: Door, presented: Presented, act: Act) -> SignedIn:
    """Sign somebody in by password and one-time code; ``act.operator`` is nobody yet. Raises ``SignInError``."""
    name = presented.name
    await _count(door, presented, act)
    operator = await door.operators.find(name)
    credentials = await door.accounts.credentials(name) or Credentials(name)
    is_known = await _is_password(door, presented.password, credentials.password)
    secret = credentials.totp_secret or _NOBODYS_SECRET
    step = one_time_code.step_of(secret, presented.code, act.now, after=credentials.totp_step)
    if operator is None or not is_active(operator, act.now) or not is_known or credentials.totp_secret is None:
        raise await _refused(door, operator, act)
    # A code is taken only with the right password: else anybody could use up everybody's codes.
    if step is None or not await door.accounts.spend_code(name, step, act.now):
        raise await _refused(door, operator, act)
    await _renew_hash(door, credentials, presented.password, act.now)
    return await _begin(door, operator, Strength.TWO_FACTORS, act)


async def sign_in_by_certificate(door: Door, certificate: bytes, act: Act) -> SignedIn:
    """Begin a session with a client certificate; the session is good on connections that show the same one."""
    operator = await of_certificate(door, certificate, act.now)
    if operator is None:
        raise SignInError
    return await _begin(door, operator, Strength.CERTIFICATE, act)


async def of_certificate(door: Door, certificate: bytes, now: datetime) -> Operator | None:
    """Whose client certificate it is, if an authority of ours vouches for it now and its operator is active."""
    if door.certificates is None or door.certificates.names(certificate, now) is None:
        return None
    found = await door.accounts.of_certificate(door.certificates.thumbprint(certificate))
    operator = None if found is None else await door.operators.find(found.name)
    return operator if operator is not None and is_active(operator, now) else None


async def resume(door: Door, token: str, certificate: bytes | None, now: datetime) -> Signed | None:
    """Who is signed in with this token; nobody after its end, after a change of theirs, or once disabled."""
    session = await door.accounts.session(hash_token(door.secret_key, token), now)
    if session is None:
        return None
    operator = await door.operators.find(session.name)
    if operator is None or not is_active(operator, now):
        return None
    if session.strength is Strength.CERTIFICATE:
        shown = None if certificate is None else await of_certificate(door, certificate, now)
        if shown is None or shown.name != operator.name:
            return None
    return Signed(operator, session.strength, await _touched(door, session, now))


async def sign_out(door: Door, session: OperatorSession, act: Act) -> bool:
    """End one's own session; false if it has ended already."""
    return await door.accounts.end(session.hash, act.event(AuditAction.OPERATOR_SIGNED_OUT, name=session.name))


async def end_all(door: Door, name: str, act: Act) -> int:
    """End every session of somebody; gives how many there were."""
    return await door.accounts.end_all(name, act.event(AuditAction.OPERATOR_SIGNED_OUT, name=name, sessions="all"))


def hash_token(secret_key: bytes, token: str) -> bytes:
    """The form in which a session's token is kept; it has 256 random bits, so one quick hash is enough."""
    return hmac.digest(secret_key, _DOMAIN + token[: operators.KEY_LIMIT].encode("utf-8", "replace"), hashlib.sha256)


def is_active(operator: Operator, now: datetime) -> bool:
    """Whether an operator has not been disabled."""
    return operator.disabled_at is None or operator.disabled_at > now


def described(session: OperatorSession) -> Mapping[str, Any]:
    """A session as its operator, and a custodian, see it."""
    return {
        "name": session.name,
        "strength": session.strength.value,
        "began_at": moment(session.began_at),
        "seen_at": moment(session.seen_at),
        "ends_at": moment(session.ends_at),
        "latest_end": moment(session.latest_end),
    }


async def _count(door: Door, presented: Presented, act: Act) -> None:
    """Count the try before anything is looked up: what nobody has is counted as what somebody has."""
    is_admitted = await door.address_tries.admit(ADDRESS_TRIES, presented.address, act.now)
    name = presented.name.casefold()[:_NAME_LIMIT]
    if not is_admitted or not await door.name_tries.admit(NAME_TRIES, name, act.now):
        raise TooManyTriesError


async def _is_password(door: Door, password: str, phc: str | None) -> bool:
    async with door.hashing:  # as long as it takes, and beside everything else
        return await asyncio.to_thread(door.passwords.verify, password, phc)


async def _renew_hash(door: Door, credentials: Credentials, password: str, now: datetime) -> None:
    """Make a hash of older parameters anew, now that the password is at hand."""
    if credentials.password is None or not door.passwords.is_old(credentials.password):
        return
    async with door.hashing:
        phc = await asyncio.to_thread(door.passwords.hash, password)
    await door.accounts.renew_hash(credentials.name, credentials.password, phc, now)


async def _begin(door: Door, operator: Operator, strength: Strength, act: Act) -> SignedIn:
    token = PREFIX + new_value()
    latest = act.now + door.session
    session = OperatorSession(
        hash=hash_token(door.secret_key, token),
        name=operator.name,
        strength=strength,
        began_at=act.now,
        seen_at=act.now,
        ends_at=min(act.now + door.idle, latest),
        latest_end=latest,
    )
    own = replace(act, operator=operator.name)
    await door.accounts.begin(session, own.event(AuditAction.OPERATOR_SIGNED_IN, strength=strength.value))
    return SignedIn(session, token)


async def _touched(door: Door, session: OperatorSession, now: datetime) -> OperatorSession:
    if now - session.seen_at < TOUCH_AFTER:
        return session
    seen = replace(session, seen_at=now, ends_at=min(now + door.idle, session.latest_end))
    await door.accounts.touch(seen)
    return seen


async def _refused(door: Door, operator: Operator | None, act: Act) -> SignInError:
    """Put it on record. A name that nobody has is not repeated: it may be a password in the wrong field."""
    words = {"why": "sign_in"} if operator is None else {"why": "sign_in", "name": operator.name}
    event = replace(act, operator=operator.name if operator is not None else "nobody").event(
        AuditAction.OPERATOR_REFUSED, **words
    )
    await door.audit.append(event)
    return SignInError()
