"""One request as the handlers see it: read, tied to a tester's session, with the mock's own clock."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote_plus

from starlette.requests import Request

from mock_idps.macao.account import OneAccount
from mock_idps.macao.fields import Fields
from mock_idps.macao.grants import Grant
from mock_idps.macao.texts import DEFAULT_LOCALE, LOCALES, locale_of_header
from mock_idps.switchboard import session_of

Kind = Literal["page", "oauth", "api", "plain"]
"""How an endpoint says no: a page, an OAuth error, the envelope, or a status alone."""
DEFAULT_SKEW_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request with everything that a handler may ask about it."""

    account: OneAccount
    request: Request
    endpoint: str
    kind: Kind
    fields: Fields
    session: str | None
    client: str | None
    persona: str | None
    now_ms: int

    def take(self, scenario: str, persona: str | None = None) -> Mapping[str, Any] | None:
        """Give the arguments of an armed scenario that means this call, or None."""
        return self.account.switchboard.take(
            scenario,
            session=self.session,
            persona=persona or self.persona,
            client=self.client,
            endpoint=self.endpoint,
        )

    @property
    def locale(self) -> str:
        """The language of the answer: of the path, else of `Accept-Language`."""
        wished = self.request.path_params.get("locale", "")
        return wished if wished in LOCALES else locale_of_header(self.language_wish, DEFAULT_LOCALE)

    @property
    def language_wish(self) -> str:
        """The `Accept-Language` header, or an empty text."""
        return self.request.headers.get("accept-language", "")


def tie(account: OneAccount, request: Request, endpoint: str, kind: Kind, fields: Fields) -> Call:
    """Find out whose call this is: what was born under a tester's session stays tied to it."""
    grant = _grant_behind(account, request, fields)
    login = account.logins.get(_ticket(account, fields))
    born_in = grant.session if grant else login.session if login else None
    session = born_in or session_of(request)
    client = grant.client_id if grant else login.asked.client_id if login else None
    if client is None:
        credentials = basic_credentials(request)
        client = credentials[0] if credentials else fields.get("client_id") or None
    persona = grant.persona if grant else None
    skew = account.switchboard.skew_ms(session)
    wrong = account.switchboard.take("clock_skew", session=session, persona=persona, client=client, endpoint=endpoint)
    if wrong is not None:
        skew += number(wrong, "skew_ms", DEFAULT_SKEW_MS)
    now_ms = account.now_ms() + skew
    return Call(account, request, endpoint, kind, fields, session, client, persona, now_ms)


def number(args: Mapping[str, Any], name: str, default: int) -> int:
    """Read a whole number of a scenario's arguments; anything else counts as not given."""
    value = args.get(name)
    return value if type(value) is int else default


def bearer_token(request: Request) -> str | None:
    """Read the access token of the Authorization header (RFC 6750 §2.1); no other place is read."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Read a client's id and secret, form-encoded inside HTTP Basic (RFC 6749 §2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None


def _grant_behind(account: OneAccount, request: Request, fields: Fields) -> Grant | None:
    shown = (fields.get("code"), fields.get("refresh_token"), bearer_token(request) or "")
    found = (account.ledger.grant_behind(value) for value in shown if value)
    known = next((grant for grant in found if grant is not None), None)
    signing = account.esign.get(request.path_params.get("id", ""))  # a page of a signature names nothing else
    return account.ledger.grants.get(signing.grant) if known is None and signing is not None else known


def _ticket(account: OneAccount, fields: Fields) -> str:
    """A page names its ticket, a phone carries it in the code's data or behind its own token."""
    named = fields.get("ticket") or fields.get("data").partition("|")[0]
    return named or account.phones.get(fields.get("phone")) or ""
