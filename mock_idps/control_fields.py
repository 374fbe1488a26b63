"""Reads what a tester sends to the control plane: a bounded JSON object or form, field by field."""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BODY: Final = 65_536
Fields: TypeAlias = Mapping[str, Any]
Kind = TypeVar("Kind")


async def read_fields(request: Request) -> tuple[bool, Fields]:
    """Say whether it was a form, and give its fields; an empty body is an empty object."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ValueError("body too large")
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return True, _form_fields(bytes(body))
    try:
        fields = json.loads(bytes(body) or b"{}")
    except ValueError:
        raise ValueError("body must be JSON") from None
    if not isinstance(fields, dict):
        raise ValueError("body must be a JSON object")  # noqa: TRY004 - one exception type reaches the tester as a 400
    return False, fields


def session(fields: Fields) -> str | None:
    """Read the tester's session key; without one everybody is meant."""
    return typed(fields, "session", str) or None


def text(fields: Fields, name: str) -> str:
    """Read a text that must be there."""
    value = typed(fields, name, str)
    if not value:
        raise ValueError(f"{name} is missing")
    return value


def typed(fields: Fields, name: str, kind: type[Kind]) -> Kind | None:
    """Read a field of one type, or None where it is absent."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} must be of type {kind.__name__}")
    return value


def _form_fields(body: bytes) -> Fields:
    """Numbers and flags of a plain form get the types that the JSON form has."""
    fields: dict[str, Any] = dict(parse_qsl(body.decode("ascii", "replace"), max_num_fields=20))
    for name in ("times", "skew_ms"):
        if name in fields:
            fields[name] = int(fields[name]) if fields[name].lstrip("-").isdigit() else fields[name]
    if "reject" in fields:
        fields["reject"] = fields["reject"] in {"1", "true", "on"}
    return fields
