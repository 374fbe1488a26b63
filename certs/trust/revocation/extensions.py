"""Extensions of answers and lists, each once, and none that is critical and not understood (RFC 5280 §4.2, §5.2)."""

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any, Final

from asn1crypto import core

from certs.trust.errors import Fault
from certs.trust.reasons import Reason

MAX_EXTENSIONS: Final = 40


def read_extensions(sequence: Any, understood: Container[str]) -> Mapping[str, bytes]:
    """Read extensions by object identifier; asn1crypto gives a `Void` where there are none."""
    if isinstance(sequence, core.Void):
        return {}
    if len(sequence) > MAX_EXTENSIONS:
        raise Fault(Reason.REVOCATION_MALFORMED)
    found: dict[str, bytes] = {}
    for extension in sequence:
        name = extension["extn_id"].dotted
        if name in found:
            raise Fault(Reason.REVOCATION_MALFORMED)
        if extension["critical"].native and name not in understood:
            raise Fault(Reason.REVOCATION_SCOPE)  # it may change what everything else means
        found[name] = extension["extn_value"].contents
    return found


def read_time(der: bytes | None) -> datetime | None:
    """Read an extension whose value is one GeneralizedTime."""
    if der is None:
        return None
    moment = core.GeneralizedTime.load(der, strict=True).native
    if not isinstance(moment, datetime):
        raise Fault(Reason.REVOCATION_MALFORMED)
    return moment


def read_integer(der: bytes | None) -> int | None:
    """Read an extension whose value is one INTEGER or ENUMERATED."""
    if der is None:
        return None
    value = core.load(der, strict=True)
    if not isinstance(value, core.Integer) and value.tag != core.Enumerated.tag:
        raise Fault(Reason.REVOCATION_MALFORMED)
    return int.from_bytes(value.contents, "big", signed=True)


def read_bits(bit_string: Any) -> bytes:
    """The bytes of a BIT STRING that leaves no bit unused, as signatures and keys are."""
    contents = bytes(bit_string.contents)
    if contents[:1] != b"\x00":
        raise Fault(Reason.REVOCATION_MALFORMED)
    return contents[1:]
