"""Faults, keys of relying parties: they vanish, end, or change at once, and only their owner notices (F-CRT-02)."""

import json
import logging
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from certs.keys.client_certificate import ClientCertificates
from certs.keys.signing_key import SigningKey
from gateway.oidc.key_set_cache import ASK_AGAIN_AFTER, FRESH_FOR, KEPT_FOR
from gateway.oidc.provider import OpenIDProvider
from tests.certs import pki
from tests.gateway.oidc.assertions import an_assertion, assertion_form, client_of
from tests.gateway.oidc.fakes import NOW, FakeFetch, a_key_client, an_endpoint, signing_key

ADDRESS = "https://rp-a.example/keys"
OTHERS_ADDRESS = "https://rp-b.example/keys"
SECOND = timedelta(seconds=1)
OLD, NEW = signing_key(name="client"), signing_key(name="client's new key")
PARTY = a_key_client(jwks=None, jwks_uri=ADDRESS)
OTHER = a_key_client(client_id="rp-b", jwks=None, jwks_uri=OTHERS_ADDRESS)


def published(*keys: SigningKey) -> bytes:
    return json.dumps({"keys": [key.public_jwk() for key in keys]}).encode()


@pytest.fixture
def op() -> OpenIDProvider:
    fetch = FakeFetch({ADDRESS: published(OLD), OTHERS_ADDRESS: published(OLD)})
    return an_endpoint(PARTY, OTHER, fetch=fetch)


class Asking:
    """Assertions, each with a number of its own."""

    def __init__(self, op: OpenIDProvider) -> None:
        self.op = op
        self.number = 0

    async def __call__(self, now: datetime, client_id: str = "rp-a", key: SigningKey = OLD) -> str:
        """The word that the token endpoint has for it."""
        self.number += 1
        at = int(now.timestamp())
        assertion = an_assertion(key, iss=client_id, sub=client_id, jti=str(self.number), exp=at + 60, iat=at)
        try:
            await client_of(self.op, assertion_form(assertion), now=now)
        except Exception as error:  # noqa: BLE001 - the word in it is what is looked at
            return str(getattr(error, "code", error))
        return "known"


@pytest.mark.attack("F-CRT-02")
async def test_f_crt_02_keys_that_vanish_count_for_a_day_to_the_second_and_their_owner_alone_is_unknown_then(
    op: OpenIDProvider, caplog: pytest.LogCaptureFixture
) -> None:
    ask = Asking(op)
    assert await ask(NOW) == "known"
    del op.fetch.documents[ADDRESS]
    end = NOW + KEPT_FOR

    with caplog.at_level(logging.WARNING, "gateway.keys"):
        seen = [await ask(end + step) for step in (-SECOND, timedelta(0), SECOND)]

    assert seen == ["known", "invalid_client", "invalid_client"]
    assert await ask(end + SECOND, "rp-b") == "known"
    assert all("rp-a.example" in record.getMessage() for record in caplog.records)
    assert caplog.records


@pytest.mark.attack("F-CRT-02")
async def test_f_crt_02_once_the_address_answers_again_its_owner_is_known_within_a_minute(op: OpenIDProvider) -> None:
    ask = Asking(op)
    await ask(NOW)
    del op.fetch.documents[ADDRESS]
    late = NOW + KEPT_FOR
    assert await ask(late) == "invalid_client"

    op.fetch.documents[ADDRESS] = published(OLD)

    assert await ask(late + ASK_AGAIN_AFTER) == "known"
    assert timedelta(seconds=60) >= ASK_AGAIN_AFTER


@pytest.mark.attack("F-CRT-02")
@pytest.mark.spec("OpenID Connect Core §10.1.1")
async def test_f_crt_02_a_change_without_an_overlap_is_followed_as_soon_as_the_new_key_is_used(
    op: OpenIDProvider,
) -> None:
    ask = Asking(op)
    await ask(NOW)
    op.fetch.documents[ADDRESS] = published(NEW)
    later = NOW + ASK_AGAIN_AFTER

    seen = [await ask(later, key=NEW), await ask(later, key=OLD), await ask(later, "rp-b")]

    assert seen == ["known", "invalid_client", "known"]


@pytest.mark.attack("F-CRT-02")
async def test_f_crt_02_a_key_that_was_taken_out_counts_until_the_set_is_read_again_and_no_longer(
    op: OpenIDProvider,
) -> None:
    ask = Asking(op)
    await ask(NOW)
    op.fetch.documents[ADDRESS] = published(NEW)

    seen = [await ask(NOW + FRESH_FOR + step) for step in (-SECOND, timedelta(0))]

    assert seen == ["known", "invalid_client"]


@pytest.mark.attack("F-CRT-02")
async def test_f_crt_02_ten_minutes_of_silence_are_not_noticed_and_ask_an_address_only_now_and_then(
    op: OpenIDProvider,
) -> None:
    ask = Asking(op)
    await ask(NOW)
    del op.fetch.documents[ADDRESS]
    before = len(op.fetch.asked)

    seen = {await ask(NOW + FRESH_FOR + step * SECOND) for step in range(0, 600, 10)}

    assert seen == {"known"}
    assert len(op.fetch.asked) - before <= timedelta(minutes=10) / ASK_AGAIN_AFTER


@pytest.mark.attack("F-CRT-01", "F-CRT-02")
@pytest.mark.spec("RFC 8705 §2")
def test_f_crt_02_a_clients_certificate_is_over_after_its_last_second() -> None:
    end = NOW + timedelta(days=1)
    span = {"starts_at": NOW - timedelta(days=1), "ends_at": end}
    issued, own = pki.a_client_certificate(**span), pki.a_self_signed_certificate(**span)
    judge = ClientCertificates([pki.pem_of(pki.an_authority(**span | {"ends_at": end + timedelta(days=9)}))])
    jwks = {"keys": [_jwk()]}

    vouched = [judge.names(issued, end + step) is not None for step in (-SECOND, timedelta(0), SECOND)]
    named = [judge.is_one_of(own, jwks, end + step) for step in (-SECOND, timedelta(0), SECOND)]

    # notAfter itself is the last second that counts (RFC 5280 §4.1.2.5).
    assert vouched == named == [True, True, False]


def _jwk() -> dict[str, str]:
    jwk: dict[str, str] = ECKey.import_key(pki.a_private_key(0).public_key()).as_dict(private=False)
    return {name: jwk[name] for name in ("kty", "crv", "x", "y")} | {"kid": "k", "use": "sig", "alg": "ES256"}
