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


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    """Give a folder with one key of each kind."""
    return shutil.copytree(made_once, tmp_path / "keys")


def test_a_new_folder_has_one_key_of_each_kind_for_its_owner_only(folder: Path) -> None:
    ring = keyring.load(folder, NOW)

    assert (list(ring.sealing_keys), list(ring.index_keys)) == (["1"], ["1"])
    secrets = {ring.sealing_keys["1"], ring.index_keys["1"], ring.pairwise_key, ring.client_secret_key, ring.form_key}
    assert len(secrets) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_new_folder_signs_with_three_algorithms_and_has_a_key_for_a_federation(folder: Path) -> None:
    ring = keyring.load(folder, NOW)

    assert [key.algorithm for key in ring.signing.keys] == ["ES256", "RS256", "PS256"]
    assert ring.federation is not None
    assert ring.federation.algorithm == "ES256"
    assert ring.federation.kid not in {key.kid for key in ring.signing.keys}


def test_a_folder_of_an_earlier_version_goes_on_working_and_gets_what_it_lacks_on_request(folder: Path) -> None:
    for name in ("id-token-ps256.pem", "federation-es256.pem"):
        (folder / name).unlink()
    before = keyring.load(folder, NOW)

    made = keyring.create(folder, NOW)

    assert [key.algorithm for key in before.signing.keys] == ["ES256", "RS256"]
    assert before.federation is None
    assert made == ["id-token-ps256", "federation-es256"]
    assert keyring.load(folder, NOW).federation is not None


def test_keys_that_are_there_are_left_alone(folder: Path) -> None:
    before = keyring.load(folder, NOW).index_keys

    assert keyring.create(folder, NOW) == []
    assert keyring.load(folder, NOW).index_keys == before


@pytest.mark.attack("MP-09")
def test_mp_09_the_next_keys_stand_beside_the_old_ones(folder: Path) -> None:
    before = keyring.load(folder, NOW)

    made = [keyring.create_next(folder), keyring.create_next(folder)]

    after = keyring.load(folder, NOW)
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
    ring = keyring.load(folder, NOW)
    assert (list(ring.sealing_keys), list(ring.index_keys)) == (["2"], ["2"])


@pytest.mark.parametrize("name", ["index.key", "sealing.key", "forms.key", "id-token-es256.pem"])
def test_a_key_that_is_missing_stops_the_start(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(ConfigurationError, match="cannot be read"):
        keyring.load(folder, NOW)


@pytest.mark.parametrize(
    "name", ["index.1.key", "index.02.key", "index.new.key", "sealing.2.3.key", "index.9999999.key"]
)
def test_a_file_whose_name_says_no_generation_stops_the_start(folder: Path, name: str) -> None:
    (folder / name).write_text("0123" * 16)

    with pytest.raises(ConfigurationError, match="no name of the form"):
        keyring.load(folder, NOW)


@pytest.mark.parametrize(
    ("content", "words"),
    [("zz" * 32, "hexadecimal"), ("00" * 31, "32 bytes"), ("", "32 bytes"), ("00" * 32, "placeholder")],
)
@pytest.mark.parametrize("name", ["index.key", "index.2.key", "pairwise.key"])
def test_a_file_that_holds_no_key_is_refused_without_its_content(
    folder: Path, name: str, content: str, words: str
) -> None:
    (folder / name).write_text(content)

    with pytest.raises(ConfigurationError, match=words) as refusal:
        keyring.load(folder, NOW)

    assert not content or content not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("id-token-es256", "ES256"), ("id-token-ps256", "PS256"), ("federation-es256", "ES256")],
)
def test_a_signing_key_that_is_none_is_refused(folder: Path, name: str, algorithm: str) -> None:
    (folder / f"{name}.pem").write_text("no key")

    with pytest.raises(ConfigurationError, match=algorithm):
        keyring.load(folder, NOW)


def test_a_ring_prints_no_key(folder: Path) -> None:
    ring = keyring.load(folder, NOW)

    assert ring.index_keys["1"].hex() not in repr(ring)
    assert str(ring.index_keys["1"]) not in repr(ring)
