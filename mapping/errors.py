"""The one exception of this package and the closed list of its codes (mapping specification 10.3).

A code says what is wrong and never with which value: a message, a log line or a traceback that shows the
error shows the code and nothing else.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

ErrorCode = Literal[
    # before any parsing
    "input.type",
    "input.too_long",
    "input.empty",
    "input.control_char",
    "input.non_ascii",
    "input.charset",
    # numbers of 18 or 15 characters
    "number.length",
    "number.format",
    "number.region_unknown",
    "number.region_unassigned",
    "number.date_invalid",
    "number.date_future",
    "number.date_out_of_range",
    "number.check",
    # the reserved blocks
    "surrogate.serial_invalid",
    "surrogate.input_forbidden",
    "surrogate.capacity",
    # travel permits
    "permit.length",
    "permit.format",
    "permit.placeholder",
    "permit.wrong_document",
    "permit.issue_count_mismatch",
    "permit.type_mismatch",
    # other documents
    "hkid.format",
    "hkid.check",
    "bir.format",
    "uscc.length",
    "uscc.charset",
    "uscc.authority",
    "uscc.format",
    "uscc.check",
    "ubi.format",
    "ssn.format",
    "ssn.not_applicable",
    # dates
    "date.format_undeclared",
    "date.format",
    "date.partial",
    "date.invalid",
    "date.future",
    "date.out_of_range",
    # not enough proof
    "evidence.missing",
    "evidence.sex_unsupported",
    "assurance.too_low",
    "assurance.residence_permit_unverified",
    # records disagree: nothing is issued, a person looks at it
    "binding.birthdate_mismatch",
    "binding.sex_mismatch",
    "binding.territory_mismatch",
    "binding.territory_not_served",
    "binding.not_residence_permit",
    "binding.not_eligible",
    "binding.conflict",
    "binding.previous_unknown",
    # the record stands still
    "binding.frozen",
    "binding.closed",
    # forbidden by the rules of the card or of the relying party
    "policy.purpose_not_permitted",
]

CODES: Final[frozenset[str]] = frozenset(get_args(ErrorCode))
"""Every code there is; whoever translates codes for people can prove that none is missing."""


_NO_DETAIL: Final[Mapping[str, str]] = MappingProxyType({})


class MappingError(Exception):
    """A number, a date or a set of evidence that is refused; its text is its code."""

    def __init__(self, code: ErrorCode, **detail: str) -> None:
        """Take a code and, where useful, fixed words about it; never a piece of the input."""
        super().__init__(code)
        self.code: Final[ErrorCode] = code
        self.detail: Final[Mapping[str, str]] = MappingProxyType(detail) if detail else _NO_DETAIL
