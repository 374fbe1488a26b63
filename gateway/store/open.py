"""Turns addresses into stores: the one entrance of this package."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from certs.trust.revocation.cache import RevocationCache
from gateway.admin.audit_ports import AuditChain, AuditCheckpoints, AuditRecords
from gateway.admin.backup_ports import BackupRegistry
from gateway.admin.ending_ports import Endings
from gateway.admin.operation_ports import (
    InstanceRegistry,
    JointActs,
    KeyRegistry,
    OperatorAccounts,
    OutageRegistry,
    SignInAttempts,
)
from gateway.admin.ports import (
    AlertRegistry,
    ClientRegistry,
    DeadLetters,
    InitialAccessRegistry,
    NumberRegistry,
    OperatorRegistry,
    Rekeying,
    RevealRegistry,
    SubjectRegistry,
    SwitchRegistry,
)
from gateway.audit import AuditLog
from gateway.broker.ports import AttemptCounter, NoticeStore, NumberStore, PeopleStore, SignInStore, TransactionStore
from gateway.oidc.ports import (
    ClientStore,
    DecoupledStore,
    DeliveryStore,
    PushedRequestStore,
    RateLimits,
    ReplayStore,
    StoreUnavailableError,
    TokenStore,
)
from gateway.signatures.ports import (
    ReceiptStore,
    ReportStore,
    SigningRequestStore,
    TrustListStore,
    TrustProposalStore,
)
from gateway.store import redis
from gateway.store.redis import RedisAttempts
from gateway.store.schema import SchemaError, require_head
from gateway.store.sql.alert_registry import SqlAlerts
from gateway.store.sql.attempts import SqlAttempts
from gateway.store.sql.audit import SqlAuditLog
from gateway.store.sql.audit_chain import SqlAuditChain
from gateway.store.sql.audit_checkpoints import SqlAuditCheckpoints
from gateway.store.sql.audit_records import SqlAuditRecords
from gateway.store.sql.backups import SqlBackups
from gateway.store.sql.clients import SqlClients
from gateway.store.sql.database import DEFAULT_POOL_SIZE, Database
from gateway.store.sql.dead_letters import SqlDeadLetters
from gateway.store.sql.decoupled_requests import SqlDecoupledRequests
from gateway.store.sql.deliveries import SqlDeliveries
from gateway.store.sql.endings import SqlEndings
from gateway.store.sql.facts import SqlFacts
from gateway.store.sql.initial_access import SqlInitialAccess
from gateway.store.sql.instances import SqlInstances
from gateway.store.sql.joint_acts import SqlJointActs
from gateway.store.sql.key_registry import SqlKeys
from gateway.store.sql.keys_in_use import KeysInUse
from gateway.store.sql.logins import SqlTransactions
from gateway.store.sql.notices import SqlNotices
from gateway.store.sql.number_registry import SqlNumberRegistry
from gateway.store.sql.numbers import SqlNumbers
from gateway.store.sql.operator_accounts import SqlOperatorAccounts
from gateway.store.sql.operators import SqlOperators
from gateway.store.sql.outages import SqlOutages
from gateway.store.sql.people import SqlPeople
from gateway.store.sql.purge import purge
from gateway.store.sql.pushed_requests import SqlPushedRequests
from gateway.store.sql.rates import SqlRates
from gateway.store.sql.receipts import SqlReceipts
from gateway.store.sql.rekeying import SqlRekeying
from gateway.store.sql.replays import SqlReplays
from gateway.store.sql.reports import SqlReports
from gateway.store.sql.reveals import SqlReveals
from gateway.store.sql.revocation_cache import SqlRevocationCache
from gateway.store.sql.sign_ins import SqlSignIns
from gateway.store.sql.signing_requests import SqlSigningRequests
from gateway.store.sql.switches import SqlSwitches
from gateway.store.sql.tables import clients
from gateway.store.sql.tokens import SqlTokens
from gateway.store.sql.trust_lists import SqlTrustLists
from gateway.store.sql.trust_proposals import SqlTrustProposals
from gateway.store.tries import AttemptLimits
from gateway.store.vault import Vault
from mapping.surrogate import Choose

__all__ = ["AttemptLimits", "SchemaError", "Stores", "open_stores"]

_VERIFICATIONS: Final = AttemptLimits(tries=30, lock_out=timedelta(seconds=60))
_SIGN_IN_NAMES: Final = AttemptLimits(tries=5, window=timedelta(minutes=10), lock_out=timedelta(minutes=10))
_SIGN_IN_ADDRESSES: Final = AttemptLimits(tries=20, window=timedelta(minutes=10), lock_out=timedelta(minutes=10))
_ALIVE: Final = select(clients.c.client_id).limit(1)
"""Reads a table: SQLite answers a bare ``SELECT 1`` without looking at its file."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is remembered, port by port."""

    clients: ClientStore
    registry: ClientRegistry
    tokens: TokenStore
    replays: ReplayStore
    pushed: PushedRequestStore
    decoupled: DecoupledStore
    deliveries: DeliveryStore
    transactions: TransactionStore
    sign_ins: SignInStore
    numbers: NumberStore
    people: PeopleStore
    notices: NoticeStore
    attempts: AttemptCounter
    verifications: AttemptCounter
    """How often relying parties ask about numbers (MP-01)."""
    rates: RateLimits
    """How often relying parties call at all (DS-01)."""
    audit: AuditLog
    audit_chain: AuditChain
    audit_checkpoints: AuditCheckpoints
    audit_records: AuditRecords
    number_registry: NumberRegistry
    subject_registry: SubjectRegistry
    alert_registry: AlertRegistry
    switch_registry: SwitchRegistry
    operator_registry: OperatorRegistry
    initial_access: InitialAccessRegistry
    dead_letters: DeadLetters
    reveal_registry: RevealRegistry
    rekeying: Rekeying
    trust_lists: TrustListStore
    trust_proposals: TrustProposalStore
    reports: ReportStore
    receipts: ReceiptStore
    signing_requests: SigningRequestStore
    revocation_cache: RevocationCache
    key_registry: KeyRegistry
    instances: InstanceRegistry
    outage_registry: OutageRegistry
    endings: Endings
    backups: BackupRegistry
    facts: SqlFacts
    operator_accounts: OperatorAccounts
    joint_acts: JointActs
    operator_names: SignInAttempts
    """How often somebody tries to sign in under an operator's name."""
    operator_addresses: SignInAttempts
    """The same from one address."""
    keys_in_use: KeysInUse = field(repr=False)
    database: Database = field(repr=False)
    accelerator: RedisAttempts | None = field(default=None, repr=False)

    @property
    def note(self) -> str:
        """What an operator should know of the database engine."""
        return self.database.note

    async def ready(self) -> dict[str, bool]:
        """Which of the servers answer; without the accelerator everything still works."""
        state = {"database": await _answers(self.database)}
        if self.accelerator is not None:
            state["redis"] = await self.accelerator.answers()
        return state

    async def purge(self, now: datetime, batch: int) -> int:
        """Take away what has ended, in portions of ``batch`` rows; returns how many went."""
        return await purge(self.database, now, batch)

    async def refresh_keys(self) -> None:
        """Learn which keys are in use now; raises ``KeyNotHeldError`` when one of them is not in the keys folder."""
        await self.keys_in_use.refresh()

    async def aclose(self) -> None:
        """Let go of all connections."""
        if self.accelerator is not None:
            await self.accelerator.aclose()
        await self.database.aclose()


async def open_stores(
    database_url: str,
    *,
    sealing_keys: Mapping[str, bytes],
    index_keys: Mapping[str, bytes],
    redis_url: str | None = None,
    pool_size: int = DEFAULT_POOL_SIZE,
    limits: AttemptLimits | None = None,
    choose: Choose = secrets.randbelow,
) -> Stores:
    """Connect, check schema and keys in use; raises ``SchemaError`` or ``StoreUnavailableError``.

    ``sealing_keys`` and ``index_keys`` are all that the keys folder holds, by id; the highest number is the newest.
    """
    vault = Vault(sealing_keys, index_keys)
    client = None if redis_url is None else redis.connect(redis_url)
    database = Database.at(database_url, pool_size=pool_size)
    keys = KeysInUse(database, vault)
    try:
        await database.read(require_head)
        await keys.refresh()
    except BaseException:
        await database.aclose()
        raise
    bounds = limits or AttemptLimits()
    counter = SqlAttempts(database, vault, bounds)
    accelerator = None if client is None else RedisAttempts(client, counter, vault, bounds)
    relying_parties = SqlClients(database)
    people = SqlPeople(database, vault)
    return Stores(
        clients=relying_parties,
        registry=relying_parties,
        tokens=SqlTokens(database, vault),
        replays=SqlReplays(database),
        pushed=SqlPushedRequests(database, vault),
        decoupled=SqlDecoupledRequests(database, vault),
        deliveries=SqlDeliveries(database, vault),
        transactions=SqlTransactions(database, vault),
        sign_ins=SqlSignIns(database, vault, keys),
        numbers=SqlNumbers(database, vault, keys, choose),
        people=people,
        notices=SqlNotices(database, vault),
        attempts=accelerator or counter,
        verifications=SqlAttempts(database, vault, _VERIFICATIONS),
        rates=SqlRates(database, vault),
        audit=SqlAuditLog(database),
        audit_chain=SqlAuditChain(database),
        audit_checkpoints=SqlAuditCheckpoints(database),
        audit_records=SqlAuditRecords(database),
        number_registry=SqlNumberRegistry(database, vault),
        subject_registry=people,
        alert_registry=SqlAlerts(database),
        switch_registry=SqlSwitches(database),
        operator_registry=SqlOperators(database),
        initial_access=SqlInitialAccess(database),
        dead_letters=SqlDeadLetters(database),
        reveal_registry=SqlReveals(database, vault),
        rekeying=SqlRekeying(database, vault, keys),
        trust_lists=SqlTrustLists(database),
        trust_proposals=SqlTrustProposals(database),
        reports=SqlReports(database, vault),
        receipts=SqlReceipts(database),
        signing_requests=SqlSigningRequests(database, vault),
        revocation_cache=SqlRevocationCache(database),
        key_registry=SqlKeys(database, vault),
        instances=SqlInstances(database),
        outage_registry=SqlOutages(database),
        endings=SqlEndings(database),
        backups=SqlBackups(database),
        facts=SqlFacts(database),
        operator_accounts=SqlOperatorAccounts(database, vault),
        joint_acts=SqlJointActs(database),
        operator_names=SqlAttempts(database, vault, _SIGN_IN_NAMES),
        operator_addresses=SqlAttempts(database, vault, _SIGN_IN_ADDRESSES),
        keys_in_use=keys,
        database=database,
        accelerator=accelerator,
    )


async def _answers(database: Database) -> bool:
    def ask(connection: Connection) -> bool:
        connection.execute(_ALIVE)
        return True

    try:
        return await database.read(ask)
    except StoreUnavailableError:
        return False
