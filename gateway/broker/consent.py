"""Whether the person has agreed to a release before, and how a decision is put on record (G10)."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.broker.asked import CLAIM, VERIFIED
from gateway.broker.model import Consent, Person, Release, Shown
from gateway.broker.own_client import is_own
from gateway.broker.release import names_of
from gateway.oidc.model import Client
from gateway.oidc.names import Scope


def remembered(consent: Consent | None, client: Client, release: Release) -> bool:
    """True if the person decided about all of this before, for the same purpose, or nothing leaves the gateway."""
    if is_own(client) and set(release.scopes) == {Scope.OPENID}:
        return True
    if consent is None or consent.purpose != client.purpose:
        return False
    if not set(release.scopes) <= {*consent.granted, *consent.withheld}:
        return False
    # The one entry whose content is up to the relying party: what is new in it is asked anew (PR-03).
    agreed = {name for entry in consent.granted for name in names_of(entry)}
    return VERIFIED in consent.withheld or set(_vouched_for(release)) <= agreed


def decided(  # noqa: PLR0917 - one argument for each thing that is put on record
    person: Person,
    client: Client,
    release: Release,
    withheld: frozenset[str],
    now: datetime,
    shown: Shown | None = None,
) -> Consent:
    """The person's decision as it is put on record; ``openid`` cannot be left out of a sign-in."""
    left_out = frozenset(release.scopes) & withheld - {Scope.OPENID}
    granted = tuple(scope for scope in release.scopes if scope not in left_out)
    inside = _vouched_for(release.without(left_out))
    told = {name for entry in granted for name in names_of(entry)}
    return Consent(
        id=secrets.token_urlsafe(18),
        subject_id=person.subject_id,
        client_id=client.client_id,
        granted=(*granted, *(f"{CLAIM}{name}" for name in dict.fromkeys(inside) if name not in told)),
        withheld=tuple(sorted(left_out)),
        purpose=client.purpose,
        given_at=now,
        shown=shown,
    )


def _vouched_for(release: Release) -> Iterator[str]:
    """The claims inside ``verified_claims``."""
    found: Any = release.claims.get(VERIFIED, {}).get("verified_claims", ())
    for element in found if isinstance(found, list) else [found] if found else ():
        yield from element["claims"]
