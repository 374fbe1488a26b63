"""Builders for the storage suites: valid by default, one keyword spoils them. Everybody here is fictional."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, func, select, update

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.model import Consent, LoginTransaction, Person, Session, Shown, Stage
from gateway.broker.ports import Anchor, Completion, Recognition
from gateway.oidc.model import AccessToken, AuthorizationCode, AuthorizationRequest, Client, Grant
from gateway.oidc.names import ClientAuthMethod, Prompt
from gateway.oidc.ports import Redemption, Settlement
from gateway.store.open import Stores
from gateway.store.sql import number_tables, tables
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier, check_character
from providers.base import Assurance, PersonName

ENGINES: Final = ["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)]
NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
INDEX_KEY: Final = bytes(range(32))
SEALING_KEY: Final = bytes(range(100, 132))
KEYS: Final[dict[str, Any]] = {"sealing_keys": {"1": SEALING_KEY}, "index_keys": {"1": INDEX_KEY}}
"""The keys folder of one worker."""
NEXT_KEYS: Final[dict[str, Any]] = {
    "sealing_keys": {"1": SEALING_KEY, "2": bytes(range(50, 82))},
    "index_keys": {"1": INDEX_KEY, "2": bytes(range(150, 182))},
}
"""The keys folder of a worker that is ready for a change of keys."""
PERMIT: Final = TravelPermit.parse("H1234567801")
OTHER_PERMIT: Final = TravelPermit.parse("H87654321")
BIRTHDATE: Final = date(1905, 6, 7)
FRONT: Final = b"browser".ljust(32, b".")
COOKIE: Final = b"cookie".ljust(32, b".")
CODE_TEXT: Final = "fictional-code-canary-6Zt0Wv"
TOKEN_TEXT: Final = "fictional-token-canary-h2Qx8m"
NAME_CANARY: Final = "陳虛構"
LATIN_CANARY: Final = "CHAN, Fictional"


def a_vault() -> Vault:
    return Vault(**KEYS)


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def a_number(body: str = "81000019050607001") -> MainlandIdentifier:
    return MainlandIdentifier.parse(body + check_character(body), date(2026, 3, 2))


def an_event(action: AuditAction = AuditAction.SIGN_IN_COMPLETED, **changes: Any) -> AuditEvent:
    return AuditEvent(**({"action": action, "at": NOW, "correlation_id": "c0rrelation"} | changes))


def a_client(client_id: str = "rp-a", **changes: Any) -> Client:
    values = {
        "client_id": client_id,
        "client_name": "海濱診所 Clínica Marítima",
        "redirect_uris": ("https://rp-a.example/cb", "https://rp-a.example/cb2"),
        "token_endpoint_auth_method": ClientAuthMethod.BASIC,
        "client_secret_hash": digest("secret"),
        "scopes": ("openid", "profile", "cn_id"),
        "post_logout_redirect_uris": ("https://rp-a.example/bye",),
        "sector": "rp-a.example",
        "purpose": "accommodation",
        "created_at": NOW,
    }
    return Client(**(values | changes))


def a_person(subject_id: str, **changes: Any) -> Person:
    values = {
        "provider": "hong_kong",
        "subject_id": subject_id,
        "assurance": Assurance.THREE,
        "authenticated_at": NOW - MINUTE,
        "amr": ("pop", "mca"),
        "name": PersonName(NAME_CANARY, LATIN_CANARY, "CHAN", "Fictional"),
        "birthdate": BIRTHDATE,
        "sex": "M",
        "permit": PERMIT,
        "residence_permit": a_number(),
    }
    return Person(**(values | changes))


def a_request(**changes: Any) -> AuthorizationRequest:
    values = {
        "client_id": "rp-a",
        "redirect_uri": "https://rp-a.example/cb",
        "scopes": ("openid", "profile"),
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "state": "st\u0000ate with a NUL and 字",
        "nonce": "n-0S6_WzA2Mj",
        "prompts": frozenset({Prompt.LOGIN, Prompt.CONSENT}),
        "max_age": 0,
        "acr_values": ("urn:gba:loa:2",),
        "ui_locales": ("zh-Hant-HK", "en"),
    }
    return AuthorizationRequest(**(values | changes))


def a_transaction(**changes: Any) -> LoginTransaction:
    values = {
        "id": "transaction-1",
        "stage": Stage.CHOOSING,
        "request": a_request(),
        "browser": FRONT,
        "correlation_id": "c0rrelation",
        "language": "zh-Hant-HK",
        "created_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }
    return LoginTransaction(**(values | changes))


def a_session(subject_id: str, **changes: Any) -> Session:
    values = {
        "id": "sid-1",
        "cookie_hash": COOKIE,
        "browser": FRONT,
        "person": a_person(subject_id),
        "created_at": NOW,
        "seen_at": NOW,
        "expires_at": NOW + timedelta(hours=12),
    }
    return Session(**(values | changes))


def a_grant(subject_id: str, **changes: Any) -> Grant:
    values = {
        "id": "grant-1",
        "client_id": "rp-a",
        "subject_id": subject_id,
        "sub": "pairwise-sub",
        "scopes": ("openid", "profile"),
        "claims": {"name": NAME_CANARY, "gba_cn_id": {"value": a_number().value, "replaces": []}},
        "acr": "urn:gba:loa:3",
        "amr": ("pop",),
        "auth_time": NOW - MINUTE,
        "sid": "sid-1",
        "session_id": "sid-1",
        "created_at": NOW,
        "nonce": "n-0S6_WzA2Mj",
    }
    return Grant(**(values | changes))


def a_code(grant: Grant, text: str = CODE_TEXT, **changes: Any) -> AuthorizationCode:
    values = {
        "hash": digest(text),
        "client_id": grant.client_id,
        "redirect_uri": "https://rp-a.example/cb",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "grant_id": grant.id,
        "expires_at": NOW + MINUTE,
    }
    return AuthorizationCode(**(values | changes))


def a_consent(subject_id: str, **changes: Any) -> Consent:
    values = {
        "id": "consent-1",
        "subject_id": subject_id,
        "client_id": "rp-a",
        "granted": ("openid", "profile"),
        "withheld": ("cn_id",),
        "purpose": "accommodation",
        "given_at": NOW,
        "shown": Shown("0123456789ab", "pt-MO", "macao", "guangdong", "page"),
    }
    return Consent(**(values | changes))


def a_completion(subject_id: str, **changes: Any) -> Completion:
    grant = changes.pop("grant", None) or a_grant(subject_id)
    return Completion(**({"grant": grant, "code": a_code(grant), "events": [an_event()]} | changes))


def accepting(text: str = TOKEN_TEXT, lifetime: timedelta = 10 * MINUTE) -> Callable[[Redemption], Settlement]:
    """Settle with a token, as the grant does for a good request."""

    def settle(redemption: Redemption) -> Settlement:
        grant = redemption.grant
        token = AccessToken(digest(text), grant.id, grant.client_id, grant.scopes, NOW + lifetime)
        return Settlement(an_event(AuditAction.TOKEN_ISSUED), token=token)

    return settle


@dataclass(frozen=True, slots=True)
class World:
    """Stores with a client and a person in them."""

    stores: Stores
    client: Client
    subject_id: str

    async def sign_in(self, number: int = 1, **changes: Any) -> tuple[AuthorizationCode, Grant]:
        """Complete a sign-in; `number` tells several apart."""
        grant = replace(a_grant(self.subject_id), id=f"grant-{number}")
        code = a_code(grant, CODE_TEXT if number == 1 else f"{CODE_TEXT}-{number}")
        assert await self.stores.sign_ins.complete(
            a_completion(self.subject_id, grant=grant, code=code, **changes), NOW
        )
        return code, grant

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        statement = select(func.count()).select_from(number_tables.metadata.tables[table])
        return await self.stores.database.read(lambda connection: connection.execute(statement).scalar_one())

    async def actions(self) -> list[str]:
        """The audit trail so far, action by action."""
        statement = select(tables.audit.c.action).order_by(tables.audit.c.seq)
        return await self.stores.database.read(lambda connection: list(connection.execute(statement).scalars()))

    async def switch_off_subject(self) -> None:
        """Do what the operators' side will do."""

        def work(connection: Connection) -> None:
            connection.execute(update(tables.subjects).values(disabled_at=NOW))

        await self.stores.database.run(work)


async def a_world(stores: Stores) -> World:
    client = a_client()
    assert await stores.registry.save(client, an_event(AuditAction.CLIENT_CREATED))
    return World(stores, client, await a_subject(stores))


async def a_subject(stores: Stores, name: str = "token-id-1", provider: str = "hong_kong", **anchor: Any) -> str:
    """Let somebody come back from a provider for whom nothing is wrong, and give their id."""
    found = await stores.sign_ins.subject(provider, name, Anchor(**anchor), NOW, "c0rrelation")
    subject_id, recognition = found
    assert recognition is Recognition.WELCOME
    return subject_id
