"""What the endpoints and pages of signatures work with: the service, and the bounds on how much of it runs at once.

Many may arrive and be read from, few are judged at the same time: so that sign-ins go on beside the largest batch.
"""

from dataclasses import dataclass, field
from typing import Final

from gateway.signatures.service import ValidationService
from gateway.web.turns import Turns

JUDGED_AT_ONCE: Final = 4
WAITING: Final = 64
RECEIVED_AT_ONCE: Final = 32
"""Requests whose bodies are held in memory."""
UPLOADS_AT_ONCE: Final = 8
"""Requests whose bodies go to files: multipart and batches."""


def _judging() -> Turns:
    return Turns(JUDGED_AT_ONCE, WAITING)


def _receiving() -> Turns:
    return Turns(RECEIVED_AT_ONCE, 0)


def _uploading() -> Turns:
    return Turns(UPLOADS_AT_ONCE, 0)


@dataclass(frozen=True, slots=True, repr=False)
class SignatureDesk:
    """The parts, made once for each process."""

    service: ValidationService
    queue: Turns = field(default_factory=_judging)
    """One turn for each validation, whoever asks."""
    receiving: Turns = field(default_factory=_receiving)
    uploading: Turns = field(default_factory=_uploading)
