"""Who vouched for a person, and on what: the facts behind ``verified_claims`` (OpenID Identity Assurance 1.0).

What stands here is known from the sign-in itself. The number of a document is never among it: numbers have claims of
their own, with rules of their own.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from gateway.broker.model import Person
from gateway.oidc.verified_claims import Facts
from mapping.documents import TravelPermit
from mapping.vocabulary import IdentifierKind

_FRAMEWORKS: Final = {
    "hong_kong": "hk_iam_smart",
    "macao": "mo_one_account",
    "guangdong": "cn_gd_unified_authentication",
}
"""Provider -> the trust framework it vouches under; an account system of no region vouches for nothing."""
_COUNTRIES: Final = {"hong_kong": "HKG", "macao": "MAC", "guangdong": "CHN"}
_SOURCES: Final = {
    "hong_kong": "Hong Kong iAM Smart (simulated)",
    "macao": "Macao One Account (simulated)",
    "guangdong": "Guangdong unified identity authentication (simulated)",
}
_ISSUER: Final = "Exit-Entry administration of the mainland (simulated)"


def facts_of(person: Person, permit: TravelPermit | None, claims: Mapping[str, Any]) -> Facts | None:
    """What the person's region vouched for in this sign-in; none where nobody does."""
    framework = _FRAMEWORKS.get(person.provider)
    if framework is None:
        return None
    evidence = [_register_record(person)]
    if permit is not None:
        evidence.append(_document("mainland_travel_permit"))
    if person.residence_permit is not None and person.residence_permit.kind is IdentifierKind.RESIDENCE_PERMIT:
        evidence.append(_document("mainland_residence_permit"))
    return Facts(framework, person.assurance.acr, person.authenticated_at, tuple(evidence), claims)


def _register_record(person: Person) -> dict[str, Any]:
    """The account system's own record of the person."""
    source = {"name": _SOURCES[person.provider], "country_code": _COUNTRIES[person.provider]}
    return {
        "type": "electronic_record",
        "check_details": [{"check_method": "data"}],
        "record": {"type": "population_register", "source": source},
        "time": person.authenticated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _document(kind: str) -> dict[str, Any]:
    """A permit that the register confirmed at some time, or that the account system holds."""
    return {
        "type": "document",
        "check_details": [{"check_method": "data"}],
        "document_details": {"type": kind, "issuer": {"name": _ISSUER, "country_code": "CHN"}},
    }
