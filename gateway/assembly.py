"""Settings, keys and stores become the parts that the edge works with: every wire of the house is laid here."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Final

from certs.keys.client_certificate import ClientCertificates
from certs.keys.errors import KeyMaterialError
from gateway.admin.keyring import Keyring
from gateway.admin.operator_sessions import Door
from gateway.backup_parts import backup_office
from gateway.broker.parts import Broker, SignInLifetimes
from gateway.broker.provider_notices import ProviderNotices
from gateway.broker.verify import Verifier
from gateway.clock_watch import WatchedClock
from gateway.config import ConfigurationError, OperatorApi, Settings
from gateway.examination.whole import examine
from gateway.inventory_sources import ending_desk
from gateway.live_keys import LiveKeys
from gateway.managed_keys import ManagedKeys
from gateway.oidc import software_statement
from gateway.oidc.client_rules import JURISDICTIONS
from gateway.oidc.dynamic_registration import Registrar
from gateway.oidc.federation.entity import OwnEntity
from gateway.oidc.ports import ClientStore, Fetch
from gateway.oidc.provider import Lifetimes, OpenIDProvider
from gateway.oidc.request_checks import OfferedValues
from gateway.sealed_audit import audit_office_of
from gateway.signatures.service import ValidationService
from gateway.signatures.signing import SigningDesk
from gateway.store.open import Stores
from gateway.upstreams import Upstreams
from gateway.web.browser import Cookies
from gateway.web.context import Web
from gateway.web.limits import Pace, Refusals, SignInPace
from gateway.web.operator_call import Desk
from gateway.web.signature_desk import SignatureDesk
from gateway.web.source import CertificateSource
from mapping.vocabulary import Realm

_DPOP_NONCES: Final = b"dpop nonces"


@dataclass(frozen=True, slots=True)
class Parts:
    """What was opened or made when the gateway started, before it is put together."""

    settings: Settings
    keys: Keyring
    stores: Stores
    clients: ClientStore
    upstreams: Upstreams
    fetch: Fetch
    clock: Callable[[], datetime]
    live: LiveKeys
    validation: ValidationService | None = None
    entity: OwnEntity | None = None


def broker_of(parts: Parts) -> Broker:
    """What carries people through a sign-in."""
    settings, stores, lifetimes = parts.settings, parts.stores, parts.settings.lifetimes
    return Broker(
        issuer=settings.issuer,
        providers=parts.upstreams.providers,
        register=parts.upstreams.register,
        clients=parts.clients,
        transactions=stores.transactions,
        sign_ins=stores.sign_ins,
        numbers=stores.numbers,
        people=stores.people,
        notices=stores.notices,
        pushed=stores.pushed,
        decoupled=stores.decoupled,
        deliveries=stores.deliveries,
        attempts=stores.attempts,
        audit=stores.audit,
        pairwise_key=parts.keys.pairwise_key,
        code_key=parts.keys.client_secret_key,
        realm=Realm(settings.realm),
        lifetimes=SignInLifetimes(lifetimes.transaction, lifetimes.session, lifetimes.authorization_code),
        register_recheck=lifetimes.register_recheck,
        notices_of_providers=_notices(parts.upstreams),
        transfers=transfers_of(settings),
    )


def _notices(upstreams: Upstreams) -> ProviderNotices:
    """What people are told of providers; what this worker finds out counts at once."""
    breakers = upstreams.calls.breakers
    return ProviderNotices() if breakers is None else ProviderNotices(silent_here=breakers.silent)


def transfers_of(settings: Settings) -> dict[str, frozenset[str]]:
    """The table of transfers; a name that nobody has would look like a rule and be none."""
    for provider, places in settings.transfers.items():
        if provider not in settings.providers:
            raise ConfigurationError(f"setting transfers.{provider} names no configured provider")
        if not set(places) <= JURISDICTIONS:
            raise ConfigurationError(f"setting transfers.{provider}: known are " + ", ".join(sorted(JURISDICTIONS)))
    return {provider: frozenset(places) for provider, places in settings.transfers.items()}


def provider_of(parts: Parts) -> OpenIDProvider:
    """What speaks to relying parties' servers."""
    settings, stores = parts.settings, parts.stores
    limits = settings.limits
    return OpenIDProvider(
        issuer=settings.issuer,
        clients=parts.clients,
        tokens=stores.tokens,
        replays=stores.replays,
        pushed=stores.pushed,
        decoupled=stores.decoupled,
        keys=parts.live.id_tokens,
        secret_key=parts.keys.client_secret_key,
        fetch=parts.fetch,
        certificates=certificates_of(settings),
        dpop_nonce_key=_nonce_key(parts.keys) if settings.dpop.nonce else None,
        lifetimes=_protocol_lifetimes(settings),
        audit=stores.audit,
        admit=Pace(stores.rates, settings.issuer, limits.requests_per_minute, limits.pushed_requests_per_minute),
    )


def _protocol_lifetimes(settings: Settings) -> Lifetimes:
    lifetimes = settings.lifetimes
    return Lifetimes(
        access_token=lifetimes.access_token,
        id_token=lifetimes.id_token,
        refresh_token_idle=lifetimes.refresh_token_idle,
        refresh_token=lifetimes.refresh_token,
        parallel_refresh=lifetimes.parallel_refresh,
        pushed_request=lifetimes.pushed_request,
        decoupled_request=lifetimes.device_request,
    )


def offers_mutual_tls(settings: Settings) -> bool:
    """Whether clients' TLS certificates reach us, and so may be announced (RFC 8705 §3.3)."""
    server = settings.server
    return server.client_certificate_header is not None or server.tls_client_ca is not None


def certificates_of(settings: Settings) -> ClientCertificates | None:
    """Whose TLS certificates are clients' own, or of authorities that are trusted for it."""
    if not offers_mutual_tls(settings):
        return None
    authorities = settings.server.tls_client_ca
    try:
        return ClientCertificates([authorities.read_bytes()] if authorities is not None else [])
    except (OSError, KeyMaterialError) as error:
        raise ConfigurationError("setting server.tls_client_ca does not name a file of certificates") from error


def _nonce_key(keys: Keyring) -> bytes:
    """A key of its own, made out of that for forms: both only ever prove that we made something ourselves."""
    return hmac.digest(keys.form_key, _DPOP_NONCES, hashlib.sha256)


def web_of(parts: Parts, wake: asyncio.Event) -> Web:
    """What the public edge works with."""
    settings, stores = parts.settings, parts.stores
    limits, server = settings.limits, settings.server
    broker = broker_of(parts)
    return Web(
        issuer=settings.issuer,
        broker=broker,
        op=provider_of(parts),
        verifier=Verifier(stores.verifications, stores.audit),
        cookies=Cookies(settings.issuer.startswith("https://"), int(settings.lifetimes.session.total_seconds())),
        form_key=parts.keys.form_key,
        default_language=settings.default_language,
        clock=parts.clock,
        ready=partial(_readiness, parts),
        offered=OfferedValues(providers=frozenset(parts.upstreams.providers)),
        provider_addresses=parts.upstreams.addresses,
        refusals=Refusals(limits.refusals_per_minute),
        sign_in_pace=SignInPace(limits.sign_ins_per_minute),
        registrar=_registrar(parts),
        certificate_source=CertificateSource(server.client_certificate_header, server.trusted_proxies),
        wake=wake.set,
        keys_cache_control=keys_cache_control(settings),
        entity=parts.entity,
        signatures=None if parts.validation is None else SignatureDesk(parts.validation),
        signing=None if parts.validation is None else _signing_desk(parts, broker, parts.validation),
    )


async def _readiness(parts: Parts) -> dict[str, bool]:
    """What people need to be served: the servers behind, and a clock that can be believed."""
    checks = await parts.stores.ready()
    if isinstance(parts.clock, WatchedClock):
        checks["clock"] = parts.clock.is_sound
    return checks


def keys_cache_control(settings: Settings) -> str:
    """How long others may hold our published keys; the publish lead is counted from the same numbers (§9.1)."""
    fresh, stale = settings.keys.jwks_max_age, settings.keys.jwks_stale_if_error
    return f"public, max-age={int(fresh.total_seconds())}, stale-if-error={int(stale.total_seconds())}"


def _signing_desk(parts: Parts, broker: Broker, judge: ValidationService) -> SigningDesk:
    """What has people sign with their providers."""
    return SigningDesk(
        issuer=parts.settings.issuer,
        requests=parts.stores.signing_requests,
        clients=parts.clients,
        providers=parts.upstreams.providers,
        signers=parts.upstreams.signers,
        service=judge,
        offered=broker.offered,
    )


def _registrar(parts: Parts) -> Registrar:
    """What takes registrations from relying parties themselves (RFC 7591)."""
    return Registrar(
        registry=parts.stores.registry,
        initial_access=parts.stores.initial_access,
        statement_keys=statement_issuers_of(parts.settings),
        allow_loopback=parts.settings.outbound.allow_loopback,
    )


def statement_issuers_of(settings: Settings) -> software_statement.StatementKeys:
    """Who may vouch for software, with their keys (RFC 7591 §2.3)."""
    files = settings.registration.software_statement_issuers
    try:
        return software_statement.read_issuers({party: file.read_bytes() for party, file in files.items()})
    except OSError as error:
        raise ConfigurationError("registration.software_statement_issuers: a file cannot be read") from error
    except ValueError as error:
        raise ConfigurationError(f"registration.software_statement_issuers: {error}") from error


def door_of(settings: Settings, keys: Keyring, stores: Stores) -> Door:
    """What operators come in by; without a block of its own, with the settings that such a block has by default."""
    own = settings.operator_api or OperatorApi()
    authorities = own.tls_client_ca
    try:
        certificates = None if authorities is None else ClientCertificates([authorities.read_bytes()])
    except (OSError, KeyMaterialError) as error:
        raise ConfigurationError("setting operator_api.tls_client_ca does not name a file of certificates") from error
    return Door(
        operators=stores.operator_registry,
        accounts=stores.operator_accounts,
        name_tries=stores.operator_names,
        address_tries=stores.operator_addresses,
        audit=stores.audit,
        secret_key=keys.client_secret_key,
        session=own.session,
        idle=own.session_idle,
        needs_two_factors=own.require_two_factors,
        certificates=certificates,
    )


async def _findings(settings: Settings) -> list[dict[str, str]]:
    return [asdict(finding) for finding in await examine(settings)]


def desk_of(
    settings: Settings,
    keys: Keyring,
    managed: ManagedKeys,
    stores: Stores,
    *,
    fetch: Fetch,
    clock: Callable[[], datetime],
) -> Desk:
    """What the operator API works with."""
    return Desk(
        issuer=settings.issuer,
        clients=stores.clients,
        registry=stores.registry,
        initial_access=stores.initial_access,
        dead_letters=stores.dead_letters,
        signing=managed.live.id_tokens,
        keys=managed.office,
        examine=partial(_findings, settings),
        fetch=fetch,
        allow_loopback=settings.outbound.allow_loopback,
        operators=stores.operator_registry,
        secret_key=keys.client_secret_key,
        numbers=stores.number_registry,
        records=stores.numbers,
        alerts=stores.alert_registry,
        switches=stores.switch_registry,
        outages=stores.outage_registry,
        backups=backup_office(settings, keys, stores.backups),
        ending=ending_desk(settings, keys, stores, managed.office, clock()),
        subjects=stores.subject_registry,
        people=stores.people,
        reveals=stores.reveal_registry,
        rekeying=stores.rekeying,
        audit=stores.audit,
        audit_office=audit_office_of(settings, keys, stores, managed.live),
        attempts=stores.attempts,
        door=door_of(settings, keys, stores),
        joint_acts=stores.joint_acts,
        certificate_source=CertificateSource(),
        providers=frozenset(settings.providers),
        realm=Realm(settings.realm),
        clock=clock,
    )
