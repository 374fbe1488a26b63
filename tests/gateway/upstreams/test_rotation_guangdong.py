"""Guangdong's rotations rehearsed: secret, platform key, SM2 key, paas token, SM4 key; nothing fails meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from certs.keys.sm import Sm2PrivateKey
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.upstreams.rehearsal import (
    GD_ID,
    GD_SECRET,
    PAAS_TOKEN,
    SM4_KEY,
    Rehearsal,
    guangdong_rehearsal,
)

SECRET_SET = "guangdong-client-secret"
NEXT_SECRET = "gd-secret:+%/number-0002"
OWN, NEXT = Sm2PrivateKey.generate(), Sm2PrivateKey.generate()


@dataclass(frozen=True)
class Credential:
    """One credential of the register: what we hold before and after, what the other side is told, how it refuses."""

    name: str
    kind: str
    before: str
    after: str
    told: str
    refused_with: str


REGISTER = [
    Credential(
        "register-sm2-key",
        "sm2_key",
        OWN.to_pem().decode(),
        NEXT.to_pem().decode(),
        NEXT.public_key.to_hex(),
        "46011",
    ),
    Credential(
        "register-paas-token", "paas_token", PAAS_TOKEN, "paas-token-number-0002", "paas-token-number-0002", "46001"
    ),
    Credential("register-sm4-key", "sm4_key", SM4_KEY, SM4_KEY[::-1], SM4_KEY[::-1], "46010"),
]


@pytest.fixture
def rehearsal() -> Rehearsal:
    return guangdong_rehearsal(OWN)


@pytest.mark.parametrize("they_are_first", [True, False], ids=["they switch first", "we switch first"])
async def test_the_client_secret_changes_in_either_order_without_a_failed_sign_in(
    rehearsal: Rehearsal, *, they_are_first: bool
) -> None:
    await rehearsal.theirs("publish", "client_secret", GD_ID, value=NEXT_SECRET)
    await rehearsal.sign_in()

    for they in (they_are_first, not they_are_first):
        if they:
            await rehearsal.theirs("switch", "client_secret", GD_ID)
        else:
            rehearsal.ours(SECRET_SET, NEXT_SECRET)
        await rehearsal.sign_in()
    await rehearsal.theirs("withdraw", "client_secret", GD_ID)

    await rehearsal.sign_in()


async def test_the_old_secret_is_refused_once_it_is_withdrawn_and_never_before(rehearsal: Rehearsal) -> None:
    late = rehearsal.provider
    await rehearsal.theirs("publish", "client_secret", GD_ID, value=NEXT_SECRET)
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    too_soon = await rehearsal.theirs("withdraw", "client_secret", GD_ID, name="1")
    await rehearsal.sign_in(late)

    await rehearsal.theirs("switch", "client_secret", GD_ID)
    await rehearsal.theirs("withdraw", "client_secret", GD_ID)

    assert too_soon == {"error": "this credential is in use; switch first"}
    assert await rehearsal.refusal(late) == (ProviderFailure.MISCONFIGURED, "40001")
    await rehearsal.sign_in()


async def test_a_secret_that_the_platform_does_not_know_yet_is_told_and_turned_back(rehearsal: Rehearsal) -> None:
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    told = await rehearsal.refusal()

    rehearsal.ours(SECRET_SET, GD_SECRET)

    assert told == (ProviderFailure.MISCONFIGURED, "40001")
    await rehearsal.sign_in()


async def test_the_platforms_key_changes_after_its_next_one_was_taken_into_the_settings(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "platform_key")
    await rehearsal.sign_in()
    both = [key.public_hex for key in rehearsal.app.state.province.keys.rack.accepted]
    restart(rehearsal, platform_public_keys=both)

    for verb in ("switch", "roll-back", "switch"):
        await rehearsal.theirs(verb, "platform_key")
        await rehearsal.sign_in()
        await rehearsal.ask()
    await rehearsal.theirs("withdraw", "platform_key")
    restart(rehearsal, platform_public_keys=both[1:])

    await rehearsal.sign_in()
    await rehearsal.ask()


async def test_a_platform_key_that_was_not_taken_in_first_is_told(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "platform_key")
    await rehearsal.theirs("switch", "platform_key")

    told = await rehearsal.refusal()
    await rehearsal.theirs("roll-back", "platform_key")

    assert told == (ProviderFailure.BROKEN, "sign")
    await rehearsal.sign_in()


@pytest.mark.parametrize("they_are_first", [True, False], ids=["they switch first", "we switch first"])
@pytest.mark.parametrize("one", REGISTER, ids=lambda one: one.kind)
async def test_a_credential_of_the_register_changes_in_either_order_and_every_question_is_answered(
    rehearsal: Rehearsal, one: Credential, *, they_are_first: bool
) -> None:
    await rehearsal.theirs("publish", one.kind, GD_ID, value=one.told)
    rehearsal.ours(one.name, one.before, coming=one.after)
    await rehearsal.ask()

    for they in (they_are_first, not they_are_first):
        if they:
            await rehearsal.theirs("switch", one.kind, GD_ID)
        else:
            rehearsal.ours(one.name, one.after, retiring=one.before)
        await rehearsal.ask()
    await rehearsal.theirs("withdraw", one.kind, GD_ID)
    rehearsal.ours(one.name, one.after)

    await rehearsal.ask()


@pytest.mark.parametrize("one", REGISTER, ids=lambda one: one.kind)
async def test_a_credential_of_the_register_is_rolled_back_and_what_is_withdrawn_is_refused(
    rehearsal: Rehearsal, one: Credential
) -> None:
    await rehearsal.theirs("publish", one.kind, GD_ID, value=one.told)
    await rehearsal.theirs("switch", one.kind, GD_ID)
    rehearsal.ours(one.name, one.after, retiring=one.before)
    too_soon = await rehearsal.theirs("withdraw", one.kind, GD_ID, name="2")

    await rehearsal.theirs("roll-back", one.kind, GD_ID)
    await rehearsal.ask()
    rehearsal.ours(one.name, one.before, coming=one.after)
    await rehearsal.ask()
    await rehearsal.theirs("withdraw", one.kind, GD_ID, name="2")
    await rehearsal.ask()
    rehearsal.ours(one.name, one.after)

    assert too_soon == {"error": "this credential is in use; switch first"}
    with pytest.raises(ProviderError) as refused:
        await rehearsal.ask()
    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.MISCONFIGURED, one.refused_with)


async def test_while_workers_differ_the_seal_of_one_is_opened_by_the_other(rehearsal: Rehearsal) -> None:
    one = REGISTER[2]
    other = guangdong_rehearsal(OWN)
    other.net.mount("https://far.mock", rehearsal.app)
    restart(other, platform_public_keys=rehearsal.settings.providers["guangdong"]["platform_public_keys"])
    await rehearsal.theirs("publish", one.kind, GD_ID, value=one.told)
    rehearsal.ours(one.name, one.after, retiring=one.before)
    other.ours(one.name, one.before, coming=one.after)

    for worker in (rehearsal, other, rehearsal):
        await worker.ask()


def restart(rehearsal: Rehearsal, **changes: Any) -> None:
    """The operator changes both blocks of the settings."""
    block: Mapping[str, Any] = rehearsal.settings.providers["guangdong"]
    register: Mapping[str, Any] = rehearsal.settings.register or {}
    rehearsal.restart({"guangdong": {**block, **changes}}, {**register, **changes})
