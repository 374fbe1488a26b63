"""Operators who prove themselves by their keys, for acts that two of them do together.

Elsewhere the command line believes the system about who is at the terminal. Here that would let an administrator, or
one person with two accounts, be both operators (MP-03): so the keys of the operator API are asked for.
"""

from pathlib import Path
from typing import Annotated

import typer

from gateway.admin import operators
from gateway.admin.acts import Act
from gateway.admin.rights import Right, may
from gateway.audit import AuditAction
from gateway.cli.output import Exit, stop
from gateway.cli.stores import Opened, operator_name
from gateway.product import utc_now

KeyFile = Annotated[
    Path,
    typer.Option("--key-file", envvar="GATE_OPERATOR_KEY_FILE", help="Your operator key.", dir_okay=False),
]


async def keeper_of(gate: Opened, key: str) -> str:
    """The name behind a key that may change things."""
    now = utc_now()
    registry = gate.stores.operator_registry
    operator = await operators.authenticate(registry, gate.keys.client_secret_key, key, now)
    if operator is None or operator.jurisdictions or not may(operator, Right.CHANGE):
        event = Act(operator.name if operator else operator_name(), now).event(AuditAction.OPERATOR_REFUSED)
        await gate.stores.audit.append(event)
        stop("this key is not a keeper's", Exit.PRECONDITION)
    return operator.name
