"""Keys come from a folder, are made on request only, and change by generations."""

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.admin import keyring
from gateway.config import ConfigurationError

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the keys once: two of them are RSA keys."""
    folder = tmp_path_factory.mktemp("keyring") / "keys"
    keyring.create(folder, NOW)
    return folder


def put(path: Path, content: str) -> None:
    """Write a key file as its owner only can read it."""
    path.touch(0o600)
    path.write_text(content)


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    """Give a folder with one key of each kind."""
    return shutil.copytree(made_once, tmp_path / "keys")


def test_a_new_folder_has_one_key_of_each_kind_for_its_owner_only(folder: Path) -> None:
    ring = keyring.load(folder)

    assert (list(ring.sealing_keys), list(ring.index_keys)) == (["1"], ["1"])
    secrets = {ring.sealing_keys["1"], ring.index_keys["1"], ring.pairwise_key, ring.client_secret_key, ring.form_key}
    assert len(secrets) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


FIRST = ["audit-es256", "federation-es256", "id-token-es256", "id-token-ps256", "id-token-rs256", "report-es256"]


def test_a_new_folder_has_the_first_key_of_every_managed_set(folder: Path) -> None:
    assert sorted(path.stem for path in folder.glob("*.pem")) == FIRST


def test_a_folder_of_an_earlier_version_goes_on_working_and_gets_what_it_lacks_on_request(folder: Path) -> None:
    for name in ("id-token-ps256.pem", "federation-es256.pem", "wrapping.key", "backup.key"):
        (folder / name).unlink()
    before = keyring.load(folder)

    made = keyring.create(folder, NOW)

    assert (dict(before.wrapping_keys), before.backup_key) == ({}, None)
    assert made == ["wrapping", "backup", "id-token-ps256", "federation-es256"]
    assert list(keyring.load(folder).wrapping_keys) == ["1"]


def test_first_keys_that_rotations_have_replaced_are_not_made_again(folder: Path) -> None:
    (folder / "sealed").mkdir()
    for path in folder.glob("*.pem"):
        path.unlink()

    assert keyring.create(folder, NOW) == []


def test_keys_that_are_there_are_left_alone(folder: Path) -> None:
    before = keyring.load(folder).index_keys

    assert keyring.create(folder, NOW) == []
    assert keyring.load(folder).index_keys == before


@pytest.mark.attack("MP-09")
def test_mp_09_the_next_keys_stand_beside_the_old_ones(folder: Path) -> None:
    before = keyring.load(folder)

    made = [keyring.create_next(folder), keyring.create_next(folder)]

    after = keyring.load(folder)
    assert made == [["sealing.2.key", "index.2.key"], ["sealing.3.key", "index.3.key"]]
    assert (list(after.sealing_keys), list(after.index_keys)) == (["1", "2", "3"], ["1", "2", "3"])
    assert after.index_keys["1"] == before.index_keys["1"]
    assert len({*after.index_keys.values(), *after.sealing_keys.values()}) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_first_key_that_is_gone_for_good_is_not_made_again(folder: Path) -> None:
    keyring.create_next(folder)
    (folder / "index.key").unlink()
    (folder / "sealing.key").unlink()

    assert keyring.create(folder, NOW) == []
    ring = keyring.load(folder)
    assert (list(ring.sealing_keys), list(ring.index_keys)) == (["2"], ["2"])


@pytest.mark.parametrize("name", ["index.key", "sealing.key", "forms.key"])
def test_a_key_that_is_missing_stops_the_start(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(ConfigurationError, match="cannot be read"):
        keyring.load(folder)


@pytest.mark.parametrize(
    "name", ["index.1.key", "index.02.key", "index.new.key", "sealing.2.3.key", "index.9999999.key"]
)
def test_a_file_whose_name_says_no_generation_stops_the_start(folder: Path, name: str) -> None:
    put(folder / name, "0123" * 16)

    with pytest.raises(ConfigurationError, match="no name of the form"):
        keyring.load(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [("zz" * 32, "hexadecimal"), ("00" * 31, "32 bytes"), ("", "32 bytes"), ("00" * 32, "placeholder")],
)
@pytest.mark.parametrize("name", ["index.key", "index.2.key", "pairwise.key"])
def test_a_file_that_holds_no_key_is_refused_without_its_content(
    folder: Path, name: str, content: str, words: str
) -> None:
    put(folder / name, content)

    with pytest.raises(ConfigurationError, match=words) as refusal:
        keyring.load(folder)

    assert not content or content not in str(refusal.value)


def test_a_ring_prints_no_key(folder: Path) -> None:
    ring = keyring.load(folder)

    assert ring.index_keys["1"].hex() not in repr(ring)
    assert str(ring.index_keys["1"]) not in repr(ring)


@pytest.mark.attack("KM-05")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620])
@pytest.mark.parametrize("name", ["sealing.key", "backup.key", "wrapping.key", "id-token-rs256.pem"])
def test_km_05_a_key_file_that_others_can_open_stops_the_start_and_says_what_to_do(
    folder: Path, name: str, mode: int
) -> None:
    (folder / name).chmod(mode)

    with pytest.raises(ConfigurationError, match=rf"{name}.*chmod 600"):
        keyring.load(folder)


@pytest.mark.attack("KM-05")
def test_km_05_a_key_file_that_its_owner_cannot_even_write_is_as_good(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o400)

    assert keyring.load(folder).backup_key is not None


@pytest.mark.attack("KM-04")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sealing.key", "index.key"),
        ("forms.key", "backup.key"),
        ("wrapping.key", "sealing.key"),
        ("sealing.key", "sealing.2.key"),
        ("id-token-es256.pem", "audit-es256.pem"),
        ("id-token-rs256.pem", "id-token-ps256.pem"),
    ],
)
def test_km_04_one_key_in_two_roles_stops_the_start(folder: Path, first: str, second: str) -> None:
    shutil.copy(folder / first, folder / second)

    with pytest.raises(ConfigurationError, match="same key") as refusal:
        keyring.load(folder)

    assert first in str(refusal.value)
    assert second in str(refusal.value)
    assert (folder / first).read_text().strip() not in str(refusal.value)


@pytest.mark.attack("KM-04")
def test_km_04_another_spelling_of_the_same_key_is_the_same_key(folder: Path) -> None:
    put(folder / "forms.key", (folder / "pairwise.key").read_text().upper() + "\n")
    with pytest.raises(ConfigurationError, match="same key"):
        keyring.load(folder)


def test_the_next_wrapping_key_stands_beside_the_one_before(folder: Path) -> None:
    before = keyring.load(folder).wrapping_keys

    assert keyring.create_next_wrapping(folder) == "wrapping.2.key"
    after = keyring.load(folder).wrapping_keys
    assert (list(after), after["1"]) == (["1", "2"], before["1"])


@pytest.mark.attack("KM-05")
def test_km_05_the_pin_of_a_token_lies_in_a_file_of_its_owner(tmp_path: Path) -> None:
    put(tmp_path / "token.pin", "0471\n")
    assert keyring.read_pin(tmp_path / "token.pin") == "0471"

    for content, mode, words in (("0471", 0o644, "chmod 600"), (" ", 0o600, "empty")):
        (tmp_path / "token.pin").write_text(content)
        (tmp_path / "token.pin").chmod(mode)
        with pytest.raises(ConfigurationError, match=words) as refusal:
            keyring.read_pin(tmp_path / "token.pin")
        assert "0471" not in str(refusal.value)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        keyring.read_pin(tmp_path / "gone.pin")
