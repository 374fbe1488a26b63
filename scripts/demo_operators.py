"""The demo's operator: made once per folder, so that the operators' pages can be looked at; run it for the code of now.

    .venv/bin/python scripts/demo_operators.py        name, password and one-time code

What stands in the folder is worth nothing anywhere else. Rotations are made short, so that one can be watched.
"""

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from certs.keys import one_time_code  # noqa: E402 - the tree must be importable first
from gateway.admin import keyring, operator_accounts, operators  # noqa: E402
from gateway.admin.acts import Act  # noqa: E402
from gateway.admin.operator_accounts import Accounts, Enrolment  # noqa: E402
from gateway.admin.records import Role  # noqa: E402
from gateway.product import utc_now  # noqa: E402
from gateway.store.open import open_stores  # noqa: E402

NAME: Final = "demo"
_FILE: Final = "operator.json"


def settings(port: int) -> str:
    """The blocks of the settings that operation needs; times are the demo's and nobody else's."""
    return f"""
[operator_api]
port = {port}

[keys]
jwks_max_age = "10s"
jwks_stale_if_error = "10s"
partner_refresh = "10s"
skew = "5s"
settle = "2m"
active_life = "30m"

[audit]
checkpoints = "checkpoints"

[backup]
folder = "backups"
"""


def make_operator(folder: Path, database_url: str) -> dict[str, str]:
    """The operator and what they sign in with; made at the first start, read afterwards."""
    path = folder / _FILE
    if not path.exists():
        made = asyncio.run(_make(folder, database_url))
        path.touch(mode=0o600)
        path.write_text(json.dumps(made), encoding="utf-8")
    (folder / "backups").mkdir(mode=0o700, exist_ok=True)
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return known


def code_of_now(known: dict[str, str]) -> str:
    """What an authenticator would show."""
    return one_time_code.code_at(bytes.fromhex(known["secret"]), one_time_code.step_at(utc_now()))


async def _make(folder: Path, database_url: str) -> dict[str, str]:
    keys = keyring.load(folder / "keys")
    stores = await open_stores(database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys)
    act = Act("sandbox", utc_now(), "the operator of the demo")
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    enrolment = Enrolment(NAME, one_time_code.new_secret())
    accounts = Accounts(stores.operator_registry, stores.operator_accounts)
    try:
        await operators.create(stores.operator_registry, NAME, Role.CUSTODIAN, keys.client_secret_key, act)
        await operator_accounts.set_password(accounts, NAME, password, act)
        before = one_time_code.code_at(enrolment.secret, one_time_code.step_at(act.now) - 1)  # leaves the code of now
        await operator_accounts.confirm_enrolment(accounts, enrolment, before, act)
    finally:
        await stores.aclose()
    address = enrolment.address
    return {"name": NAME, "password": password, "secret": enrolment.secret.hex(), "otpauth": address}


def main() -> int:
    """Print what to type."""
    path = Path(os.environ.get("GATE_DEMO_FOLDER", ROOT / ".demo")) / _FILE
    if not path.exists():
        print("demo: there is no operator yet: start the demo first")
        return 3
    known = json.loads(path.read_text(encoding="utf-8"))
    print(f"name {known['name']}   password {known['password']}   one-time code {code_of_now(known)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
