"""For whom a person acts: the entity of a staff login, and every entity that is not believed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.base import MandateRole, Register, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.macao import wire
from providers.macao.identity import read_identity
from tests.providers.macao.builders import (
    KEPT,
    NOW,
    UID,
    Account,
    a_callback,
    a_profile,
    a_reading,
    a_token,
    an_answer,
    an_envelope,
    signed,
)

CODE = "SIM000018"
KIND = {"account_type": "Corp-Entity", "uid": UID, "entity_code": CODE}


def an_entity(**changes: Any) -> dict[str, Any]:
    members = {
        "code": CODE,
        "taxpayerNo": "00000018",
        "nameZh": "蓮花模擬印刷有限公司",
        "namePt": "Tipografia Simulada Lótus, Limitada",
        "kind": "company",
        "status": "active",
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def a_staff_profile(**changes: Any) -> dict[str, Any]:
    return a_profile(
        **{
            "accountType": "Corp-Entity",
            "entity": an_entity(),
            "role": "staff",
            "services": ["licensing", "tax"],
            "until": "31/12/2035",
            **changes,
        }
    )


def identity_of(entity_code: str | None = CODE, **changes: Any) -> UpstreamIdentity:
    verified = a_reading().verify(signed(a_staff_profile(**changes)), NOW)
    return read_identity(verified, NOW, entity_code)


def refusal(entity_code: str | None = CODE, **changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        identity_of(entity_code, **changes)
    return refused.value


def a_staff_account(**token: Any) -> Account:
    account = Account()
    changes = {"token_client": "MacauCorpEntityService", "scope": "entity identity profile", "user_profile": KIND}
    account.token = a_token(**{**changes, **token})
    account.profile = an_envelope(signed(a_staff_profile()))
    return account


def test_a_member_of_staff_acts_in_the_services_and_until_the_end_of_the_last_day() -> None:
    identity = identity_of()

    assert identity.organisation is not None
    assert identity.mandate is not None
    assert (identity.subject, identity.name.han, len(identity.documents)) == (UID, "周小敏", 1)
    assert identity.organisation.register is Register.MACAO_TAXPAYER
    assert (identity.organisation.identifier, identity.organisation.name) == ("00000018", "蓮花模擬印刷有限公司")
    assert (identity.mandate.role, identity.mandate.scope) == (MandateRole.AGENT, ("licensing", "tax"))
    assert identity.mandate.ends_at == datetime(2035, 12, 31, 16, 0, tzinfo=UTC)


def test_a_representative_acts_in_everything_without_an_end() -> None:
    mandate = identity_of(role="representative", services=None, until=None).mandate

    assert mandate is not None
    assert (mandate.role, mandate.scope, mandate.ends_at) == (MandateRole.LEGAL_REPRESENTATIVE, (), None)


def test_an_administrator_is_an_agent() -> None:
    mandate = identity_of(role="administrator").mandate

    assert mandate is not None
    assert mandate.role is MandateRole.AGENT


def test_a_mandate_that_is_over_is_delivered_with_its_end() -> None:
    mandate = identity_of(until="31/12/2020").mandate

    assert mandate is not None
    assert mandate.ends_at is not None
    assert mandate.ends_at < NOW


def test_an_entity_with_a_portuguese_name_alone_has_that_name() -> None:
    organisation = identity_of(entity=an_entity(nameZh=None)).organisation

    assert organisation is not None
    assert organisation.name == "Tipografia Simulada Lótus, Limitada"


@pytest.mark.parametrize(
    ("changes", "failure", "detail"),
    [
        ({"entity": an_entity(code="SIM000026")}, ProviderFailure.BROKEN, "entity"),
        ({"entity": None}, ProviderFailure.BROKEN, "missing:entity"),
        ({"entity": "SIM000018"}, ProviderFailure.BROKEN, "field:entity"),
        ({"entity": an_entity(status="cancelled")}, ProviderFailure.NOT_ELIGIBLE, "entity_status"),
        ({"entity": an_entity(status=None)}, ProviderFailure.BROKEN, "missing:status"),
        ({"entity": an_entity(taxpayerNo="0000018")}, ProviderFailure.BROKEN, "field:taxpayerNo"),
        ({"entity": an_entity(taxpayerNo=18)}, ProviderFailure.BROKEN, "field:taxpayerNo"),
        ({"entity": an_entity(nameZh=None, namePt=None)}, ProviderFailure.BROKEN, "missing:entity_name"),
        ({"entity": an_entity(nameZh="蓮" * 201)}, ProviderFailure.BROKEN, "field:nameZh"),
        ({"role": None}, ProviderFailure.BROKEN, "missing:role"),
        ({"role": "master"}, ProviderFailure.BROKEN, "field:role"),
        ({"services": None}, ProviderFailure.BROKEN, "missing:services"),
        ({"services": []}, ProviderFailure.BROKEN, "field:services"),
        ({"services": "tax"}, ProviderFailure.BROKEN, "field:services"),
        ({"services": ["tax", "tax"]}, ProviderFailure.BROKEN, "field:services"),
        ({"services": ["tax", 7]}, ProviderFailure.BROKEN, "field:services"),
        ({"services": [f"s{n}" for n in range(33)]}, ProviderFailure.BROKEN, "field:services"),
        ({"until": "2035-12-31"}, ProviderFailure.BROKEN, "field:until"),
        ({"until": "31/02/2035"}, ProviderFailure.BROKEN, "field:until"),
        ({"until": "31/12/9999"}, ProviderFailure.BROKEN, "field:until"),
        ({"until": 20351231}, ProviderFailure.BROKEN, "field:until"),
        ({"accountType": "Gov-Entity"}, ProviderFailure.NOT_ELIGIBLE, "account_type"),
        ({"accountType": "Personal"}, ProviderFailure.BROKEN, "account_type"),
    ],
)
@pytest.mark.attack("UN-06")
def test_un_06_an_entity_that_is_not_as_promised_is_refused(
    changes: dict[str, Any], failure: ProviderFailure, detail: str
) -> None:
    refused = refusal(**changes)

    assert (refused.failure, refused.detail) == (failure, detail)


def test_an_entity_that_the_token_did_not_name_is_not_eligible() -> None:
    assert refusal(None).failure is ProviderFailure.NOT_ELIGIBLE


@pytest.mark.parametrize("claim", [{"entity": an_entity()}, {"role": "staff"}, {"services": ["tax"]}])
def test_a_personal_profile_that_names_an_entity_contradicts_itself(claim: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        read_identity(a_reading().verify(signed(a_profile(**claim)), NOW), NOW)

    assert refused.value.detail == "account_type"


async def test_a_staff_login_that_was_asked_for_is_read_to_its_end() -> None:
    callback = replace(a_callback(), kept={**KEPT, "scope": "profile identity entity"})

    identity = await a_staff_account().provider().finish(callback)

    assert identity.organisation is not None
    assert identity.organisation.identifier == "00000018"


async def test_a_staff_login_that_nobody_asked_for_is_not_eligible() -> None:
    with pytest.raises(ProviderError) as refused:
        await a_staff_account().provider().finish(a_callback())

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, "account_type")


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"token_client": "MacauGovService"}, ProviderFailure.BROKEN),
        ({"user_profile": {**KIND, "entity_code": None}}, ProviderFailure.BROKEN),
        ({"user_profile": {**KIND, "entity_code": "sim 18"}}, ProviderFailure.BROKEN),
        ({"user_profile": {**KIND, "account_type": "Personal"}}, ProviderFailure.BROKEN),
        ({"user_profile": {**KIND, "account_type": "Gov-Entity"}}, ProviderFailure.NOT_ELIGIBLE),
    ],
)
@pytest.mark.attack("MO-04")
def test_mo_04_a_token_answer_that_mixes_the_families_of_accounts_is_refused(
    changes: dict[str, Any], failure: ProviderFailure
) -> None:
    token = a_token(**{"token_client": "MacauCorpEntityService", "user_profile": KIND, **changes})

    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(token), for_entity=True)

    assert refused.value.failure is failure


def test_neither_a_refusal_nor_the_entity_prints_numbers_or_names() -> None:
    identity = identity_of()

    printed = f"{identity!r} {identity.organisation!r} {refusal(entity=an_entity(taxpayerNo='0000018'))!r}"

    assert not any(word in printed for word in ("0000018", "蓮花", "Lótus"))
