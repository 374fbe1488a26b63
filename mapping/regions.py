"""What the first six digits of an 18-character number say about it (mapping specification 3 and 10.5).

Hard rules only: the province and the special codes. The county table changes every year and real numbers carry
codes that no published list contains, so an unknown county is not a reason to refuse, and no county table is kept.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from mapping.errors import ErrorCode, MappingError
from mapping.vocabulary import HolderClass, IdentifierKind, Realm, Territory


@dataclass(frozen=True, slots=True)
class RegionClass:
    """The kind of number that a region code stands for, and what it fixes about the holder."""

    kind: IdentifierKind
    territory: Territory | None = None
    holder_class: HolderClass | None = None
    realm: Realm | None = None


_PROVINCE_RANGES: Final = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65))
PROVINCES: Final = frozenset(str(code) for first, last in _PROVINCE_RANGES for code in range(first, last + 1))
"""The 31 mainland provinces of GB/T 2260, by their first two digits."""

RESIDENCE_PERMIT_REGIONS: Final = {
    "810000": Territory.HONG_KONG,
    "820000": Territory.MACAO,
    "830000": Territory.TAIWAN,
}
"""The address codes that the police use on residence permits, exactly these (Guobanfa 2018 No. 81, article 3)."""

RESERVED_BLOCKS: Final = {
    (Realm.SANDBOX, HolderClass.CHINESE): range(50, 55),
    (Realm.SANDBOX, HolderClass.NON_CHINESE): range(55, 60),
    (Realm.PRODUCTION, HolderClass.NON_CHINESE): range(60, 70),
    (Realm.PRODUCTION, HolderClass.CHINESE): range(70, 100),
}
"""The last two digits of the codes 8100NN and 8200NN that stand-in numbers are taken from."""

_SPECIAL_PROVINCES: Final = frozenset({"71", "81", "82", "83"})
_RESIDENT: Final = RegionClass(IdentifierKind.RESIDENT_ID)
_FOREIGNER: Final = RegionClass(IdentifierKind.FOREIGN_PR)


@cache
def reserved_codes(territory: Territory, holder_class: HolderClass, realm: Realm) -> tuple[str, ...]:
    """List the reserved six-digit codes of one block; Taiwan has none."""
    prefix = {Territory.HONG_KONG: "8100", Territory.MACAO: "8200"}.get(territory)
    if prefix is None:
        raise MappingError("binding.territory_not_served")
    return tuple(f"{prefix}{last}" for last in RESERVED_BLOCKS[realm, holder_class])


def _special_codes() -> dict[str, RegionClass]:
    table = {
        code: RegionClass(IdentifierKind.RESIDENCE_PERMIT, territory, HolderClass.CHINESE)
        for code, territory in RESIDENCE_PERMIT_REGIONS.items()
    }
    for territory in (Territory.HONG_KONG, Territory.MACAO):
        for realm, holder_class in RESERVED_BLOCKS:
            region = RegionClass(IdentifierKind.SURROGATE, territory, holder_class, realm)
            table |= dict.fromkeys(reserved_codes(territory, holder_class, realm), region)
    return table


_SPECIAL: Final = _special_codes()


def region_class(code: str) -> RegionClass:
    """Classify six digits, or refuse a code under which no person is ever registered."""
    special = _SPECIAL.get(code)
    if special is not None:
        return special
    province = code[:2]
    if province in PROVINCES and code[2:] != "0000":
        return _RESIDENT
    if code[0] == "9" and code[1:3] in PROVINCES and code[3:] != "000":
        return _FOREIGNER
    raise MappingError(_refusal(province))


def _refusal(province: str) -> ErrorCode:
    """Tell a code that is never used for a person from one that does not exist at all."""
    is_known = province in PROVINCES or province in _SPECIAL_PROVINCES
    return "number.region_unassigned" if is_known else "number.region_unknown"
