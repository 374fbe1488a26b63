"""Gathers what the list of everything that ends is made of: settings, files, stores; a source that is away is told of.

Made where the gateway is put together, because no floor below sees settings and stores at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from certs.keys import JsonError, strict_json
from certs.keys.certificate_facts import MAX_FILE
from certs.trust.list_errors import ListError
from gateway.admin import inventory_certificates, inventory_keys, inventory_trust, inventory_upkeep
from gateway.admin.certificate_check import Listener
from gateway.admin.ending_desk import EndingDesk
from gateway.admin.inventory import Item, Kind, Severity, in_order
from gateway.admin.inventory_certificates import CertificateFile, RegisteredKeys
from gateway.admin.inventory_keys import WRAPPING, PeerKeys
from gateway.admin.key_sets import SetDescription, own_sets
from gateway.admin.key_work import KeyOffice
from gateway.admin.keyring import Keyring
from gateway.admin.measured import Meters
from gateway.config import ConfigurationError, Settings
from gateway.credential_rules import descriptions
from gateway.product import product_version
from gateway.signatures import trust_state
from gateway.store.open import Stores
from gateway.trust_files import trust_files

_REMEMBERED: Final = timedelta(seconds=30)
"""How old the list may be that pages and metrics are shown; commands always look anew."""
_PAGE: Final = 200
_MOST_CLIENTS: Final = 20_000
_JWKS_BYTES: Final = 65_536


async def inventory(
    settings: Settings, keys: Keyring, stores: Stores, now: datetime, sets: Mapping[str, SetDescription] | None = None
) -> tuple[Item, ...]:
    """Everything that ends, judged at ``now``, the earliest end first; ``sets`` where they are known already."""
    rules = {name: one.rules for name, one in (key_sets(settings) if sets is None else sets).items()}
    found = await asyncio.to_thread(lambda: list(_of_settings(settings)))
    found += inventory_keys.of_key_sets(await stores.key_registry.all(), rules)
    found += inventory_keys.of_sealing({**stores.keys_in_use.in_use, WRAPPING: tuple(keys.wrapping_keys)})
    found += inventory_certificates.of_clients(await _clients(stores))
    found += inventory_certificates.of_operators(await stores.endings.operator_certificates())
    found += await _of_trust(settings, keys, stores, now)
    if settings.backup is not None:
        found.append(inventory_upkeep.of_backup(await stores.endings.last_backup(), settings.backup.warn_after))
    found += inventory_upkeep.of_audit(await stores.endings.audit_standing())
    return in_order(found, now)


def key_sets(settings: Settings) -> dict[str, SetDescription]:
    """Every set of managed keys, our own and those towards providers."""
    return {**own_sets(settings), **descriptions(settings)}


@dataclass(slots=True)
class Inventory:
    """The list for a serving process, gathered again when it is half a minute old."""

    gather: Callable[[datetime], Awaitable[tuple[Item, ...]]]
    _items: tuple[Item, ...] = ()
    _at: datetime | None = field(default=None)

    async def __call__(self, now: datetime) -> tuple[Item, ...]:
        """The list, judged at ``now`` whatever its age."""
        if self._at is None or not timedelta(0) <= now - self._at < _REMEMBERED:
            self._items, self._at = await self.gather(now), now
        return in_order(self._items, now)


def ending_desk(settings: Settings, keys: Keyring, stores: Stores, office: KeyOffice, now: datetime) -> EndingDesk:
    """What the operators' listener works with."""

    async def gather(at: datetime) -> tuple[Item, ...]:
        return await inventory(settings, keys, stores, at, office.sets)

    remembered = Inventory(gather)
    meters = Meters(
        inventory=remembered,
        office=office,
        instances=stores.instances,
        endings=stores.endings,
        records=stores.audit_records,
        ready=stores.ready,
        providers=frozenset(settings.providers) | ({"register"} if settings.register else set()),
        version=product_version(),
        since=now.replace(minute=0, second=0, microsecond=0),
    )
    return EndingDesk(remembered, partial(listeners, settings), meters)


def listeners(settings: Settings) -> tuple[Listener, ...]:
    """The files of both listeners, as they lie there now."""
    server, own = settings.server, settings.operator_api
    host = urlsplit(settings.issuer).hostname
    found = [_listener("server", server.tls_certificate, server.tls_key, server.tls_client_ca, host)]
    if own is not None:
        found.append(_listener("operator_api", own.tls_certificate, own.tls_key, own.tls_client_ca, None))
    return tuple(found)


def _listener(
    name: str, certificate: Path | None, key: Path | None, client_ca: Path | None, host: str | None
) -> Listener:
    return Listener(name, _given(certificate), _given(key), _given(client_ca), host)


def _given(path: Path | None) -> bytes | None:
    """The content of a file that is named; empty where it cannot be read, which the check tells of."""
    return None if path is None else _content(path, MAX_FILE) or b""


def certificate_files(settings: Settings) -> Iterator[CertificateFile]:
    """Every file of certificates that the settings name."""
    named: list[tuple[str, Kind, Path | None]] = [
        ("server.tls_certificate", Kind.TLS_CERTIFICATE, settings.server.tls_certificate),
        ("server.tls_client_ca", Kind.AUTHORITY, settings.server.tls_client_ca),
        ("outbound.ca_bundle", Kind.AUTHORITY, settings.outbound.ca_bundle),
    ]
    if settings.operator_api is not None:
        named += [
            ("operator_api.tls_certificate", Kind.TLS_CERTIFICATE, settings.operator_api.tls_certificate),
            ("operator_api.tls_client_ca", Kind.AUTHORITY, settings.operator_api.tls_client_ca),
        ]
    for where, kind, path in named:
        if path is not None:
            yield CertificateFile(where, kind, _content(path, MAX_FILE))


def _of_settings(settings: Settings) -> Iterator[Item]:
    yield from inventory_certificates.of_files(tuple(certificate_files(settings)))
    yield from inventory_keys.of_peers(tuple(_peers(settings)))


def _peers(settings: Settings) -> Iterator[PeerKeys]:
    """Keys of others that the settings pin: providers', vouching parties', anchors of a federation."""
    blocks = {f"providers.{name}": block for name, block in settings.providers.items()}
    if settings.register is not None:
        blocks["register"] = settings.register
    for where, block in blocks.items():
        raw = block.get("platform_public_keys", ())
        keys = raw if isinstance(raw, list | tuple) else (raw,)
        named = tuple({"raw": str(one), "kty": "SM2"} for one in keys)
        yield PeerKeys(f"{where}.platform_public_keys", where.rpartition(".")[2], named)
    for issuer, path in settings.registration.software_statement_issuers.items():
        yield PeerKeys("registration.software_statement_issuers", issuer, _jwks(path))
    for anchor, path in ({} if settings.federation is None else settings.federation.trust_anchors).items():
        yield PeerKeys("federation.trust_anchors", anchor, _jwks(path))


async def _of_trust(settings: Settings, keys: Keyring, stores: Stores, now: datetime) -> list[Item]:
    if settings.signatures is None:
        return []
    kept = list(inventory_trust.of_revocation(await stores.endings.revocation_lists(), now))
    try:
        state = await trust_state.load(stores.trust_lists, trust_files(settings.signatures, keys))
    except (ListError, ConfigurationError):
        broken = Item(
            "root",
            "root",
            Kind.ROOT,
            "signatures.trust_root",
            "unusable",
            severity=Severity.EXPIRED,
            note="the root or the high-water file cannot be used: nothing is validated",
        )
        return [*kept, broken]
    return [*kept, *inventory_trust.of_trust(state, now)]


async def _clients(stores: Stores) -> list[RegisteredKeys]:
    """The relying parties with a key set of their own on record."""
    found: list[RegisteredKeys] = []
    after: str | None = None
    for _ in range(_MOST_CLIENTS // _PAGE):
        page = await stores.registry.page(after, _PAGE)
        found += [
            RegisteredKeys(one.client_id, one.jwks) for one in page if one.jwks is not None and one.disabled_at is None
        ]
        if len(page) < _PAGE:
            break
        after = page[-1].client_id
    return found


def _jwks(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The public members that say which key it is; a file that cannot be used stops the start and is told there."""
    content = _content(path, _JWKS_BYTES)
    try:
        keys = strict_json.parse_object(content or b"").get("keys")
    except JsonError:
        return ()
    members = ("kid", "kty", "crv", "alg", "x", "y", "n", "exp")
    listed = keys if isinstance(keys, list) else []
    return tuple({name: one[name] for name in members if name in one} for one in listed if isinstance(one, dict))


def _content(path: Path, most: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        return None
