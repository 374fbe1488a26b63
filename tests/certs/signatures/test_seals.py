"""Reports and receipts are ours only with our key, our type and our spelling."""

from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws

from certs.keys import base64url
from certs.keys.canonical import canonical
from certs.keys.errors import JoseError
from certs.keys.jose import sign
from certs.keys.signing_key import Algorithm, KeySet, KeyState, SigningKey
from certs.keys.verification_keys import VerificationKeys
from certs.signatures import receipt, seal
from certs.signatures.evidence import Receipt
from certs.trust.errors import RefusalCode, Refused
from tests.authority import NOW

KEY = SigningKey.generate(Algorithm.ES256, NOW)
OTHER = SigningKey.generate(Algorithm.ES256, NOW)
KEYS = VerificationKeys.from_jwks(KeySet((KEY,)).jwks())
ISSUER = "https://gateway.example"
REPORT = {"id": "r1", "overall": {"accept": False}}
DIGEST = "ab" * 32


def resealed(header: dict[str, Any], payload: bytes, key: SigningKey = KEY) -> str:
    """A token of our own key over anything."""
    registry = seal._registry()
    registry.strict_check_header = False
    return str(jws.serialize_compact(header, payload, key.private, registry=registry))


def header(**changes: Any) -> dict[str, Any]:
    return {"alg": "ES256", "kid": KEY.kid, "typ": seal.TYPE} | changes


def test_a_sealed_report_opens_and_its_bytes_are_canonical() -> None:
    token = seal.seal(REPORT, KEY)

    assert seal.open_sealed(token, KEYS) == REPORT
    assert base64url.decode(token.split(".")[1]) == canonical(REPORT)


@pytest.mark.parametrize(
    "token",
    [
        seal.seal(REPORT, OTHER),
        resealed(header(), canonical(REPORT), OTHER),
        resealed(header(typ="gba-receipt+jwt"), canonical(REPORT)),
        resealed(header(cty="json"), canonical(REPORT)),
        resealed({"alg": "ES256", "kid": KEY.kid}, canonical(REPORT)),
        resealed(header(), b'{"overall": {"accept": false}, "id": "r1"}'),
        resealed(header(), b'{"id":"r1","id":"r2"}'),
        resealed(header(), b"[]"),
        seal.seal(REPORT, KEY) + ".x",
        "..",
        "",
        "\u00e9.a.b",
    ],
)
def test_what_is_not_a_report_of_ours_is_refused(token: str) -> None:
    with pytest.raises(Refused) as refused:
        seal.open_sealed(token, KEYS)

    assert refused.value.code is RefusalCode.FORMAT


def test_one_changed_letter_breaks_the_seal() -> None:
    start, _, end = seal.seal(REPORT, KEY).split(".")

    accepted = ".".join((start, base64url.encode(canonical(REPORT | {"overall": {"accept": True}})), end))

    with pytest.raises(Refused):
        seal.open_sealed(accepted, KEYS)


def test_a_report_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(Refused) as refused:
        seal.open_sealed("a" * (seal.MAX_REPORT + 1), KEYS)

    assert refused.value.code is RefusalCode.SIZE


def test_a_key_that_is_going_away_seals_nothing() -> None:
    with pytest.raises(JoseError):
        seal.seal(REPORT, KEY.enter(KeyState.RETIRING, NOW))


def test_a_receipt_is_read_back() -> None:
    one = Receipt(DIGEST, NOW)

    assert receipt.read(receipt.issue(one, ISSUER, KEY), ISSUER, KEYS, NOW) == one


@pytest.mark.parametrize(
    "change",
    [
        {"signature_sha256": "AB" * 32},
        {"signature_sha256": "ab"},
        {"signature_sha256": None},
        {"first_seen": (NOW + timedelta(days=1)).isoformat()},
        {"first_seen": NOW.replace(tzinfo=None).isoformat()},
        {"first_seen": "long ago"},
        {"iss": "https://other.example"},
    ],
)
def test_a_receipt_that_says_anything_else_is_refused(change: dict[str, Any]) -> None:
    claims = {"iss": ISSUER, "iat": int(NOW.timestamp()), "signature_sha256": DIGEST, "first_seen": NOW.isoformat()}
    token = sign(claims | change, KEY, typ=receipt.TYPE)

    with pytest.raises(Refused):
        receipt.read(token, ISSUER, KEYS, NOW)


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", seal.TYPE])
def test_no_other_token_of_ours_is_a_receipt(typ: str) -> None:
    claims = {"iss": ISSUER, "iat": int(NOW.timestamp()), "signature_sha256": DIGEST, "first_seen": NOW.isoformat()}

    with pytest.raises(Refused):
        receipt.read(sign(claims, KEY, typ=typ), ISSUER, KEYS, NOW)
