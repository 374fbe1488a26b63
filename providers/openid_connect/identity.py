"""Verified claims as a person: the standard claims, and the operator's word on levels (OpenID Connect Core §5.1)."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

from certs.keys.jose import VerifiedClaims
from providers.attributes import AttributeTable, name_text, text
from providers.base import Assurance, PersonName, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.openid_connect import gateway_claims
from providers.openid_connect.settings import OpenIDConnectSettings

_SEXES: Final = MappingProxyType({"female": "F", "male": "M"})
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_BIRTHDATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_METHODS: Final = 16


def _birthdate(value: object) -> date | None:
    """A whole date; a year alone, or one left out as 0000, is no birth date that anything can be compared with."""
    found = text(value)
    if not _BIRTHDATE.fullmatch(found) or found.startswith("0000"):
        return None
    return date.fromisoformat(found)


PROFILE: Final = AttributeTable(
    required={},
    optional={
        "name": name_text,
        "family_name": name_text,
        "given_name": name_text,
        "birthdate": _birthdate,
        "gender": text,
    },
)
_STANDARD: Final = frozenset(PROFILE.optional)


def read_identity(
    settings: OpenIDConnectSettings, token: VerifiedClaims, userinfo: Mapping[str, Any], received_at: datetime
) -> UpstreamIdentity:
    """Translate: who and how by the ID token alone, what is known of the person by userinfo as well."""
    known = {**userinfo, **token.claims}
    values = PROFILE.read(settings.name, {name: known[name] for name in _STANDARD if name in known})
    further = gateway_claims.read(settings.name, known, received_at) if settings.is_gateway else gateway_claims.NOTHING
    return UpstreamIdentity(
        provider=settings.name,
        subject=gateway_claims.person_of(settings.name, token) if further.organisation else token["sub"],
        assurance=_assurance(settings, token),
        authenticated_at=_authenticated_at(token, received_at),
        amr=_methods(settings, token),
        name=_name(settings, values),
        birthdate=_past(settings, values.get("birthdate"), received_at),
        sex=_SEXES.get(values.get("gender", "")),
        documents=further.documents,
        organisation=further.organisation,
        mandate=further.mandate,
    )


def _past(settings: OpenIDConnectSettings, birthdate: date | None, received_at: datetime) -> date | None:
    if birthdate is not None and birthdate > received_at.date():
        raise ProviderError(settings.name, ProviderFailure.BROKEN, "field:birthdate")
    return birthdate


def _assurance(settings: OpenIDConnectSettings, token: VerifiedClaims) -> Assurance:
    """What the operator says the provider's word is worth; a word without a worth opens nothing (G24)."""
    acr = token.get("acr")
    level = settings.default_level if acr is None else settings.levels.get(acr) if isinstance(acr, str) else None
    if level is None:
        raise ProviderError(settings.name, ProviderFailure.NOT_ELIGIBLE, "acr")
    return level


def _authenticated_at(token: VerifiedClaims, received_at: datetime) -> datetime:
    """When the person proved themselves; a provider that does not say vouches for no more than this moment."""
    auth_time = token.get("auth_time")
    return received_at if auth_time is None else datetime.fromtimestamp(auth_time, UTC)


def _methods(settings: OpenIDConnectSettings, token: VerifiedClaims) -> tuple[str, ...]:
    methods = token.get("amr", [])
    if not isinstance(methods, list) or len(methods) > _MOST_METHODS:
        raise ProviderError(settings.name, ProviderFailure.BROKEN, "field:amr")
    try:
        return tuple(text(method) for method in methods)
    except ValueError:
        raise ProviderError(settings.name, ProviderFailure.BROKEN, "field:amr") from None


def _name(settings: OpenIDConnectSettings, values: Mapping[str, Any]) -> PersonName:
    """Keep the name as it came; one in Han characters is told from one in letters, and none is ever split."""
    family, given = values.get("family_name"), values.get("given_name")
    # Surname, comma, given names: the order in which permits and the register write a romanised name.
    joined = ", ".join(part for part in (family, given) if part)
    forms = [form for form in (values.get("name"), joined) if form]
    if not forms:
        raise ProviderError(settings.name, ProviderFailure.BROKEN, "missing:name")
    return PersonName(
        han=next((form for form in forms if _HAN.search(form)), None),
        latin=next((form for form in forms if not _HAN.search(form)), None),
        family=family,
        given=given,
    )
