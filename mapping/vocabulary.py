"""The few closed lists of words that every part of this package shares."""

from enum import StrEnum


class Sex(StrEnum):
    """What the parity of an order code can express (GB 11643-1999); there is no third value."""

    FEMALE = "F"
    MALE = "M"


class Territory(StrEnum):
    """Whose resident a document describes."""

    HONG_KONG = "HK"
    MACAO = "MO"
    TAIWAN = "TW"


class HolderClass(StrEnum):
    """Chinese citizens and the others hold different permits with different rights (since July 2024)."""

    CHINESE = "cn"
    NON_CHINESE = "noncn"


class Realm(StrEnum):
    """Whether numbers are play or earnest; the sandbox is the default everywhere."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


class IdentifierKind(StrEnum):
    """What an 18-character number is, by its first six digits."""

    RESIDENT_ID = "resident_id"
    RESIDENCE_PERMIT = "residence_permit"
    SURROGATE = "surrogate"
    FOREIGN_PR = "foreign_pr"


class DocumentKind(StrEnum):
    """The documents of people and companies that this package can parse."""

    PERMIT = "permit"
    HKID = "hkid"
    BIR = "bir"
    USCC = "uscc"
    HK_UBI = "hk_ubi"
    SOCIAL_INSURANCE = "ssn_hmt"
    FOREIGN_PR = "foreign_pr"
