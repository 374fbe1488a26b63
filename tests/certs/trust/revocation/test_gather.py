"""Where the material comes from: along, from memory, from a responder or a list, and how often anybody is asked."""

import asyncio
from dataclasses import replace

import pytest
from asn1crypto import ocsp

from certs.trust.fetch import Budget
from certs.trust.reasons import Reason
from certs.trust.revocation.cache import CacheKey
from certs.trust.revocation.model import MaterialKind, MaterialSource, Standing
from certs.trust.trust_list import RevocationSources
from tests.certs.builders import NOW
from tests.certs.trust.issuing import Party, issue
from tests.certs.trust.revocation.answers import (
    CRL_URL,
    DAY,
    HOUR,
    OCSP_URL,
    Pair,
    a_list,
    an_answer,
    answered,
    at_list,
    listed,
)
from tests.certs.trust.revocation.gathering import PAIR, SERIAL, SOURCES, Authority, Desk, a_responder_saying


async def test_nobody_is_asked_when_what_came_along_suffices():
    desk = Desk(a_responder_saying())

    status = await desk.ask(stapled=(answered(an_answer(PAIR)),))

    assert (status.standing, status.source) == (Standing.GOOD, MaterialSource.STAPLED)
    assert desk.authority.asked == []


async def test_a_responder_is_asked_once_and_remembered():
    desk = Desk(a_responder_saying())

    first = await desk.ask()
    second = await desk.ask()

    assert (first.source, second.source) == (MaterialSource.FETCHED, MaterialSource.CACHE)
    assert desk.authority.asked == [OCSP_URL]


@pytest.mark.spec("RFC 9654 §2.1")
async def test_every_question_has_a_fresh_nonce_and_names_the_certificate():
    desk = Desk(a_responder_saying(next_update=NOW + 5 * HOUR))

    await desk.ask()
    await desk.ask(now=NOW + 2 * HOUR)

    requests = [ocsp.OCSPRequest.load(data)["tbs_request"] for data in desk.authority.questions]
    nonces = {bytes(request["request_extensions"][0]["extn_value"].parsed.native) for request in requests}
    assert {request["request_list"][0]["req_cert"]["serial_number"].native for request in requests} == {SERIAL}
    assert len(nonces) == len(requests) == 2
    assert {len(nonce) for nonce in nonces} == {32}


async def test_a_list_is_fetched_when_the_responder_fails():
    desk = Desk(Authority(lists={CRL_URL: a_list(PAIR.ca)}))

    status = await desk.ask()

    assert (status.kind, status.tried) == (MaterialKind.CRL, (Reason.REVOCATION_UNREACHABLE,))
    assert desk.authority.asked == [OCSP_URL, CRL_URL]


async def test_a_list_is_shared_by_all_certificates_of_its_authority():
    desk = Desk(Authority(lists={CRL_URL: a_list(PAIR.ca)}), sources=replace(SOURCES, ocsp=()))
    other = Pair(PAIR.ca, issue("Another signer", PAIR.ca, ca=False))

    await desk.ask()
    status = await desk.ask(other)

    assert status.source is MaterialSource.CACHE
    assert desk.authority.asked == [CRL_URL]


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        an_answer(PAIR, status="unknown"),
        an_answer(PAIR, nonce=b"theirs"),
        an_answer(PAIR, by=issue("Stranger")),
        an_answer(PAIR, this_update=NOW - DAY, next_update=NOW - HOUR),
    ],
    ids=["html", "unknown", "nonce", "stranger", "stale"],
)
async def test_sg_05_an_answer_that_does_not_count_leads_to_the_next_source_and_is_not_kept(answer):
    desk = Desk(Authority(answer=answer, lists={CRL_URL: a_list(PAIR.ca)}))

    status = await desk.ask()

    kept = await desk.cache.get(CacheKey.answer(*PAIR.who))
    assert (status.standing, status.kind, kept) == (Standing.GOOD, MaterialKind.CRL, None)


@pytest.mark.attack("SG-05")
async def test_sg_05_ten_megabytes_of_answer_are_not_taken():
    desk = Desk(Authority(answer=b"\x30" * 10_000_000))

    assert Reason.REVOCATION_TOO_LARGE in (await desk.ask()).tried


@pytest.mark.attack("SG-06")
async def test_sg_06_a_part_that_does_not_cover_one_certificate_is_still_fetched_for_another():
    desk = Desk(Authority(lists={CRL_URL: a_list(PAIR.ca, point=CRL_URL)}), sources=replace(SOURCES, ocsp=()))
    covered = Pair(PAIR.ca, issue("Covered signer", PAIR.ca, ca=False, further=(at_list(CRL_URL),)))

    uncovered = await desk.ask()

    assert uncovered.tried == (Reason.REVOCATION_SCOPE,)
    assert (await desk.ask(covered)).standing is Standing.GOOD


async def test_the_certificates_own_list_is_fetched_where_the_entry_names_its_host_only():
    own = "http://crl.ca.example.hk/part-2.crl"
    desk = Desk(
        Authority(lists={own: a_list(PAIR.ca, point=own)}), sources=RevocationSources(crl=("http://crl.ca.example.hk",))
    )
    leaf = issue("Signer of part 2", PAIR.ca, ca=False, further=(at_list(own, "http://127.0.0.1/", "ldap://x/y"),))

    status = await desk.ask(Pair(PAIR.ca, leaf))

    assert status.standing is Standing.GOOD
    assert desk.authority.asked == [own]


@pytest.mark.attack("SG-06")
async def test_sg_06_addresses_in_a_certificate_that_no_entry_names_are_never_called():
    desk = Desk(Authority(), sources=RevocationSources())
    leaf = issue("Signer with a lure", PAIR.ca, ca=False, further=(at_list("http://169.254.169.254/latest"),))

    status = await desk.ask(Pair(PAIR.ca, leaf))

    assert status.tried == (Reason.REVOCATION_NONE,)
    assert desk.authority.asked == []


async def test_without_a_fetcher_only_what_is_there_counts():
    desk = Desk(a_responder_saying())

    assert (await desk.ask(fetcher=False)).tried == (Reason.REVOCATION_NONE,)
    assert desk.authority.asked == []


async def test_a_spent_budget_asks_nobody():
    desk = Desk(a_responder_saying())

    assert (await desk.ask(budget=Budget(0))).tried == (Reason.REVOCATION_UNREACHABLE,)
    assert desk.authority.asked == []


async def test_many_questions_at_once_are_one_call():
    desk = Desk(a_responder_saying())

    found = await asyncio.gather(*(desk.ask() for _ in range(20)))

    assert {status.standing for status in found} == {Standing.GOOD}
    assert desk.authority.asked == [OCSP_URL]


async def test_a_responder_of_the_entry_counts_and_an_unreadable_one_is_passed_over():
    responder: Party = issue("Government responder", ca=False)
    sources = RevocationSources(ocsp=(OCSP_URL,), responders=(b"junk", responder.der))
    desk = Desk(Authority(answer=an_answer(PAIR, by=responder)), sources=sources)

    await desk.ask()
    again = await desk.ask()

    assert again.tried == (Reason.REVOCATION_SIGNER,)  # `ask` itself judges without responders
    assert desk.authority.asked == [OCSP_URL]


async def test_stapled_lists_and_answers_keep_their_order_before_what_is_asked():
    desk = Desk(a_responder_saying())
    stapled = (listed(b"junk"), answered(b"junk"))

    status = await desk.ask(stapled=stapled)

    assert desk.material[:2] == stapled
    assert status.tried == (Reason.REVOCATION_MALFORMED,)
