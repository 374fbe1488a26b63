"""Puts the managed keys together: their backends, the sets that the settings call for, and what works with them."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from certs.keys import JoseError, JsonError, jose, strict_json
from certs.keys.backends import KeyBackend
from certs.keys.backends.composite import Backends
from certs.keys.backends.pem_file import PemFileBackend
from certs.keys.backends.pkcs11 import Pkcs11Backend
from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.seal import Sealer
from gateway.admin.key_chores import Probe
from gateway.admin.key_sets import FEDERATION, ID_TOKENS, OWN, REPORTS, TLS, SetDescription, own_sets
from gateway.admin.key_work import KeyOffice
from gateway.admin.keyring import Keyring, read_pin
from gateway.config import ConfigurationError, Settings
from gateway.credential_rules import descriptions
from gateway.live_keys import First, LiveKeys
from gateway.oidc.ports import Fetch, FetchError
from gateway.settings_backend import SettingsBackend
from gateway.store.open import Stores
from gateway.upstream_credentials import credential_sets

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class ManagedKeys:
    """The keys as they are worked with, and the office that changes them."""

    live: LiveKeys
    office: KeyOffice
    backend: Backends


async def managed_keys(settings: Settings, keys: Keyring, stores: Stores, now: datetime) -> ManagedKeys:
    """Read the sets, after the keys of a first start are put on record; raises ``ConfigurationError``."""
    backend = backends(settings, keys)
    sets = {**own_sets(settings), **descriptions(settings)}
    live = LiveKeys(stores.key_registry, backend, sets, _first(settings, keys))
    await live.start(now)
    _require_sets(settings, live)
    office = KeyOffice(
        registry=stores.key_registry,
        instances=stores.instances,
        backend=backend,
        sets=sets,
        acts=stores.joint_acts,
        audit=stores.audit,
        ready=lambda _: live.ready,
    )
    return ManagedKeys(live, office, backend)


def backends(settings: Settings, keys: Keyring) -> Backends:
    """Where private halves lie: the files of `gate init`, sealed files, and a token where one is configured."""
    found: list[KeyBackend] = [
        PemFileBackend(settings.keys_dir),
        SettingsBackend(settings, keys.client_secret_key),
    ]
    if keys.wrapping_keys:
        newest = max(keys.wrapping_keys, key=int)
        found.append(SealedFileBackend(settings.keys_dir, Sealer(keys.wrapping_keys, newest)))
    block = settings.keys
    if block.backend == "pkcs11":
        if block.pkcs11_module is None or block.pkcs11_token is None or block.pkcs11_pin_file is None:
            raise ConfigurationError("setting keys.backend: the token is not configured")
        pin = read_pin(block.pkcs11_pin_file)
        found.append(Pkcs11Backend(block.pkcs11_module, block.pkcs11_token, pin))
    return Backends(*found, new=block.backend)


def probe_of(fetch: Fetch) -> Probe:
    """Looks at our own documents from outside, as relying parties do."""

    async def probe(description: SetDescription) -> frozenset[str]:
        if description.document is None:
            return frozenset()
        try:
            answer = await fetch.get(description.document)
            found = _members(description, answer.body) if answer.status == _OK else {}
        except (FetchError, JsonError, JoseError, UnicodeDecodeError):
            return frozenset()
        listed = found.get("keys")
        keys = listed if isinstance(listed, list) else []
        return frozenset(str(key["kid"]) for key in keys if isinstance(key, dict) and "kid" in key)

    return probe


def _members(description: SetDescription, body: bytes) -> dict[str, object]:
    if description.name != FEDERATION:
        return strict_json.parse_object(body)
    held = jose.claimed(body.decode("ascii")).get("jwks")
    return held if isinstance(held, dict) else {}


def _first(settings: Settings, keys: Keyring) -> dict[str, First]:
    """The keys that `gate init` made and the credentials in the settings: what was used before keys were managed."""
    files, written = PemFileBackend(settings.keys_dir), SettingsBackend(settings, keys.client_secret_key)
    own: dict[str, First] = {name: partial(files.find, name) for name in OWN if name != TLS}
    return own | {one.name: partial(written.adopt, one) for one in credential_sets(settings)}


def _require_sets(settings: Settings, live: LiveKeys) -> None:
    """Stop the start where a set has never had a key; one whose key cannot be reached now starts, and signs nothing."""
    wanted = list(ID_TOKENS[:2])
    wanted += [FEDERATION] if settings.federation is not None else []
    wanted += [REPORTS] if settings.signatures is not None else []
    for name in wanted:
        if name not in live.records or not live.records[name].keys:
            raise ConfigurationError(f"there is no key {name}.pem in the keys folder: `gate init` makes one")
