"""Who must sign a document about trust, and what a root says of them."""

import json
from typing import Any

import pytest

from certs.keys import base64url
from certs.keys.canonical import canonical
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_root import read_root, write_root
from certs.trust.list_signers import add_signature
from certs.trust.list_signing import DocumentKind, kind_of, payload_of, signers_of, verify_list, verify_table
from tests.certs.trust.lists.builders import (
    DAY,
    EVERYTHING,
    GD,
    HK,
    NOW,
    a_list,
    a_root,
    a_table,
    key,
    member,
    signed,
)


def refusal(token: bytes, root: Any = None) -> ListRefusal:
    with pytest.raises(ListError) as caught:
        verify_list(token, root or a_root(), NOW)
    return caught.value.reason


def spoilt(token: bytes, **changes: str) -> bytes:
    members = json.loads(token)
    members["signatures"][0].update(changes)
    return json.dumps(members).encode()


@pytest.mark.parametrize(
    "names", [("chan", "wong-384"), ("wong-384", "lei-ed25519"), ("chan", "wong-384", "lei-ed25519")]
)
def test_two_persons_with_any_of_the_three_algorithms_are_enough(names: tuple[str, ...]) -> None:
    assert verify_list(signed(a_list(), *names), a_root(), NOW).sequence == 7


def test_signatures_are_added_one_after_another() -> None:
    token = signed(a_list(), "chan")

    both = add_signature(token, key("lei-ed25519"))

    assert verify_list(both, a_root(), NOW).list_id == HK
    assert signers_of(both) == {key("chan").kid, key("lei-ed25519").kid}
    assert payload_of(both) == payload_of(token) == canonical(a_list())
    assert kind_of(both) is DocumentKind.LIST


def test_nobody_signs_twice() -> None:
    with pytest.raises(ListError):
        add_signature(signed(a_list(), "chan"), key("chan"))


def test_the_equivalence_table_is_signed_as_a_list_is() -> None:
    token = signed(a_table(), kind=DocumentKind.EQUIVALENCE)

    assert verify_table(token, a_root(), NOW).sequence == 3


@pytest.mark.attack("TL-03")
def test_tl_03_an_unsigned_list_is_refused() -> None:
    assert refusal(signed(a_list())[:-1].split(b'"signatures"')[0] + b'"signatures":[]}') is ListRefusal.UNSIGNED


@pytest.mark.attack("TL-03")
def test_tl_03_unknown_keys_count_for_nothing() -> None:
    assert refusal(signed(a_list(), "stranger", "other")) is ListRefusal.WRONG_SIGNER
    assert refusal(signed(a_list(), "chan", "stranger")) is ListRefusal.WRONG_SIGNER


@pytest.mark.attack("TL-03")
def test_tl_03_one_person_is_too_few() -> None:
    assert refusal(signed(a_list(), "chan")) is ListRefusal.BELOW_THRESHOLD


@pytest.mark.attack("TL-03")
def test_tl_03_two_keys_of_one_person_are_one_voice() -> None:
    root = a_root(member("chan", "Chan"), member("chan-second", "Chan"), member("wong-384", "Wong"))

    assert refusal(signed(a_list(), "chan", "chan-second"), root) is ListRefusal.BELOW_THRESHOLD


@pytest.mark.attack("TL-03")
@pytest.mark.parametrize("times", [{"end": NOW}, {"start": NOW + DAY}], ids=["expired", "not yet"])
def test_tl_03_a_key_outside_its_time_counts_for_nothing(times: dict[str, Any]) -> None:
    root = a_root(member("chan", "Chan", **times), member("wong-384", "Wong"), member("lei-ed25519", "Lei"))

    assert refusal(signed(a_list()), root) is ListRefusal.KEY_EXPIRED


@pytest.mark.attack("TL-03")
def test_tl_03_the_other_regions_keys_do_not_sign_this_list() -> None:
    keys = [member(name, name, (*EVERYTHING, GD)) for name in ("chan", "wong-384")]
    other = [member(name, name, ("root", GD)) for name in ("gd-one", "gd-two")]
    root = a_root(*keys, *other, thresholds={"root": 2, "equivalence": 2, HK: 2, GD: 2})

    assert refusal(signed(a_list(), "gd-one", "gd-two"), root) is ListRefusal.KEY_OF_ANOTHER_LIST


@pytest.mark.attack("TL-03")
def test_tl_03_a_list_that_the_root_does_not_know_is_refused() -> None:
    assert refusal(signed(a_list(list_id="other"))) is ListRefusal.KEY_OF_ANOTHER_LIST


@pytest.mark.attack("TL-03")
def test_tl_03_a_broken_signature_of_a_known_key_refuses_the_whole() -> None:
    token = signed(a_list(), "chan", "wong-384", "lei-ed25519")
    other = json.loads(signed(a_list(sequence=8), "chan"))["signatures"][0]

    assert refusal(spoilt(token, **other)) is ListRefusal.SIGNATURE_REFUSED
    assert refusal(spoilt(token, signature="")) is ListRefusal.SIGNATURE_REFUSED


def test_an_algorithm_belongs_to_the_key_and_not_to_the_header() -> None:
    header = base64url.encode(canonical({"alg": "ES384", "kid": key("chan").kid, "typ": "gba-mrtl+json"}))

    assert refusal(spoilt(signed(a_list()), protected=header)) is ListRefusal.SIGNATURE_REFUSED


HEADERS = {
    "no kid": {"alg": "ES256", "typ": "gba-mrtl+json"},
    "a key of its own": {"alg": "ES256", "kid": "x", "typ": "gba-mrtl+json", "jwk": {}},
    "a critical member": {"alg": "ES256", "kid": "x", "typ": "gba-mrtl+json", "crit": ["x"]},
    "a number": {"alg": "ES256", "kid": 1, "typ": "gba-mrtl+json"},
    "another kind": {"alg": "ES256", "kid": "x", "typ": "gba-root+json"},
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_says_alg_kid_and_typ_and_nothing_else(name: str) -> None:
    assert refusal(spoilt(signed(a_list()), protected=base64url.encode(canonical(HEADERS[name])))) is (
        ListRefusal.MALFORMED
    )


SPOILT = {
    "not JSON": b"eyJ.e30.x",
    "a flattened JWS": b'{"payload":"e30","protected":"e30","signature":""}',
    "an unprotected header": b'{"payload":"e30","signatures":[{"protected":"e30","signature":"","header":{}}]}',
    "a payload that is no text": b'{"payload":1,"signatures":[{}]}',
    "padded base64": b'{"payload":"e30=","signatures":[{"protected":"e30","signature":""}]}',
    "a signature that is a number": b'{"payload":"e30","signatures":[{"protected":"e30","signature":1}]}',
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_no_general_jws_is_refused(name: str) -> None:
    assert refusal(SPOILT[name]) is ListRefusal.MALFORMED


@pytest.mark.attack("TL-06")
def test_tl_06_endless_signatures_are_refused() -> None:
    token = json.dumps({"payload": "e30", "signatures": [{"protected": "e30", "signature": ""}] * 17}).encode()

    assert refusal(token) is ListRefusal.TOO_LARGE
    assert refusal(b" " * 20_000_000) is ListRefusal.TOO_LARGE
    assert refusal(spoilt(signed(a_list()), signature="A" * 300)) is ListRefusal.TOO_LARGE


def test_nothing_new_is_accepted_under_an_expired_root() -> None:
    assert refusal(signed(a_list()), a_root(expires=NOW)) is ListRefusal.ROOT_EXPIRED


def test_a_root_is_written_and_read_back() -> None:
    root = a_root(compromised=frozenset({"A" * 43}))

    assert read_root(write_root(root)) == root


def root_document(**changes: Any) -> dict[str, Any]:
    return json.loads(write_root(a_root())) | changes


def _first_key(**changes: Any) -> list[dict[str, Any]]:
    first, *others = root_document()["keys"]
    return [{**first, **changes}, *others]


ROOTS: dict[str, dict[str, Any]] = {
    "a foreign member": {"extra": 1},
    "no keys": {"keys": []},
    "a name of the key's own choosing": {"keys": _first_key(kid="A" * 43)},
    "a key twice": {"keys": [*_first_key(), *_first_key()[:1]]},
    "a private key": {"keys": _first_key(jwk={**_first_key()[0]["jwk"], "d": "AA"})},
    "a secret": {"keys": _first_key(jwk={"kty": "oct", "k": "AA"})},
    "a point off its curve": {"keys": _first_key(jwk={**_first_key()[0]["jwk"], "x": "A" * 43})},
    "a key backwards": {"keys": _first_key(end="2020-01-01T00:00:00Z")},
    "a threshold of one": {"thresholds": {"root": 1, "equivalence": 2, HK: 2}},
    "no threshold for the root": {"thresholds": {HK: 2}},
    "a threshold that nobody reaches": {"thresholds": {"root": 4}},
    "a chain before the first": {"previous_sha256": "0" * 64},
    "a second root without chain": {"version": 2},
    "a compromised key in use": {"compromised": [_first_key()[0]["kid"]]},
    "times out of order": {"expires": "2020-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("name", ROOTS)
def test_an_inconsistent_root_is_refused(name: str) -> None:
    with pytest.raises(ListError):
        read_root(canonical(root_document(**ROOTS[name])))


def test_two_holders_are_needed_even_if_one_has_many_keys() -> None:
    with pytest.raises(ListError):
        a_root(member("chan", "Chan"), member("chan-second", "Chan"))
