"""All places as one: each handle finds its own, new keys go where the settings say, nothing is made elsewhere."""

import pytest

from certs.keys.backends import KeyBackend
from certs.keys.backends.composite import Backends
from certs.keys.backends.kms import KmsBackend
from certs.keys.backends.pem_file import PemFileBackend
from certs.keys.backends.proof import prove_key
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import Algorithm, PublicHalf
from tests.certs.keys.backends.test_kms import FakeKms


@pytest.fixture
def service():
    return FakeKms()


@pytest.fixture
def places(tmp_path, sealed, service):
    return Backends(PemFileBackend(tmp_path), sealed, KmsBackend(service), new="kms")


def test_keys_stay_where_they_are_while_new_ones_are_made_elsewhere(places, sealed):
    fulfils: KeyBackend = places
    old = sealed.generate("oidc-signing", "ES256")

    new = fulfils.generate("oidc-signing", "ES256")

    assert (fulfils.name, new.handle.partition(":")[0]) == ("kms", "kms")
    for key in (old, new):
        prove_key(fulfils.signer(key.handle), "ES256")


def test_keys_that_a_dialect_has_to_hold_and_those_of_others_go_into_sealed_files(places):
    made = places.generate("hong-kong-kek", "RSA-OAEP-256")
    stored = places.store("macao-client", "secret", b"a fictional secret")

    assert made.handle.startswith("sealed:")
    assert places.secret(stored.handle) == b"a fictional secret"
    places.destroy(stored.handle)
    with pytest.raises(KeyUnavailableError):
        places.secret(stored.handle)


def test_nothing_is_made_in_another_place_because_the_right_one_is_down(places, service, tmp_path):
    service.is_down = True

    with pytest.raises(KeyUnavailableError):
        places.generate("oidc-signing", "ES256")

    assert not list(tmp_path.rglob("*.key"))
    assert places.places() == {"pem": True, "sealed": True, "kms": False}
    assert not places.answers()


@pytest.mark.parametrize("handle", ["pkcs11:00", "", "x"])
def test_a_key_of_a_place_that_is_not_configured_is_unavailable(places, handle):
    with pytest.raises(KeyUnavailableError, match="not configured"):
        places.signer(handle)


def test_places_without_names_of_their_own_are_refused(sealed, tmp_path):
    with pytest.raises(KeyMaterialError):
        Backends(sealed, sealed)
    with pytest.raises(KeyUnavailableError):
        Backends(PemFileBackend(tmp_path), new="pem").store("macao-client", "secret", b"x")


def test_where_the_place_for_new_keys_is_not_there_the_old_ones_work_on_and_none_is_made(sealed):
    places = Backends(sealed, new="pkcs11")
    old = sealed.generate("oidc-signing", "ES256")

    prove_key(places.signer(old.handle), "ES256")
    with pytest.raises(KeyUnavailableError, match="gate init"):
        places.generate("oidc-signing", "ES256")
    assert (places.answers(), places.places()) == (False, {"pkcs11": False, "sealed": True})


def test_a_key_whose_private_half_is_not_here_proves_nothing(sealed):
    public = sealed.generate("oidc-signing", "ES256").public

    with pytest.raises(KeyUnavailableError):
        prove_key(PublicHalf(public), "ES256")


@pytest.mark.parametrize("algorithm", ["SM2", "secret", "none"])
def test_keys_that_sign_nothing_here_are_not_proven(sealed, algorithm):
    with pytest.raises(KeyMaterialError):
        prove_key(sealed.signer(sealed.generate("x", "ES256").handle), algorithm)


def test_a_key_of_the_other_family_is_not_proven(sealed):
    signer = sealed.signer(sealed.generate("x", "ES256").handle)

    with pytest.raises(KeyUnavailableError):
        prove_key(signer, Algorithm.RS256)
