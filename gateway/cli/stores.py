"""The stores for one piece of work of one operator: opened, used, closed; every refusal becomes an exit code."""

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gateway.admin import keyring
from gateway.admin.acts import Act, ReasonError
from gateway.admin.keyring import Keyring
from gateway.admin.numbers import UnknownRecordError
from gateway.cli.output import Exit, stop
from gateway.config import Settings, load, settings_path
from gateway.oidc.ports import StoreUnavailableError
from gateway.product import utc_now
from gateway.store.open import SchemaError, Stores, open_stores
from gateway.store.vault import KeyNotHeldError
from mapping.errors import MappingError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    """A gateway's parts, as an operator's command needs them."""

    settings: Settings
    keys: Keyring = field(repr=False)
    stores: Stores = field(repr=False)


def with_stores(config: Path | None, work: Callable[[Opened], Awaitable[T]]) -> T:
    """Do one piece of work; what cannot be done ends the command with a sentence and its exit code."""
    settings = load(settings_path(config))
    keys = keyring.load(settings.keys_dir)

    async def run() -> T:
        stores = await open_stores(
            settings.storage.database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
        )
        try:
            return await work(Opened(settings, keys, stores))
        finally:
            await stores.aclose()

    try:
        return asyncio.run(run())
    except KeyNotHeldError:
        stop("the database is in use with a key that is not in the keys folder", Exit.PRECONDITION)
    except StoreUnavailableError:
        stop("the database does not answer", Exit.REMOTE)
    except SchemaError as error:
        stop(str(error), Exit.PRECONDITION)
    except ReasonError as error:
        stop(str(error), Exit.USAGE)
    except UnknownRecordError:
        stop("there is no such record", Exit.PRECONDITION)
    except MappingError as error:
        stop(f"the record does not allow it: {error.code}", Exit.PRECONDITION)


def act(reason: str = "") -> Act:
    """What the person at this terminal does now, under the name that the system knows them by."""
    try:
        return Act(operator_name(), utc_now(), reason)
    except ReasonError as error:
        stop(str(error), Exit.USAGE)


def operator_name() -> str:
    """The account's name; not taken from the environment, where anybody may write anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"  # containers often run under a number without a name
