"""What the list of everything that ends, and the metrics, ask of the store; implemented in ``gateway.store``."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.admin.inventory_trust import KeptList
from gateway.admin.inventory_upkeep import AuditStanding, LastBackup


class Endings(Protocol):
    """Short questions whose answers do not grow with the years."""

    async def revocation_lists(self) -> Sequence[KeptList]:
        """The revocation lists that are kept, without answers about single certificates: those are people's."""
        ...

    async def last_backup(self) -> LastBackup | None:
        """The newest backup on record."""
        ...

    async def audit_standing(self) -> AuditStanding:
        """How far the chain over the audit has come."""
        ...

    async def operator_certificates(self) -> Mapping[str, str]:
        """Thumbprints of operators' client certificates, by name."""
        ...

    async def open_alerts(self) -> int:
        """How many alerts wait for somebody."""
        ...
