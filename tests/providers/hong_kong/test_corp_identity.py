"""CorpID's fields become an organisation and a mandate, or are refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from providers.base import Mandate, MandateRole, Organisation, Register
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong.corp_identity import CORP_FIELDS, E_CORP_FIELDS, read_acting
from providers.hong_kong.wire import AccessToken
from tests.providers.hong_kong.builders import CORP_OPEN_ID, NOW_MS, a_company

TOKEN = AccessToken("d" * 32, CORP_OPEN_ID, "iam", "")
ENDS_MS = 2_082_729_600_000


def read(**changes: Any) -> tuple[Organisation, Mandate]:
    return read_acting(TOKEN, a_company(**changes))


def represented(**changes: Any) -> dict[str, Any]:
    fields = {"role": "authorised_rep", "powers": ["login"], "validUntil": ENDS_MS, **changes}
    return {"representation": {name: value for name, value in fields.items() if value is not None}}


def refusal(**changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        read(**changes)
    return refused.value


def test_an_authorised_representative_has_powers_and_an_end() -> None:
    organisation, mandate = read(**represented(powers=["login", "sign"]))

    assert (organisation.register, organisation.identifier) == (Register.BUSINESS_REGISTRATION, "00000018")
    assert organisation.name == "海港模擬書店有限公司"
    assert mandate == Mandate(MandateRole.AGENT, ("login", "sign"), datetime(2035, 12, 31, 16, 0, tzinfo=UTC))


def test_a_responsible_person_may_do_everything() -> None:
    _, mandate = read(**represented(role="responsible_person", powers=["login"], validUntil=None))

    assert mandate == Mandate(MandateRole.LEGAL_REPRESENTATIVE)


def test_a_mandate_that_is_over_is_delivered_with_its_end() -> None:
    _, mandate = read(**represented(validUntil=1_600_000_000_000))

    assert mandate.ends_at is not None
    assert mandate.ends_at < datetime.fromtimestamp(NOW_MS / 1000, UTC)


@pytest.mark.parametrize(
    ("absent", "name"),
    [
        (["corpNameTC"], "海港模拟书店有限公司"),
        (["corpNameTC", "corpNameSC"], "Harbour Simulation Books Limited"),
    ],
)
def test_the_first_name_that_there_is_stands(absent: list[str], name: str) -> None:
    organisation, _ = read(**dict.fromkeys(absent))

    assert organisation.name == name


@pytest.mark.parametrize(
    ("changes", "failure", "detail"),
    [
        ({"corpStatusEN": "Dissolved"}, ProviderFailure.NOT_ELIGIBLE, "corp_status"),
        ({"corpStatusEN": "live"}, ProviderFailure.NOT_ELIGIBLE, "corp_status"),
        ({"brn": "A0000018"}, ProviderFailure.NOT_ELIGIBLE, "corp_unregistered"),
        (represented(powers=["sign"]), ProviderFailure.NOT_ELIGIBLE, "corp_powers"),
        (represented(powers=[]), ProviderFailure.NOT_ELIGIBLE, "corp_powers"),
        ({"corpStatusEN": None}, ProviderFailure.BROKEN, "missing:corpStatusEN"),
        ({"openID": "somebody-else-00000000"}, ProviderFailure.BROKEN, "corp_open_id"),
        ({"openID": None}, ProviderFailure.BROKEN, "missing:openID"),
        ({"brn": "0000018"}, ProviderFailure.BROKEN, "field:brn"),
        ({"brn": 18}, ProviderFailure.BROKEN, "field:brn"),
        ({"brn": ["00000018"]}, ProviderFailure.BROKEN, "field:brn"),
        ({"corpID": "a b"}, ProviderFailure.BROKEN, "field:corpID"),
        ({"corpNameTC": "海" * 201}, ProviderFailure.BROKEN, "field:corpNameTC"),
        ({"corpNameTC": None, "corpNameSC": None, "corpNameEN": None}, ProviderFailure.BROKEN, "missing:corpName"),
        ({"representation": None}, ProviderFailure.BROKEN, "missing:representation"),
        ({"representation": "authorised_rep"}, ProviderFailure.BROKEN, "field:representation"),
        (represented(role="director"), ProviderFailure.BROKEN, "field:role"),
        (represented(role=None), ProviderFailure.BROKEN, "missing:role"),
        (represented(powers="login"), ProviderFailure.BROKEN, "field:powers"),
        (represented(powers=["login", "login"]), ProviderFailure.BROKEN, "field:powers"),
        (represented(powers=["login", "<b>"]), ProviderFailure.BROKEN, "field:powers"),
        (represented(powers=["login", "x"] * 9), ProviderFailure.BROKEN, "field:powers"),
        (represented(validUntil=None), ProviderFailure.BROKEN, "missing:validUntil"),
        (represented(validUntil="2035-12-31"), ProviderFailure.BROKEN, "field:validUntil"),
        (represented(validUntil=10**18), ProviderFailure.BROKEN, "field:validUntil"),
    ],
)
@pytest.mark.attack("UN-06")
def test_un_06_a_company_that_is_not_as_promised_is_refused(
    changes: dict[str, Any], failure: ProviderFailure, detail: str
) -> None:
    refused = refusal(**changes)

    assert (refused.failure, refused.detail) == (failure, detail)


def test_nothing_is_asked_for_that_is_not_read() -> None:
    assert {*CORP_FIELDS, *E_CORP_FIELDS} | {"openID", "representation"} == set(a_company())


def test_neither_a_refusal_nor_the_organisation_prints_numbers_or_names() -> None:
    printed = f"{read()[0]!r} {refusal(brn='0000018')!r}"

    assert not any(word in printed for word in ("0000018", "海港", "Harbour"))
