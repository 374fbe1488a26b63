"""What operators sign in with: kept after it was proven, bound to one of them, taken away as a whole."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.keys import one_time_code
from certs.keys.certificate_facts import CertificateFacts, read_certificates
from certs.keys.client_certificate import ClientCertificates
from certs.keys.password import PasswordError
from gateway.admin import operator_accounts, operator_sessions, operators
from gateway.admin.acts import Act
from gateway.admin.operation_records import Strength
from gateway.admin.operator_accounts import CredentialError
from gateway.admin.operator_sessions import SignInError
from gateway.admin.operators import OperatorNameError, OwnRightsError, UnknownOperatorError
from gateway.admin.records import Role
from gateway.audit import AuditAction
from tests.certs.builders import NOW as VALID
from tests.certs.pki import a_client_certificate, an_authority, pem_of
from tests.gateway.admin.fakes import NOW, an_act
from tests.gateway.admin.operators_door import KEY, PASSWORD, DoorBench

AUTHORITY = ClientCertificates([pem_of(an_authority())])


@pytest.fixture
async def bench() -> DoorBench:
    made = DoorBench()
    for name in ("ada", "ben"):
        await made.enrolled(name)
    return made


def facts(der: bytes) -> CertificateFacts:
    (one,) = read_certificates(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return one


def valid(**changes: Any) -> Act:
    return an_act(now=VALID, **changes)


async def test_a_password_that_is_not_taken_changes_nothing(bench: DoorBench) -> None:
    before = bench.accounts.by_name["ada"]

    with pytest.raises(PasswordError):
        await operator_accounts.set_password(bench.office(), "ada", "short", an_act())
    await operator_accounts.set_password(bench.office(), "ada", "another long enough one", an_act(), dry_run=True)

    assert bench.accounts.by_name["ada"] == before


async def test_what_is_kept_of_a_password_is_a_hash_and_no_record_tells_more(bench: DoorBench) -> None:
    kept = bench.accounts.by_name["ada"]

    assert kept.password is not None
    assert kept.password.startswith("$argon2id$")
    assert PASSWORD not in str(bench.accounts.events)
    assert kept.password not in repr(kept)
    assert {event.details["what"] for event in bench.accounts.events} == {"password", "one_time_code"}


async def test_an_authenticator_counts_after_a_code_of_it_was_typed(bench: DoorBench) -> None:
    before = bench.accounts.by_name["ada"]
    enrolment = await operator_accounts.begin_enrolment(bench.office(), "ada", NOW)

    with pytest.raises(CredentialError):
        await operator_accounts.confirm_enrolment(bench.office(), enrolment, "000000", an_act())

    assert bench.accounts.by_name["ada"] == before
    assert enrolment.typed in enrolment.address
    assert enrolment.typed not in repr(enrolment)


async def test_the_code_that_confirmed_is_not_taken_again(bench: DoorBench) -> None:
    enrolment = await operator_accounts.begin_enrolment(bench.office(), "ada", NOW)
    code = one_time_code.code_at(enrolment.secret, one_time_code.step_at(NOW))
    await operator_accounts.confirm_enrolment(bench.office(), enrolment, code, an_act())

    with pytest.raises(SignInError):
        await operator_sessions.sign_in(bench.door(), bench.presented(code=code), an_act())


async def test_nothing_is_set_for_somebody_who_is_not_there_or_no_more(bench: DoorBench) -> None:
    await operators.disable(bench.operators, "ben", an_act())
    office, certificate = bench.office(), facts(a_client_certificate())

    for name in ("ben", "nobody"):
        for step in (
            operator_accounts.set_password(office, name, PASSWORD, an_act()),
            operator_accounts.begin_enrolment(office, name, NOW),
            operator_accounts.bind_certificate(office, name, certificate, valid()),
        ):
            with pytest.raises(UnknownOperatorError):
                await step


@pytest.mark.spec("RFC 8705 §3.1")
async def test_a_certificate_signs_in_whoever_it_is_bound_to_while_the_connection_shows_it(bench: DoorBench) -> None:
    door, der = bench.door(certificates=AUTHORITY), a_client_certificate()
    thumbprint = await operator_accounts.bind_certificate(bench.office(), "ada", facts(der), valid())

    signed = await operator_sessions.sign_in_by_certificate(door, der, valid(operator="nobody"))

    assert thumbprint == AUTHORITY.thumbprint(der)
    found = await operator_sessions.resume(door, signed.token, der, VALID)
    assert found is not None
    assert (found.operator.name, found.strength) == ("ada", Strength.CERTIFICATE)
    assert await operator_sessions.resume(door, signed.token, None, VALID) is None
    assert await operator_sessions.resume(door, signed.token, b"another", VALID) is None


async def test_a_certificate_that_nobody_is_bound_to_lets_nobody_in(bench: DoorBench) -> None:
    door = bench.door(certificates=AUTHORITY)

    assert await operator_sessions.of_certificate(door, a_client_certificate(), VALID) is None


async def test_a_certificate_of_another_authority_lets_nobody_in_even_when_it_is_bound(bench: DoorBench) -> None:
    der = a_client_certificate(issued_by=1001)
    await operator_accounts.bind_certificate(bench.office(), "ada", facts(der), valid())

    assert await operator_sessions.of_certificate(bench.door(certificates=AUTHORITY), der, VALID) is None


async def test_a_certificate_belongs_to_one_operator(bench: DoorBench) -> None:
    certificate = facts(a_client_certificate())
    await operator_accounts.bind_certificate(bench.office(), "ada", certificate, valid())

    for dry_run in (True, False):
        with pytest.raises(CredentialError):
            await operator_accounts.bind_certificate(bench.office(), "ben", certificate, valid(), dry_run=dry_run)

    assert bench.accounts.by_name["ben"].certificate is None


async def test_a_certificate_that_is_over_is_not_bound(bench: DoorBench) -> None:
    certificate = facts(a_client_certificate())

    with pytest.raises(CredentialError):
        await operator_accounts.bind_certificate(bench.office(), "ada", certificate, an_act(now=certificate.not_after))


async def test_after_a_loss_everything_goes_at_once(bench: DoorBench) -> None:
    signed = await operator_sessions.sign_in(bench.door(), bench.presented(), an_act())

    assert await operator_accounts.take_away(bench.office(), "ada", an_act())

    shown = await operator_accounts.described(bench.office(), await found(bench, "ada"), NOW)
    assert shown == {"password": False, "one_time_code": False, "certificate": None, "sessions": []}
    assert await operator_sessions.resume(bench.door(), signed.token, None, NOW) is None
    assert not await operator_accounts.take_away(bench.office(), "nobody", an_act())


async def found(bench: DoorBench, name: str) -> Any:
    return await bench.operators.find(name)


# ------------------------------------------------------------------------------------------------ roles and places
async def test_another_role_and_other_places_are_given_with_a_reason(bench: DoorBench) -> None:
    changed = await operators.change(bench.operators, "ben", Role.AUDITOR, an_act(), jurisdictions=["macao", "macao"])

    assert (changed.role, changed.jurisdictions) == (Role.AUDITOR, ("macao",))
    assert await found(bench, "ben") == changed
    assert bench.operators.actions[-1] is AuditAction.OPERATOR_UPDATED
    assert bench.operators.events[-1].details["jurisdictions"] == "macao"


async def test_places_stay_unless_they_are_named(bench: DoorBench) -> None:
    await operators.change(bench.operators, "ben", Role.KEEPER, an_act(), jurisdictions=["macao"])

    assert (await operators.change(bench.operators, "ben", Role.READER, an_act())).jurisdictions == ("macao",)
    everywhere = await operators.change(bench.operators, "ben", Role.READER, an_act(), jurisdictions=())
    assert everywhere.jurisdictions == ()


@pytest.mark.parametrize("dry_run", [True, False])
async def test_nobody_changes_their_own_rights(bench: DoorBench, dry_run: bool) -> None:
    for name in ("ada", "ADA"):
        with pytest.raises(OwnRightsError):
            await operators.change(bench.operators, name, Role.CUSTODIAN, an_act(operator="ada"), dry_run=dry_run)


async def test_an_unknown_operator_or_place_is_refused(bench: DoorBench) -> None:
    with pytest.raises(UnknownOperatorError):
        await operators.change(bench.operators, "nobody", Role.READER, an_act())
    with pytest.raises(OperatorNameError):
        await operators.change(bench.operators, "ben", Role.READER, an_act(), jurisdictions=["atlantis"])
    with pytest.raises(OperatorNameError):
        await operators.create(bench.operators, "cyd", Role.READER, KEY, an_act(), jurisdictions=["HK"])
