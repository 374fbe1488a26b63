"""Everything that a start would refuse, found without starting: nothing is written, nobody is called (F-UPG-04)."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.keys.errors import KeyMaterialError
from certs.trust.errors import Refused
from gateway.admin import keyring
from gateway.admin.key_roles import require_separate
from gateway.admin.keyring import Keyring
from gateway.admin.numbers import require_sound_blocks
from gateway.assembly import certificates_of, statement_issuers_of, transfers_of
from gateway.config import ConfigurationError, Settings
from gateway.federation import with_federation
from gateway.managed_keys import backends
from gateway.oidc.ports import StoreUnavailableError
from gateway.outbound import build_fetch
from gateway.product import utc_now
from gateway.store.open import SchemaError, Stores, open_stores
from gateway.store.vault import KeyNotHeldError
from gateway.trust_files import trust_files
from gateway.upstreams import build_calls, build_upstreams
from gateway.validation import policies_of
from gateway.web.tls import TlsFiles, TlsFilesError, server_context

_PLAIN: Final = (ConfigurationError, KeyMaterialError, TlsFilesError, SchemaError, StoreUnavailableError, Refused)
"""Errors whose text is for operators and names the key or the file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a start needs."""

    check: str
    problem: str | None = None

    @property
    def verdict(self) -> str:
        """``fine`` or ``broken``."""
        return "fine" if self.problem is None else "broken"


async def rehearse(settings: Settings, now: datetime) -> tuple[Step, ...]:
    """Try every part of a start; each that fails says why, and the others are tried all the same."""
    keys, held = _held(settings)
    steps = [held]
    for name, work in _works(settings, keys, now):
        steps.append(await _step(name, work))
    return tuple(steps)


def _held(settings: Settings) -> tuple[Keyring | None, Step]:
    try:
        keys = keyring.load(settings.keys_dir)
        require_separate(settings, keyring.own_files(settings.keys_dir))
        backends(settings, keys)
    except (ConfigurationError, KeyMaterialError) as error:
        return None, Step("keys", str(error))
    return keys, Step("keys")


def _works(settings: Settings, keys: Keyring | None, now: datetime) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
    async def listeners() -> None:
        _listeners(settings)

    async def rules() -> None:
        require_sound_blocks()
        transfers_of(settings)
        statement_issuers_of(settings)
        policies_of(settings.signatures)

    works: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("listeners", listeners),
        ("rules", rules),
        ("providers", lambda: _providers(settings)),
    ]
    if keys is not None:
        works.append(("database", lambda: _database(settings, keys, now)))
    return works


async def _step(name: str, work: Callable[[], Awaitable[None]]) -> Step:
    try:
        await work()
    except _PLAIN as error:
        return Step(name, str(error))
    except KeyNotHeldError:
        return Step(name, "the database is in use with a key that is not in the keys folder")
    except (OSError, ValueError) as error:  # a file that is not there, or not what it should be
        return Step(name, f"a file or a value cannot be used ({type(error).__name__})")
    return Step(name)


def _listeners(settings: Settings) -> None:
    certificates_of(settings)
    for listener in (settings.server, settings.operator_api):
        if listener is not None and listener.tls_certificate is not None and listener.tls_key is not None:
            server_context(TlsFiles(listener.tls_certificate, listener.tls_key, listener.tls_client_ca))


async def _providers(settings: Settings) -> None:
    calls = build_calls(settings)
    try:
        build_upstreams(settings, calls, utc_now)
    finally:
        await calls.aclose()


async def _database(settings: Settings, keys: Keyring, now: datetime) -> None:
    if settings.signatures is not None:
        trust_files(settings.signatures, keys)
    storage = settings.storage
    stores = await open_stores(
        storage.database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
    )
    async with contextlib.aclosing(stores), build_fetch(settings.outbound) as fetch:
        with_federation(stores.clients, stores.registry, settings, fetch, utc_now)
        await _issuer(stores, settings.issuer, now)


async def _issuer(stores: Stores, issuer: str, now: datetime) -> None:
    other = await stores.facts.issuer_in_the_way(issuer, now)
    if other is not None:
        raise ConfigurationError(f"setting issuer: tokens of {other} are still alive in this database")
