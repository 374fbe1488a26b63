"""How each provider's signing service names its answer's members, as data (identity-providers §1.5, §3.3, §6.D).

A provider that spells something else is another row here and no new code. Whether its certificates count is decided
by the lists: an entry with the service ``provider:…``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from certs.signatures.formats.raw import ALGORITHMS
from certs.trust.arithmetic import SignatureAlgorithm


class Over(StrEnum):
    """What a provider's signature is over, seen from the hash that was sent."""

    HASH_BYTES = "hash-bytes"
    """The hash is the message: it is hashed once more."""
    DOCUMENT = "document"
    """The hash is the digest of the message: PKCS #1 with its DigestInfo, messageDigest of a CMS."""
    E = "e"
    """The hash is e = SM3(ZA ‖ M) of SM2."""


class Spelling(StrEnum):
    """How bytes are written in an answer."""

    BASE64 = "base64"
    HEX = "hex"


@dataclass(frozen=True, slots=True)
class NamedAlgorithm:
    """One algorithm as a provider names it."""

    algorithm: SignatureAlgorithm
    over: Over


@dataclass(frozen=True, slots=True)
class Profile:
    """One provider: names of members, how they are spelt, and what its algorithms' names mean."""

    hash: str
    """Where the hash comes back."""
    hash_spelling: Spelling
    hash_algorithm: str
    algorithms: Mapping[str, NamedAlgorithm]
    default_algorithm: str = ""
    """What an answer without a name means."""
    algorithm: str = ""
    signature: str = ""
    certificate: str = ""
    message: str = ""
    """Where a signed message (CMS, GB/T 35275) stands instead of a bare signature."""
    message_over: Over = Over.DOCUMENT
    chain: str = ""
    time: str = ""
    state: str = ""
    """Where the outcome stands; an answer that has one is good only with one of ``good_states``."""
    good_states: frozenset[str] = frozenset()
    state_required: bool = False
    hash_required: bool = False
    """Whether an answer without the hash is one about an unknown document; else the signed message must tell."""


_SHA256_RSA: Final = ALGORITHMS["SHA256withRSA"]
_SM2: Final = ALGORITHMS["SM3withSM2"]

PROFILES: Final[Mapping[str, Profile]] = {
    "iamsmart": Profile(
        hash="hashCode",
        hash_spelling=Spelling.BASE64,
        hash_required=True,
        hash_algorithm="sha256",
        algorithm="sigAlgo",
        algorithms={
            "SHA256withRSA": NamedAlgorithm(_SHA256_RSA, Over.HASH_BYTES),
            "NONEwithRSA": NamedAlgorithm(_SHA256_RSA, Over.DOCUMENT),
            "SM3withSM2": NamedAlgorithm(_SM2, Over.HASH_BYTES),
            "NONEwithSM2": NamedAlgorithm(_SM2, Over.E),
        },
        default_algorithm="SHA256withRSA",
        signature="signature",
        certificate="cert",
        time="timestamp",
        state="code",
        good_states=frozenset({"D00000", "M00000"}),
    ),
    "iamsmart-pdf": Profile(
        hash="docDigest",
        hash_spelling=Spelling.BASE64,
        hash_required=True,
        hash_algorithm="sha256",
        algorithms={},
        message="pdfSignature",
        time="timestamp",
        state="code",
        good_states=frozenset({"D00000", "M00000"}),
    ),
    "one-account": Profile(
        hash="docHash",
        hash_spelling=Spelling.HEX,
        hash_algorithm="sha256",
        algorithms={},
        message="cms",
        chain="chain",
        state="status",
        good_states=frozenset({"SIGNED"}),
        state_required=True,
    ),
    "guangdong": Profile(
        hash="hash",
        hash_spelling=Spelling.HEX,
        hash_algorithm="sm3",
        algorithm="signType",
        algorithms={
            "SM2": NamedAlgorithm(_SM2, Over.E),
            "SM3withSM2": NamedAlgorithm(_SM2, Over.HASH_BYTES),
        },
        default_algorithm="SM2",
        signature="signature",
        certificate="cert",
        message="signedData",
        chain="chain",
        state="status",
        good_states=frozenset({"SIGNED"}),
    ),
}
