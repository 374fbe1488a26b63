"""What backups and restores are made with, put together out of settings, keys and stores."""

from collections.abc import Mapping

from gateway.admin.backup_file import BackupError
from gateway.admin.backup_ports import BackupOffice, BackupRegistry, BackupTarget
from gateway.admin.keyring import Keyring
from gateway.config import Settings
from gateway.store.sql.backup_source import SqlBackupSource
from gateway.store.sql.backup_target import SqlBackupTarget
from gateway.store.vault import Vault
from gateway.trust_files import trust_files


def backup_office(settings: Settings, keys: Keyring, registry: BackupRegistry) -> BackupOffice:
    """For serving and for the command line alike."""
    return BackupOffice(
        issuer=settings.issuer,
        source=SqlBackupSource(settings.storage.database_url),
        registry=registry,
        key=keys.backup_key,
        folder=None if settings.backup is None else settings.backup.folder,
        marks=lambda: _marks(settings, keys),
    )


def backup_target(settings: Settings, keys: Keyring) -> BackupTarget:
    """The database that the settings name, to be filled."""
    return SqlBackupTarget(settings.storage.database_url, Vault(keys.sealing_keys, keys.index_keys))


def _marks(settings: Settings, keys: Keyring) -> Mapping[str, int]:
    """The highest accepted number of every trust list, by the file beside the database."""
    if settings.signatures is None:
        return {}
    marks = trust_files(settings.signatures, keys).mark().marks
    return {list_id: mark.sequence for list_id, mark in marks.items()}


class NoRegistry:
    """Stands in for the database where there is none: nothing is on record, and nothing is put there."""

    async def add(self, record: object, event: object) -> None:  # noqa: ARG002 - of the port
        """There is nowhere to put it."""
        raise BackupError("there is no database to put this on record in")

    async def newest(self, limit: int) -> tuple[()]:  # noqa: ARG002 - of the port
        """Nothing."""
        return ()

    async def epochs(self) -> tuple[()]:
        """None."""
        return ()
