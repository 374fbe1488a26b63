"""Who was signed in for which service, and the codes and tokens that say so (RFC 6749 §4.1, §6)."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

CODE_MS: Final = 90_000
ACCESS_MS: Final = 30 * 60_000
REFRESH_MS: Final = 12 * 3_600_000
MODULE_MS: Final = 10 * 60_000
SHELF_LIMIT: Final = 20_000
"""Records kept of each kind; the oldest fall off, so that a flood cannot fill the memory."""

Record = TypeVar("Record")


class Shelf(Generic[Record]):
    """A bounded table of records under random keys."""

    def __init__(self, limit: int = SHELF_LIMIT) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._limit = limit

    def put(self, key: str, record: Record) -> None:
        """Keep or replace a record."""
        self._records[key] = record
        while len(self._records) > self._limit:
            self._records.popitem(last=False)

    def get(self, key: str) -> Record | None:
        """Give the record under this key, or None."""
        return self._records.get(key)


@dataclass(frozen=True, slots=True)
class Grant:
    """One sign-in of one person for one client; its codes and tokens are a family that falls together."""

    id: str
    client_id: str
    persona: str
    level: int
    scope: tuple[str, ...]
    locale: str
    session: str | None
    organisation: str | None = None
    """The entity for which the person signed in."""
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code; it stays after it was spent, so that reuse is noticed (RFC 6749 §4.1.2)."""

    grant: str
    redirect_uri: str
    code_challenge: str
    expires_ms: int
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """An access, refresh or module token."""

    grant: str
    scope: tuple[str, ...]
    expires_ms: int
    module: str | None = None
    spent: bool = False


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What the token endpoint hands out."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: tuple[str, ...]


class Ledger:
    """All grants of one mock."""

    def __init__(self) -> None:
        self.grants: Shelf[Grant] = Shelf()
        self.codes: Shelf[Code] = Shelf()
        self.access_tokens: Shelf[Token] = Shelf()
        self.refresh_tokens: Shelf[Token] = Shelf()

    def issue_code(self, grant: Grant, *, redirect_uri: str, code_challenge: str, now_ms: int) -> str:
        """Record the sign-in and give the code that stands for it."""
        code = secrets.token_urlsafe(32)
        self.grants.put(grant.id, grant)
        self.codes.put(code, Code(grant.id, redirect_uri, code_challenge, now_ms + CODE_MS))
        return code

    def spend_code(self, code: str, client_id: str, now_ms: int) -> Code | None:
        """Give the code to its client once; a second showing revokes what the first one brought."""
        record = self.codes.get(code)
        grant = None if record is None else self.grants.get(record.grant)
        if record is None or grant is None or grant.client_id != client_id:
            return None
        if record.spent:
            self.revoke(grant.id)
            return None
        self.codes.put(code, replace(record, spent=True))
        return record if now_ms < record.expires_ms else None

    def issue_tokens(self, grant_id: str, scope: tuple[str, ...], now_ms: int) -> TokenPair:
        """Give a fresh access token and the refresh token that follows it."""
        pair = TokenPair(secrets.token_urlsafe(32), secrets.token_urlsafe(32), scope)
        self.access_tokens.put(pair.access_token, Token(grant_id, scope, now_ms + ACCESS_MS))
        self.refresh_tokens.put(pair.refresh_token, Token(grant_id, scope, now_ms + REFRESH_MS))
        return pair

    def spend_refresh_token(self, value: str, client_id: str, now_ms: int) -> Token | None:
        """Give the refresh token to its client once; reuse revokes the whole family (RFC 9700 §4.14.2)."""
        record = self.refresh_tokens.get(value)
        grant = None if record is None else self.grants.get(record.grant)
        if record is None or grant is None or grant.client_id != client_id or grant.revoked:
            return None
        if record.spent:
            self.revoke(grant.id)
            return None
        if now_ms >= record.expires_ms:
            return None
        self.refresh_tokens.put(value, replace(record, spent=True))
        return record

    def issue_module_token(self, grant_id: str, module: str, now_ms: int) -> str:
        """Give a narrower token for one module."""
        value = secrets.token_urlsafe(32)
        self.access_tokens.put(value, Token(grant_id, (), now_ms + MODULE_MS, module=module))
        return value

    def holder(self, access_token: str) -> tuple[Token, Grant] | None:
        """Give the access token's record and its grant, whether alive or not, or None."""
        record = self.access_tokens.get(access_token)
        grant = None if record is None else self.grants.get(record.grant)
        return None if record is None or grant is None else (record, grant)

    def grant_behind(self, value: str) -> Grant | None:
        """Give the grant that a code, refresh token or access token belongs to, or None."""
        records = (self.codes.get(value), self.refresh_tokens.get(value), self.access_tokens.get(value))
        record = next((found for found in records if found is not None), None)
        return None if record is None else self.grants.get(record.grant)

    def revoke(self, grant_id: str) -> None:
        """End a family: none of its tokens works any more."""
        grant = self.grants.get(grant_id)
        if grant is not None:
            self.grants.put(grant_id, replace(grant, revoked=True))

    def raise_level(self, grant_id: str, level: int) -> None:
        """Record that the person has proven more since the sign-in."""
        grant = self.grants.get(grant_id)
        if grant is not None and level > grant.level:
            self.grants.put(grant_id, replace(grant, level=level))
