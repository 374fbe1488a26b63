"""Software statements: signed by a known party, within their time, and stronger than what the client says itself."""

import json
from datetime import timedelta
from typing import Any

import pytest

from gateway.oidc import dynamic_registration, software_statement
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from tests.gateway.oidc.fakes import ISSUER, NOW, signing_key
from tests.gateway.oidc.registrar_fakes import PARTY, a_stage, a_statement, asked, body

HOUR = timedelta(hours=1)


def seconds(moment: Any) -> int:
    return int(moment.timestamp())


@pytest.mark.spec("RFC 7591 §2.3")
async def test_what_the_party_vouched_for_wins_over_what_the_client_says() -> None:
    stage = a_stage()
    statement = a_statement(client_name="Ferry, as inspected", redirect_uris=["https://ferry.example/inspected"])

    told = await dynamic_registration.register(
        body(software_statement=statement, software_id="chosen"), asked(), stage.op, stage.registrar
    )

    assert told["client_name"] == "Ferry, as inspected"
    assert told["redirect_uris"] == ["https://ferry.example/inspected"]
    assert told["software_id"] == "ferry-1"
    assert told["software_statement"] == statement
    assert stage.clients[0].software_statement == statement
    assert statement not in repr(stage.clients[0])


async def test_it_goes_on_winning_at_every_change_even_after_its_end() -> None:
    stage = a_stage()
    statement = a_statement(client_name="Ferry, as inspected", exp=seconds(NOW + HOUR))
    told = await dynamic_registration.register(body(software_statement=statement), asked(), stage.op, stage.registrar)
    members = {"client_id": told["client_id"], "client_name": "Other", "redirect_uris": ["https://ferry.example/cb"]}
    call = asked(told["registration_access_token"], now=NOW + timedelta(days=10))

    changed = await dynamic_registration.update(
        told["client_id"], json.dumps(members).encode(), call, stage.op, stage.registrar
    )

    assert changed["client_name"] == "Ferry, as inspected"
    assert changed["software_statement"] == statement


async def test_a_statement_says_nothing_that_only_operators_decide() -> None:
    stage = a_stage()

    with pytest.raises(OAuthError) as refused:
        await dynamic_registration.register(
            body(software_statement=a_statement(gba_relying_party="other")), asked(), stage.op, stage.registrar
        )

    assert refused.value.code is ErrorCode.INVALID_CLIENT_METADATA


@pytest.mark.parametrize(
    "statement",
    [
        a_statement(key="stranger"),
        a_statement(typ="at+jwt"),
        a_statement(exp=seconds(NOW - HOUR)),
        a_statement(nbf=seconds(NOW + HOUR)),
        a_statement(iat=seconds(NOW + HOUR)),
        a_statement(aud="https://other.example"),
        a_statement()[:-4] + "AAAA",
        a_statement().rpartition(".")[0] + ".",
        "no token",
        "a.b.c.d.e",
        7,
        {},
    ],
)
async def test_a_statement_that_is_not_valid_is_refused_with_its_own_error(statement: Any) -> None:
    stage = a_stage()

    with pytest.raises(OAuthError) as refused:
        await dynamic_registration.register(body(software_statement=statement), asked(), stage.op, stage.registrar)

    assert refused.value.code is ErrorCode.INVALID_SOFTWARE_STATEMENT
    assert stage.clients == []


@pytest.mark.parametrize("statement", [a_statement(iss="https://unknown.example"), a_statement(iss=None)])
async def test_a_statement_of_a_party_that_nobody_knows_is_not_approved(statement: str) -> None:
    stage = a_stage()

    with pytest.raises(OAuthError) as refused:
        await dynamic_registration.register(body(software_statement=statement), asked(), stage.op, stage.registrar)

    assert refused.value.code is ErrorCode.UNAPPROVED_SOFTWARE_STATEMENT


def test_a_statement_for_this_very_provider_is_taken_and_its_own_claims_are_no_metadata() -> None:
    stage = a_stage()
    token = a_statement(aud=[ISSUER], sub="x", jti="1", client_name="Ferry")

    stated = software_statement.stated(token, stage.registrar.statement_keys, ISSUER, NOW)

    assert stated == {"software_id": "ferry-1", "client_name": "Ferry"}


@pytest.mark.parametrize("document", [b"", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "AQAB"}]}'])
def test_a_party_without_usable_keys_stops_the_start_and_is_named(document: bytes) -> None:
    good = json.dumps({"keys": [signing_key(name="vouching").public_jwk()]}).encode()
    assert list(software_statement.read_issuers({PARTY: good})) == [PARTY]

    with pytest.raises(ValueError, match="vouching"):
        software_statement.read_issuers({PARTY: document})
