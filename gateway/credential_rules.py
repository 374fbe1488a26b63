"""How our credentials towards the far side are rotated: the numbers, and what no value of theirs may be (§9.1)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

from certs.keys.errors import KeyMaterialError
from certs.keys.rotation.rules import Publication, Rules
from gateway.admin.key_sets import SetDescription
from gateway.config import Settings
from gateway.held_credentials import Held, overlay
from gateway.upstream_credentials import PROVIDERS, REGISTER, CredentialSet, blocks_of, credential_sets
from providers.registry import check_block

_CONTENT_KEY_LIFE: Final = timedelta(hours=24)
"""How long a content key may lie under the key before (identity-providers §1.2)."""
_ACTIVE_LIFE: Final = timedelta(days=365)
"""Partners take part in every change: once a year is what can be asked of them."""

_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


def descriptions(settings: Settings) -> Mapping[str, SetDescription]:
    """Every set of credentials that exists under these settings, for the office that changes keys."""
    return MappingProxyType(
        {
            one.name: SetDescription(
                one.name,
                one.algorithm,
                f"{one.purpose}; published: {one.proof}",
                _rules(one, settings),
                one.place,
                is_issued=not one.is_ours,
                check=partial(check_value, settings, one),
            )
            for one in credential_sets(settings)
        }
    )


def check_value(settings: Settings, one: CredentialSet, value: bytes) -> None:
    """Refuse a value with which no provider could be made, naming the setting and never the value."""
    try:
        tried = overlay(blocks_of(settings)[one.block], {one.name: one}, {one.name: Held(value)})
        check_block(None if one.block == REGISTER else one.block.removeprefix(PROVIDERS), tried, _LONG_AGO)
    except ValueError as error:
        raise KeyMaterialError(str(error)) from None


def _rules(one: CredentialSet, settings: Settings) -> Rules:
    """Calls in flight end within a transaction; what is still sealed for the key before lives a day."""
    keys = settings.keys
    overlap = (_CONTENT_KEY_LIFE if one.opens else settings.lifetimes.transaction) + keys.skew
    settle = max(keys.settle, overlap) if one.opens else keys.settle  # its private half is needed as long
    return Rules(Publication.PARTNER, keys.skew, overlap, settle, _ACTIVE_LIFE, keeps_standby=False)
