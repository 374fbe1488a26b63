"""A process that imports trust lists until somebody kills it: what it has told must be true for ever (F-TLST-01)."""

import asyncio
import sys
from pathlib import Path

from gateway.admin import trust_import
from gateway.admin.acts import Act
from gateway.admin.trust_office import TrustOffice
from gateway.signatures.trust_state import TrustFiles
from gateway.signatures.trust_watch import watch
from gateway.store.open import open_stores
from tests.authority import NOW
from tests.contracts.stores.builders import KEYS

ROOT_FOLDER = Path(__file__).resolve().parents[2]
LISTS = ("hk-gd-hk", "hk-gd-gd")


def files_of(folder: Path) -> TrustFiles:
    """The pinned root and the high-water file of a folder."""
    return TrustFiles.of((folder / "root.json").read_bytes(), folder / "marks", bytes(32))


async def bring_in(url: str, folder: Path, upto: int) -> None:
    """Start as a gateway starts, then import both lists together, number after number."""
    stores = await open_stores(url, **KEYS, pool_size=1)
    files = files_of(folder)
    office = TrustOffice(stores.trust_lists, stores.trust_proposals, stores.reports, stores.audit, files)
    state = await watch(stores.trust_lists, files, stores.audit, NOW)
    for number in range(state.heads[LISTS[0]][0] + 1, upto + 1):
        tokens = [(folder / f"{list_id}.{number}").read_bytes() for list_id in LISTS]
        found = await trust_import.propose(office, tokens, (), Act("ada", NOW, "case 17"))
        assert found["result"] == "accepted"
        print(number, flush=True)
    await stores.aclose()


if __name__ == "__main__":
    asyncio.run(bring_in(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
