"""Sealed files: made whole, opened only in their place, moved to the next wrapping key, destroyed for good."""

import shutil
import stat
from pathlib import Path

import pytest

from certs.keys.backends import sealed_file
from certs.keys.backends.proof import prove_key
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.key_transport import RsaDecryptionKey
from certs.keys.sm import Sm2PrivateKey
from tests.certs.keys.backends.verifying import TEXT, verifies

SET = "oidc-signing-es256"


def file_of(folder: Path, handle: str) -> Path:
    return folder / "sealed" / f"{handle.rpartition('/')[2]}.key"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256"])
def test_a_key_that_was_made_signs_what_others_verify_with_its_public_half(sealed, algorithm):
    made = sealed.generate(SET, algorithm)

    signature = sealed.signer(made.handle).sign(algorithm, TEXT)

    assert verifies(made.public, algorithm, signature)
    prove_key(sealed.signer(made.handle), algorithm)


@pytest.mark.attack("KM-05")
def test_km_05_a_sealed_file_is_for_its_owner_only_and_shows_nothing_of_the_key(sealed, tmp_path):
    made = sealed.generate(SET, "ES256")

    path = file_of(tmp_path, made.handle)
    secret = sealed.secret(made.handle)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert secret.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert b"PRIVATE" not in path.read_bytes()
    assert secret.splitlines()[1] not in path.read_bytes()
    assert "PRIVATE" not in repr((sealed, made, sealed.signer(made.handle)))


def test_a_record_is_told_the_public_half_and_a_name_of_its_own_only(sealed):
    made = sealed.generate(SET, "ES256")

    assert made.handle.startswith(f"sealed:{SET}/")
    assert set(made.public) == {"kty", "crv", "x", "y"}
    assert made.kid == sealed.signer(made.handle).private.thumbprint()


def test_an_encipherment_key_opens_what_was_wrapped_and_signs_its_own_request(sealed):
    made = sealed.generate("hong-kong-kek", "RSA-OAEP-256")

    assert RsaDecryptionKey.from_pem(sealed.secret(made.handle)).native.key_size >= 2048
    prove_key(sealed.signer(made.handle), "RSA-OAEP-256")


def test_an_sm2_key_is_held_for_its_dialect_and_makes_no_json_web_signature(sealed):
    made = sealed.generate("guangdong-sm2", "SM2")

    key = Sm2PrivateKey.from_pem(sealed.secret(made.handle))
    key.public_key.verify(TEXT, key.sign(TEXT))
    assert made.public["crv"] == "SM2"
    with pytest.raises(KeyMaterialError):
        sealed.signer(made.handle)


def test_a_secret_is_given_back_as_it_was_stored_under_a_name_that_says_nothing(sealed):
    made, again = (sealed.store("macao-client", "secret", b"a fictional secret") for _ in range(2))

    assert sealed.secret(made.handle) == b"a fictional secret"
    assert made.public == {}
    assert made.kid != again.kid


def test_a_key_that_was_made_elsewhere_is_kept_as_it_is(sealed):
    pem = sealed.secret(sealed.generate(SET, "ES256").handle)

    made = sealed.store("client-auth", "ES256", pem)

    assert sealed.secret(made.handle) == pem


@pytest.mark.parametrize(
    ("algorithm", "material"),
    [("ES256", b"no key"), ("ES256", b""), ("RS256", b"x" * 20_000), ("SM2", b"no key"), ("secret", b""), ("secret", bytes([0xFF, 0xFE])), ("A256GCM", b"short"), ("EdDSA", b"x")],
)  # fmt: skip
def test_what_is_no_key_of_its_algorithm_is_not_kept(sealed, tmp_path, algorithm, material):
    with pytest.raises(KeyMaterialError) as refusal:
        sealed.store(SET, algorithm, material)

    assert not material or material.decode(errors="replace") not in str(refusal.value)
    assert not list(tmp_path.rglob("*.key"))


def test_a_key_of_the_other_family_is_not_kept(sealed):
    pem = sealed.secret(sealed.generate(SET, "ES256").handle)

    with pytest.raises(KeyMaterialError, match="another kind"):
        sealed.store(SET, "RS256", pem)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "a|b", "x" * 65])
def test_what_is_no_name_of_a_set_gets_no_key(sealed, name):
    with pytest.raises(KeyMaterialError):
        sealed.generate(name, "ES256")


@pytest.mark.parametrize("algorithm", ["EdDSA", "none", "HS256", ""])
def test_an_algorithm_that_nobody_uses_gets_no_key(sealed, algorithm):
    with pytest.raises(KeyMaterialError):
        sealed.generate(SET, algorithm)


@pytest.mark.attack("KM-04")
def test_km_04_a_file_that_is_copied_to_another_name_or_set_does_not_open(sealed, tmp_path):
    made = sealed.generate(SET, "ES256")
    other = sealed.generate("report-signing", "ES256")
    shutil.copy(file_of(tmp_path, made.handle), file_of(tmp_path, other.handle))

    for handle in (other.handle, made.handle.replace(SET, "report-signing")):
        with pytest.raises(KeyUnavailableError, match="does not open"):
            sealed.signer(handle)


def test_a_damaged_file_or_one_under_an_unknown_wrapping_key_is_refused_and_told(sealed, forgetful, tmp_path):
    made = sealed.generate(SET, "ES256")
    assert sealed.answers()

    assert not forgetful.answers()
    with pytest.raises(KeyUnavailableError, match="wrapping key"):
        forgetful.signer(made.handle)
    path = file_of(tmp_path, made.handle)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(KeyUnavailableError, match=path.name):
        sealed.signer(made.handle)
    path.write_bytes(b"")
    assert not sealed.answers()


@pytest.mark.attack("KM-05")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_km_05_a_sealed_file_that_others_can_open_is_refused_by_name(sealed, tmp_path, mode):
    made = sealed.generate(SET, "ES256")
    path = file_of(tmp_path, made.handle)
    path.chmod(mode)

    with pytest.raises(KeyUnavailableError, match=rf"{path.name}.*chmod 600"):
        sealed.signer(made.handle)


def test_a_destroyed_key_is_gone_and_destroying_it_again_is_no_error(sealed, tmp_path):
    made = sealed.generate(SET, "ES256")

    sealed.destroy(made.handle)
    sealed.destroy(made.handle)

    assert not file_of(tmp_path, made.handle).exists()
    with pytest.raises(KeyUnavailableError):
        sealed.signer(made.handle)


@pytest.mark.parametrize(
    "handle", ["pem:id-token-es256", "sealed:", "sealed:x", "sealed:x/../y", "sealed:/" + "0" * 32, ""]
)
def test_a_handle_of_another_place_or_shape_reaches_no_file(sealed, handle):
    for work in (sealed.signer, sealed.secret, sealed.destroy):
        with pytest.raises(KeyUnavailableError):
            work(handle)


def test_resealing_moves_every_file_once_and_the_old_wrapping_key_can_go(sealed, resealing, forgetful):
    made = [sealed.generate(SET, "ES256") for _ in range(3)]

    first, second = resealing.reseal(), resealing.reseal()

    assert (first.moved, first.current, first.refused) == (3, 0, ())
    assert (second.moved, second.current) == (0, 3)
    for one in made:
        prove_key(forgetful.signer(one.handle), "ES256")


def test_resealing_that_was_interrupted_goes_on_where_it_stood(sealed, resealing, forgetful, monkeypatch, tmp_path):
    made = [sealed.generate(SET, "ES256") for _ in range(3)]
    done = []

    def cut(path, content):
        if done:
            path.with_name(path.name + ".new").write_bytes(b"half a fi")
            raise SystemExit
        done.append(path)
        whole(path, content)

    whole = sealed_file.replace
    monkeypatch.setattr(sealed_file, "replace", cut)
    with pytest.raises(SystemExit):
        resealing.reseal()
    monkeypatch.undo()
    for one in made:
        prove_key(resealing.signer(one.handle), "ES256")

    assert resealing.reseal().moved == 2
    for one in made:
        prove_key(forgetful.signer(one.handle), "ES256")
    assert not list(tmp_path.rglob("*.new"))


def test_resealing_names_what_does_not_open_and_moves_the_others(sealed, resealing, tmp_path):
    damaged, sound = (sealed.generate(SET, "ES256") for _ in range(2))
    path = file_of(tmp_path, damaged.handle)
    path.write_bytes(path.read_bytes()[:-1])

    result = resealing.reseal()

    assert (result.moved, result.refused) == (1, (path.stem,))
    prove_key(resealing.signer(sound.handle), "ES256")


def test_a_key_that_is_destroyed_while_files_are_moved_does_not_come_back(sealed, resealing, tmp_path, monkeypatch):
    made = sealed.generate(SET, "ES256")
    names = resealing._names()
    monkeypatch.setattr(type(resealing), "_names", lambda _: names)
    sealed.destroy(made.handle)

    assert resealing.reseal().moved == 0
    assert not file_of(tmp_path, made.handle).exists()


def test_files_of_no_record_are_found(sealed):
    kept, stray = (sealed.generate(SET, "ES256") for _ in range(2))

    assert sealed.strays([kept.handle, "pem:id-token-es256"]) == (stray.handle,)
    assert sealed.strays([kept.handle, stray.handle]) == ()


def test_a_disk_that_cannot_be_written_makes_no_key_and_leaves_no_half_of_one(sealed, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    sealed.generate(SET, "ES256")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("certs.keys.private_file.os.fsync", full)

    with pytest.raises(KeyUnavailableError):
        sealed.generate(SET, "ES256")
    assert sorted(tmp_path.rglob("*")) == before


def test_without_its_folder_the_place_does_not_answer(tmp_path, sealed, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)

    assert not sealed.answers()
