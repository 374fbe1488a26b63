"""Initial access tokens: whom operators let register relying parties, how often, and how far (RFC 7591 §1.2)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import InitialAccessRegistry
from gateway.admin.records import InitialAccess
from gateway.audit import AuditAction
from gateway.oidc.names import Profile, Scope
from gateway.oidc.registration import JURISDICTIONS
from gateway.oidc.registration_tokens import initial_access_hash

TOKEN_BYTES: Final = 32
LIFETIME: Final = timedelta(days=30)
LONGEST_LIFETIME: Final = timedelta(days=366)
MOST_USES: Final = 10_000
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_PURPOSE: Final = re.compile(r"(?:[a-z][a-z0-9_]{0,39})?")


class InitialAccessError(ValueError):
    """A token that nobody should have; the text says what is wrong with it."""


class InitialAccessTakenError(Exception):
    """There is one of this name, perhaps a revoked one: names are never given twice."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the bearer may register."""

    scopes: Sequence[str] = ("openid", "profile")
    jurisdiction: str = "guangdong"
    purpose: str = ""
    profile: Profile = Profile.PLAIN
    uses: int = 1
    lifetime: timedelta = LIFETIME


@dataclass(frozen=True, slots=True)
class Created:
    """A new token: shown once."""

    access: InitialAccess
    token: str = field(repr=False)


async def create(
    registry: InitialAccessRegistry, name: str, terms: Terms, secret_key: bytes, act: Act, *, dry_run: bool = False
) -> Created:
    """Make a token; raises ``InitialAccessError`` for bad terms, ``InitialAccessTakenError`` for a double."""
    _check(name, terms)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    access = InitialAccess(
        name=name,
        hash=initial_access_hash(secret_key, token),
        scopes=tuple(dict.fromkeys([Scope.OPENID.value, *terms.scopes])),
        jurisdiction=terms.jurisdiction,
        purpose=terms.purpose,
        profile=terms.profile,
        uses_left=terms.uses,
        created_at=act.now,
        ends_at=act.now + terms.lifetime,
    )
    if dry_run:
        is_free = all(one.name != name for one in await registry.all())
    else:
        is_free = await registry.add(access, act.event(AuditAction.INITIAL_ACCESS_CREATED, name=name))
    if not is_free:
        raise InitialAccessTakenError
    return Created(access, token)


async def revoke(registry: InitialAccessRegistry, name: str, act: Act, *, dry_run: bool = False) -> bool:
    """Take one back; clients that were registered with it stay; false if there is none to be taken back."""
    if dry_run:
        return any(one.name == name and one.revoked_at is None for one in await registry.all())
    return await registry.revoke(name, act.now, act.event(AuditAction.INITIAL_ACCESS_REVOKED, name=name))


def described(access: InitialAccess) -> dict[str, Any]:
    """A token as operators see it: what it allows, never the token."""
    return {
        "name": access.name,
        "scope": " ".join(access.scopes),
        "jurisdiction": access.jurisdiction,
        "purpose": access.purpose,
        "profile": access.profile.value,
        "uses_left": access.uses_left,
        "created_at": moment(access.created_at),
        "ends_at": moment(access.ends_at),
        "revoked_at": moment(access.revoked_at),
    }


def _check(name: str, terms: Terms) -> None:
    if not _NAME.fullmatch(name):
        raise InitialAccessError("a name is a letter and up to 39 of a-z, 0-9, dot, dash, underscore")
    if not set(terms.scopes) <= set(Scope):
        raise InitialAccessError("known scopes are " + ", ".join(Scope))
    if terms.jurisdiction not in JURISDICTIONS:
        raise InitialAccessError("known jurisdictions are " + ", ".join(sorted(JURISDICTIONS)))
    if not _PURPOSE.fullmatch(terms.purpose):
        raise InitialAccessError("a purpose is a lower-case word")
    if not 1 <= terms.uses <= MOST_USES:
        raise InitialAccessError(f"uses are 1 to {MOST_USES}")
    if not timedelta(minutes=1) <= terms.lifetime <= LONGEST_LIFETIME:
        raise InitialAccessError(f"it lives at most {LONGEST_LIFETIME.days} days")
