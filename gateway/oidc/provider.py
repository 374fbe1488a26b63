"""The OpenID Provider's parts, put together once, and a relying party's request as its endpoints are handed it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from certs.keys.signing_key import KeySource
from gateway.audit import AuditLog
from gateway.oidc.key_set_cache import KeySetCache
from gateway.oidc.model import Client, Confirmation
from gateway.oidc.parameters import Parameters
from gateway.oidc.ports import (
    CertificateReader,
    ClientStore,
    DecoupledStore,
    Fetch,
    PushedRequestStore,
    ReplayStore,
    TokenStore,
)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things of the protocol live (security.md section 3)."""

    access_token: timedelta = timedelta(minutes=10)
    id_token: timedelta = timedelta(minutes=5)
    refresh_token_idle: timedelta = timedelta(days=14)
    refresh_token: timedelta = timedelta(days=90)
    parallel_refresh: timedelta = timedelta(seconds=20)
    """How long a rotated refresh token still gives its one successor, for parallel and repeated requests."""
    pushed_request: timedelta = timedelta(seconds=90)
    decoupled_request: timedelta = timedelta(minutes=5)
    poll_interval: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, repr=False)
class OpenIDProvider:
    """The parts of the OpenID Provider; a rotation of keys replaces the whole value."""

    issuer: str
    clients: ClientStore
    tokens: TokenStore
    replays: ReplayStore
    pushed: PushedRequestStore
    decoupled: DecoupledStore
    keys: KeySource
    secret_key: bytes
    """Keys the hashes of client secrets, so that a stolen database alone cannot even confirm a guess."""
    fetch: Fetch
    """The one way to addresses that relying parties registered; it refuses private targets (G14)."""
    certificates: CertificateReader | None = None
    """Reads and judges TLS client certificates; without one, mutual TLS is not offered."""
    dpop_nonce_key: bytes | None = field(default=None, repr=False)
    """Makes server nonces for DPoP proofs (RFC 9449 §8); without one, none are asked for."""
    lifetimes: Lifetimes = Lifetimes()
    audit: AuditLog | None = field(default=None, repr=False)
    """Where tokens without a person go on record; those of people are stored together with their event."""
    key_sets: KeySetCache = field(default_factory=KeySetCache, repr=False)
    """What relying parties publish under their ``jwks_uri``; it outlives a rotation of our own keys."""
    admit: "Callable[[Client, BackChannelCall], Awaitable[None]] | None" = field(default=None, repr=False)
    """Counts a request of a client that has proven who it is (DS-01); raises ``OAuthError`` with ``retry_after``.

    Only then: counted by mere name, anybody could use up another's share (DS-02).
    """


@dataclass(frozen=True, slots=True, repr=False)
class BackChannelCall:
    """A request of a relying party's server, as the edge saw it; nothing in it is believed yet."""

    pairs: Sequence[tuple[str, str]]
    """The form's parameters in order, doubles included."""
    method: str
    url: str
    """The endpoint's own address, made from the issuer and never from ``Host``: what ``htu`` must name."""
    now: datetime
    correlation_id: str
    authorization: Sequence[str] = ()
    """All ``Authorization`` headers."""
    proofs: Sequence[str] = ()
    """All ``DPoP`` headers."""
    certificate: bytes | None = None
    """The TLS client certificate, DER; the connection, or a named proxy, has proven that the caller has its key."""
    accept: str = ""
    """The ``Accept`` header: introspection answers as a JWT to whoever asks for one (RFC 9701 §4)."""


@dataclass(frozen=True, slots=True, repr=False)
class TokenRequest:
    """A token request whose client has been authenticated and whose sender's key is proven: grants see nothing else."""

    form: Parameters
    client: Client
    now: datetime
    correlation_id: str
    confirmation: Confirmation | None = None
    """The key that the new tokens are bound to, proven with this request."""
