"""Group KM, keys at rest: one purpose for each key, and nothing private where others can read it (KM-04, KM-05)."""

import re
import shutil
import stat
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.errors import KeyMaterialError, KeyUnavailableError, SealError
from certs.keys.key_transport import RsaDecryptionKey
from certs.keys.seal import Sealer
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.admin import keyring
from gateway.app import create_app
from gateway.cli import app as command_line
from gateway.config import ConfigurationError, load
from tests.world import NOW

MINIMAL = 'issuer = "https://id.example.hk"\nkeys_dir = "keys"\n[storage]\ndatabase_url = "sqlite://"\n'
MACAO = '[providers.macao]\nbase_url = "https://mo.example"\nclient_id = "g"\nclient_secret_file = "{file}"\n'
HONG_KONG = (
    '[providers.hong_kong]\nbase_url = "https://hk.example"\nclient_id = "g"\nclient_secret_file = "hk.secret"\n'
    'decryption_key_file = "{file}"\n'
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a gateway's folder as a fresh installation has it."""
    folder = tmp_path_factory.mktemp("km")
    keyring.create(folder / "keys", NOW)
    (folder / "hk.secret").write_text("a fictional secret")
    return folder


@pytest.fixture
def folder(fresh: Path, tmp_path: Path) -> Path:
    """Give a copy of it, to be spoilt."""
    return shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)


def start(folder: Path, further: str = "") -> None:
    (folder / "gate.toml").write_text(MINIMAL + further)
    create_app(load(folder / "gate.toml"))


def own_key(path: Path, algorithm: Algorithm = Algorithm.ES256) -> bytes:
    key = SigningKey.generate(algorithm, NOW).to_pem()
    path.touch(0o600)
    path.write_bytes(key)
    return key


@pytest.mark.attack("KM-04")
@pytest.mark.parametrize(
    ("further", "file"),
    [
        ('[server]\ntls_certificate = "c.pem"\ntls_key = "keys/{file}"\n', "id-token-es256.pem"),
        ('[operator_api]\ntls_certificate = "c.pem"\ntls_key = "keys/{file}"\n', "audit-es256.pem"),
        (HONG_KONG.replace("{file}", "keys/{file}"), "id-token-rs256.pem"),
        (MACAO.replace("{file}", "keys/{file}"), "forms.key"),
        (MACAO.replace("{file}", "keys/{file}"), "sealing.key"),
    ],
)
def test_km_04_settings_that_give_a_key_a_second_role_stop_the_start(folder: Path, further: str, file: str) -> None:
    with pytest.raises(ConfigurationError, match="same key") as refusal:
        start(folder, further.replace("{file}", file))

    assert file in str(refusal.value)
    assert (folder / "keys" / file).read_text().splitlines()[0] not in str(refusal.value)


@pytest.mark.attack("KM-04")
def test_km_04_a_listener_of_relying_parties_and_one_of_operators_may_show_one_certificate(folder: Path) -> None:
    own_key(folder / "tls.pem")
    both = "".join(f'[{name}]\ntls_certificate = "c.pem"\ntls_key = "tls.pem"\n' for name in ("server", "operator_api"))

    start(folder, both)


@pytest.mark.attack("KM-04")
def test_km_04_equal_addresses_and_equal_earlier_keys_are_no_second_role(folder: Path) -> None:
    (folder / "kek.pem").touch(0o600)
    (folder / "kek.pem").write_bytes(RsaDecryptionKey.generate().to_pem())
    start(folder, HONG_KONG.replace("{file}", "kek.pem") + 'previous_decryption_key_file = "kek.pem"\n')


@pytest.mark.attack("KM-04")
def test_km_04_no_key_of_ours_opens_or_signs_what_another_one_does(folder: Path) -> None:
    ring = keyring.load(folder / "keys")
    files = SealedFileBackend(folder / "keys", Sealer(ring.wrapping_keys, "1"))
    made = files.generate("report-signing", "ES256")
    sealers = [Sealer(keys, "1") for keys in (ring.sealing_keys, ring.index_keys, {"1": ring.form_key})]

    for other in sealers:
        with pytest.raises(KeyUnavailableError):
            SealedFileBackend(folder / "keys", other).signer(made.handle)
        with pytest.raises(SealError):
            other.open(Sealer(ring.wrapping_keys, "1").seal(b"x", context="numbers|box|1"), context="numbers|box|1")
    with pytest.raises(KeyUnavailableError):
        files.signer(made.handle.replace("report-signing", "id-token-es256"))
    with pytest.raises(KeyMaterialError):
        files.store("kek", "RSA-OAEP-256", files.secret(made.handle))
    with pytest.raises(KeyMaterialError):
        files.signer(files.generate("guangdong-sm2", "SM2").handle)
    with pytest.raises(KeyMaterialError):
        files.signer(files.store("macao", "secret", ring.form_key.hex().encode()).handle)


@pytest.mark.attack("KM-05")
def test_km_05_a_fresh_folder_is_for_its_owner_only(folder: Path) -> None:
    ring = keyring.load(folder / "keys")
    SealedFileBackend(folder / "keys", Sealer(ring.wrapping_keys, "1")).generate("report-signing", "ES256")

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder / "keys").rglob("*")}

    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700


@pytest.mark.attack("KM-05")
@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604])
@pytest.mark.parametrize(
    ("file", "further"),
    [
        ("keys/backup.key", ""),
        ("keys/report-es256.pem", ""),
        ("tls.pem", '[server]\ntls_certificate = "c.pem"\ntls_key = "tls.pem"\n'),
        ("kek.pem", HONG_KONG.replace("{file}", "kek.pem")),
    ],
)
def test_km_05_a_private_key_that_others_can_read_stops_the_start(
    folder: Path, file: str, further: str, mode: int
) -> None:
    if not (folder / file).exists():
        own_key(folder / file)
    (folder / file).chmod(mode)

    with pytest.raises(ConfigurationError, match=rf"{Path(file).name}.*chmod 600"):
        start(folder, further)


@pytest.mark.attack("KM-05")
def test_km_05_what_a_crash_prints_holds_no_key(folder: Path) -> None:
    ring = keyring.load(folder / "keys")
    files = SealedFileBackend(folder / "keys", Sealer(ring.wrapping_keys, "1"))
    made = files.generate("report-signing", "ES256")
    secret = files.secret(made.handle)

    with pytest.raises(KeyUnavailableError) as refusal:
        SealedFileBackend(folder / "keys", Sealer(ring.sealing_keys, "1")).signer(made.handle)
    beneath = refusal.value.with_traceback(refusal.value.__traceback__.tb_next if refusal.value.__traceback__ else None)
    printed = "".join(traceback.TracebackException.from_exception(beneath, capture_locals=True).format())

    hidden = [secret.splitlines()[1].decode(), *(key.hex() for key in (*ring.sealing_keys.values(), ring.form_key))]
    assert not [text for text in hidden if text in printed]
    assert repr(ring.form_key) not in printed


def options() -> Iterator[tuple[str, str]]:
    """Every option of every verb that takes a value."""
    stack: list[tuple[str, Any]] = [("gate", typer.main.get_command(command_line))]
    while stack:
        name, verb = stack.pop()
        stack += [(f"{name} {below}", command) for below, command in getattr(verb, "commands", {}).items()]
        for parameter in verb.params:
            if not getattr(parameter, "is_flag", False):
                yield from ((name, spelt) for spelt in parameter.opts if spelt.startswith("-"))


@pytest.mark.attack("KM-05")
def test_km_05_no_verb_takes_a_secret_on_its_command_line() -> None:
    secret = re.compile(r"password|passphrase|secret|\bpin\b|token|totp|private|credential")
    found = list(options())

    # Names of files that hold secrets, and of ways to show them, are none.
    asked = [f"{verb} {option}" for verb, option in found if secret.search(option)]
    assert [one for one in asked if not re.search(r"-(file|auth-method|alg|enc|expires)$", one)] == []
    assert len(found) > 200, "the verbs were not looked at"
