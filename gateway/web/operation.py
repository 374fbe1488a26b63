"""One thing that the operator API offers: an address, what it takes, and who may ask; the edge reads nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.admin.records import Role
from gateway.web.operator_call import Call, Desk


@dataclass(frozen=True, slots=True)
class Document:
    """An answer that is no JSON object: a calendar, metrics."""

    content: bytes
    media_type: str


Run: TypeAlias = Callable[[Desk, Call], Awaitable[dict[str, Any] | Document]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for; ``fields`` are all that body or query may hold."""

    method: str
    path: str
    role: Role
    """The least role: stands for the right that is needed (``gateway.admin.rights``)."""
    run: Run
    fields: tuple[str, ...] = ()
    body_bytes: int = 4 * 1024
    is_routine: bool = False
    """Whether a key of the operator API is enough although something changes: what programs do day by day."""
    is_strong: bool = False
    """Whether a key is not enough although the role alone does not say so."""
    is_scoped: bool = False
    """Whether it looks at ``call.operator.jurisdictions`` itself; to operators with jurisdictions nothing else
    exists (AD-02)."""
