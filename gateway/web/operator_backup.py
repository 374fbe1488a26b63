"""What the operator API offers about backups: the same as ``gate backup``, but for the restore.

A restore is a thing of the command line only: the database that it fills is empty, so nobody could sign in to ask.
"""

import re
from pathlib import Path
from typing import Any, Final

from gateway.admin import backup, backup_file
from gateway.admin.backup_file import SUFFIX, BackupDamagedError, BackupError
from gateway.admin.records import Role
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}" + re.escape(SUFFIX))


async def list_backups(desk: Desk, call: Call) -> dict[str, Any]:
    """What lies in the folder of the settings, and what is on record."""
    return await backup.listed(desk.backups, call.now)


async def create_backup(desk: Desk, call: Call) -> dict[str, Any]:
    """Write a backup into the folder of the settings; answered when it is written."""
    try:
        made = await backup.create(desk.backups, call.act(), dry_run=call.flag("dry_run"))
    except BackupError as error:
        raise CallError(409, "conflict", str(error)) from None
    # Where the folder lies on that machine is nobody's business over the network.
    return made | {"file": None if made["file"] is None else Path(made["file"]).name}


async def verify_backup(desk: Desk, call: Call) -> dict[str, Any]:
    """Read a backup of the folder to its end; ``file`` is its name, as the list has it."""
    name = call.text("file")
    if not _NAME.fullmatch(name):
        raise malformed("file must be a name out of the list")
    folder = desk.backups.folder
    if folder is None or backup_file.note_of(folder / name) is None:
        raise not_found()
    try:
        return await backup.verify(desk.backups, folder / name, call.act())
    except BackupDamagedError as error:
        raise CallError(422, "damaged", str(error)) from None
    except BackupError as error:
        raise CallError(409, "conflict", str(error)) from None


OPERATIONS: Final = (
    Operation("GET", "/v1/backups", Role.READER, list_backups),
    Operation("POST", "/v1/backups", Role.CUSTODIAN, create_backup, ("reason", "dry_run"), is_routine=True),
    Operation("POST", "/v1/backups/verify", Role.CUSTODIAN, verify_backup, ("file", "reason"), is_routine=True),
)
