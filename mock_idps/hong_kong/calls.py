"""The four calls of a sign-in: getKey, revokeKey, getToken, profiles (identity-providers 1.2-1.4, 6.A)."""

import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mock_idps.hong_kong import content_keys
from mock_idps.hong_kong.attributes import PROFILE_FIELDS, UNCHANGED_SINCE, open_id, profile
from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.config import read_kek
from mock_idps.hong_kong.envelope import describe, wrap
from mock_idps.hong_kong.exchange import Call
from mock_idps.hong_kong.faults import number, override, refuse, take
from mock_idps.hong_kong.simulation import TOKEN_LIFETIME_MS, Grant, Shelf, Simulation


async def get_key(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Give the current content key, wrapped under the client's key-encryption key."""
    _require_empty(call)
    kek = _kek(simulation, call)
    current = simulation.desk(call.caller.endpoint).keys.current(
        call.client.client_id, simulation.now(call.caller.session)
    )
    weird = dict(take(simulation, "key_weird", call.caller) or {})
    secret = current.key if "cek_bytes" not in weird else os.urandom(number(weird, "cek_bytes", 16, 128))
    weird.pop("cek_bytes", None)
    content = {
        "secretKey": wrap(kek, secret),
        "pubKey": describe(kek),
        "issueAt": current.issued_at,
        "expiresIn": _expires_in(simulation, call, current.issued_at, content_keys.LIFETIME_MS),
    }
    return override(content, weird)


async def revoke_key(simulation: Simulation, call: Call) -> None:
    """End the client's content keys; the next getKey issues a new one."""
    _require_empty(call)
    simulation.desk(call.caller.endpoint).keys.revoke(call.client.client_id)


async def get_token(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Spend a code exactly once for an access token."""
    fields = call.open(simulation)
    code = text(fields, "code")
    if text(fields, "grantType") != "authorization_code":
        raise WireError("D20003", "grantType")
    if "isDirectLoginV2" in fields:
        raise WireError("D20003", "isDirectLoginV2")
    grant = live(simulation, call, simulation.codes.get(code), "D40004")
    await call.meet(simulation, grant)
    refuse_unspent(simulation, call, simulation.codes, code)
    if simulation.codes.take(code) is None:
        raise WireError("D40004")
    return _issue_token(simulation, call, grant)


def refuse_unspent(simulation: Simulation, call: Call, codes: Shelf[Grant], code: str) -> None:
    """Refuse before the code is spent, so that a client which mends its keys may send it again."""
    try:
        refuse(simulation, call.caller)
    except WireError as refusal:
        if refusal.code == "D40004":  # the code itself was refused: it is dead
            codes.take(code)
        raise


async def profiles(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Give the verified fields to which the person agreed at login."""
    fields = call.open(simulation)
    access_token, presented = text(fields, "accessToken"), text(fields, "openID")
    wanted = fields_of(fields, "profileFields", PROFILE_FIELDS)
    grant = live(simulation, call, simulation.tokens.get(access_token), "D20009")
    await call.meet(simulation, grant)
    refuse(simulation, call.caller)
    if presented != open_id(grant.client_id, grant.persona.id):
        raise WireError("D20010")
    if "eidapi_profiles" not in grant.scope.split(" ") or fields.get("eMEFields"):
        raise WireError("D20012")
    content = profile(grant.persona, wanted)
    if take(simulation, "no_chinese_name", call.caller) is not None:
        content = override(content, {"chName": None, "chNameVerified": None})
    if take(simulation, "chinese_name_unverified", call.caller) is not None:
        content = override(content, {"chNameVerified": None})
    return override(content, take(simulation, "profile_weird", call.caller))


def _issue_token(simulation: Simulation, call: Call, grant: Grant) -> Mapping[str, Any]:
    now = simulation.now(call.caller.session)
    access_token = secrets.token_hex(16)
    simulation.tokens.put(access_token, replace(grant, expires_at=now + TOKEN_LIFETIME_MS))
    changed = take(simulation, "data_changed", call.caller) is not None
    content = {
        "accessToken": access_token,
        "tokenType": "Bearer",
        "issueAt": now,
        "expiresIn": _expires_in(simulation, call, now, TOKEN_LIFETIME_MS),
        "openID": open_id(grant.client_id, grant.persona.id),
        "userType": grant.persona.hk_user_type,
        "lastModifiedDate": now if changed else UNCHANGED_SINCE,
        "scope": grant.scope,
    }
    return override(content, take(simulation, "token_weird", call.caller))


def _kek(simulation: Simulation, call: Call) -> RSAPublicKey:
    """Choose the key to wrap under; after a rotation on the other side the old one is still used for a while."""
    current = simulation.kek_of(call.client)
    if current is None:
        raise WireError("D30001")
    rotated = take(simulation, "kek_rotated_old_cek", call.caller)
    if rotated is None:
        return current
    given = rotated.get("kek_public_pem")
    if isinstance(given, str):
        try:
            return read_kek(given)
        except ValueError:
            raise WireError("D20000") from None
    return simulation.kek_of(call.client, is_earlier=True) or rsa.generate_private_key(65_537, 2048).public_key()


def _expires_in(simulation: Simulation, call: Call, issued_at: int, lifetime: int) -> int:
    absolute = take(simulation, "expires_absolute", call.caller) is not None
    return issued_at + lifetime if absolute else lifetime


def live(simulation: Simulation, call: Call, grant: Grant | None, code: str) -> Grant:
    """Refuse what is unknown, expired or another client's, without telling which."""
    if grant is None or grant.client_id != call.client.client_id:
        raise WireError(code)
    if simulation.now(grant.session) >= grant.expires_at:
        raise WireError(code)
    return grant


def _require_empty(call: Call) -> None:
    if call.body not in {b"", b"{}"}:
        raise WireError("D20003", "body")


def fields_of(fields: Mapping[str, Any], kind: str, known: Collection[str]) -> list[str]:
    """Read a list of field names; an empty one is refused, and so is a name that is not known."""
    if kind not in fields:
        raise WireError("D20001", kind)
    wanted = fields[kind]
    if wanted == []:
        raise WireError("D20002", kind)
    if not isinstance(wanted, list) or not all(isinstance(name, str) and name in known for name in wanted):
        raise WireError("D20003", kind)
    return wanted


def text(fields: Mapping[str, Any], name: str) -> str:
    """Read a text that must be there and not be empty."""
    if name not in fields:
        raise WireError("D20001", name)
    value = fields[name]
    if value == "":
        raise WireError("D20002", name)
    if not isinstance(value, str):
        raise WireError("D20003", name)
    return value
