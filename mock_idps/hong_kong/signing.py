"""The calls of a signature without a login: initiateRequest, getResult, ackResult (identity-providers 1.5, 6.A).

The person comes in between, on the QR page that the ticket opens. The key lies with the authority; what it gives is
put into the envelope of this wire, or spoilt as a tester wishes.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mock_idps.authority.signing import Signing, SigningError
from mock_idps.hong_kong.attributes import open_id
from mock_idps.hong_kong.calls import live, text
from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.exchange import Call
from mock_idps.hong_kong.faults import override, refuse, take
from mock_idps.hong_kong.signing_catalogue import PDF_INITIATE
from mock_idps.hong_kong.signing_order import DIGEST_BYTES, PDF, SigningOrder, read_order
from mock_idps.hong_kong.simulation import Simulation

RESULTS: Final = ("SR001", "SR002", "SR003")
_OTHER_DOCUMENT: Final = hashlib.sha256(b"another document").digest()


async def initiate(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Take what is to be signed, and give the ticket that opens its QR page."""
    fields = call.open(simulation)
    if simulation.signing is None:
        raise WireError("D20012")
    is_pdf = call.caller.endpoint == PDF_INITIATE
    order = read_order(call.client, fields, simulation.now(call.caller.session), is_pdf=is_pdf)
    name = f"{order.client_id} {order.business_id}"
    refuse(simulation, call.caller)
    if simulation.tickets.get(name) is not None:
        raise WireError("D20011")
    ticket = secrets.token_hex(16)
    simulation.tickets.put(name, ticket)
    simulation.signings.put(ticket, order)
    return override({"businessID": order.business_id, "ticketID": ticket}, take(simulation, "sign_ticket", call.caller))


async def get_result(simulation: Simulation, call: Call) -> Mapping[str, Any]:
    """Give what the person signed to whoever holds the token of this signature."""
    fields = call.open(simulation)
    access_token, presented = text(fields, "accessToken"), text(fields, "openID")
    business_id = text(fields, "businessID")
    grant = live(simulation, call, simulation.tokens.get(access_token), "D20009")
    await call.meet(simulation, grant)
    refuse(simulation, call.caller)
    if presented != open_id(grant.client_id, grant.persona.id):
        raise WireError("D20010")
    order = simulation.signings.get(grant.ticket or "")
    if order is None or order.business_id != business_id or order.persona != grant.persona.id:
        raise WireError("D20012")
    result = await _sign(simulation, call, order)
    return override(result, take(simulation, "sign_weird", call.caller))


async def acknowledge(simulation: Simulation, call: Call) -> None:
    """Hear what became of a result."""
    fields = call.open(simulation)
    business_id, said = text(fields, "businessID"), text(fields, "signingResult")
    refuse(simulation, call.caller)
    if said not in RESULTS:
        raise WireError("D20003", "signingResult")
    ticket = simulation.tickets.get(f"{call.client.client_id} {business_id}")
    order = None if ticket is None else simulation.signings.get(ticket)
    if ticket is None or order is None or order.acknowledged is not None:
        raise WireError("D70006")
    simulation.signings.put(ticket, replace(order, acknowledged=said))


async def _sign(simulation: Simulation, call: Call, order: SigningOrder) -> dict[str, Any]:
    service: Signing | None = simulation.signing
    if service is None or order.persona is None:
        raise WireError("D70002")
    value, wrong = order.value, take(simulation, "sign_wrong_certificate", call.caller) or {}
    is_other = take(simulation, "sign_wrong_hash", call.caller) is not None
    hidden = take(simulation, "sign_other_document", call.caller) is not None
    if is_other or hidden:
        value = _OTHER_DOCUMENT[:DIGEST_BYTES]
    try:
        answer = await service.sign(
            "hong_kong",
            str(wrong.get("persona", order.persona)),
            value,
            way=order.way,
            kind=wrong.get("kind"),
            spoil=wrong.get("spoil"),
        )
    except SigningError:
        raise WireError("D70002") from None
    if hidden:  # the echo is right, what was signed is not
        honest = await service.sign("hong_kong", order.persona, order.value, way=order.way)
        name = "docDigest" if order.way == PDF else "hashCode"
        answer = {**answer, name: honest[name]}
    return {"businessID": order.business_id, **answer}
