"""The sets of managed keys that a gateway has, what each is for, and the numbers of its rotation (§9, §9.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from certs.keys.rotation.rules import Publication, Rules
from gateway.config import Settings

ID_TOKENS: Final = ("id-token-es256", "id-token-rs256", "id-token-ps256")
"""Live at once, one for each algorithm that a client may register."""
FEDERATION: Final = "federation-es256"
REPORTS: Final = "report-es256"
AUDIT: Final = "audit-es256"
TLS: Final = "tls-es256"
OWN: Final[Mapping[str, str]] = {
    "id-token-es256": "ES256",
    "id-token-rs256": "RS256",
    "id-token-ps256": "PS256",
    FEDERATION: "ES256",
    REPORTS: "ES256",
    AUDIT: "ES256",
    TLS: "ES256",
}
"""Set -> its algorithm."""
_STATEMENT_LIFE: Final = timedelta(hours=24)
"""How long an entity statement is valid (OpenID Federation 1.0 §3.1): others may hold it as long."""
_LOCAL_LIFE: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SetDescription:
    """One set: what it is for, whose it is, and its numbers."""

    name: str
    algorithm: str
    purpose: str
    """A sentence for operators."""
    rules: Rules
    place: str | None = None
    """The jurisdiction of the partner that it is used towards; none for the gateway's own (AD-02)."""
    document: str | None = None
    """The address of the document in which the public half is published; for the probe."""
    is_issued: bool = False
    """Whether a partner makes its values, and an operator brings them: none is made here."""
    check: Callable[[bytes], None] | None = None
    """Raises ``KeyMaterialError`` for a value of a partner's with which nothing could be made."""


def own_sets(settings: Settings) -> dict[str, SetDescription]:
    """The gateway's own sets, with the numbers that follow from the settings."""
    issuer = settings.issuer
    rules = _document_rules(settings)
    made = [
        SetDescription(name, OWN[name], "signs ID tokens and all other tokens", rules, document=f"{issuer}/jwks")
        for name in ID_TOKENS
    ]
    if settings.federation is not None:
        lead = max(rules.publish_lead, _STATEMENT_LIFE + settings.keys.skew)
        entity = Rules(Publication.JWKS, lead, lead, settings.keys.settle, settings.keys.active_life)
        at = f"{issuer}/.well-known/openid-federation"
        made.append(SetDescription(FEDERATION, "ES256", "signs the entity statement", entity, document=at))
    if settings.signatures is not None:
        at = f"{issuer}/v1/signatures/keys"
        made.append(SetDescription(REPORTS, "ES256", "signs reports of signatures and receipts", rules, document=at))
    made.append(SetDescription(AUDIT, "ES256", "signs checkpoints of the audit", _local_rules(settings)))
    if settings.server.tls_certificate is not None:
        made.append(SetDescription(TLS, "ES256", "speaks TLS on the public listener", _tls_rules(settings)))
    return {one.name: one for one in made}


def _document_rules(settings: Settings) -> Rules:
    """Keys that others read in a document of ours: the lead is the longest that an older document may be held."""
    keys, lifetimes = settings.keys, settings.lifetimes
    held = max(keys.jwks_max_age + keys.jwks_stale_if_error, keys.partner_refresh)
    signed = max(lifetimes.id_token, lifetimes.access_token, lifetimes.session)  # an ID token is a hint for a session
    return Rules(Publication.JWKS, held + keys.skew, max(signed, held) + keys.skew, keys.settle, keys.active_life)


def _local_rules(settings: Settings) -> Rules:
    keys = settings.keys
    return Rules(Publication.LOCAL, keys.skew, keys.settle, keys.settle, max(keys.active_life, _LOCAL_LIFE))


def _tls_rules(settings: Settings) -> Rules:
    keys = settings.keys
    return Rules(
        Publication.LOCAL,
        timedelta(0),
        keys.settle,
        keys.settle,
        keys.active_life,
        needs_certificate=True,
        keeps_standby=False,
    )
