"""Initial access tokens: made once, shown once, within bounds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.admin import dead_letters, initial_access
from gateway.admin.initial_access import InitialAccessError, InitialAccessTakenError, Terms
from gateway.admin.records import DeadLetter, InitialAccess
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.names import Profile
from gateway.oidc.ports import DeliveryKind
from gateway.oidc.registration_tokens import initial_access_hash
from tests.gateway.admin.fakes import NOW, FakeAudit, an_act

KEY = b"fictional pepper of thirty-two b"


class FakeTokens(FakeAudit):
    def __init__(self) -> None:
        super().__init__()
        self.by_name: dict[str, InitialAccess] = {}

    async def add(self, access: InitialAccess, event: AuditEvent) -> bool:
        if access.name in self.by_name:
            return False
        self.by_name[access.name] = access
        self.events.append(event)
        return True

    async def find(self, token_hash: bytes, now: datetime) -> InitialAccess | None:
        raise AssertionError("operators do not look for tokens by their hash")

    async def all(self) -> Sequence[InitialAccess]:
        return list(self.by_name.values())

    async def revoke(self, name: str, now: datetime, event: AuditEvent) -> bool:
        access = self.by_name.get(name)
        if access is None or access.revoked_at is not None:
            return False
        self.by_name[name] = replace(access, revoked_at=now)
        self.events.append(event)
        return True


class FakeLetters(FakeAudit):
    def __init__(self, *ids: str) -> None:
        super().__init__()
        self.letters = [DeadLetter(one, DeliveryKind.LOGOUT, "shop", NOW, NOW, 9) for one in ids]

    async def page(self, after: str | None, limit: int) -> Sequence[DeadLetter]:
        ids = [letter.id for letter in self.letters]
        first = 0 if after is None else ids.index(after) + 1
        return self.letters[first : first + limit]

    async def again(self, delivery_id: str, now: datetime, event: AuditEvent) -> bool:
        found = [letter for letter in self.letters if letter.id == delivery_id]
        self.letters = [letter for letter in self.letters if letter.id != delivery_id]
        self.events += [event] * len(found)
        return bool(found)


async def test_a_token_is_shown_once_and_only_its_hash_is_kept() -> None:
    tokens = FakeTokens()

    created = await initial_access.create(
        tokens, "harbour-board", Terms(scopes=("profile",), purpose="travel", uses=3), KEY, an_act()
    )

    assert tokens.by_name["harbour-board"].hash == initial_access_hash(KEY, created.token)
    assert created.token not in repr(created)
    assert created.token not in str(initial_access.described(created.access))
    assert created.access.scopes == ("openid", "profile")
    assert created.access.ends_at == NOW + timedelta(days=30)
    assert tokens.events[0].action is AuditAction.INITIAL_ACCESS_CREATED


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("", {}),
        ("-x", {}),
        ("Two words", {}),
        ("x" * 41, {}),
        ("x", {"scopes": ("openid", "email")}),
        ("x", {"jurisdiction": "elsewhere"}),
        ("x", {"purpose": "Two words"}),
        ("x", {"uses": 0}),
        ("x", {"uses": 10_001}),
        ("x", {"lifetime": timedelta(0)}),
        ("x", {"lifetime": timedelta(days=367)}),
    ],
)
async def test_a_token_without_bounds_is_not_made(name: str, changes: dict[str, Any]) -> None:
    tokens = FakeTokens()

    with pytest.raises(InitialAccessError):
        await initial_access.create(tokens, name, Terms(**changes), KEY, an_act())

    assert tokens.by_name == {}


async def test_a_name_is_never_given_twice_and_a_dry_run_gives_none() -> None:
    tokens = FakeTokens()
    await initial_access.create(tokens, "x", Terms(), KEY, an_act(), dry_run=True)
    assert tokens.by_name == {}
    await initial_access.create(tokens, "x", Terms(profile=Profile.FAPI2_SP), KEY, an_act())

    for dry_run in (False, True):
        with pytest.raises(InitialAccessTakenError):
            await initial_access.create(tokens, "x", Terms(), KEY, an_act(), dry_run=dry_run)


async def test_a_token_is_taken_back_once() -> None:
    tokens = FakeTokens()
    await initial_access.create(tokens, "x", Terms(), KEY, an_act())

    assert await initial_access.revoke(tokens, "x", an_act(), dry_run=True)
    assert await initial_access.revoke(tokens, "x", an_act())
    assert not await initial_access.revoke(tokens, "x", an_act())
    assert not await initial_access.revoke(tokens, "y", an_act(), dry_run=True)

    assert tokens.actions == [AuditAction.INITIAL_ACCESS_CREATED, AuditAction.INITIAL_ACCESS_REVOKED]


async def test_a_letter_is_listed_without_what_it_said_and_delivered_again_once() -> None:
    letters = FakeLetters(*(f"d-{number}" for number in range(150)))

    listed = await dead_letters.page(letters, after="d-0", limit=2)
    assert await dead_letters.again(letters, "d-149", an_act(), dry_run=True)
    assert not await dead_letters.again(letters, "d-150", an_act(), dry_run=True)
    assert await dead_letters.again(letters, "d-149", an_act())
    assert not await dead_letters.again(letters, "d-149", an_act())

    assert [row["id"] for row in listed] == ["d-1", "d-2"]
    assert listed[0]["kind"] == "logout"
    assert letters.actions == [AuditAction.DELIVERY_REPEATED]
