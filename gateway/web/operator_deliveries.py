"""What relying parties could not be told, at the operator API: the same as ``gate deliveries``.

A letter is its relying party's: who may not see the one does not see the other (AD-02).
"""

from typing import Any, Final

from gateway.admin import dead_letters
from gateway.admin.records import DeadLetter, Role
from gateway.admin.rights import covers
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, Desk, bad_cursor, not_found


async def list_deliveries(desk: Desk, call: Call) -> dict[str, Any]:
    """What relying parties could not be told, newest first."""
    after, limit = call.optional("after"), call.whole("limit", dead_letters.PAGE, dead_letters.PAGE)
    if after is not None and not await _is_theirs(desk, call, await desk.dead_letters.find(after)):
        raise bad_cursor()  # another's letter is no place to go on from, as an unknown one is none
    if not call.operator.jurisdictions:
        return {"deliveries": await dead_letters.page(desk.dead_letters, after=after, limit=limit)}
    found: list[DeadLetter] = []
    while len(found) < limit:
        page = await desk.dead_letters.page(after, dead_letters.PAGE)
        found += [letter for letter in page if await _is_theirs(desk, call, letter)]
        if not page:
            break
        after = page[-1].id
    return {"deliveries": [dead_letters.described(letter) for letter in found[:limit]]}


async def deliver_again(desk: Desk, call: Call) -> dict[str, Any]:
    """Deliver one again, from its first try on."""
    is_dry = call.flag("dry_run")
    if call.operator.jurisdictions and not await _is_theirs(desk, call, await desk.dead_letters.find(call.id())):
        raise not_found()
    if not await dead_letters.again(desk.dead_letters, call.id(), call.act(), dry_run=is_dry):
        raise not_found()
    return {"id": call.id(), "due": not is_dry, "dry_run": is_dry}


async def _is_theirs(desk: Desk, call: Call, letter: DeadLetter | None) -> bool:
    if letter is None or not call.operator.jurisdictions:
        return letter is not None
    client = await desk.clients.find(letter.client_id)
    return client is not None and covers(call.operator, client.jurisdiction)


OPERATIONS: Final = (
    Operation("GET", "/v1/deliveries", Role.READER, list_deliveries, ("after", "limit"), is_scoped=True),
    Operation(
        "POST",
        "/v1/deliveries/{id}/again",
        Role.KEEPER,
        deliver_again,
        ("reason", "dry_run"),
        is_routine=True,
        is_scoped=True,
    ),
)
"""For the table of the operator API."""
