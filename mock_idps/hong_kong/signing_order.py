"""What a service asks a person to sign, field by field, and the code by which the person knows it (1.5, 6.A)."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.config import Client
from mock_idps.hong_kong.parameters import BROWSER_SOURCES, STATE
from mock_idps.people.persona import Persona

TICKET_LIFETIME_MS: Final = 12 * 60_000
"""Of an anonymous request."""
WAYS: Final = ("SHA256withRSA", "NONEwithRSA")
PDF: Final = "pdf"
MAX_NAME: Final = 255
MAX_DEPARTMENT: Final = 100
MAX_HOURS: Final = 720
MAX_HASH: Final = 1_024
DIGEST_BYTES: Final = 32
_BUSINESS_ID: Final = re.compile(r"[!-~]{1,36}\Z")
_METHODS: Final = frozenset({"FR", "NFC"})


@dataclass(frozen=True, slots=True)
class SigningOrder:
    """One request for a signature; whoever signs is known after the phone has decided."""

    client_id: str
    business_id: str
    redirect_uri: str
    state: str | None
    value: bytes
    way: str
    hkic_hash: bytes
    department: str
    service: str
    document: str
    step_up: tuple[str, ...]
    created_at: int
    persona: str | None = None
    acknowledged: str | None = None

    @property
    def identification_code(self) -> str:
        """What the service shows too: MD5 over SHA-512, four digits (1.5; the anonymous form)."""
        inner = hashlib.sha512(self.value + self.hkic_hash + self.client_id.encode()).digest()
        outer = hashlib.md5(inner, usedforsecurity=False).digest()
        return "".join(str((outer[4 * place] >> 4) % 10) for place in range(4))

    def is_for(self, persona: Persona) -> bool:
        """Compare with the person's card, without its check character."""
        number = (persona.hkid or "")[:-1]
        return hashlib.sha256(number.encode()).digest() == self.hkic_hash

    def is_over(self, now: int) -> bool:
        """Say whether the ticket has run out."""
        return now >= self.created_at + TICKET_LIFETIME_MS


def read_order(client: Client, fields: Mapping[str, Any], now: int, *, is_pdf: bool) -> SigningOrder:
    """Check the fields; the first that is wrong decides the code."""
    business_id = _text(fields, "businessID", 36)
    if not _BUSINESS_ID.match(business_id):
        raise WireError("D20003", "businessID")
    if _text(fields, "source", 64) not in BROWSER_SOURCES:
        raise WireError("D20007")
    redirect_uri = _text(fields, "redirectURI", 2_048)
    if not client.may_redirect_to(redirect_uri):
        raise WireError("D20008")
    way = PDF if is_pdf else _way(fields)
    name = "docDigest" if is_pdf else "hashCode"
    value = _bytes(fields, name)
    if way != WAYS[0] and len(value) != DIGEST_BYTES:
        raise WireError("D20003", name)
    hkic_hash = _bytes(fields, "HKICHash")
    if len(hkic_hash) != DIGEST_BYTES:
        raise WireError("D20003", "HKICHash")
    return SigningOrder(
        client_id=client.client_id,
        business_id=business_id,
        redirect_uri=redirect_uri,
        state=_state(fields),
        value=value,
        way=way,
        hkic_hash=hkic_hash,
        department=_text(fields, "department", MAX_DEPARTMENT),
        service=_text(fields, "serviceName", MAX_NAME),
        document=_text(fields, "documentName", MAX_NAME),
        step_up=_step_up(fields),
        created_at=now,
    )


def _way(fields: Mapping[str, Any]) -> str:
    way = fields.get("sigAlgo", WAYS[0])
    if way not in WAYS:
        raise WireError("D20003", "sigAlgo")
    return str(way)


def _state(fields: Mapping[str, Any]) -> str | None:
    if "state" not in fields:
        return None
    state = _text(fields, "state", 36)
    if not STATE.match(state):
        raise WireError("D20003", "state")
    return state


def _step_up(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the further proofs, which come as JSON inside a text, and the least age of the account in hours."""
    hours = fields.get("stepupAuthPeriod", 0)
    if type(hours) is not int or not 0 <= hours <= MAX_HOURS:
        raise WireError("D20003", "stepupAuthPeriod")
    if "stepupAuthMethod" not in fields:
        return ()
    try:
        asked = json.loads(_text(fields, "stepupAuthMethod", 256))
    except ValueError:
        raise WireError("D20003", "stepupAuthMethod") from None
    if not isinstance(asked, dict) or len(asked) != 1:
        raise WireError("D20003", "stepupAuthMethod")
    ((how, methods),) = asked.items()
    is_list = isinstance(methods, list) and all(isinstance(one, str) for one in methods)
    if how not in {"unary", "and"} or not is_list or not set(methods) <= _METHODS or not methods:
        raise WireError("D20003", "stepupAuthMethod")
    return tuple(methods)


def _bytes(fields: Mapping[str, Any], name: str) -> bytes:
    text = _text(fields, name, 2 * MAX_HASH)
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise WireError("D20003", name) from None
    if not 0 < len(value) <= MAX_HASH:
        raise WireError("D20003", name)
    return value


def _text(fields: Mapping[str, Any], name: str, longest: int) -> str:
    if name not in fields:
        raise WireError("D20001", name)
    value = fields[name]
    if value == "":
        raise WireError("D20002", name)
    if not isinstance(value, str) or len(value) > longest:
        raise WireError("D20003", name)
    return value
