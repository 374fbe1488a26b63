"""What a relying party may ask to have signed."""

import base64
from typing import Any

import pytest

from certs.trust.errors import RefusalCode, Refused
from gateway.signatures.service import TrustUnusableError
from tests.gateway.signatures.signing_bench import DIGEST, NOW, RETURN, Bench, Judge, a_wish

VALUE = base64.b64encode(DIGEST).decode()


async def test_a_wish_is_put_on_record_with_everything_that_the_person_will_see() -> None:
    bench = Bench()

    request = await bench.ask(policy="gba-strict", provider="hong_kong")

    assert bench.requests.rows[request.id] == request
    assert (request.document_name, request.digest, request.relying) == ("Lease 12/3", DIGEST, "GD")
    assert (request.policy, request.only_provider, request.return_uri) == ("gba-strict", "hong_kong", RETURN)
    assert (request.expires_at - NOW).total_seconds() == 900


async def test_the_audit_trail_names_the_request_and_not_the_document() -> None:
    bench = Bench()

    request = await bench.ask()

    (event,) = bench.requests.events
    assert event.details == {"request": request.id}
    assert "Lease 12" not in repr(event)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"document_name": None}, RefusalCode.FORMAT),
        ({"document_name": ""}, RefusalCode.FORMAT),
        ({"document_name": "   "}, RefusalCode.FORMAT),
        ({"document_name": "x" * 121}, RefusalCode.FORMAT),
        ({"document_name": "lease\u202efdp.exe"}, RefusalCode.FORMAT),
        ({"document_name": "lease\nfor nothing"}, RefusalCode.FORMAT),
        ({"document_name": "lease\u200b"}, RefusalCode.FORMAT),
        ({"document_name": 7}, RefusalCode.FORMAT),
        ({"digest": None}, RefusalCode.FORMAT),
        ({"digest": "abc"}, RefusalCode.FORMAT),
        ({"digest": {"alg": "sha1", "value": VALUE}}, RefusalCode.FORMAT),
        ({"digest": {"alg": "sha256", "value": VALUE, "more": 1}}, RefusalCode.FORMAT),
        ({"digest": {"alg": "sha256", "value": 5}}, RefusalCode.ENCODING),
        ({"digest": {"alg": "sha256", "value": VALUE[:-4]}}, RefusalCode.ENCODING),
        ({"digest": {"alg": "sha256", "value": VALUE.rstrip("=")}}, RefusalCode.ENCODING),
        ({"digest": {"alg": "sha256", "value": DIGEST.hex()}}, RefusalCode.ENCODING),
        ({"purpose": "fun"}, RefusalCode.FORMAT),
        ({"relying_jurisdiction": "guangdong"}, RefusalCode.FORMAT),
        ({"return_uri": "https://evil.example/signed"}, RefusalCode.FORMAT),
        ({"return_uri": f"{RETURN}/more"}, RefusalCode.FORMAT),
        ({"return_uri": [RETURN]}, RefusalCode.FORMAT),
        ({"state": None}, RefusalCode.FORMAT),
        ({"state": "s" * 513}, RefusalCode.FORMAT),
        ({"state": "a\r\nb"}, RefusalCode.FORMAT),
        ({"policy": "no-such-policy"}, RefusalCode.POLICY),
        ({"provider": "macao"}, RefusalCode.UNSUPPORTED),
        ({"provider": "guangdong"}, RefusalCode.UNSUPPORTED),
        ({"signer": "somebody"}, RefusalCode.FORMAT),
    ],
)
async def test_a_wish_that_is_not_clear_is_refused_and_not_put_on_record(
    changes: dict[str, Any], code: RefusalCode
) -> None:
    bench = Bench()

    with pytest.raises(Refused) as refused:
        await bench.ask(**changes)

    assert refused.value.code is code
    assert bench.requests.rows == {}
    assert not any(str(value) in str(refused.value) for value in changes.values() if isinstance(value, str) and value)


async def test_a_digest_that_no_open_place_signs_is_refused_before_anybody_is_sent_anywhere() -> None:
    bench = Bench(offered=("hong_kong",))

    with pytest.raises(Refused) as refused:
        await bench.ask(digest={"alg": "sm3", "value": VALUE})

    assert refused.value.code is RefusalCode.UNSUPPORTED


async def test_nobody_is_asked_to_sign_while_nothing_could_be_validated() -> None:
    bench = Bench(judge=Judge(unusable=TrustUnusableError()))

    with pytest.raises(TrustUnusableError):
        await bench.ask()

    assert bench.requests.rows == {}


def test_the_builder_is_good_by_default() -> None:
    assert set(a_wish()) == {
        "document_name",
        "digest",
        "purpose",
        "relying_jurisdiction",
        "return_uri",
        "state",
    }
