"""What the token endpoint works with: its parts, put together once, and the request that a grant is handed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from certs.keys.signing_key import KeySet
from gateway.oidc.model import Client
from gateway.oidc.parameters import Parameters
from gateway.oidc.ports import ClientStore, ReplayStore, TokenStore


@dataclass(frozen=True, slots=True)
class TokenLifetimes:
    """How long tokens live (security.md section 3)."""

    access_token: timedelta = timedelta(minutes=10)
    id_token: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, repr=False)
class TokenEndpoint:
    """The parts of the token endpoint; a rotation of keys replaces the whole value."""

    issuer: str
    clients: ClientStore
    tokens: TokenStore
    replays: ReplayStore
    keys: KeySet
    secret_key: bytes
    """Keys the hashes of client secrets, so that a stolen database alone cannot even confirm a guess."""
    lifetimes: TokenLifetimes = TokenLifetimes()


@dataclass(frozen=True, slots=True, repr=False)
class TokenRequest:
    """A token request whose client has been authenticated: grants see nothing else."""

    form: Parameters
    client: Client
    now: datetime
    correlation_id: str
