"""Plain PEM files of earlier versions: adopted and used, never made, refused when others can open them."""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.keys.backends.pem_file import PemFileBackend
from certs.keys.backends.proof import prove_key
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.private_file import read_private
from certs.keys.signing_key import Algorithm, SigningKey
from tests.certs.builders import NOW

KEY = SigningKey.generate(Algorithm.ES256, NOW)
HANDLE = "pem:id-token-es256"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "id-token-es256.pem"
    path.write_bytes(KEY.to_pem())
    path.chmod(0o600)
    return tmp_path


def test_a_file_is_found_under_the_name_that_its_tokens_carry(folder):
    backend = PemFileBackend(folder)

    found = backend.find("id-token-es256")

    assert (found.kid, found.algorithm, found.handle) == (KEY.kid, "ES256", HANDLE)
    assert backend.find("id-token-rs256") is None
    prove_key(backend.signer(HANDLE), "ES256")


def test_a_file_is_handed_out_as_it_is_and_unlinked_when_destroyed(folder):
    backend = PemFileBackend(folder)

    assert backend.secret(HANDLE) == KEY.to_pem()
    backend.destroy(HANDLE)
    backend.destroy(HANDLE)
    assert not (folder / "id-token-es256.pem").exists()
    with pytest.raises(KeyUnavailableError, match="cannot be read"):
        backend.signer(HANDLE)


def test_a_damaged_rsa_key_is_found_out_before_it_signs_anything(tmp_path):
    native = SigningKey.generate(Algorithm.RS256, NOW).private.private_key
    numbers = native.private_numbers()
    odd = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d ^ 2, numbers.dmp1 ^ 2, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    path = tmp_path / "id-token-rs256.pem"
    path.write_bytes(odd.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)

    with pytest.raises(KeyUnavailableError):
        PemFileBackend(tmp_path).signer("pem:id-token-rs256")


def test_no_key_is_made_in_the_clear(folder):
    with pytest.raises(KeyMaterialError):
        PemFileBackend(folder).generate("oidc-signing", "ES256")


@pytest.mark.attack("KM-05")
@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604, 0o660, 0o666, 0o610])
def test_km_05_a_key_file_that_others_can_open_is_refused_by_name(folder, mode):
    (folder / "id-token-es256.pem").chmod(mode)

    with pytest.raises(KeyUnavailableError, match=r"id-token-es256\.pem.*chmod 600"):
        PemFileBackend(folder).signer(HANDLE)


@pytest.mark.attack("KM-05")
def test_km_05_a_key_file_of_another_user_is_refused(folder):
    path = folder / "id-token-es256.pem"
    owner = os.geteuid()
    if owner == 0:
        os.chown(path, 4711, -1)
        owner = 4711

    assert read_private(path, user=owner) == KEY.to_pem()
    with pytest.raises(KeyUnavailableError, match="another user"):
        read_private(path, user=owner + 1)


def test_a_folder_a_pipe_and_an_endless_file_are_no_key_files(tmp_path):
    (tmp_path / "folder").mkdir(mode=0o600)
    (tmp_path / "large").write_bytes(b"x" * 65_537)
    (tmp_path / "large").chmod(0o600)

    for name, error in (("folder", KeyUnavailableError), ("large", KeyMaterialError), ("none", KeyUnavailableError)):
        with pytest.raises(error):
            read_private(tmp_path / name)
    with pytest.raises(KeyUnavailableError, match="no plain file"):
        read_private(tmp_path.joinpath("/dev/null"))


@pytest.mark.parametrize("handle", ["pem:../id-token-es256", "pem:", "sealed:x", "pem:ID", "pem:a/b"])
def test_a_handle_of_another_place_or_shape_reaches_no_file(folder, handle):
    with pytest.raises(KeyUnavailableError):
        PemFileBackend(folder).signer(handle)


def test_a_name_that_says_no_algorithm_is_refused(folder):
    (folder / "some.pem").write_bytes(KEY.to_pem())
    (folder / "some.pem").chmod(0o600)

    with pytest.raises(KeyMaterialError, match="no algorithm"):
        PemFileBackend(folder).find("some")


def test_the_place_answers_while_its_folder_is_there(folder):
    assert PemFileBackend(folder).answers()
    assert not PemFileBackend(folder / "gone").answers()
