"""The government gateway's headers and sealed bodies: vectors, round trip, and every way of spoiling them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.errors import ProviderError, ProviderFailure
from providers.guangdong.envelope import gateway_headers, open_sealed, seal
from tests.providers.guangdong.builders import LINK_SETTINGS, NEXT_PLATFORM, NOW, STRANGER, a_sealed

ANSWER = {"errcode": "0", "data": {"matched": "true", "name": "黃嘉欣"}}


def opened(sealed: Any, now: datetime = NOW) -> Any:
    return open_sealed(sealed, LINK_SETTINGS, now)


def test_the_gateway_signature_is_that_of_the_published_vector() -> None:
    moment = datetime.fromtimestamp(1760000000, UTC)

    headers = gateway_headers("paas-1", "gba-paas-token-0001", moment, nonce="199c82cc000-5f3a1b")

    assert headers == {
        "x-tif-paasid": "paas-1",
        "x-tif-timestamp": "1760000000",
        "x-tif-nonce": "199c82cc000-5f3a1b",
        "x-tif-signature": "6A36E7848E25D463C2197E1AE9DD7AEC324F1F5E4D3A8C33C03280A19C7A6936",
    }


@pytest.mark.attack("GD-06")
def test_gd_06_our_nonces_never_repeat() -> None:
    nonces = {gateway_headers("paas-1", "token", NOW)["x-tif-nonce"] for _ in range(1000)}

    assert len(nonces) == 1000


def test_a_request_is_encrypted_and_signed() -> None:
    sealed = seal({"name": "黃嘉欣", "cardno": "H00000034"}, LINK_SETTINGS, NOW)

    inner = json.loads(sealed)["data"]
    assert set(inner) == {"data", "appCode", "version", "encType", "signType", "timestamp", "signData"}
    assert (inner["appCode"], inner["version"], inner["timestamp"]) == ("app-1", "1.0.0", str(int(NOW.timestamp())))
    assert inner["data"]["encData"] == inner["data"]["encData"].upper()
    assert b"H00000034" not in sealed


def test_two_requests_of_the_same_content_look_different() -> None:
    assert seal({"a": "b"}, LINK_SETTINGS, NOW) != seal({"a": "b"}, LINK_SETTINGS, NOW)


def test_a_sealed_answer_is_opened() -> None:
    assert opened(a_sealed(ANSWER)) == ANSWER


def test_during_a_rotation_an_answer_may_be_sealed_with_the_next_or_the_earlier_key() -> None:
    own = LINK_SETTINGS.content_key
    rotating = replace(LINK_SETTINGS, content_key=b"n" * 16, further_content_keys=(b"o" * 16, own))

    assert open_sealed(a_sealed(ANSWER), rotating, NOW) == ANSWER
    with pytest.raises(ProviderError):
        open_sealed(a_sealed(ANSWER), replace(rotating, further_content_keys=()), NOW)


def test_any_of_the_configured_keys_may_have_signed() -> None:
    assert opened(a_sealed(ANSWER, key=NEXT_PLATFORM)) == ANSWER


@pytest.mark.parametrize("without", ["data", "appCode", "version", "encType", "signType", "timestamp", "signData"])
def test_an_envelope_lacking_a_member_is_refused(without: str) -> None:
    sealed = a_sealed(ANSWER)
    del sealed["data"][without]

    with pytest.raises(ProviderError) as refused:
        opened(sealed)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "envelope")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"appCode": "app-2"}, "envelope"),
        ({"version": "1.0.1"}, "envelope"),
        ({"encType": "plain"}, "envelope"),
        ({"signType": "RSA"}, "envelope"),
        ({"more": "x"}, "envelope"),
        ({"timestamp": int(NOW.timestamp())}, "timestamp"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"data": {"encData": "XX"}}, "envelope"),
        ({"data": {"encData": ""}}, "envelope"),
        ({"data": {"encData": "00" * 15}}, "decrypt"),
        ({"data": {"encData": "00" * 48}}, "decrypt"),
        ({"data": {"encData": "00" * 32, "more": "x"}}, "envelope"),
        ({"data": "00" * 32}, "envelope"),
    ],
)
def test_an_envelope_that_was_signed_with_another_content_is_refused(changes: dict[str, Any], detail: str) -> None:
    with pytest.raises(ProviderError) as refused:
        opened(a_sealed(ANSWER, **changes))

    assert refused.value.detail == detail


@pytest.mark.parametrize("member", ["timestamp", "data"])
def test_what_was_changed_after_signing_is_refused(member: str) -> None:
    sealed, other = a_sealed(ANSWER), a_sealed(ANSWER, timestamp=str(int(NOW.timestamp()) + 1))
    sealed["data"][member] = other["data"][member]

    with pytest.raises(ProviderError) as refused:
        opened(sealed)

    assert refused.value.detail == "sign"


def test_an_envelope_signed_by_somebody_else_is_refused_before_it_is_decrypted() -> None:
    with pytest.raises(ProviderError) as refused:
        opened(a_sealed(ANSWER, key=STRANGER, data={"encData": "00" * 48}))

    assert refused.value.detail == "sign"


@pytest.mark.parametrize("skew", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_a_stale_envelope_is_refused(skew: timedelta) -> None:
    with pytest.raises(ProviderError) as refused:
        opened(a_sealed(ANSWER), NOW + skew)

    assert refused.value.detail == "timestamp"


@pytest.mark.parametrize("plain", [b"not json", b'{"a":1,"a":2}', b"[]", b"\xff\xfe", b'{"a":NaN}'])
@pytest.mark.attack("HP-07")
def test_hp_07_sealed_content_that_is_no_clean_object_is_refused(plain: bytes) -> None:
    with pytest.raises(ProviderError) as refused:
        opened(a_sealed(plain))

    assert refused.value.detail == "json"


@pytest.mark.parametrize("outer", [{}, {"data": []}, {"data": "x"}, a_sealed(ANSWER) | {"errcode": "0"}])
def test_an_answer_that_is_no_envelope_is_refused(outer: Any) -> None:
    with pytest.raises(ProviderError) as refused:
        opened(outer)

    assert refused.value.detail == "envelope"


def test_half_a_character_in_an_envelope_is_refused() -> None:
    sealed = a_sealed(ANSWER)
    sealed["data"]["data"] = {"encData": "\ud800"}

    with pytest.raises(ProviderError) as refused:
        opened(sealed)

    assert refused.value.detail == "half_character"
