import json

import pytest

from mock_idps.guangdong.envelope import EnvelopeError, canonical, open_sealed, seal
from mock_idps.guangdong.sm import Sm2Signer, Sm2Verifier, Sm4Key

NOW_S = 1_760_000_000
SIGNER, KEY = Sm2Signer.generate(), Sm4Key.generate()
VERIFIER = Sm2Verifier(SIGNER.public_hex)
PAYLOAD = {"name": "何𨋢生", "birth": "1903-11-12"}


def sealed(payload=PAYLOAD, *, key=KEY, signer=SIGNER, now_s=NOW_S, app_code="app-1"):
    return seal(payload, app_code=app_code, key=key, signer=signer, now_s=now_s)


def opened(envelope):
    body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    return open_sealed(body, app_code="app-1", key=KEY, verifier=VERIFIER, now_s=NOW_S)


def refused(envelope):
    with pytest.raises(EnvelopeError) as caught:
        opened(envelope)
    return caught.value.errcode


def with_inner(**changed):
    envelope = sealed()
    envelope["data"] |= changed
    return envelope


def test_an_envelope_gives_back_its_payload():
    assert opened(sealed()) == PAYLOAD


def test_the_envelope_has_the_members_of_the_dialect():
    inner = sealed()["data"]

    assert set(inner) == {"data", "appCode", "version", "encType", "signType", "timestamp", "signData"}
    assert (inner["version"], inner["encType"], inner["signType"]) == ("1.0.0", "SM4", "SM2")
    assert inner["data"]["encData"] == inner["data"]["encData"].upper()


def test_two_envelopes_of_one_payload_differ():
    assert sealed()["data"]["data"] != sealed()["data"]["data"]


def test_the_order_in_which_members_arrive_is_the_order_that_was_signed():
    inner = sealed()["data"]
    reordered = dict(reversed(inner.items()))

    assert refused({"data": reordered}) == "46011"


@pytest.mark.parametrize(
    "envelope",
    [
        with_inner(timestamp=str(NOW_S + 1)),
        with_inner(appCode="app-2"),
        with_inner(encType="none"),
        with_inner(signType="HMAC"),
        with_inner(version="2.0.0"),
        with_inner(signData=""),
        with_inner(signData="!!"),
        with_inner(signData=7),
        with_inner(extra="1"),
        with_inner(data={"encData": "\ud83d"}),
        with_inner(data={"encData": "00" * 32}),
        sealed(signer=Sm2Signer.generate()),
        sealed(app_code="app-2"),
        {"data": {}},
        {"data": []},
        {"data": {"signData": ""}, "more": 1},
        [],
        b"",
        b"\xff",
        b"[" * 5000,
        b'{"data":1,"data":2}',
        b'{"data":NaN}',
    ],
)
def test_a_tampered_envelope_is_46011(envelope):
    assert refused(envelope) == "46011"


def test_a_flipped_bit_of_the_ciphertext_breaks_the_signature():
    envelope = sealed()
    secret = envelope["data"]["data"]["encData"]
    envelope["data"]["data"]["encData"] = f"{int(secret[0], 16) ^ 1:X}" + secret[1:]

    assert refused(envelope) == "46011"


@pytest.mark.parametrize("drift", [-301, 301])
def test_an_old_envelope_is_46002(drift):
    assert refused(sealed(now_s=NOW_S + drift)) == "46002"


def test_a_rightly_signed_envelope_under_another_key_is_46010():
    assert refused(sealed(key=Sm4Key.generate())) == "46010"


@pytest.mark.parametrize("payload", ["text", [1], None])
def test_a_payload_that_is_no_object_is_46010(payload):
    assert refused(sealed(payload)) == "46010"


def test_canonical_json_sorts_members_and_keeps_characters():
    assert canonical({"b": ["一", {"d": 1, "c": None}], "a": "𨋢"}) == '{"a":"𨋢","b":["一",{"c":null,"d":1}]}'
