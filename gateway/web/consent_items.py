"""What a release holds, entry by entry, as the consent page shows it: names and numbers masked (HK-08)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from gateway.broker.model import Release
from gateway.oidc.claims import CLAIMS_OF
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import Scope
from gateway.web.local_time import local_date

_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
_ONE_CLAIM: Final = "claim:"
_VERIFIED: Final = "verified_claims"
_ISO_DAY: Final = 10
"""Length of the day in an ISO 8601 moment."""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One claim: a label key ``claim.<name>`` and the value as shown (numbers masked)."""

    name: str
    value: str
    note: str | None = None
    """Key of an explanation, for example that the number is a surrogate."""


@dataclass(frozen=True, slots=True)
class ConsentGroup:
    """One tick: a scope or ``claim:<name>``, with its items or the reason why there are none."""

    scope: str
    items: tuple[ConsentItem, ...]
    missing: str | None = None
    is_essential: bool = False
    """Whether the service said that it cannot do without (OpenID Connect Core §5.5.1)."""
    days: int | None = None
    """For ``offline_access``: how long the connection lasts."""

    @property
    def claim(self) -> str | None:
        """The claim that is asked for by itself."""
        return self.scope.removeprefix(_ONE_CLAIM) if self.scope.startswith(_ONE_CLAIM) else None

    @property
    def element_id(self) -> str:
        """The promised end of the ids ``scope-…`` and ``withhold-…``."""
        return self.scope.replace(":", "-")

    @property
    def may_be_left_out(self) -> bool:
        """True for what the person can withhold without ending the sign-in."""
        return self.scope != Scope.OPENID and (bool(self.items) or self.days is not None)


def groups_of(request: AuthorizationRequest, release: Release, days: int) -> tuple[ConsentGroup, ...]:
    """Everything that would be passed on, in the order of the request, then what is asked for and not there."""
    essential = _essential(request.claims)
    return (
        *(_group(entry, release.claims.get(entry, {}), essential, days) for entry in release.scopes),
        *(ConsentGroup(entry, (), missing=reason) for entry, reason in release.missing.items()),
    )


def acting_for(release: Release) -> str | None:
    """The organisation in whose name the person signs in, if that is passed on."""
    organisation = release.claims.get(Scope.ORGANISATION, {}).get("gba_organisation", {})
    return str(organisation["name"]) if "name" in organisation else None


def _group(entry: str, claims: Mapping[str, Any], essential: frozenset[str], days: int) -> ConsentGroup:
    names = {entry.removeprefix(_ONE_CLAIM), *CLAIMS_OF.get(entry, ())}
    return ConsentGroup(
        entry,
        tuple(item for name, value in claims.items() for item in _items(name, value)),
        is_essential=not names.isdisjoint(essential),
        days=days if entry == Scope.OFFLINE_ACCESS else None,
    )


def _essential(wishes: Mapping[str, Any]) -> frozenset[str]:
    """The claims that the ``claims`` parameter calls essential, in either of its places."""
    asked = (item for place in ("userinfo", "id_token") for item in (wishes.get(place) or {}).items())
    return frozenset(name for name, wish in asked if isinstance(wish, Mapping) and wish.get("essential") is True)


def _items(name: str, value: Any) -> Iterator[ConsentItem]:
    match name, value:
        case "gba_cn_id", {"value": str(number), "kind": str(kind)}:
            yield ConsentItem(name, f"{number[0]}{'*' * (len(number) - 2)}{number[-1]}", note=f"kind.{kind}")
        case "gba_doc", {"number9": str(number)}:
            yield ConsentItem(name, f"{number[0]}{'*' * (len(number) - 3)}{number[-2:]}")
        case (("name" | "family_name" | "given_name"), str(text)):
            yield ConsentItem(name, masked_name(text))
        case "birthdate", str(day):
            yield ConsentItem(name, f"{day[:4]}-**-**")
        case "gba_organisation", Mapping():
            yield from _organisation(value)
        case "gba_mandate", Mapping():
            yield from _mandate(value)
        case "verified_claims", Mapping() | list() | tuple():
            yield from _verified(value)
        case _:
            yield ConsentItem(name, str(value))


def _organisation(value: Mapping[str, Any]) -> Iterator[ConsentItem]:
    """An organisation's entry in its register is public and shown as it is."""
    yield from _told("organisation_name", value.get("name"))
    yield from _told("organisation_register", value.get("register"))
    yield from _told("organisation_identifier", value.get("identifier"))


def _mandate(value: Mapping[str, Any]) -> Iterator[ConsentItem]:
    yield from _told("mandate_role", value.get("role"))
    matters = value.get("scope") or ()
    yield ConsentItem("mandate_scope", "; ".join(map(str, [matters] if isinstance(matters, str) else matters)) or "all")
    yield from _told("mandate_until", _day(value.get("expires_at")))


def _verified(value: Any) -> Iterator[ConsentItem]:
    """Who vouches and on which evidence, before what is vouched for (OpenID Connect for Identity Assurance §5)."""
    for one in value if isinstance(value, (list, tuple)) else (value,):
        verification = one.get("verification", {})
        yield from _told("trust_framework", verification.get("trust_framework"))
        yield from _told("assurance_level", verification.get("assurance_level"))
        yield from _told("verified_on", _day(verification.get("time")))
        for evidence in verification.get("evidence", ()):
            yield from _told("evidence", _evidence(evidence))
        for name, claim in one.get("claims", {}).items():
            if name != _VERIFIED:  # nothing of ours nests it; a page must end whatever comes
                yield from _items(name, claim)


def _evidence(evidence: Mapping[str, Any]) -> str | None:
    """The kind of record or document; its numbers are not shown."""
    details = evidence.get("record") or evidence.get("document_details") or {}
    kind = details.get("type") or evidence.get("type")
    return str(kind) if kind else None


def _told(name: str, value: object) -> Iterator[ConsentItem]:
    if value is not None:
        yield ConsentItem(name, str(value))


def _day(value: object) -> str | None:
    """The day of a moment, in whichever of the two spellings of our claims it comes."""
    if isinstance(value, int):
        return local_date(datetime.fromtimestamp(value, UTC))
    return value[:_ISO_DAY] if isinstance(value, str) else None


def masked_name(name: str) -> str:
    """A name its owner recognises and a stranger at the screen does not (HK-08): 陳**, C*** S*** M***."""
    if _HAN.match(name):
        return name[0] + "*" * (len(name) - 1)
    return " ".join(word[0] + "***" for word in name.split())
