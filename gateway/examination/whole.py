"""The whole examination: settings, keys, database, ciphers, what ends, and every provider."""

import ssl
import time

from certs.keys import sm, sm2
from certs.keys.errors import SmError
from gateway.admin import alerts, keyring, numbers
from gateway.admin.rekey import KeyStatus
from gateway.config import ConfigurationError, Settings
from gateway.examination import ends
from gateway.examination.finding import Finding
from gateway.oidc.ports import StoreUnavailableError
from gateway.settings_checks import far_side_key
from gateway.store import migrate
from gateway.store.open import SchemaError, Stores, open_stores
from gateway.store.vault import KeyNotHeldError
from gateway.upstreams import build_calls
from gateway.web.tls import TlsFiles, TlsFilesError, server_context
from providers.calls import Calls
from providers.errors import ProviderError


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; what is broken stops nothing but what hangs on it."""
    findings = [
        Finding("settings", "fine", f"issuer {settings.issuer}, realm {settings.realm}"),
        _ciphers(),
        _blocks(),
        _tls(settings),
        _outbound(settings),
        *ends.of_settings(settings),
    ]
    findings += await _stores(settings)
    findings += await _providers(settings)
    return findings


def _ciphers() -> Finding:
    try:
        sm.self_test()
    except SmError:
        return Finding("SM2", "broken", "no libcrypto 3.0 or later with SM2: install the system's OpenSSL library")
    if not sm2.can_sign():
        remark = "signatures can be checked, slowly, and none be made: install the system's OpenSSL library"
        return Finding("SM2", "attention", f"{sm.backend()}: {remark}")
    return Finding("SM2", "fine", sm.backend())


def _blocks() -> Finding:
    try:
        numbers.require_sound_blocks()
    except ConfigurationError as error:
        return Finding("reserved blocks", "broken", str(error))
    return Finding("reserved blocks", "fine", "collide with no assigned region")


def _tls(settings: Settings) -> Finding:
    """Who ends TLS, and whether the files for it can be used."""
    server = settings.server
    if server.tls_certificate is None or server.tls_key is None:
        if settings.issuer.startswith("https://"):
            return Finding("TLS", "fine", "ended by a proxy, or by `gate serve --tls` in development")
        return Finding("TLS", "fine", "none: plain http on this machine, for development")
    try:
        server_context(TlsFiles(server.tls_certificate, server.tls_key, server.tls_client_ca))
    except TlsFilesError as error:
        return Finding("TLS", "broken", str(error))
    return Finding("TLS", "fine", "spoken by the gateway itself")


def _outbound(settings: Settings) -> Finding:
    """Whether calls to other machines could find whom to trust."""
    bundle = settings.outbound.ca_bundle
    if bundle is None:
        return Finding("outbound", "fine", "trusts the public authorities")
    try:
        ssl.create_default_context().load_verify_locations(bundle)
    except OSError:
        return Finding("outbound", "broken", "outbound.ca_bundle does not name a file of certificates")
    return Finding("outbound", "fine", f"trusts the authorities of {bundle.name} beside the public ones")


async def _stores(settings: Settings) -> list[Finding]:
    try:
        keys = keyring.load(settings.keys_dir)
    except ConfigurationError as error:
        return [Finding("keys", "broken", f"{error}; `gate init` makes what is missing")]
    findings: list[Finding] = []
    try:
        stores = await open_stores(
            settings.storage.database_url,
            redis_url=settings.storage.redis_url,
            pool_size=1,
            sealing_keys=keys.sealing_keys,
            index_keys=keys.index_keys,
        )
    except KeyNotHeldError as error:
        return [Finding("keys", "broken", f"{error}: copy it from another machine or a backup")]
    except SchemaError:
        current, head = migrate.status(settings.storage.database_url)
        return [*findings, Finding("database", "broken", f"schema {current}, needs {head}: run `gate db upgrade`")]
    except StoreUnavailableError:
        return [*findings, Finding("database", "broken", "does not answer: is it running, is the address right?")]
    try:
        for name, is_ready in (await stores.ready()).items():
            verdict = "fine" if is_ready else "attention"
            findings.append(Finding(name, verdict, stores.note if is_ready else "does not answer"))
        findings += [await _keys(stores), await _alerts(stores), await _capacity(stores)]
        findings += await ends.of_stores(settings, keys, stores)
    except StoreUnavailableError:
        findings.append(Finding("database", "broken", "stopped answering"))
    finally:
        await stores.aclose()
    return findings


async def _keys(stores: Stores) -> Finding:
    """Which keys are in use, whether a change of keys waits to be finished, and which files nobody needs any more."""
    in_use, held = stores.keys_in_use.in_use, stores.keys_in_use.held
    status = KeyStatus(in_use, held, (await stores.rekeying.remaining()).total)
    remark = "; ".join(f"{purpose} key in use {', '.join(ids)}" for purpose, ids in in_use.items())
    if status.is_under_way:
        newest = "; ".join(f"newest {purpose} key in the folder {ids[0]}" for purpose, ids in held.items())
        return Finding("keys", "attention", f"{remark}; {newest}; {status.left} to be moved: run `gate map rekey`")
    idle = ", ".join(f"{purpose} {one}" for purpose, ids in status.may_go.items() for one in ids)
    return Finding("keys", "fine", f"all there; {remark}" + (f"; files that may go: {idle}" if idle else ""))


async def _alerts(stores: Stores) -> Finding:
    count = await alerts.open_count(stores.alert_registry)
    if count:
        many = f"{count} or more" if count == alerts.PAGE else str(count)
        return Finding("alerts", "attention", f"{many} open: see `gate map alerts`")
    return Finding("alerts", "fine", "none open")


async def _capacity(stores: Stores) -> Finding:
    fullest = await stores.number_registry.fullest(1)
    if numbers.has_filling(fullest):
        return Finding("capacity", "attention", "a day is over 60 percent: see `gate map capacity`, reserve more codes")
    return Finding("capacity", "fine", "no day is over 60 percent")


async def _providers(settings: Settings) -> list[Finding]:
    """Whether each provider answers at all; nothing is signed in."""
    try:
        calls = build_calls(settings)
    except (OSError, ValueError):
        return []  # told above
    blocks = {**settings.providers, **({"register": settings.register} if settings.register else {})}
    try:
        return [await _provider(calls, name, str(block[far_side_key(block)])) for name, block in blocks.items()]
    finally:
        await calls.aclose()


async def _provider(calls: Calls, name: str, address: str) -> Finding:
    began = time.monotonic()
    try:
        await calls.get(name, address)
    except ProviderError as error:
        if error.detail in {"timeout", "transport"}:
            return Finding(name, "attention", f"{address} does not answer ({error.detail}); others go on working")
        return Finding(name, "attention", f"{address} answers with {error.detail}")
    return Finding(name, "fine", f"answers in {(time.monotonic() - began) * 1000:.0f} ms")
