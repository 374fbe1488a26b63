"""CorpID beside iAM Smart: the second code, its token that is shown once, and the company's profile (section 2, 6.B).

On the real platform CorpID is a host of its own; here it answers below `/corpid`, with content keys and an order of
calls of its own. `representationFields` is this simulation's: how powers travel is not public.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from mock_idps.hong_kong.attributes import open_id
from mock_idps.hong_kong.calls import fields_of, live, refuse_unspent, text
from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.exchange import Call
from mock_idps.hong_kong.faults import override, refuse, take
from mock_idps.hong_kong.simulation import TOKEN_LIFETIME_MS, Grant, Simulation
from mock_idps.personas import REPRESENTATIVE, Mandate, Organisation

PREFIX: Final = "/corpid"
WRONG_NUMBER: Final = "0000018"
_PAST_MS: Final = 1_600_000_000_000


async def get_token(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Spend the second code, for the very person of the first one and for nobody else."""
    fields = call.open(simulation)
    ticket = text(fields, "ticketID")
    if text(fields, "grantType") != "authorization_code":
        raise WireError("D20003", "grantType")
    access_token, tokenised = text(fields, "iAMSmart_AccessToken"), text(fields, "iAMSmart_TokenizedID")
    grant = live(simulation, call, simulation.corp_codes.get(ticket), "D40004")
    await call.meet(simulation, grant)
    refuse_unspent(simulation, call, simulation.corp_codes, ticket)
    person = live(simulation, call, simulation.tokens.get(access_token), "D40004")
    is_same = person.persona.id == grant.persona.id and tokenised == open_id(person.client_id, person.persona.id)
    if simulation.corp_codes.take(ticket) is None or not is_same:
        raise WireError("D40004")
    return _issue_token(simulation, call, grant)


def _issue_token(simulation: Simulation, call: Call, grant: Grant) -> Mapping[str, Any]:
    now, access_token = simulation.now(call.caller.session), secrets.token_hex(16)
    simulation.corp_tokens.put(access_token, replace(grant, expires_at=now + TOKEN_LIFETIME_MS))
    is_file = take(simulation, "org_certificate", call.caller) is not None
    return {
        "accessToken": access_token,
        "tokenType": "Bearer",
        "issueAt": now,
        "expiresIn": TOKEN_LIFETIME_MS,
        "openID": corp_open_id(grant),
        "userType": "p12" if is_file else "iam",
        "scope": grant.scope,
    }


async def profiles(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Tell about the company; the token is spent by asking."""
    fields = call.open(simulation)
    access_token, presented = text(fields, "accessToken"), text(fields, "openID")
    wanted = [name for kind, known in FIELDS.items() if kind in fields for name in fields_of(fields, kind, known)]
    grant = live(simulation, call, simulation.corp_tokens.get(access_token), "D20009")
    await call.meet(simulation, grant)
    refuse(simulation, call.caller)
    if simulation.corp_tokens.take(access_token) is None:
        raise WireError("D20009")
    if presented != corp_open_id(grant):
        raise WireError("D20010")
    if "corpidapi_profiles" not in grant.scope.split(" "):
        raise WireError("D20012")
    content = {"openID": presented, **_told(simulation, call, grant, wanted)}
    return override(content, take(simulation, "org_weird", call.caller))


def corp_open_id(grant: Grant) -> str:
    """One value for each person, company and service."""
    service_key = hashlib.sha256(f"hk-corpid openID {grant.client_id}".encode()).digest()
    subject = f"{grant.persona.id}/{grant.organisation}".encode()
    return quote(base64.b64encode(hmac.digest(service_key, subject, hashlib.sha256)), safe="")


def _told(simulation: Simulation, call: Call, grant: Grant, wanted: list[str]) -> dict[str, Any]:
    organisation = simulation.directory.organisation(grant.organisation or "")
    mandate = simulation.directory.mandate(grant.persona.id, grant.organisation or "")
    if organisation is None or mandate is None:
        raise WireError("D99992")
    if take(simulation, "org_struck_off", call.caller) is not None:
        organisation = replace(organisation, is_struck_off=True)
    if take(simulation, "org_wrong_number", call.caller) is not None:
        organisation = replace(organisation, brn=WRONG_NUMBER)
    if take(simulation, "org_no_login", call.caller) is not None:
        mandate = replace(mandate, scope=("formfill",))
    ended = take(simulation, "org_mandate_expired", call.caller) is not None
    told = {name: CORP_FIELDS[name](organisation) for name in wanted if name in CORP_FIELDS}
    represented = _representation(mandate) | ({"validUntil": _PAST_MS} if ended else {})
    representation = {name: value for name, value in represented.items() if name in wanted}
    return told | ({"representation": representation} if representation else {})


def _representation(mandate: Mandate) -> dict[str, Any]:
    is_responsible = mandate.role == REPRESENTATIVE
    told: dict[str, Any] = {
        "role": "responsible_person" if is_responsible else "authorised_rep",
        "powers": list(mandate.scope) or ["login", "sign", "formfill"],
    }
    if mandate.until:
        end = datetime.fromisoformat(f"{mandate.until}T00:00:00+08:00") + timedelta(days=1)
        told["validUntil"] = int(end.astimezone(UTC).timestamp() * 1000)
    return told


CORP_FIELDS: Final[Mapping[str, Callable[[Organisation], Any]]] = {
    "corpID": lambda organisation: f"SIM-{organisation.brn}",
    "brn": lambda organisation: organisation.brn,
    "corpNameEN": lambda organisation: organisation.name_latin,
    "corpNameTC": lambda organisation: organisation.name_han,
    "corpNameSC": lambda organisation: organisation.name_han,
    "corpStatusEN": lambda organisation: "Dissolved" if organisation.is_struck_off else "Live",
}
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "corpProfileFields": ("corpID", "brn", "corpNameEN", "corpNameTC", "corpNameSC"),
    "eCorpFields": ("corpStatusEN",),
    "representationFields": ("role", "powers", "validUntil"),
}
