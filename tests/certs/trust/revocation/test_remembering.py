"""What is remembered: answers until they age, revocations for ever, failures for a minute."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.trust.reasons import Reason
from certs.trust.revocation.cache import CacheKey
from certs.trust.revocation.model import MaterialSource, RevocationRules, Standing
from tests.certs.builders import NOW
from tests.certs.trust.issuing import issue
from tests.certs.trust.revocation.answers import (
    CRL_URL,
    DAY,
    HOUR,
    OCSP_URL,
    Entry,
    a_list,
    an_answer,
    answered,
)
from tests.certs.trust.revocation.gathering import MINUTE, PAIR, SERIAL, SOURCES, Authority, Desk, a_responder_saying


async def test_when_everything_fails_the_tried_sources_are_named_and_left_alone_for_a_minute():
    desk = Desk(Authority())

    status = await desk.ask()
    await desk.ask(now=NOW + timedelta(seconds=59), jitter=0.5)
    asked_early = list(desk.authority.asked)
    await desk.ask(now=NOW + timedelta(seconds=61))

    assert (status.standing, status.tried) == (Standing.UNKNOWN, (Reason.REVOCATION_UNREACHABLE,))
    assert asked_early == [OCSP_URL, CRL_URL]
    assert desk.authority.asked == [OCSP_URL, CRL_URL] * 2


async def test_the_jitter_spreads_when_failures_are_tried_again():
    early, late = Desk(Authority()), Desk(Authority())
    await early.ask(jitter=0.0)
    await late.ask(jitter=1.0)

    for desk in (early, late):
        await desk.ask(now=NOW + timedelta(seconds=40))

    assert (len(early.authority.asked), len(late.authority.asked)) == (4, 2)
    with pytest.raises(ValueError):
        await early.ask(jitter=2.0)


async def test_an_answer_is_asked_for_again_after_the_policys_age():
    desk = Desk(a_responder_saying(next_update=NOW + 5 * HOUR))

    await desk.ask()
    await desk.ask(now=NOW + 59 * MINUTE)
    assert len(desk.authority.asked) == 1

    await desk.ask(now=NOW + 61 * MINUTE)
    assert len(desk.authority.asked) == 2


async def test_the_entrys_freshness_is_stricter_than_the_policys():
    desk = Desk(a_responder_saying(next_update=NOW + 5 * HOUR), sources=replace(SOURCES, freshness_seconds=600))

    await desk.ask()
    await desk.ask(now=NOW + 11 * MINUTE)

    assert len(desk.authority.asked) == 2


async def test_an_aged_answer_still_helps_when_nobody_answers():
    desk = Desk(a_responder_saying(next_update=NOW + 5 * HOUR))
    await desk.ask()
    desk.authority.answer = None

    status = await desk.ask(now=NOW + 2 * HOUR)

    assert (status.standing, status.source, status.grace) == (Standing.GOOD, MaterialSource.CACHE, False)


async def test_a_last_good_answer_counts_past_its_time_only_by_the_grace():
    strict, lenient = Desk(a_responder_saying()), Desk(a_responder_saying(), rules=RevocationRules(grace=86_400))
    for desk in (strict, lenient):
        await desk.ask()
        desk.authority.answer = None

    later = NOW + 5 * HOUR
    assert (await strict.ask(now=later)).standing is Standing.UNKNOWN
    assert (await lenient.ask(now=later)).grace is True


@pytest.mark.attack("SG-04")
async def test_sg_04_a_revocation_is_remembered_for_ever():
    desk = Desk(a_responder_saying(status="revoked", reason="keyCompromise"))
    await desk.ask()
    desk.authority.answer = an_answer(PAIR, this_update=NOW + 99 * DAY)

    status = await desk.ask(now=NOW + 100 * DAY)

    assert status.standing is Standing.REVOKED
    assert len(desk.authority.asked) == 1


@pytest.mark.attack("SG-04")
async def test_sg_04_good_news_that_came_along_does_not_hide_a_remembered_revocation():
    desk = Desk(a_responder_saying(status="revoked"))
    await desk.ask()

    status = await desk.ask(stapled=(answered(an_answer(PAIR)),))

    assert status.standing is Standing.REVOKED


@pytest.mark.attack("SG-06")
async def test_sg_06_a_list_with_a_lower_number_than_seen_is_not_taken():
    desk = Desk(Authority(lists={CRL_URL: a_list(PAIR.ca, Entry(SERIAL, "certificateHold"), number=9)}))
    await desk.ask()
    desk.authority.lists[CRL_URL] = a_list(PAIR.ca, number=8)

    status = await desk.ask(now=NOW + 13 * HOUR)

    assert status.standing is Standing.ON_HOLD
    assert Reason.REVOCATION_OLDER_THAN_SEEN in status.tried
    kept = await desk.cache.get(CacheKey.list(PAIR.ca.certificate, CRL_URL))
    assert kept is not None
    assert kept.number == 9


@pytest.mark.attack("SG-06")
async def test_sg_06_a_forged_list_with_a_high_number_does_not_block_true_ones():
    double = issue("Revoking CA", key=issue("Double").key)
    desk = Desk(Authority(lists={CRL_URL: a_list(double, number=10**9)}), sources=replace(SOURCES, ocsp=()))
    assert (await desk.ask()).tried == (Reason.REVOCATION_SIGNATURE,)
    desk.authority.lists[CRL_URL] = a_list(PAIR.ca, number=8)

    assert (await desk.ask(now=NOW + 2 * MINUTE)).standing is Standing.GOOD


async def test_an_ageing_answer_is_renewed_beside_the_request():
    desk = Desk(a_responder_saying(next_update=NOW + 5 * HOUR))
    renewals = []
    await desk.ask(background=renewals.append)
    await desk.ask(now=NOW + 40 * MINUTE, background=renewals.append)
    assert renewals == []

    status = await desk.ask(now=NOW + 46 * MINUTE, background=renewals.append)
    await renewals[0]
    later = await desk.ask(now=NOW + 90 * MINUTE, background=renewals.append)

    assert (status.source, later.source) == (MaterialSource.CACHE, MaterialSource.CACHE)
    assert len(desk.authority.asked) == 2
    for renewal in renewals[1:]:
        renewal.close()
