"""Our credentials towards the providers and the register, each a managed key set (signatures specification §9).

A value in the settings is the first active credential of its set; every later one lies in a backend of keys
(`settings_backend`, `held_credentials`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.config import Settings

PROVIDERS: Final = "providers."
REGISTER: Final = "register"
"""What names of blocks begin with, and the one block that is none of a provider."""
OPENID_CONNECT: Final = "openid_connect"
_RSA: Final = "RSA-OAEP-256"
_SM2: Final = "SM2"
SECRET: Final = "secret"  # noqa: S105 - the name of an algorithm


@dataclass(frozen=True, slots=True)
class CredentialSet:
    """One credential of ours towards one far side."""

    name: str
    block: str
    """The block of the settings: ``providers.macao``, ``register``."""
    setting: str
    """The setting whose value is the active credential."""
    algorithm: str
    purpose: str
    proof: str
    """How it shows that the far side knows the next one."""
    place: str | None = None
    is_ours: bool = True
    """False where the far side issues the value, and an operator brings it."""
    next_setting: str | None = None
    previous_setting: str | None = None
    """Where the dialect opens what others seal: it needs the one that comes, and the one that goes."""

    @property
    def opens(self) -> bool:
        """Whether something of the far side is opened with it, so that the one before has to be kept for a while."""
        return self.previous_setting is not None


_REFUSES: Final = "a call made with it is not refused"
_OF_DIALECTS: Final = (
    CredentialSet(
        "hong_kong-decryption-key",
        "providers.hong_kong",
        "decryption_key",
        _RSA,
        "opens the content keys of iAM Smart",
        "getKey names its public half",
        "hong_kong",
        next_setting="next_decryption_key",
        previous_setting="previous_decryption_key",
    ),
    CredentialSet(
        "hong_kong-client-secret",
        "providers.hong_kong",
        "client_secret",
        SECRET,
        "signs calls to iAM Smart",
        _REFUSES,
        "hong_kong",
        is_ours=False,
    ),
    CredentialSet(
        "macao-client-secret",
        "providers.macao",
        "client_secret",
        SECRET,
        "proves to One Account who redeems a code",
        _REFUSES,
        "macao",
        is_ours=False,
    ),
    CredentialSet(
        "guangdong-client-secret",
        "providers.guangdong",
        "client_secret",
        SECRET,
        "proves to the platform who redeems a code",
        _REFUSES,
        "guangdong",
        is_ours=False,
    ),
    CredentialSet(
        "register-sm2-key",
        REGISTER,
        "sm2_key",
        _SM2,
        "signs what is sent through the government gateway",
        _REFUSES,
        "guangdong",
    ),
    CredentialSet(
        "register-paas-token",
        REGISTER,
        "paas_token",
        SECRET,
        "proves to the government gateway who calls",
        _REFUSES,
        "guangdong",
        is_ours=False,
    ),
    CredentialSet(
        "register-sm4-key",
        REGISTER,
        "sm4_key",
        SECRET,
        "seals what goes through the government gateway, both ways",
        _REFUSES,
        "guangdong",
        is_ours=False,
        next_setting="next_sm4_key",
        previous_setting="previous_sm4_key",
    ),
)


def blocks_of(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    """The blocks of the far side by their names in the settings."""
    found = {f"{PROVIDERS}{name}": block for name, block in settings.providers.items()}
    return found if settings.register is None else {**found, REGISTER: settings.register}


def credential_sets(settings: Settings) -> tuple[CredentialSet, ...]:
    """The sets that exist under these settings."""
    blocks = blocks_of(settings)
    known = [one for one in _OF_DIALECTS if one.setting in blocks.get(one.block, {})]
    return (*known, *(one for name, block in blocks.items() for one in _of_openid_connect(name, block)))


def _of_openid_connect(name: str, block: Mapping[str, Any]) -> list[CredentialSet]:
    if block.get("kind") != OPENID_CONNECT:
        return []
    short, found = name.removeprefix(PROVIDERS), []
    if "client_secret" in block:
        purpose = f"proves to {short} who redeems a code"
        found.append(
            CredentialSet(f"{short}-client-secret", name, "client_secret", SECRET, purpose, _REFUSES, is_ours=False)
        )
    if "private_key" in block:
        algorithm = str(block.get("private_key_algorithm", "ES256"))
        purpose = f"signs who redeems a code at {short}"
        found.append(CredentialSet(f"{short}-private-key", name, "private_key", algorithm, purpose, _REFUSES))
    return found
