"""The fence around parsers: whatever they raise becomes one of our own codes, and no text of theirs gets out.

Parsers of ASN.1, PDF and JSON meet hostile input here; they have been seen to raise anything from `KeyError` to
`RecursionError`. This is the outermost edge of them, the one place where everything is caught.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason


@contextmanager
def fence(reason: Reason) -> Iterator[None]:
    """Turn any failure of what is inside into one finding about the material."""
    try:
        yield
    except (Fault, Refused):
        raise
    except (Exception, MemoryError):  # noqa: BLE001 - the outermost edge of foreign parsers
        raise Fault(reason) from None


@contextmanager
def refusing(code: RefusalCode, detail: str) -> Iterator[None]:
    """Turn any failure of what is inside into one refusal of the request."""
    try:
        yield
    except (Fault, Refused):
        raise
    except (Exception, MemoryError):  # noqa: BLE001 - the outermost edge of foreign parsers
        raise Refused(code, detail) from None
