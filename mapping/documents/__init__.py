"""The documents of residents and companies: each module parses one family into values that cannot be malformed.

Order of reading: `base` says what all have in common; `permits` holds the travel permit, the key of everything;
`identity_cards` the home cards; `foreign_residents` the foreigners' card; `enterprises` the companies; `insurance`
the social insurance form; `zone` the check digits of machine-readable lines and `corroborate` what they are good
for; `classify` lists what a text could be. Every value hides itself in `repr`.

This package knows nothing of numbers being bound, stored or released.
"""

from mapping.documents.base import Document
from mapping.documents.classify import classify
from mapping.documents.corroborate import Corroboration, ZoneOutcome, corroborate
from mapping.documents.enterprises import HongKongBusinessIdentifier, UnifiedSocialCreditCode
from mapping.documents.foreign_residents import ForeignPermanentResidentCard
from mapping.documents.identity_cards import HongKongIdentityCard, MacaoIdentityCard
from mapping.documents.insurance import SocialInsuranceNumber
from mapping.documents.permits import TRAVEL_PERMIT_TYPE, PermitForm, TravelPermit
from mapping.documents.zone import zone_check_digit, zone_field_agrees

__all__ = [
    "TRAVEL_PERMIT_TYPE",
    "Corroboration",
    "Document",
    "ForeignPermanentResidentCard",
    "HongKongBusinessIdentifier",
    "HongKongIdentityCard",
    "MacaoIdentityCard",
    "PermitForm",
    "SocialInsuranceNumber",
    "TravelPermit",
    "UnifiedSocialCreditCode",
    "ZoneOutcome",
    "classify",
    "corroborate",
    "zone_check_digit",
    "zone_field_agrees",
]
