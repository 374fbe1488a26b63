"""Who may do what: roles give rights, acts that change something take a strong sign-in, places narrow both (G20).

Pure rules, the same for the operator API and for the pages. What is not said to be open is closed: an operation that
does not know of jurisdictions does not exist for an operator who has some (AD-02).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gateway.admin.operation_records import JointActKind, Strength
from gateway.admin.records import Operator, Role
from gateway.oidc.client_rules import JURISDICTIONS


class Right(StrEnum):
    """What a role is made of."""

    LOOK = "look"
    """See what is there, masked."""
    CHANGE = "change"
    """Relying parties, people, records, switches, deliveries."""
    AUDIT = "audit"
    """Read, check and export the audit."""
    KEYS = "keys"
    """Keys, certificates, backups, other operators."""


class Denial(StrEnum):
    """Why somebody may not; the audit is told the same word."""

    ROLE = "role"
    STRENGTH = "strength"
    PLACE = "place"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.READER: frozenset({Right.LOOK}),
    Role.KEEPER: frozenset({Right.LOOK, Right.CHANGE}),
    Role.AUDITOR: frozenset({Right.LOOK, Right.AUDIT}),
    Role.CUSTODIAN: frozenset(Right),
}
NEEDED: Final[Mapping[Role, Right]] = {
    Role.READER: Right.LOOK,
    Role.KEEPER: Right.CHANGE,
    Role.AUDITOR: Right.AUDIT,
    Role.CUSTODIAN: Right.KEYS,
}
"""The right that is meant when an operation names a least role."""
STRONG: Final = frozenset({Strength.TWO_FACTORS, Strength.CERTIFICATE, Strength.SYSTEM})
"""What is enough for acts that change something."""
_CHANGES: Final = frozenset({Right.CHANGE, Right.KEYS})


def may(operator: Operator, right: Right) -> bool:
    """Whether the role gives the right."""
    return right in RIGHTS[operator.role]


def may_agree(operator: Operator, kind: JointActKind) -> bool:
    """Whether somebody may ask for, and agree to, acts of this kind."""
    return may(operator, Right.AUDIT if kind is JointActKind.AUDIT_EXPORT else Right.KEYS)


def denial(
    operator: Operator,
    strength: Strength,
    needed: Role,
    *,
    is_routine: bool = False,
    is_strong: bool = False,
    is_scoped: bool = False,
    two_factors: bool = True,
) -> Denial | None:
    """Why an operator may not, if they may not; ``two_factors`` says whether changes take a strong sign-in."""
    if operator.jurisdictions and not is_scoped:
        return Denial.PLACE
    right = NEEDED[needed]
    if not may(operator, right):
        return Denial.ROLE
    if two_factors and (is_strong or (right in _CHANGES and not is_routine)) and strength not in STRONG:
        return Denial.STRENGTH
    return None


def covers(operator: Operator, jurisdiction: str | None) -> bool:
    """Whether what belongs to a jurisdiction, or to none, is this operator's to see and to change (AD-02)."""
    return not operator.jurisdictions or jurisdiction in operator.jurisdictions


def covers_provider(operator: Operator, provider: str) -> bool:
    """Whether a provider, and what is said of it, is this operator's."""
    return covers(operator, place_of(provider))


def place_of(provider: str) -> str | None:
    """The jurisdiction of a provider, by its name: ``hong_kong``, ``hong_kong_companies``; none for any other."""
    for place in JURISDICTIONS:
        if provider == place or provider.startswith(f"{place}_"):
            return place
    return None
