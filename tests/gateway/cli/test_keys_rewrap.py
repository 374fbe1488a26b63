"""``gate keys rewrap``: told what is left, done, and told what may go."""

from pathlib import Path

from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.seal import Sealer
from gateway.admin import keyring
from tests.gateway.cli.folder import answer, gate

WHY = ("--reason", "yearly change")


def test_sealed_files_move_under_the_next_wrapping_key(config: str) -> None:
    keys = Path(config).parent / "keys"
    SealedFileBackend(keys, Sealer(keyring.load(keys).wrapping_keys, "1")).generate("report-signing", "ES256")
    at = ("--config", config)

    assert answer("keys", "rewrap", "--prepare", *WHY, *at)["key_made"] == "wrapping.2.key"
    assert gate("keys", "rewrap", "--prepare", *WHY, *at).exit_code == 3
    assert answer("keys", "rewrap", "--dry-run", *WHY, *at, code=1)["waiting"] == 1
    done = answer("keys", "rewrap", *WHY, *at)

    assert (done["moved"], done["waiting"], done["may_go"]) == (1, 0, ["wrapping.key"])
