"""Credentials change under running providers: what changed is swapped, and a bad value changes nothing."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certs.keys.errors import KeyUnavailableError
from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from gateway.held_credentials import Held
from gateway.live_upstreams import LiveUpstreams, Outcome
from gateway.upstreams import build_upstreams
from providers.calls import Calls
from tests.gateway.upstreams.rehearsal import (
    KEY,
    NEXT_KEY,
    Rehearsal,
    guangdong_rehearsal,
    hong_kong_rehearsal,
    macao_rehearsal,
    private_pem,
)
from tests.providers.asgi_net import AsgiNet

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SET = "macao-client-secret"
VALUES = {"sealed:1": b"the-first-secret", "sealed:2": b"the-second-secret", "sealed:3": b"the-third-secret"}


class Backend:
    """Holds `VALUES`; nothing else is asked of it here."""

    name = "sealed"

    def __init__(self, *missing: str) -> None:
        self.missing = missing
        self.read: list[str] = []

    def secret(self, handle: str) -> bytes:
        self.read.append(handle)
        if handle in self.missing:
            raise KeyUnavailableError("the sealed file is not there")
        return VALUES[handle]


def a_key(number: int, state: KeyState, **changes: object) -> KeyRecord:
    key = KeyRecord(f"kid-{number}", "secret", state, NOW, NOW, f"sealed:{number}")
    return replace(key, **changes)  # type: ignore[arg-type]


def a_record(*keys: KeyRecord) -> KeySetRecord:
    return KeySetRecord(SET, 1, keys)


@pytest.fixture
def macao() -> Rehearsal:
    return macao_rehearsal()


def test_what_is_used_already_is_not_made_anew(macao: Rehearsal) -> None:
    before = macao.provider

    swap = macao.live.apply(SET, Held(macao.providers["macao"]["client_secret"].encode()))

    assert swap.outcome is Outcome.SAME
    assert macao.provider is before


def test_a_changed_credential_swaps_its_provider_and_signer_and_nothing_else() -> None:
    macao, guangdong = macao_rehearsal(), guangdong_rehearsal()
    settings = replace(guangdong.settings, providers={**macao.providers, **guangdong.providers})
    upstreams = build_upstreams(settings, Calls(AsgiNet()), lambda: NOW)
    live = LiveUpstreams(settings, upstreams, lambda: NOW)
    providers, signers = dict(upstreams.providers), dict(upstreams.signers)

    swap = live.apply(SET, Held(b"another-secret"))

    assert swap.outcome is Outcome.SWAPPED
    assert [name for name in providers if upstreams.providers[name] is not providers[name]] == ["macao"]
    assert [name for name in signers if upstreams.signers[name] is not signers[name]] == ["macao"]


def test_a_credential_of_the_register_swaps_the_register_and_what_stands_behind_its_gateway() -> None:
    guangdong = guangdong_rehearsal()
    shared, provider = guangdong.upstreams.register, guangdong.provider
    assert shared is not None
    before, signer = shared.connected, guangdong.upstreams.signers["guangdong"]

    guangdong.live.apply("register-paas-token", Held(b"another-token"))

    assert guangdong.upstreams.register is shared
    assert shared.connected is not before
    assert guangdong.upstreams.signers["guangdong"] is not signer
    assert guangdong.provider is provider


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("hong_kong-client-secret", b"short", "client_secret must have at least"),
        ("hong_kong-client-secret", b"\xff\xfe-not-a-text", "client_secret must be a text"),
        ("hong_kong-decryption-key", b"-----BEGIN NOTHING-----", "decryption_key"),
        ("hong_kong-decryption-key", b"", "decryption_key must be a text"),
    ],
)
async def test_a_value_of_which_no_provider_can_be_made_changes_nothing_and_is_told(
    name: str, value: bytes, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    rehearsal = hong_kong_rehearsal()
    before, signer = rehearsal.provider, rehearsal.upstreams.signers["hong_kong"]

    with caplog.at_level(logging.WARNING):
        swap = rehearsal.live.apply(name, Held(value))

    assert (swap.outcome, problem in swap.problem) == (Outcome.REFUSED, True)
    assert rehearsal.live.problems == {name: swap.problem}
    assert rehearsal.provider is before
    assert rehearsal.upstreams.signers["hong_kong"] is signer
    assert "short" not in swap.problem + caplog.text
    await rehearsal.sign_in()


def test_a_refused_value_does_not_come_back_with_the_next_change_of_another_set() -> None:
    rehearsal = hong_kong_rehearsal()
    rehearsal.live.apply("hong_kong-client-secret", Held(b"short"))

    swap = rehearsal.live.apply(
        "hong_kong-decryption-key", Held(private_pem(NEXT_KEY).encode(), retiring=(private_pem(KEY).encode(),))
    )
    rehearsal.live.apply("hong_kong-client-secret", Held(b"long-enough-for-a-secret"))

    assert swap.outcome is Outcome.SWAPPED
    assert rehearsal.live.problems == {}


def test_an_unknown_set_is_a_mistake_of_ours(macao: Rehearsal) -> None:
    with pytest.raises(KeyError):
        macao.live.apply("macao-decryption-key", Held(b"value"))


def test_what_is_held_never_prints(macao: Rehearsal) -> None:
    assert "very-secret" not in repr(Held(b"very-secret", (b"very-secret-2",), (b"very-secret-3",)))


async def test_a_record_is_taken_up_by_its_active_key_alone_where_nothing_has_to_be_opened(macao: Rehearsal) -> None:
    backend = Backend()
    record = a_record(a_key(1, KeyState.RETIRING), a_key(2, KeyState.ACTIVE), a_key(3, KeyState.PUBLISHED))

    await macao.live.watchers(backend)[SET](record)  # type: ignore[arg-type]

    assert backend.read == ["sealed:2"]
    assert macao.live.problems == {}


def test_where_something_is_opened_the_next_and_the_retiring_key_are_held_too() -> None:
    rehearsal = hong_kong_rehearsal()
    VALUES.update({"sealed:old": private_pem(KEY).encode(), "sealed:new": private_pem(NEXT_KEY).encode()})
    record = KeySetRecord(
        "hong_kong-decryption-key",
        1,
        (
            a_key(1, KeyState.RETIRING, handle="sealed:gone", private_gone_at=NOW),
            a_key(2, KeyState.ACTIVE, handle="sealed:old"),
            a_key(3, KeyState.HELD, handle="sealed:new"),
        ),
    )
    backend = Backend()

    swap = rehearsal.live.take_up(record.name, record, backend)  # type: ignore[arg-type]

    assert swap.outcome is Outcome.SWAPPED
    assert backend.read == ["sealed:old", "sealed:new"]


@pytest.mark.parametrize(
    ("record", "backend", "problem"),
    [
        (a_record(a_key(1, KeyState.ACTIVE)), Backend("sealed:1"), "the sealed file is not there"),
        (a_record(a_key(1, KeyState.COMPROMISED)), Backend(), "no key of the set is active"),
        (a_record(a_key(1, KeyState.ACTIVE, handle=None)), Backend(), "no key of the set is active"),
    ],
    ids=["unreachable", "compromised without a successor", "without a handle"],
)
async def test_a_record_whose_active_key_is_not_there_changes_nothing_and_is_told(
    macao: Rehearsal, record: KeySetRecord, backend: Backend, problem: str
) -> None:
    before = macao.provider

    swap = macao.live.take_up(SET, record, backend)  # type: ignore[arg-type]

    assert (swap.outcome, swap.problem) == (Outcome.REFUSED, problem)
    assert macao.provider is before
    assert (await macao.sign_in()).provider == "macao"


def test_a_key_beside_the_active_one_that_cannot_be_read_is_left_out() -> None:
    rehearsal = hong_kong_rehearsal()
    VALUES["sealed:old"] = private_pem(KEY).encode()
    record = KeySetRecord(
        "hong_kong-decryption-key",
        1,
        (a_key(2, KeyState.ACTIVE, handle="sealed:old"), a_key(3, KeyState.PUBLISHED)),
    )

    swap = rehearsal.live.take_up(record.name, record, Backend("sealed:3"))  # type: ignore[arg-type]

    assert swap.outcome is Outcome.SAME
