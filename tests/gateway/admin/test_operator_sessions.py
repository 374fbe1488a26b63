"""Signing in at the operators' listener: two factors together, each code once, few tries, and an end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from certs.keys.client_certificate import ClientCertificates
from certs.keys.password import Passwords
from gateway.admin import operator_accounts, operator_sessions, operators
from gateway.admin.operation_records import Strength
from gateway.admin.operator_sessions import Door, SignedIn, SignInError, TooManyTriesError
from gateway.audit import AuditAction
from tests.gateway.admin.fakes import NOW, an_act
from tests.gateway.admin.operators_door import KEY, PASSWORD, DoorBench, nobody

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def bench() -> DoorBench:
    made = DoorBench()
    await made.enrolled()
    return made


async def signed_in(bench: DoorBench, door: Door, **changes: Any) -> SignedIn:
    return await operator_sessions.sign_in(door, bench.presented(**changes), nobody())


async def test_password_and_code_together_begin_a_session_whose_token_is_kept_nowhere(bench: DoorBench) -> None:
    door = bench.door()

    signed = await signed_in(bench, door)

    found = await operator_sessions.resume(door, signed.token, None, NOW)
    assert found is not None
    assert (found.operator.name, found.strength) == ("ada", Strength.TWO_FACTORS)
    assert len(signed.token) == 47
    assert signed.token not in repr((signed, bench.accounts, bench.audit))
    assert bench.accounts.actions[-1] is AuditAction.OPERATOR_SIGNED_IN
    assert bench.accounts.events[-1].details == {"operator": "ada", "strength": "two_factors"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": PASSWORD + "x"},
        {"code": "000000"},
        {"code": ""},
        {"name": "nobody-here"},
        {"name": "ADA"},
        {"name": "\ud800"},
        {"password": ""},
    ],
)
async def test_whatever_is_wrong_is_answered_alike_and_put_on_record_without_what_was_typed(
    bench: DoorBench, wrong: dict[str, str]
) -> None:
    with pytest.raises(SignInError) as refused:
        await signed_in(bench, bench.door(), **wrong)

    assert str(refused.value) == ""
    assert [event.action for event in bench.audit.events] == [AuditAction.OPERATOR_REFUSED]
    assert PASSWORD not in str(bench.audit.events)
    assert "nobody-here" not in str(bench.audit.events)
    assert bench.accounts.by_hash == {}


async def test_a_name_that_nobody_has_costs_the_same_hash(bench: DoorBench, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str | None] = []
    verify = Passwords.verify
    monkeypatch.setattr(Passwords, "verify", lambda *given: hashed.append(given[2]) or verify(*given))

    for name in ("ada", "nobody-here"):
        with pytest.raises(SignInError):
            await signed_in(bench, bench.door(), name=name, password="not this one")

    assert [kept is None for kept in hashed] == [False, True]


@pytest.mark.spec("RFC 6238 §5.2")
async def test_a_code_is_taken_once(bench: DoorBench) -> None:
    door = bench.door()
    await signed_in(bench, door)

    with pytest.raises(SignInError):
        await signed_in(bench, door)


async def test_a_wrong_password_uses_no_code_up(bench: DoorBench) -> None:
    door = bench.door()
    with pytest.raises(SignInError):
        await signed_in(bench, door, password="not this one")

    await signed_in(bench, door)


async def test_a_password_without_an_authenticator_lets_nobody_in() -> None:
    bench = DoorBench()
    await operators.create(bench.operators, "ada", operators.Role.KEEPER, KEY, an_act())
    await operator_accounts.set_password(bench.office(), "ada", PASSWORD, an_act())

    for code in ("", "328482", "000000"):
        with pytest.raises(SignInError):
            await signed_in(bench, bench.door(), code=code)


async def test_after_five_tries_a_name_is_locked_whether_somebody_has_it_or_not(bench: DoorBench) -> None:
    door = bench.door()
    for name in ("ada", "nobody-here"):
        for _ in range(5):
            with pytest.raises(SignInError):
                await signed_in(bench, door, name=name, password="not this one")
        with pytest.raises(TooManyTriesError):
            await signed_in(bench, door, name=name)
        with pytest.raises(TooManyTriesError):
            await signed_in(bench, door, name=name.upper())


async def test_an_address_that_tries_many_names_is_locked_too(bench: DoorBench) -> None:
    door = bench.door()
    for number in range(20):
        with pytest.raises(SignInError):
            await signed_in(bench, door, name=f"nobody-{number}", address="192.0.2.9")

    with pytest.raises(TooManyTriesError):
        await signed_in(bench, door, address="192.0.2.9")
    await signed_in(bench, door, address="192.0.2.10")


async def test_a_session_ends_when_nothing_happens_and_at_the_latest_after_its_whole_time(bench: DoorBench) -> None:
    door = bench.door(idle=15 * MINUTE, session=60 * MINUTE)
    token = (await signed_in(bench, door)).token

    seen = [
        minutes
        for minutes in range(0, 70, 14)
        if await operator_sessions.resume(door, token, None, NOW + minutes * MINUTE)
    ]

    assert seen == [0, 14, 28, 42, 56]
    other = bench.door(idle=15 * MINUTE)
    assert await operator_sessions.resume(other, token, None, NOW + 60 * MINUTE) is None


async def test_an_idle_session_is_over_at_its_very_second(bench: DoorBench) -> None:
    door = bench.door(idle=15 * MINUTE)
    token = (await signed_in(bench, door)).token

    assert await operator_sessions.resume(door, token, None, NOW + 15 * MINUTE) is None


async def test_signing_out_ends_the_session(bench: DoorBench) -> None:
    door = bench.door()
    signed = await signed_in(bench, door)

    assert await operator_sessions.sign_out(door, signed.session, an_act())

    assert await operator_sessions.resume(door, signed.token, None, NOW) is None
    assert not await operator_sessions.sign_out(door, signed.session, an_act())


async def test_whatever_changes_for_somebody_ends_their_sessions(bench: DoorBench) -> None:
    door = bench.door()
    signed = await signed_in(bench, door)

    await operator_accounts.set_password(bench.office(), "ada", "another long enough one", an_act())

    assert await operator_sessions.resume(door, signed.token, None, NOW) is None


async def test_a_disabled_operator_neither_stays_nor_comes_in(bench: DoorBench) -> None:
    door = bench.door()
    signed = await signed_in(bench, door)

    await operators.disable(bench.operators, "ada", an_act())

    assert await operator_sessions.resume(door, signed.token, None, NOW) is None
    bench.accounts.by_name["ada"] = replace(bench.accounts.by_name["ada"], totp_step=None)
    with pytest.raises(SignInError):
        await signed_in(bench, door)


async def test_a_hash_of_older_parameters_is_made_anew_and_ends_no_session(bench: DoorBench) -> None:
    before = bench.accounts.by_name["ada"].password
    door = bench.door(passwords=Passwords(memory_kib=16, iterations=1, lanes=1))

    signed = await signed_in(bench, door)

    assert bench.accounts.by_name["ada"].password != before
    assert "m=16," in (bench.accounts.by_name["ada"].password or "")
    assert await operator_sessions.resume(door, signed.token, None, NOW) is not None


@pytest.mark.parametrize("token", ["", "gos_", "gos_" + "x" * 43, "é" * 90, "\ud800"])
async def test_a_made_up_token_is_nobodys(bench: DoorBench, token: str) -> None:
    door = bench.door()
    await signed_in(bench, door)

    assert await operator_sessions.resume(door, token, None, NOW) is None


async def test_where_no_authority_is_configured_a_certificate_says_nothing(bench: DoorBench) -> None:
    assert await operator_sessions.of_certificate(bench.door(), b"certificate", NOW) is None
    with pytest.raises(SignInError):
        await operator_sessions.sign_in_by_certificate(bench.door(), b"certificate", nobody())


async def test_a_certificate_that_no_authority_vouches_for_says_nothing(bench: DoorBench) -> None:
    door = bench.door(certificates=ClientCertificates())

    for certificate in (b"", b"certificate", b"0" * 20_000):
        assert await operator_sessions.of_certificate(door, certificate, NOW) is None


def test_the_door_by_default_hashes_with_the_real_parameters() -> None:
    assert DoorBench().door(passwords=Passwords()).passwords == Passwords(65536, 3, 4)
    assert Door.__dataclass_fields__["passwords"].default_factory is Passwords
