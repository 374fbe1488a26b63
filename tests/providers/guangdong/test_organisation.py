"""For whom a person acts: representatives, agents, and every organisation that is not believed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from providers.base import Assurance, MandateRole, Register, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.guangdong.identity import read_identity
from providers.guangdong.wire import read_user_data
from tests.providers.guangdong.builders import (
    KEYS,
    NOW,
    SUBJECT,
    a_user,
    a_wrapper,
    an_answer,
    an_organisation,
    content_of,
)

CREDIT_CODE = "91999900GBA000013P"
AGENT = (
    "legal_code=440106190707080020",
    f"agent_useridcode={SUBJECT}",
    "agent_scope=tax,social_insurance",
    "agent_until=20351231",
    "agent_status=ACTIVE",
)


def identity_of(parent: dict[str, Any], **changes: Any) -> UpstreamIdentity:
    content = content_of(a_user(**changes), pareobj=parent)
    return read_identity(read_user_data(an_answer(a_wrapper(content)), KEYS, NOW), NOW)


def an_agency(*properties: str) -> dict[str, Any]:
    return an_organisation(*AGENT, *properties)


def refusal(parent: dict[str, Any], **changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        identity_of(parent, **changes)
    return refused.value


def test_a_representative_acts_in_everything_and_stays_the_subject() -> None:
    identity = identity_of(an_organisation())

    assert identity.organisation is not None
    assert identity.mandate is not None
    assert (identity.subject, identity.name.han, len(identity.documents)) == (SUBJECT, "李小华", 1)
    assert identity.organisation.register is Register.UNIFIED_SOCIAL_CREDIT
    assert (identity.organisation.identifier, identity.organisation.name) == (CREDIT_CODE, "湾区模拟贸易有限公司")
    assert identity.mandate.role is MandateRole.LEGAL_REPRESENTATIVE
    assert (identity.mandate.scope, identity.mandate.ends_at) == ((), None)


def test_a_representative_with_a_permit_is_known_by_its_nine_characters() -> None:
    parent = an_organisation("legal_id_type=14", "legal_code=H00000042")

    identity = identity_of(parent, idcardtype="14", idcardnumber="H0000004200", cn="梁健康")

    assert identity.mandate is not None
    assert identity.mandate.role is MandateRole.LEGAL_REPRESENTATIVE


def test_an_agent_acts_in_the_matters_and_the_time_of_the_appointment() -> None:
    mandate = identity_of(an_agency()).mandate

    assert mandate is not None
    assert (mandate.role, mandate.scope) == (MandateRole.AGENT, ("tax", "social_insurance"))
    assert mandate.ends_at == datetime(2035, 12, 31, 16, 0, tzinfo=UTC)  # the day is over in Beijing


def test_an_agent_for_everything_without_an_end_is_told_so_in_words() -> None:
    mandate = identity_of(an_agency("agent_scope=all", "agent_until=-1")).mandate

    assert mandate is not None
    assert (mandate.scope, mandate.ends_at) == ((), None)


def test_a_mandate_that_is_over_is_delivered_with_its_end() -> None:
    mandate = identity_of(an_agency("agent_until=20201231")).mandate

    assert mandate is not None
    assert mandate.ends_at is not None
    assert mandate.ends_at < NOW


@pytest.mark.parametrize(
    ("person", "organisation", "level"),
    [("L3", "L2", Assurance.THREE), ("L1", "L2", Assurance.TWO), ("L3", "L1", Assurance.TWO)],
)
def test_the_lower_of_the_two_levels_counts(person: str, organisation: str, level: Assurance) -> None:
    parent = an_organisation(
        creditable_level_of_account=organisation, creditable_level_of_account_way=f"{organisation}@IDV@k"
    )

    identity = identity_of(parent, creditable_level_of_account=person, creditable_level_of_account_way=f"{person}@GW@k")

    assert identity.assurance is level


@pytest.mark.parametrize(
    "changes",
    [
        {"creditable_level_of_account": "L0"},
        {"creditable_level_of_account_way": "-1"},
        {"is_real": "false"},
    ],
)
def test_an_organisation_that_nobody_compared_with_the_register_is_not_eligible(changes: dict[str, Any]) -> None:
    refused = refusal(an_organisation(**changes))

    assert (refused.failure, refused.detail) == (ProviderFailure.NOT_ELIGIBLE, "org_level")


@pytest.mark.parametrize("status", ["revoked", "", "-1", "ACTIVE"])
def test_an_organisation_that_is_not_said_to_be_in_good_standing_is_not_eligible(status: str) -> None:
    refused = refusal(an_organisation(f"ent_status={status}"))

    assert (refused.failure, refused.detail) == (ProviderFailure.NOT_ELIGIBLE, "org_status")


@pytest.mark.parametrize(
    "properties",
    [
        ("legal_code=440106190707080020",),
        ("legal_code=-1",),
        ("legal_code=",),
        ("legal_id_type=20",),
        ("legal_id_type=14", "legal_code=H00000042"),
    ],
)
def test_an_organisation_of_somebody_else_is_not_eligible(properties: tuple[str, ...]) -> None:
    refused = refusal(an_organisation(*properties))

    assert (refused.failure, refused.detail) == (ProviderFailure.NOT_ELIGIBLE, "org_mandate")


def test_an_appointment_of_another_account_is_no_mandate() -> None:
    assert refusal(an_agency(f"agent_useridcode={SUBJECT[::-1]}")).detail == "org_mandate"


def test_a_person_who_was_never_verified_represents_nobody() -> None:
    refused = refusal(
        an_organisation(), creditable_level_of_account="L0", creditable_level_of_account_way="L0@IDV@k", isreal="false"
    )

    assert refused.detail == "org_mandate"


@pytest.mark.parametrize(
    ("changed", "failure", "detail"),
    [
        ("agent_status=PENDING", ProviderFailure.NOT_ELIGIBLE, "org_agent_status"),
        ("agent_status=", ProviderFailure.NOT_ELIGIBLE, "org_agent_status"),
        ("agent_scope=", ProviderFailure.BROKEN, "org_agent_scope"),
        ("agent_scope=-1", ProviderFailure.BROKEN, "org_agent_scope"),
        ("agent_scope=tax,,x", ProviderFailure.BROKEN, "org_agent_scope"),
        ("agent_scope=" + ",".join("x" * 33), ProviderFailure.BROKEN, "org_agent_scope"),
        ("agent_until=", ProviderFailure.BROKEN, "org_agent_until"),
        ("agent_until=2035-12-31", ProviderFailure.BROKEN, "org_agent_until"),
        ("agent_until=20351331", ProviderFailure.BROKEN, "org_agent_until"),
        ("agent_until=99991231", ProviderFailure.BROKEN, "org_agent_until"),
        ("legal_code=440305190606070013", ProviderFailure.BROKEN, "org_legal_code"),
    ],
)
def test_an_appointment_that_cannot_be_read_is_refused(changed: str, failure: ProviderFailure, detail: str) -> None:
    refused = refusal(an_agency(changed))

    assert (refused.failure, refused.detail) == (failure, detail)


@pytest.mark.parametrize(
    "code", ["91999900GBA000013Q", "91999900GBA00001", "-1", "", "91999900GBA000013P9", 91999900, None]
)
@pytest.mark.spec("GB 32100-2015")
def test_a_credit_code_that_cannot_be_is_refused_and_not_quoted(code: Any) -> None:
    refused = refusal(an_organisation(idcardnumber=code))

    assert refused.failure is ProviderFailure.BROKEN
    assert refused.detail in {"field:idcardnumber", "missing:idcardnumber"}
    assert "GBA" not in str(refused)


@pytest.mark.parametrize(
    "properties",
    [
        ["ent_status=active", "legal_code=440305190606070012", "legal_code=440305190606070012"],
        ["ent_status=active", "ent_status=active"],
        ["without a mark"],
        ["x=1"] * 65,
        [7],
        "ent_status=active",
        {"ent_status": "active"},
    ],
)
def test_properties_that_are_doubled_or_of_another_shape_are_refused(properties: Any) -> None:
    assert refusal(an_organisation(extproperties=properties)).detail == "field:extproperties"


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"usertype": "1"}, ProviderFailure.NOT_ELIGIBLE),
        ({"usertype": 2}, ProviderFailure.NOT_ELIGIBLE),
        ({"idcardtype": "50"}, ProviderFailure.NOT_ELIGIBLE),
        ({"idcardtype": "10"}, ProviderFailure.NOT_ELIGIBLE),
        ({"cn": "-1"}, ProviderFailure.BROKEN),
        ({"cn": "湾" * 201}, ProviderFailure.BROKEN),
        ({"useridcode": "bay"}, ProviderFailure.BROKEN),
        ({"creditable_level_of_account": None}, ProviderFailure.BROKEN),
        ({"extproperties": None}, ProviderFailure.BROKEN),
    ],
)
@pytest.mark.attack("UN-06")
def test_un_06_an_organisation_of_another_kind_or_shape_is_refused(
    changes: dict[str, Any], failure: ProviderFailure
) -> None:
    assert refusal(an_organisation(**changes)).failure is failure


def test_neither_a_refusal_nor_the_organisation_prints_numbers_or_names() -> None:
    identity = identity_of(an_agency())

    printed = f"{identity!r} {identity.organisation!r} {refusal(an_organisation('legal_code=-1'))!r}"

    assert not any(word in printed for word in ("91999900", "湾区", "440305", SUBJECT))
