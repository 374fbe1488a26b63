"""What the operators' listener asks about everything that ends, put together by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.admin.certificate_check import Listener
from gateway.admin.inventory import Item
from gateway.admin.measured import Meters


@dataclass(frozen=True, slots=True)
class EndingDesk:
    """The list, the files that have to fit together, and the meters."""

    inventory: Callable[[datetime], Awaitable[tuple[Item, ...]]]
    listeners: Callable[[], tuple[Listener, ...]] = field(repr=False)
    meters: Meters
