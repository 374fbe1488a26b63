"""Who belongs to whom: the authorities of the three regions below the anchor, and the entities that they enrolled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mock_idps.trust_anchor.authority import Authority, FederationKey
from mock_idps.trust_anchor.config import REGIONS, TrustAnchorConfig

NAMES: Final = {
    "hong_kong": "Sandbox authority of Hong Kong (fictional)",
    "macao": "Sandbox authority of Macao (fictional)",
    "guangdong": "Sandbox authority of Guangdong (fictional)",
}
MAX_ENROLLED: Final = 1_000
"""Entities of the whole sandbox: it is a toy, and a script must not fill its memory."""

REGION_POLICY: Final[Mapping[str, Any]] = {
    "openid_relying_party": {
        "token_endpoint_auth_method": {"value": "private_key_jwt"},
        "grant_types": {"subset_of": ["authorization_code", "refresh_token"], "default": ["authorization_code"]},
        "scope": {"subset_of": ["openid", "profile", "offline_access"], "default": ["openid"]},
        "redirect_uris": {"essential": True},
        "client_name": {"essential": True},
    }
}
"""What a region demands of the relying parties that it enrols (§6.1)."""

ANCHOR_CONSTRAINTS: Final[Mapping[str, Any]] = {"max_path_length": 1}
"""The anchor's chains have one authority in the middle, never a longer ladder (§6.2.1)."""


@dataclass(slots=True)
class Federation:
    """Everything that is signed for."""

    anchor: Authority
    regions: Mapping[str, Authority]
    mark_type: str
    enrolled: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    """Region -> entity identifier -> the entity's keys."""

    @classmethod
    def make(cls, config: TrustAnchorConfig) -> "Federation":
        """Make the anchor and the three authorities, with fresh keys but for the anchor's."""
        anchor_id = f"{config.base_url}/anchor"
        regions = {
            region: Authority(f"{config.base_url}/{region}", NAMES[region], FederationKey.make(), superior=anchor_id)
            for region in REGIONS
        }
        mark_type = f"{config.base_url}/marks/member"
        anchor = Authority(
            anchor_id,
            "Sandbox trust anchor of the Bay Area (fictional)",
            FederationKey.make(config.key_pem),
            mark_issuers={mark_type: tuple(authority.entity_id for authority in regions.values())},
        )
        return cls(anchor, regions, mark_type, {region: {} for region in REGIONS})

    def authority(self, name: str) -> Authority | None:
        """The anchor or a region's authority, by the last part of its address."""
        return self.anchor if name == "anchor" else self.regions.get(name)

    def enrol(self, region: str, entity_id: str, jwks: Mapping[str, Any]) -> bool:
        """Enrol an entity, or take its new keys; false when the sandbox is full."""
        entities = self.enrolled[region]
        if entity_id not in entities and sum(map(len, self.enrolled.values())) >= MAX_ENROLLED:
            return False
        entities[entity_id] = dict(jwks)
        return True

    def expel(self, region: str, entity_id: str) -> bool:
        """Let an entity go; its statements run out."""
        return self.enrolled[region].pop(entity_id, None) is not None

    def subordinates(self, name: str) -> list[str]:
        """Whom an authority vouches for."""
        if name == "anchor":
            return [authority.entity_id for authority in self.regions.values()]
        return list(self.enrolled[name])

    def statement(self, name: str, sub: str, now: int) -> str | None:
        """An authority's statement about an entity below it; none if it is not."""
        if name == "anchor":
            region = next((each for each in self.regions.values() if each.entity_id == sub), None)
            if region is None:
                return None
            keys = {"keys": [dict(region.key.jwk)]}
            return self.anchor.statement(sub, keys, {"constraints": dict(ANCHOR_CONSTRAINTS)}, now)
        found = self.enrolled[name].get(sub)
        if found is None:
            return None
        return self.regions[name].statement(sub, found, {"metadata_policy": dict(REGION_POLICY)}, now)

    def mark(self, region: str, sub: str, now: int) -> str | None:
        """The member's mark of an enrolled entity."""
        return self.regions[region].mark(sub, self.mark_type, now) if sub in self.enrolled[region] else None
