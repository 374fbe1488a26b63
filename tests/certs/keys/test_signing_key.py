"""Our own keys: names, states, publication, and silence about themselves."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from certs.keys.errors import KeyMaterialError
from certs.keys.signing_key import Algorithm, KeySet, KeyState, SigningKey
from tests.certs.builders import NOW, a_key

SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - must be refused for its size


def pem(native, encryption=None) -> bytes:
    return native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.mark.spec("RFC 7515 appendix A.3")
def test_the_published_private_key_becomes_the_published_jwk():
    d = int.from_bytes(
        bytes.fromhex("8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"), "big"
    )  # jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI
    native = ec.derive_private_key(d, ec.SECP256R1())

    key = SigningKey.from_pem(pem(native), algorithm=Algorithm.ES256, created_at=NOW)

    assert key.public_jwk() == {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",  # RFC 7638, of the same key
        "use": "sig",
        "alg": "ES256",
    }


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_survives_pem(algorithm):
    key = a_key(algorithm)

    again = SigningKey.from_pem(key.to_pem(), algorithm=algorithm, created_at=NOW)

    assert again == key


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_published_key_has_public_members_only(algorithm):
    members = set(a_key(algorithm).public_jwk())

    numbers = {"crv", "x", "y"} if algorithm is Algorithm.ES256 else {"n", "e"}
    assert members == {"kty", "kid", "use", "alg"} | numbers


def test_a_key_never_prints_its_material():
    key = a_key()
    secret = key.private.as_dict(private=True)["d"]

    assert secret not in repr(key)
    assert secret not in repr(KeySet((key,)))
    assert "private" not in repr(key)


@pytest.mark.parametrize(
    ("material", "algorithm"),
    [
        (b"", Algorithm.ES256),
        (b"no key", Algorithm.RS256),
        (b"x" * 10_000, Algorithm.ES256),
        (pem(ec.generate_private_key(ec.SECP384R1())), Algorithm.ES256),
        (pem(ec.generate_private_key(ec.SECP256K1())), Algorithm.ES256),
        (pem(ec.generate_private_key(ec.SECP256R1())), Algorithm.RS256),
        (pem(ed25519.Ed25519PrivateKey.generate()), Algorithm.ES256),
        (pem(SMALL), Algorithm.RS256),
        (pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"pw")), Algorithm.ES256),
    ],
)
def test_a_key_of_the_wrong_kind_or_size_is_refused(material, algorithm):
    with pytest.raises(KeyMaterialError):
        SigningKey.from_pem(material, algorithm=algorithm, created_at=NOW)


def test_a_key_enters_a_state_at_a_moment_and_stays_itself():
    later = NOW + timedelta(days=90)

    key = a_key().enter(KeyState.RETIRING, later)

    assert (key.state, key.state_since, key.created_at) == (KeyState.RETIRING, later, NOW)
    assert key.private is a_key().private


def test_a_set_gives_the_active_key_of_an_algorithm():
    active, coming = a_key(), a_key(number=1).enter(KeyState.PUBLISHED, NOW)

    keys = KeySet((coming, active))

    assert keys.active("ES256") is active
    with pytest.raises(KeyMaterialError):
        keys.active("RS256")


def test_a_set_publishes_the_active_key_first_and_all_of_them():
    active, coming, retiring = (
        a_key(),
        a_key(number=1).enter(KeyState.PUBLISHED, NOW),
        a_key(number=2).enter(KeyState.RETIRING, NOW),
    )

    jwks = KeySet((retiring, coming, active)).jwks()

    assert [key["kid"] for key in jwks["keys"]] == [active.kid, coming.kid, retiring.kid]


def test_a_set_with_two_active_keys_or_one_key_twice_cannot_exist():
    with pytest.raises(KeyMaterialError):
        KeySet((a_key(), a_key(number=1)))
    with pytest.raises(KeyMaterialError):
        KeySet((a_key(), a_key().enter(KeyState.RETIRING, NOW)))
