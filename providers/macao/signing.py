"""Signing with eSignCloud at One Account: a sign-in with the scope `esign`, then the document's own page (§3.3, §6.C).

One trip with two returns: the first brings the code, whose token opens a session for the document; the second brings
the person back from its page, and the result is fetched. The one-time password is typed there, never here.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from certs.keys import base64url
from providers.attributes import AttributeTable, matching, one_of, text
from providers.base import Callback, UpstreamIdentity
from providers.calls import Answer, Calls
from providers.errors import ProviderFailure
from providers.macao import wire
from providers.macao.login import AUTHORIZE, LANGUAGES, TOKEN
from providers.macao.settings import MacaoSettings, from_settings
from providers.macao.wire import PROVIDER, broken
from providers.signing import SigningOrder, SigningOutcome, SigningStart, SigningStep, check_order

SESSIONS: Final = "/esign/sessions"
SCOPE: Final = f"{wire.SCOPE} esign"
QUALIFIED: Final = "qualified"
PROFILE: Final = "one-account"
SIGNED: Final = "SIGNED"
_VERIFIER_BYTES: Final = 48
_KEPT: Final = frozenset({"step", "digest", "uid"})
_FAILURES: Final = MappingProxyType(
    {
        "CANCELLED": ProviderFailure.CANCELLED,
        "REJECTED": ProviderFailure.REFUSED,
        "EXPIRED": ProviderFailure.EXPIRED,
        "OTP_EXPIRED": ProviderFailure.EXPIRED,
        "OTP_LOCKED": ProviderFailure.REFUSED,
        "CERT_REVOKED": ProviderFailure.NOT_ELIGIBLE,
    }
)


class MacaoSigner:
    """One Account's cloud signature as a signing service."""

    name: Final[str] = PROVIDER
    keeps_state: Final[bool] = True
    digest_algorithm: Final[str] = "sha256"

    def __init__(self, settings: MacaoSettings, calls: Calls) -> None:
        self._settings = settings
        self._calls = calls

    async def begin_signing(self, order: SigningOrder, signer: UpstreamIdentity) -> SigningStart:
        """Give the address of the sign-in; nothing is asked of the platform before the person is there."""
        check_order(PROVIDER, self.digest_algorithm, order, signer)
        verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": order.callback_url,
            "scope": SCOPE,
            "state": order.order_id,
            "ui_locales": LANGUAGES.get(order.language, LANGUAGES["en"]),
            "code_challenge": base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
            "acr": "2",
        }
        kept = {
            "step": "sign_in",
            "code_verifier": verifier,
            "redirect_uri": order.callback_url,
            "uid": signer.subject,
            "digest": order.digest.hex(),
            "document": order.document_name,
        }
        return SigningStart(f"{self._address(AUTHORIZE)}?{urlencode(query)}", kept)

    async def finish_signing(self, callback: Callback) -> SigningStep:
        """Read the return that is due: from the sign-in, or from the document's page."""
        if not callback.kept.keys() >= _KEPT:
            raise broken("kept")
        if callback.kept["step"] == "sign_in":
            return await self._open(callback)
        return await self._fetch(callback)

    async def acknowledge(self, outcome: SigningOutcome, *, accepted: bool) -> None:
        """The platform does not ask what became of its result."""

    async def _open(self, callback: Callback) -> SigningStart:
        code, kept = wire.read_callback(callback, self._settings.base_url), callback.kept
        token = await self._redeem(code, kept)
        if not hmac.compare_digest(token.uid.encode(), kept["uid"].encode()):  # somebody else signed in (SG-09)
            raise broken("other_person", ProviderFailure.NOT_ELIGIBLE)
        form = {
            "docHash": kept["digest"],
            "docName": kept["document"],
            "profile": QUALIFIED,
            "returnUrl": kept["redirect_uri"],
            "state": callback.login_id,
        }
        answer = await self._calls.post(PROVIDER, self._address(SESSIONS), headers=_bearer(token.value), form=form)
        session = _SESSION.read(PROVIDER, wire.read_data(answer))
        self._check_page(session["signUrl"])
        further = {"step": "sign", "session": session["sessionId"], "token": token.value}
        return SigningStart(session["signUrl"], {**kept, **further}, session["challenge"])

    async def _fetch(self, callback: Callback) -> SigningOutcome:
        parameters, kept = callback.parameters, callback.kept
        if not hmac.compare_digest(parameters.get("state", "").encode(), callback.login_id.encode()):
            raise broken("state", ProviderFailure.MALFORMED_CALLBACK)
        if not hmac.compare_digest(parameters.get("session", "").encode(), kept.get("session", "").encode()):
            raise broken("session", ProviderFailure.MALFORMED_CALLBACK)
        path = f"{SESSIONS}/{kept['session']}"
        answer = await self._calls.get(PROVIDER, self._address(path), headers=_bearer(kept["token"]))
        return SigningOutcome(PROFILE, bytes.fromhex(kept["digest"]), read_result(answer))

    async def _redeem(self, code: str, kept: Mapping[str, str]) -> wire.AccessToken:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["redirect_uri"],
            "code_verifier": kept["code_verifier"],
        }
        credentials = wire.basic(self._settings.client_id, self._settings.client_secret)
        headers = {"Authorization": credentials, "Accept": "application/json"}
        return wire.read_token(await self._calls.post(PROVIDER, self._address(TOKEN), headers=headers, form=form))

    def _check_page(self, url: str) -> None:
        """Send nobody to another host, whoever wrote the answer (MO-04)."""
        ours, theirs = urlsplit(self._settings.base_url), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise broken("field:signUrl")

    def _address(self, path: str) -> str:
        return self._settings.base_url + path


def read_result(answer: Answer) -> Mapping[str, Any]:
    """Keep the members of a signature that have their shape, or say why there is none."""
    data = wire.read_data(answer)
    status, tag = data.get("status"), data.get("tag")
    if status != SIGNED:
        known = isinstance(tag, str) and tag in _FAILURES
        raise broken(str(tag), _FAILURES[str(tag)]) if known else broken("status")
    return MappingProxyType(_RESULT.read(PROVIDER, data))


def build_signer(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> MacaoSigner:  # noqa: ARG001 - every factory takes the clock
    """Make the signing service from the provider's block of settings."""
    return MacaoSigner(from_settings(block), calls)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Language": "en"}


_MESSAGE: Final = matching(r"[A-Za-z0-9+/]{4,240000}={0,2}")
_CERTIFICATE: Final = matching(r"[A-Za-z0-9+/]{4,16384}={0,2}")
_MAX_CHAIN: Final = 8


def _chain(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_CHAIN:
        raise ValueError("chain")
    return [_CERTIFICATE(one) for one in value]


_SESSION: Final = AttributeTable(
    required={
        "sessionId": matching(r"[A-Za-z0-9_-]{16,128}"),
        "challenge": matching(r"[0-9]{4,8}"),
        "signUrl": text,
    }
)
_RESULT: Final = AttributeTable(
    required={"status": one_of({SIGNED}), "docHash": matching(r"[0-9A-Fa-f]{64}"), "cms": _MESSAGE},
    optional={"chain": _chain},
    ignored={"tag"},
)
