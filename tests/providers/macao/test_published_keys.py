"""Macao's numbered keys: what a reading accepts, which profiles it verifies, and how often it is fetched."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys.errors import JoseError
from providers.calls import Answer
from providers.errors import ProviderError, ProviderFailure
from providers.macao.published_keys import INTERVAL, PublishedKeys
from tests.providers.macao.builders import KEY, NOW, OTHER_KEY, UID, a_profile, a_reading, an_answer, an_entry, signed

MAX_AGE = timedelta(minutes=5)


class Endpoint:
    """`/keys` with what it publishes now, counting."""

    def __init__(self, entries: Any | None = None) -> None:
        self.entries = {"2": an_entry()} if entries is None else entries
        self.fetched = 0
        self.is_dead = False

    async def fetch(self) -> Answer:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.is_dead:
            raise ProviderError("macao", ProviderFailure.UNREACHABLE, "transport")
        return an_answer(self.entries)

    def keys(self) -> PublishedKeys:
        return PublishedKeys(self.fetch, MAX_AGE)


def part(content: Any) -> str:
    data = json.dumps(content).encode() if not isinstance(content, bytes) else content
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def spki(key: Any) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def test_a_reading_verifies_a_profile_signed_with_its_key() -> None:
    assert a_reading().verify(signed(a_profile()), NOW)["uid"] == UID


def test_a_foreign_kind_of_key_is_passed_over() -> None:
    reading = a_reading({"2": an_entry(), "3": {"alg": "SM2-P256", "spki": "unread", "notAfter": 0}})

    assert list(reading.ends) == ["2"]


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"two": an_entry()},
        {"2": "key"},
        {"2": an_entry(spki=None)},
        {"2": an_entry(spki="!!!!")},
        {"2": an_entry(spki="AAAA" * 1000)},
        {"2": an_entry(notAfter="1790000000")},
        {"2": an_entry(notAfter=True)},
        {"2": an_entry(notAfter=-1)},
        {"2": an_entry(notAfter=10**18)},
        {"2": an_entry(ec.generate_private_key(ec.SECP384R1()))},
        {"2": an_entry(spki=spki(rsa.generate_private_key(65537, 2048)))},
        {str(number): an_entry() for number in range(40)},
    ],
)
@pytest.mark.attack("MO-01")
def test_mo_01_a_malformed_publication_is_refused(entries: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        a_reading(entries)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "keys")


@pytest.mark.attack("MO-01")
def test_mo_01_a_key_is_believed_until_its_end_and_not_longer() -> None:
    reading = a_reading({"2": an_entry(ends=NOW)})

    assert reading.verify(signed(a_profile()), NOW + timedelta(seconds=59))
    with pytest.raises(ProviderError) as refused:
        reading.verify(signed(a_profile()), NOW + timedelta(seconds=61))
    assert refused.value.detail == "jws_key_ended"


@pytest.mark.attack("MO-01")
def test_mo_01_a_profile_signed_with_the_key_of_another_number_is_refused() -> None:
    reading = a_reading({"1": an_entry(OTHER_KEY), "2": an_entry()})

    with pytest.raises(JoseError):
        reading.verify(signed(a_profile(), key=OTHER_KEY, kid="2"), NOW)


@pytest.mark.attack("MO-01")
def test_mo_01_a_profile_that_names_no_key_is_refused_even_if_there_is_only_one() -> None:
    with pytest.raises(ProviderError) as refused:
        a_reading().verify(signed(a_profile(), kid=None), NOW)

    assert refused.value.detail == "jws_unnumbered"


def test_mo_01_a_profile_without_uid_is_refused() -> None:
    with pytest.raises(JoseError):
        a_reading().verify(signed(a_profile(uid=None)), NOW)


def _unsigned() -> str:
    return f"{part({'alg': 'none', 'kid': '2'})}.{part(a_profile())}."


def _public_key_as_secret() -> str:
    head = f"{part({'alg': 'HS256', 'kid': '2', 'typ': 'JWT'})}.{part(a_profile())}"
    der = base64.b64decode(spki(KEY))
    return f"{head}.{part(hmac.new(der, head.encode(), hashlib.sha256).digest())}"


def _doubled_uid() -> str:
    return signed(json.dumps(a_profile())[:-1].encode() + b', "uid": "another"}')


def _foreign_signature() -> str:
    return signed(a_profile()).rpartition(".")[0] + "." + signed(a_profile(acr="3")).rpartition(".")[2]


@pytest.mark.parametrize(
    "token", [_unsigned(), _public_key_as_secret(), _doubled_uid(), _foreign_signature(), "", "a.b.c", "x" * 100_000]
)
@pytest.mark.attack("MO-01")
async def test_mo_01_a_profile_that_is_not_soundly_signed_is_refused_without_another_fetch(token: str) -> None:
    endpoint = Endpoint()

    with pytest.raises(ProviderError) as refused:
        await endpoint.keys().verify(token, NOW)

    assert refused.value.failure is ProviderFailure.BROKEN
    assert endpoint.fetched == 1


async def test_keys_are_fetched_once_while_they_are_young() -> None:
    endpoint = Endpoint()
    keys = endpoint.keys()

    await asyncio.gather(*(keys.verify(signed(a_profile()), NOW) for _ in range(20)))
    await keys.verify(signed(a_profile()), NOW + MAX_AGE - timedelta(seconds=1))

    assert endpoint.fetched == 1


@pytest.mark.parametrize("later", [MAX_AGE, timedelta(hours=-1)])
async def test_keys_are_fetched_again_when_they_are_old_or_the_clock_was_set_back(later: timedelta) -> None:
    endpoint = Endpoint()
    keys = endpoint.keys()
    await keys.verify(signed(a_profile()), NOW)

    await keys.verify(signed(a_profile()), NOW + later)

    assert endpoint.fetched == 2


@pytest.mark.attack("MO-02")
async def test_mo_02_a_rotation_is_seen_with_one_more_fetch() -> None:
    endpoint = Endpoint()
    keys = endpoint.keys()
    await keys.verify(signed(a_profile()), NOW)
    endpoint.entries = {"2": an_entry(), "3": an_entry(OTHER_KEY)}

    await keys.verify(signed(a_profile(), key=OTHER_KEY, kid="3"), NOW)

    assert endpoint.fetched == 2


@pytest.mark.attack("MO-02")
async def test_mo_02_a_flood_of_unknown_numbers_leads_to_one_fetch_in_an_interval() -> None:
    endpoint = Endpoint()
    keys = endpoint.keys()
    await keys.verify(signed(a_profile()), NOW)
    strange = [keys.verify(signed(a_profile(), kid=str(number)), NOW) for number in range(900, 1100)]

    refused = await asyncio.gather(*strange, return_exceptions=True)

    assert {error.detail for error in refused if isinstance(error, ProviderError)} == {"jws_unknown_kid"}
    assert endpoint.fetched == 2
    with pytest.raises(ProviderError):
        await keys.verify(signed(a_profile(), kid="999"), NOW + INTERVAL)
    assert endpoint.fetched == 3


@pytest.mark.attack("MO-02")
async def test_mo_02_held_keys_outlive_a_dead_key_endpoint_which_is_asked_once_in_an_interval() -> None:
    endpoint = Endpoint()
    keys = endpoint.keys()
    await keys.verify(signed(a_profile()), NOW)
    endpoint.is_dead = True

    for _ in range(3):
        await keys.verify(signed(a_profile()), NOW + MAX_AGE)

    assert endpoint.fetched == 2
    await keys.verify(signed(a_profile()), NOW + MAX_AGE + INTERVAL)
    assert endpoint.fetched == 3


async def test_without_any_key_a_dead_key_endpoint_is_reported_as_unreachable() -> None:
    endpoint = Endpoint()
    endpoint.is_dead = True

    with pytest.raises(ProviderError) as refused:
        await endpoint.keys().verify(signed(a_profile()), NOW)

    assert refused.value.failure is ProviderFailure.UNREACHABLE


@pytest.mark.attack("MO-01")
async def test_mo_01_a_key_that_was_withdrawn_is_not_believed_after_the_next_reading() -> None:
    endpoint = Endpoint({"1": an_entry(OTHER_KEY), "2": an_entry()})
    keys = endpoint.keys()
    await keys.verify(signed(a_profile(), key=OTHER_KEY, kid="1"), NOW)
    endpoint.entries = {"2": an_entry()}

    with pytest.raises(ProviderError) as refused:
        await keys.verify(signed(a_profile(), key=OTHER_KEY, kid="1"), NOW + MAX_AGE)

    assert refused.value.detail == "jws_unknown_kid"
