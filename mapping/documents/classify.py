"""List what a number could be, by shape and check characters; a help for people, never a decision.

Several documents share a shape (a Hong Kong passport of the current series and a travel permit, for one), so the
answer is a list: the declared type and the evidence decide (mapping specification 0).
"""

import re
from collections.abc import Callable
from typing import Final

from mapping.documents.enterprises import UnifiedSocialCreditCode
from mapping.documents.identity_cards import HongKongIdentityCard
from mapping.documents.permits import LOOK_ALIKES, TravelPermit
from mapping.errors import MappingError
from mapping.identifier import check_character
from mapping.normalise import normalise
from mapping.regions import region_class

_SHAPES: Final = (
    ("sar_passport_shape", re.compile(r"[HK][0-9]{8}|[HK]J[0-9]{7}|M[AB][0-9]{7}")),
    ("mainland_exit_permit", LOOK_ALIKES["mainland_exit_permit"]),
    ("taiwan_travel_permit", LOOK_ALIKES["taiwan_travel_permit"]),
    ("bir", re.compile(r"[157][0-9]{7}")),
    ("hk_ubi", re.compile(r"[A-Z0-9][0-9]{7}")),
    ("ssn_hmt", re.compile(r"(HKG|MAC|TWN)[0-9]{9}")),
    ("school_record_number", re.compile(r"[GJL][0-9]{17}[0-9X]")),
    ("resident_id_15", re.compile(r"[0-9]{15}")),
    ("foreign_pr_15", re.compile(r"[A-Z]{3}[0-9]{12}")),
)
_EIGHTEEN: Final = re.compile(r"[0-9]{17}[0-9X]")


def classify(text: object) -> tuple[str, ...]:
    """Name every document that this text could be, the permit first."""
    value = normalise(text).value
    candidates = ["permit"] if _parses(TravelPermit.parse, value) else []
    candidates += [name for name, shape in _SHAPES if shape.fullmatch(value)]
    if _parses(HongKongIdentityCard.parse, value):
        candidates.append("hkid")
    candidates += _eighteen_character_kinds(value)
    if _parses(UnifiedSocialCreditCode.parse, value):
        candidates.append("uscc")
    return tuple(candidates)


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except MappingError:
        return False
    return True


def _eighteen_character_kinds(value: str) -> list[str]:
    """Look at region and check character alone: whether the date is possible today is not asked here."""
    if not _EIGHTEEN.fullmatch(value) or check_character(value) != value[17]:
        return []
    try:
        return [region_class(value[:6]).kind.value]
    except MappingError:
        return []
