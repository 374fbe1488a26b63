"""Evidence and records for the decision, valid by default; one keyword spoils them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Binding, Evidence, Known, Policy
from mapping.identifier import MainlandIdentifier, check_character
from mapping.resolve import decide
from mapping.vocabulary import Sex

AS_OF = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
BORN = date(1904, 5, 6)
PERMIT = TravelPermit("H00000018")
OTHER = TravelPermit("H00000067")
MACAO = TravelPermit("M00000018")
NON_CHINESE = TravelPermit("HA0000018")
NOBODY = Known()
SANDBOX = Policy()


def number(region: str, serial: str = "902", born: str = "19040506") -> MainlandIdentifier:
    body = region + born + serial
    return MainlandIdentifier.parse(body + check_character(body), AS_OF)


HONG_KONG_NUMBER = number("810000")
MACAO_NUMBER = number("820000")
STAND_IN = number("810050", "590")
CITIZEN = number("440305")


def an_evidence(**changes: Any) -> Evidence:
    return replace(Evidence(permit=PERMIT, birthdate=BORN, sex="F", assurance=2), **changes)


def a_binding(held: MainlandIdentifier = STAND_IN, permit: TravelPermit = PERMIT, **changes: Any) -> Binding:
    binding = Binding(permit=permit, birthdate=BORN, sex=Sex.FEMALE, number=held, issued_at=NOW)
    return replace(binding, **changes)


def verified(offered: MainlandIdentifier = HONG_KONG_NUMBER, **changes: Any) -> Evidence:
    return an_evidence(residence_permit=offered, residence_permit_verified=True, **changes)


def linked(**changes: Any) -> Evidence:
    return an_evidence(**{"permit": OTHER, "previous_permit": PERMIT, "same_person": True} | changes)


def residence(offered: MainlandIdentifier) -> dict[str, Any]:
    return {"residence_permit": offered, "residence_permit_verified": True}


def code_of(evidence: Evidence, known: Known = NOBODY, policy: Policy = SANDBOX) -> str:
    with pytest.raises(MappingError) as refusal:
        decide(evidence, known, policy)
    return refusal.value.code
