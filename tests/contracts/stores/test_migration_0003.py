"""From the second schema to the third, while somebody is signing in: what is under way goes on, nobody is lost."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, column, create_engine, insert, select
from sqlalchemy import table as as_it_was

from gateway.audit import AuditAction
from gateway.broker.model import Stage
from gateway.broker.ports import EndedSession
from gateway.oidc.names import Profile, ResponseMode
from gateway.store import migrate
from gateway.store.open import Stores, open_stores
from gateway.store.sql import tables
from gateway.store.vault import Vault
from tests.contracts.stores.builders import (
    BIRTHDATE,
    CODE_TEXT,
    COOKIE,
    ENGINES,
    FRONT,
    KEYS,
    LATIN_CANARY,
    MINUTE,
    NAME_CANARY,
    NOW,
    PERMIT,
    TOKEN_TEXT,
    a_number,
    accepting,
    an_event,
    digest,
)
from tests.contracts.stores.requests import DAY
from tests.engines import PostgresServer

VAULT = Vault(**KEYS)
COUNT = 1_772_443_800_000_000
MINUTES = 60_000_000
CLIENT: dict[str, Any] = {
    "client_name": "海濱診所",
    "redirect_uris": ["https://rp.example/cb"],
    "token_endpoint_auth_method": "none",
    "jwks": None,
    "scopes": ["openid"],
    "id_token_signed_response_alg": "RS256",
    "post_logout_redirect_uris": [],
    "client_uri": None,
    "policy_uri": None,
    "sector": "rp.example",
    "jurisdiction": "macao",
    "purpose": "insurance",
    "surrogate_purposes": [],
    "document_codes": {},
    "event_uri": None,
    "providers": [],
}
PERSON: dict[str, Any] = {
    "provider": "hong_kong",
    "subject_id": "subject-1",
    "assurance": 3,
    "authenticated_at": "2026-03-02T09:29:00+00:00",
    "amr": ["pop"],
    "name": {"han": NAME_CANARY, "latin": LATIN_CANARY, "family": None, "given": None},
    "birthdate": BIRTHDATE.isoformat(),
    "sex": "M",
    "permit": {"canonical": PERMIT.canonical, "issue_count": "01"},
    "residence_permit": None,
    "citizen": a_number().value,
}
REQUEST: dict[str, Any] = {
    "client_id": "rp-a",
    "redirect_uri": "https://rp.example/cb",
    "scopes": ["openid"],
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "state": "a state",
    "nonce": None,
    "prompts": ["login"],
    "max_age": 0,
    "acr_values": [],
    "ui_locales": [],
    "idp_hint": None,
    "login_hint": None,
}
TRANSACTION: dict[str, Any] = {
    "request": REQUEST,
    "correlation_id": "c0rrelation",
    "language": "en",
    "created_at": "2026-03-02T09:30:00+00:00",
    "provider": "hong_kong",
    "kept": {"code_verifier": "a verifier"},
    "person": PERSON,
    "permit_answer": None,
    "without_number": False,
}
SESSION: dict[str, Any] = {
    "id": "sid-1",
    "browser": FRONT.hex(),
    "person": PERSON,
    "created_at": "2026-03-02T09:30:00+00:00",
    "expires_at": "2026-03-02T21:30:00+00:00",
}
GRANT: dict[str, Any] = {
    "client_id": "rp-a",
    "subject_id": "subject-1",
    "sub": "pairwise-sub",
    "scopes": ["openid"],
    "claims": {"name": NAME_CANARY},
    "acr": "urn:gba:loa:3",
    "amr": ["pop"],
    "auth_time": "2026-03-02T09:29:00+00:00",
    "sid": "sid-1",
    "created_at": "2026-03-02T09:30:00+00:00",
    "nonce": None,
}


@pytest.fixture(params=ENGINES)
def second_schema(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a database of the second schema in which somebody is just signing in."""
    server: PostgresServer | None = None
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'second.sqlite3'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database()
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "HEAD", "0002")
        migrate.upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    yield url
    if server is not None:
        server.drop_database(url)


@pytest.fixture
async def migrated(second_schema: str) -> AsyncIterator[Stores]:
    """Give stores on the migrated database."""
    migrate.upgrade(second_schema)
    stores = await open_stores(second_schema, **KEYS)
    yield stores
    await stores.aclose()


def fill(connection: Connection) -> None:
    add(connection, "clients", client_id="rp-a", record=json.dumps(CLIENT), created_at=COUNT)
    subject = VAULT.seal({"upstream_subject": "u", "birthdate": None, "home_card": None}, "subjects", "subject-1")
    add(connection, "subjects", id="subject-1", provider="hong_kong", box=subject, created_at=COUNT)
    grant = {"client_id": "rp-a", "subject_id": "subject-1", "created_at": COUNT}
    add(connection, "grants", id="grant-1", box=VAULT.seal(GRANT, "grants", "grant-1"), **grant)
    code = {"redirect_uri": "https://rp.example/cb", "code_challenge": "c", "client_id": "rp-a"}
    add(connection, "codes", hash=digest(CODE_TEXT), grant_id="grant-1", expires_at=COUNT + MINUTES, **code)
    token = {"grant_id": "grant-1", "client_id": "rp-a", "scopes": "openid", "expires_at": COUNT + 10 * MINUTES}
    add(connection, "tokens", hash=digest("older token"), **token)
    session = VAULT.seal(SESSION, "sessions", COOKIE.hex())
    times = {"seen_at": COUNT, "ends_at": COUNT + 15 * MINUTES}
    add(connection, "sessions", cookie_hash=COOKIE, subject_id="subject-1", box=session, **times)
    box = VAULT.seal(TRANSACTION, "transactions", "transaction-1")
    row = {"stage": "consent", "browser": FRONT, "login_id": None, "expires_at": COUNT + 10 * MINUTES}
    add(connection, "transactions", id="transaction-1", box=box, **row)


def add(connection: Connection, table: str, **row: Any) -> None:
    """Add a row as the second schema has it: the program's tables are those of the newest."""
    connection.execute(insert(as_it_was(table, *(column(name) for name in row))), row)


async def test_a_client_means_what_it_meant(migrated: Stores) -> None:
    client = await migrated.clients.find("rp-a")

    assert client is not None
    assert (client.id_token_signed_response_alg, client.jurisdiction) == ("RS256", "macao")
    assert (client.profile, client.backchannel_logout_uri, client.resources) == (Profile.PLAIN, None, ())


async def test_a_sign_in_that_is_under_way_goes_on(migrated: Stores) -> None:
    transaction = await migrated.transactions.find("transaction-1", FRONT, NOW)

    assert transaction is not None
    assert transaction.stage is Stage.CONSENT
    assert (transaction.request.max_age, transaction.request.response_mode) == (0, ResponseMode.QUERY)
    assert (transaction.request.claims, transaction.request.pushed) == ({}, None)
    assert transaction.person is not None
    assert (transaction.person.permit, transaction.person.organisation) == (PERMIT, None)


async def test_a_code_and_a_token_from_before_are_worth_what_they_were(migrated: Stores) -> None:
    redeemed = await migrated.tokens.redeem(digest(CODE_TEXT), NOW, accepting())
    found = await migrated.tokens.find_access_token(digest("older token"), NOW)

    assert redeemed is not None
    assert (redeemed[0].grant.claims, redeemed[0].grant.session_id) == ({"name": NAME_CANARY}, None)
    assert found is not None
    assert (found[0].confirmation, found[0].audience, found[0].actor) == (None, None, None)
    assert await migrated.tokens.find_access_token(digest(TOKEN_TEXT), NOW) is not None


async def test_a_session_from_before_lives_and_is_ended_with_nobody_to_tell(migrated: Stores) -> None:
    session = await migrated.sign_ins.session(COOKIE, NOW)

    assert session is not None
    ended = await migrated.sign_ins.end_session(COOKIE, NOW, an_event(AuditAction.SIGNED_OUT))
    assert ended == EndedSession(session, {})
    assert await migrated.deliveries.due(NOW, MINUTE, 9) == ()


async def test_a_grant_from_before_goes_when_it_would_have_gone(migrated: Stores) -> None:
    statement = select(tables.grants.c.keep_until)

    kept_until = await migrated.database.read(lambda connection: connection.execute(statement).scalar_one())
    await migrated.purge(NOW + DAY, 100)

    assert kept_until == NOW + DAY
    assert await migrated.database.read(lambda connection: connection.execute(statement).scalar_one_or_none()) is None
