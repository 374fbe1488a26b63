"""A process that restores a backup and stops in the middle until somebody kills it."""

import sys
import time
from pathlib import Path

from gateway.admin import backup_restore
from gateway.admin.backup_restore import Wish
from gateway.store.sql.backup_target import SqlBackupTarget
from gateway.store.vault import Vault
from mapping.vocabulary import Realm
from tests.contracts.stores.backing_up import ADA, an_office
from tests.contracts.stores.builders import KEYS


def stop_after_the_events(table: str, _done: int, _total: int) -> None:
    """Tell that the rows of the audit are written, and wait."""
    if table == "audit":
        print(table, flush=True)
        time.sleep(60)


if __name__ == "__main__":
    url, file, backup_id = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    backup_restore.restore(
        an_office(url, file.parent),
        SqlBackupTarget(url, Vault(**KEYS)),
        Wish(file, backup_id, Realm.SANDBOX),
        ADA,
        report=stop_after_the_events,
    )
