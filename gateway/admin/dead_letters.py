"""What relying parties could not be told, after all tries: look, and deliver again."""

from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import DeadLetters
from gateway.admin.records import DeadLetter
from gateway.audit import AuditAction

PAGE: Final = 100


async def page(letters: DeadLetters, *, after: str | None = None, limit: int = PAGE) -> list[dict[str, Any]]:
    """The letters, newest first, from the one behind ``after`` on."""
    return [described(letter) for letter in await letters.page(after, limit)]


async def again(letters: DeadLetters, delivery_id: str, act: Act, *, dry_run: bool = False) -> bool:
    """Deliver one again, from its first try on; false if there is no such letter."""
    if dry_run:
        return await _is_there(letters, delivery_id)
    event = act.event(AuditAction.DELIVERY_REPEATED, delivery=delivery_id)
    return await letters.again(delivery_id, act.now, event)


def described(letter: DeadLetter) -> dict[str, Any]:
    """A letter as operators see it: to whom and since when, never what it said."""
    return {
        "id": letter.id,
        "kind": letter.kind.value,
        "client_id": letter.client_id,
        "at": moment(letter.at),
        "given_up_at": moment(letter.given_up_at),
        "tries": letter.tries,
    }


async def _is_there(letters: DeadLetters, delivery_id: str) -> bool:
    after = None
    while found := await letters.page(after, PAGE):
        if any(letter.id == delivery_id for letter in found):
            return True
        after = found[-1].id
    return False
