"""What an operator settles with an OpenID Provider, read from a block of settings before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from certs.keys.errors import KeyMaterialError
from certs.keys.signing_key import Algorithm, SigningKey
from providers import settings
from providers.base import Assurance

KIND: Final = "openid_connect"
"""The value of ``kind`` that makes a block of settings one of ours."""
OPENID: Final = "openid"
ORGANISATION: Final = "organisation"
GATEWAY_LEVELS: Final[Mapping[str, Assurance]] = MappingProxyType({level.acr: level for level in Assurance})
"""What a gateway of this kind says in ``acr``."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_NAME: Final = 32
_ALGORITHMS: Final = frozenset(algorithm.value for algorithm in Algorithm)
_OPTIONAL: Final = (
    *("title", "client_secret", "private_key", "private_key_id", "private_key_algorithm", "scopes", "levels"),
    *("default_level", "id_token_algorithms", "is_gateway"),
)


@dataclass(frozen=True, slots=True)
class OpenIDConnectSettings:
    """The registration with one provider; secret and key never print."""

    name: str
    """Under which the provider stands in settings, callbacks and records."""
    title: str
    """What people read on the button."""
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: SigningKey | None = None
    """Either a secret or a key: `client_secret_basic` or `private_key_jwt`."""
    scopes: tuple[str, ...] = (OPENID, "profile")
    levels: Mapping[str, Assurance] = field(default_factory=dict)
    """The provider's ``acr`` values and what each is worth here: the operator's word, never the provider's (G24)."""
    default_level: Assurance | None = None
    """What an answer without ``acr`` is worth; without a word on it, such an answer is refused."""
    id_token_algorithms: frozenset[str] = _ALGORITHMS
    is_gateway: bool = False
    """The provider is a gateway of this kind: its ``gba_`` claims are believed."""

    @property
    def highest(self) -> Assurance:
        """The highest level that the provider can ever vouch for."""
        return max([*self.levels.values(), *([self.default_level] if self.default_level else [])])


def from_settings(name: str, block: Mapping[str, Any], now: datetime) -> OpenIDConnectSettings:
    """Read a block; raises ``ValueError`` naming the key that is wrong."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ValueError("a provider's name is lower case letters and digits, parts joined by underscores")
    settings.check_names(block, required=("kind", "issuer", "client_id"), optional=_OPTIONAL)
    is_gateway = _flag(block, "is_gateway")
    issuer = settings.text(block, "issuer")
    settings.address(block, "issuer")
    read = OpenIDConnectSettings(
        name=name,
        title=settings.text(block, "title") if "title" in block else name.replace("_", " ").title(),
        issuer=issuer,
        client_id=settings.text(block, "client_id"),
        client_secret=settings.text(block, "client_secret") if "client_secret" in block else None,
        private_key=_private_key(block, now) if "private_key" in block else None,
        scopes=settings.lines(block, "scopes") if "scopes" in block else (OPENID, "profile"),
        levels=_levels(block["levels"]) if "levels" in block else GATEWAY_LEVELS if is_gateway else {},
        default_level=_level(block["default_level"], "default_level") if "default_level" in block else None,
        id_token_algorithms=_algorithms(block),
        is_gateway=is_gateway,
    )
    _check_together(read)
    return read


def _check_together(read: OpenIDConnectSettings) -> None:
    if (read.client_secret is None) is (read.private_key is None):
        raise ValueError("settings client_secret and private_key: exactly one of them is needed")
    if OPENID not in read.scopes:
        raise ValueError("setting scopes must contain openid")
    if not read.levels and read.default_level is None:
        raise ValueError("setting levels is missing: it says what the provider's acr values are worth")


def _private_key(block: Mapping[str, Any], now: datetime) -> SigningKey:
    algorithm = block.get("private_key_algorithm", Algorithm.ES256.value)
    if algorithm not in _ALGORITHMS:
        raise ValueError("setting private_key_algorithm must be one of ES256, PS256, RS256")
    try:
        pem = settings.text(block, "private_key").encode("utf-8")
        key = SigningKey.from_pem(pem, algorithm=Algorithm(algorithm), created_at=now)
    except KeyMaterialError as error:
        raise ValueError(f"setting private_key: {error}") from None
    return replace(key, kid=settings.text(block, "private_key_id")) if "private_key_id" in block else key


def _levels(value: object) -> Mapping[str, Assurance]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("setting levels must be a table: acr value = level")
    return MappingProxyType({acr: _level(level, f"levels.{acr}") for acr, level in value.items()})


def _level(value: object, name: str) -> Assurance:
    if not isinstance(value, int) or isinstance(value, bool) or value not in tuple(Assurance):
        raise ValueError(f"setting {name} must be a level from 1 to 4")
    return Assurance(value)


def _algorithms(block: Mapping[str, Any]) -> frozenset[str]:
    if "id_token_algorithms" not in block:
        return _ALGORITHMS
    named = frozenset(settings.lines(block, "id_token_algorithms"))
    if not named <= _ALGORITHMS:
        raise ValueError("setting id_token_algorithms must be a choice of ES256, PS256, RS256")
    return named


def _flag(block: Mapping[str, Any], name: str) -> bool:
    value = block.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"setting {name} must be true or false")  # noqa: TRY004 - settings speak ValueError
    return value
