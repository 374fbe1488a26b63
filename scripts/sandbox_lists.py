"""The sandbox's trust lists for its gateway: fetched from the simulated authorities, imported by two operators.

The authorities make their keys when they start, so every start of the sandbox is a new world: what an earlier one had
accepted is taken away first. Nothing of the kind exists outside the sandbox, where lists are never taken back.
"""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete

from gateway.admin import keyring, trust_import
from gateway.admin.acts import Act
from gateway.admin.trust_office import TrustOffice
from gateway.product import utc_now
from gateway.signatures.trust_state import TrustFiles
from gateway.store.open import open_stores
from gateway.store.sql.signature_tables import trust_documents, trust_evidence, trust_heads, trust_proposals
from scripts.sandbox import HIGH_WATER, TRUST_ROOT

LISTS: Final = ("hk", "gd", "mo", "hk-gd-hk", "hk-gd-gd", "mo-gd-mo", "mo-gd-gd")
_OPERATORS: Final = ("sandbox-one", "sandbox-two")
_REASON: Final = "lists of the sandbox"
_LARGEST: Final = 8_388_608


def bring_in(folder: Path, authority: str, database_url: str, *, patience: float) -> bool:
    """Make the sandbox's gateway trust the authorities of this start; false if they do not answer in time."""
    root = _fetched(f"{authority}/root.json", time.monotonic() + patience)
    if root is None:
        return False
    documents = [_fetched(f"{authority}/{path}", time.monotonic() + patience) for path in _paths()]
    found = [document for document in documents if document is not None]
    if len(found) < len(documents):
        return False
    (folder / TRUST_ROOT).write_bytes(root)
    (folder / HIGH_WATER).unlink(missing_ok=True)
    asyncio.run(_import(folder, database_url, root, found))
    return True


def _paths() -> tuple[str, ...]:
    return (*(f"lists/{name}" for name in LISTS), "equivalence")


def _fetched(url: str, deadline: float) -> bytes | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=10) as answer:
                document: bytes = answer.read(_LARGEST)
                json.loads(document)
                return document
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.05)
    return None


async def _import(folder: Path, database_url: str, root: bytes, documents: Sequence[bytes]) -> None:
    keys = keyring.load(folder / "keys")
    stores = await open_stores(database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys)
    files = TrustFiles.of(root, folder / HIGH_WATER, keys.client_secret_key)
    office = TrustOffice(stores.trust_lists, stores.trust_proposals, stores.reports, stores.audit, files)
    one, two = (Act(name, utc_now(), _REASON) for name in _OPERATORS)
    try:
        await stores.database.run(_forget)
        plan = await trust_import.dry_run(office, documents, one)
        codes = [document["code"] for document in plan["documents"] if document["code"]]
        outcome = await trust_import.propose(office, documents, codes, one)
        if outcome["result"] == "waiting":
            await trust_import.acknowledge(office, outcome["proposal"], codes, two)
    finally:
        await stores.aclose()


def _forget(connection: Connection) -> None:
    for table in (trust_heads, trust_documents, trust_evidence, trust_proposals):
        connection.execute(delete(table))
