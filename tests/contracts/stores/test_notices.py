"""What relying parties are told of a number that they have, and what not any more: `NoticeStore` on every engine."""

from typing import Final

import pytest

from gateway.audit import AuditAction
from gateway.broker.ports import NoticeKind
from mapping.lifecycle import Standing
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    World,
    a_client,
    a_code,
    a_completion,
    a_consent,
    a_grant,
    an_event,
)
from tests.contracts.stores.desk import RESIDENCE, Desk
from tests.contracts.stores.told import Told, a_told, release

CREATED: Final = an_event(AuditAction.CLIENT_CREATED)
DELIVERED: Final = an_event(AuditAction.NOTICE_DELIVERED)
GIVEN_UP: Final = an_event(AuditAction.NOTICE_GIVEN_UP)
WITHDRAWN: Final = an_event(AuditAction.CONSENT_WITHDRAWN)
LEASE: Final = NOW + MINUTE


@pytest.fixture
async def told(world: World, desk: Desk) -> Told:
    """A person whose stand-in the client of the world has."""
    return await a_told(desk)


async def test_whoever_has_a_number_is_told_that_another_took_its_place(told: Told) -> None:
    await told.supersede()

    (notice,) = await told.due()

    assert (notice.kind, notice.client_id, notice.sub) == (NoticeKind.SUPERSEDED, "rp-a", "pairwise-sub")
    assert (notice.old_number.value, notice.at, notice.tries) == (told.stand_in, NOW, 0)
    assert notice.holder == await told.stores.numbers.of_subject(told.subject_id)
    assert notice.holder is not None
    assert notice.holder.binding.number == RESIDENCE
    assert notice.holder.binding.replaces == (told.stand_in,)


async def test_whoever_never_had_the_number_is_told_nothing(told: Told) -> None:
    await told.stores.registry.save(a_client("rp-b"), CREATED)
    await told.supersede()
    await told.due()
    await release(told.stores, told.subject_id, "rp-b")

    await told.write()

    assert {row.client_id for row in await told.rows()} == {"rp-a"}


async def test_whoever_has_the_number_that_stands_is_told_nothing(told: Told) -> None:
    await told.write()

    assert await told.rows() == []


async def test_everybody_who_has_a_number_is_told_when_it_stands_no_more(told: Told) -> None:
    await told.write(NoticeKind.WITHDRAWN)

    (notice,) = await told.due()

    assert (notice.kind, notice.old_number.value) == (NoticeKind.WITHDRAWN, told.stand_in)


async def test_a_number_in_dispute_is_told_to_nobody(told: Told) -> None:
    await told.supersede()
    await told.stores.numbers.dispute(told.subject_id, NOW, an_event(AuditAction.IDENTIFIER_DISPUTED))

    found = {notice.kind: notice.holder for notice in await told.due()}

    assert found == {NoticeKind.SUPERSEDED: None, NoticeKind.WITHDRAWN: None}
    held = await told.stores.numbers.of_subject(told.subject_id)
    assert held is not None
    assert held.standing is Standing.FROZEN


@pytest.mark.attack("CD-09")
async def test_cd_09_without_consent_a_client_is_told_that_its_number_is_old_and_no_new_one(told: Told) -> None:
    await told.stores.people.withdraw(told.subject_id, "rp-a", NOW, WITHDRAWN)
    await told.supersede()
    before = await told.given()

    (notice,) = await told.due()
    await told.stores.notices.delivered(notice.id, NOW, DELIVERED)

    assert notice.old_number.value == told.stand_in
    assert notice.holder is None
    assert await told.given() == before


async def test_a_consent_without_the_number_brings_no_new_number(told: Told) -> None:
    grant = a_grant(told.subject_id, id="grant-2")
    consent = a_consent(told.subject_id, id="consent-2", granted=("openid",), withheld=("cn_id",))
    completion = a_completion(told.subject_id, grant=grant, code=a_code(grant, "second"), consent=consent)
    await told.stores.sign_ins.complete(completion, NOW)
    await told.supersede()

    (notice,) = await told.due()

    assert notice.holder is None


async def test_of_a_person_who_has_let_go_only_the_old_number_is_told(told: Told) -> None:
    await told.supersede()
    await told.stores.numbers.untie(told.subject_id, NOW, an_event(AuditAction.IDENTIFIER_UNTIED))

    (notice,) = await told.due()

    assert notice.holder is None


@pytest.mark.attack("AL-10")
async def test_al_10_of_an_erased_person_only_the_old_number_is_told(told: Told) -> None:
    await told.supersede()
    await told.stores.people.erase(told.subject_id, NOW, an_event(AuditAction.SUBJECT_ERASED))

    (notice,) = await told.due()
    await told.stores.notices.delivered(notice.id, NOW, DELIVERED)

    assert notice.holder is None
    assert await told.stores.people.receivers(told.subject_id) == {}


async def test_a_stand_in_is_told_only_to_those_who_are_enrolled_for_stand_ins(told: Told) -> None:
    enrolled = a_client("rp-b", surrogate_purposes=("accommodation",))
    await told.stores.registry.save(enrolled, CREATED)
    await release(told.stores, told.subject_id, "rp-b")
    await told.write(NoticeKind.WITHDRAWN)  # and then released again: the stand-in stands

    taken = {notice.client_id: notice.holder for notice in await told.due()}

    assert taken["rp-a"] is None
    assert taken["rp-b"] is not None


@pytest.mark.attack("MP-06")
async def test_mp_06_a_notice_names_no_number_in_its_row_and_none_when_printed(told: Told) -> None:
    await told.supersede()

    (notice,) = await told.due()

    numbers = (told.stand_in, RESIDENCE.value)
    texts = (repr(notice), repr([tuple(row) for row in await told.rows()]))
    assert not [text for text in texts for number in numbers if number in text]
