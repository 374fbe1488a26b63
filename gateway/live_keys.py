"""The managed keys as one running process works with them: read when their version moves, proven from time to time.

Every worker asks every few seconds whether a set has changed, so that a rotation, and above all an emergency, counts
everywhere within a minute (§9.1). What cannot be read now stays as it was in memory for checking, and signs nothing:
no key is ever made up in the place of one that is missing (F-KEY-03).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from certs.keys.backends import KeyBackend, NewKey
from certs.keys.backends.proof import prove_key
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import GuardError
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.signing_key import Algorithm, KeySet, PublicHalf, Signer, SigningKey
from certs.keys.verification_keys import VerificationKeys
from gateway.admin.key_sets import AUDIT, FEDERATION, ID_TOKENS, REPORTS, SetDescription
from gateway.admin.operation_ports import KeyRegistry
from gateway.audit import AuditAction, AuditEvent

_LOG: Final = logging.getLogger("gateway.keys")
_SIGNS: Final = frozenset({KeyState.ACTIVE, KeyState.PUBLISHED, KeyState.HELD})

OnChange = Callable[[KeySetRecord], Awaitable[None]]
First = Callable[[], NewKey | None]


@dataclass(slots=True, repr=False)
class LiveKeySet:
    """``KeySource`` of one purpose; its content is replaced as a whole, never changed."""

    _keys: KeySet = field(default_factory=lambda: KeySet(()))
    _broken: frozenset[str] = frozenset()
    _jwks: Mapping[str, list[dict[str, Any]]] = field(default_factory=lambda: {"keys": []})
    _verification: VerificationKeys = field(default_factory=lambda: VerificationKeys(()))
    used: dict[str, datetime] = field(default_factory=dict)
    """By key: when something signed with it was last verified here."""

    def replace(self, keys: KeySet, broken: frozenset[str]) -> None:
        """Work with other keys from now on; ``broken`` are those that cannot sign now."""
        self._jwks = keys.jwks()
        self._verification = VerificationKeys.from_jwks(self._jwks)
        self._keys, self._broken = keys, broken

    def active(self, algorithm: str) -> SigningKey:
        """Give the key that signs now; raises ``KeyUnavailableError`` where there is none, or none that answers."""
        try:
            key = self._keys.active(algorithm)
        except KeyMaterialError:
            raise KeyUnavailableError("no key is active for this algorithm") from None
        if key.kid in self._broken:
            raise KeyUnavailableError("the active key cannot be used now")
        return key

    def jwks(self) -> Mapping[str, list[dict[str, Any]]]:
        """The published key set."""
        return self._jwks

    def verification_keys(self) -> VerificationKeys:
        """The same, parsed once."""
        return self._verification

    def seen(self, kid: str | None, now: datetime) -> None:
        """Take note of a use: what somebody still presents keeps its key from being retired."""
        if kid is not None:
            self.used[kid] = now


class LiveKeys:
    """All managed sets of one process."""

    def __init__(
        self,
        registry: KeyRegistry,
        backend: KeyBackend,
        sets: Mapping[str, SetDescription],
        first: Mapping[str, First],
    ) -> None:
        self._registry = registry
        self._backend = backend
        self._sets = sets
        self._first = first
        self._versions: Mapping[str, int] = {}
        self._records: Mapping[str, KeySetRecord] = {}
        self._signers: dict[str, Signer] = {}
        self._ready: frozenset[str] = frozenset()
        self.id_tokens = LiveKeySet()
        self.federation = LiveKeySet()
        self.reports = LiveKeySet()
        self.audit = LiveKeySet()
        self.on_change: dict[str, OnChange] = {}
        """By set: what else has to learn of a change, such as an upstream that signs with the set's key."""

    @property
    def records(self) -> Mapping[str, KeySetRecord]:
        """The sets as they were last read."""
        return self._records

    @property
    def ready(self) -> frozenset[str]:
        """Names of the keys that have signed, and whose signature was verified, in this process."""
        return self._ready

    @property
    def used(self) -> dict[str, datetime]:
        """By key: when something signed with it was last seen here."""
        found: dict[str, datetime] = {}
        for live in self._live():
            found |= live.used
        return found

    @property
    def versions(self) -> Mapping[str, int]:
        """The versions that this process works with."""
        return self._versions

    async def watch(self, watchers: Mapping[str, OnChange]) -> None:
        """Hand some sets on as they are now, and whenever they change."""
        self.on_change |= watchers
        self._take_up()
        for name, watcher in watchers.items():
            if name in self._records:
                await watcher(self._records[name])

    async def start(self, now: datetime) -> None:
        """Put the keys that signed before they were managed on record, once, and read everything."""
        known = await self._registry.all()
        for name, description in self._sets.items():
            keys = known.get(name, KeySetRecord(name))
            if not keys.keys and name in self._first:
                await self._adopt(keys, description, now)
        await self.refresh()

    async def refresh(self) -> bool:
        """Read what has changed; true if anything has."""
        versions = await self._registry.versions()
        if versions == self._versions and self._records:
            return False
        records = await self._registry.all()
        changed = [name for name, keys in records.items() if self._versions.get(name) != keys.version]
        self._records = records
        self._versions = {name: keys.version for name, keys in records.items()}
        self._take_up()
        for name in changed:
            if name in self.on_change:
                await self.on_change[name](records[name])
        return True

    def prove(self) -> None:
        """Let every key that signs, or is to sign, prove itself again: a file may have gone, a token may be back."""
        self._signers.clear()
        self._take_up()

    async def _adopt(self, keys: KeySetRecord, description: SetDescription, now: datetime) -> None:
        """Whoever comes second finds the set adopted; a key that cannot be read now is adopted at a later start."""
        try:
            made = self._first[description.name]()
            if made is None:
                return
            after = moves.adopt(keys, made, now)
        except (KeyMaterialError, GuardError) as error:
            _LOG.warning("key set %s could not be adopted: %s", description.name, error)
            return
        details = {"key_set": description.name, "kid": made.kid, "operator": "gateway"}
        event = AuditEvent(AuditAction.KEY_ADOPTED, now, "start", details=details)
        await self._registry.change(keys, after, [event], verb="adopt")

    def _take_up(self) -> None:
        kids = {key.kid for keys in self._records.values() for key in keys.in_state(*_SIGNS)}
        self._signers = {kid: signer for kid, signer in self._signers.items() if kid in kids}
        ready: set[str] = set()
        self._fill(self.id_tokens, ID_TOKENS, ready)
        self._fill(self.federation, (FEDERATION,), ready)
        self._fill(self.reports, (REPORTS,), ready, archive=True)
        self._fill(self.audit, (AUDIT,), ready, archive=True)
        self._ready = frozenset(ready | self._ready_secrets())

    def _fill(self, live: LiveKeySet, names: Sequence[str], ready: set[str], *, archive: bool = False) -> None:
        keys: list[SigningKey] = []
        broken: set[str] = set()
        for name in names:
            record = self._records.get(name, KeySetRecord(name))
            kept = (*record.document, *(record.in_state(KeyState.RETIRED) if archive else ()))
            for key in kept:
                signer = self._signer(key) if key.state in _SIGNS else None
                if signer is None and key.state in _SIGNS:
                    broken.add(key.kid)
                elif signer is not None:
                    ready.add(key.kid)
                keys.append(_signing_key(key, signer or PublicHalf(key.public)))
        live.replace(KeySet(tuple(keys)), frozenset(broken))

    def _signer(self, key: KeyRecord) -> Signer | None:
        """What signs with a key, after it has proven itself; none where it cannot be reached."""
        if key.kid in self._signers:
            return self._signers[key.kid]
        if key.handle is None or key.private_gone_at is not None:
            return None
        try:
            signer = self._backend.signer(key.handle)
            _prove(signer, key)
        except KeyMaterialError as error:
            _LOG.warning("key %s cannot be used: %s", key.kid, error)
            return None
        self._signers[key.kid] = signer
        return signer

    def _ready_secrets(self) -> set[str]:
        """Credentials towards partners sign nothing here: they are ready where they can be read."""
        found = set()
        for name, record in self._records.items():
            if name in self.on_change:
                for key in record.in_state(*_SIGNS):
                    try:
                        self._backend.secret(key.handle or "")
                    except KeyMaterialError:
                        continue
                    found.add(key.kid)
        return found

    def _live(self) -> tuple[LiveKeySet, ...]:
        return self.id_tokens, self.federation, self.reports, self.audit


def _prove(signer: Signer, key: KeyRecord) -> None:
    """Have the key sign and verify, and see that it is the one on record; raises ``KeyMaterialError``."""
    if SigningKey.of(signer, Algorithm(key.algorithm), key.created_at).kid != key.kid:
        raise KeyMaterialError("the private half does not belong to the key on record")
    prove_key(signer, key.algorithm)


def _signing_key(key: KeyRecord, signer: Signer) -> SigningKey:
    return SigningKey(key.kid, Algorithm(key.algorithm), key.state, key.created_at, key.state_since, signer)
