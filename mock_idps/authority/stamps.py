"""The sandbox's timestamp authority: tokens over a digest, good and spoilt (RFC 3161)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from mock_idps.authority import cms, der
from mock_idps.authority.certificate import Issued
from mock_idps.authority.cms import Message, Signer
from mock_idps.authority.keys import digest, digest_algorithm
from mock_idps.authority.kinds import TSA_POLICY
from mock_idps.authority.reading import nodes
from mock_idps.authority.world import World

TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
SPOILS: Final = (
    "wrong_imprint",
    "no_eku",
    "eku_not_critical",
    "eku_not_alone",
    "unlisted",
    "expired",
    "future",
    "other_policy",
    "no_signing_certificate",
    "other_signing_certificate",
    "damaged",
    "content_digest",
    "not_a_stamp",
    "truncated",
)
"""What can be wrong with a token, one at a time."""
_EKU: Final = {"no_eku": "eku", "eku_not_critical": "eku_not_critical", "eku_not_alone": "eku_not_alone"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Stamp:
    """What a token says."""

    imprint: bytes
    imprint_digest: str
    gen_time: datetime
    policy: str = TSA_POLICY
    serial: int = 1
    accuracy_seconds: int | None = 1
    nonce: int | None = None
    content_type: str = TST_INFO


def stamp(
    world: World,
    data: bytes,
    spoil: str | None = None,
    *,
    authority: str = "hk-tsa",
    at: datetime | None = None,
    digest_name: str | None = None,
    **changes: Any,
) -> bytes:
    """Stamp data as one of the world's timestamp authorities (`hk-tsa`, `gd-tsa`, `mo-tsa`); a token."""
    name = digest_name or ("sm3" if authority == "gd-tsa" else "sha256")
    said = Stamp(imprint=digest(name, data), imprint_digest=name, gen_time=at or world.now)
    return token(world, replace(said, **changes), spoil, authority=authority)


def token(world: World, said: Stamp, spoil: str | None = None, *, authority: str = "hk-tsa") -> bytes:
    """Write and sign a token for what it says."""
    signer = Signer(certificate=_certificate(world, authority, spoil), signing_time=said.gen_time)
    match spoil:
        case "wrong_imprint":
            said = replace(said, imprint=bytes(len(said.imprint)))
        case "future":
            said = replace(said, gen_time=said.gen_time + timedelta(days=2))
        case "other_policy":
            said = replace(said, policy="2.999.666.1")
        case "not_a_stamp":
            said = replace(said, content_type=cms.DATA)
        case "no_signing_certificate":
            signer = replace(signer, signing_certificate_version=None)
        case "other_signing_certificate":
            signer = replace(signer, signing_certificate=world.issue("hk-personal", "Sandbox Bystander"))
        case "damaged":
            signer = replace(signer, damaged=True)
        case "content_digest":
            signer = replace(signer, content_digest=bytes(32))
        case _:
            pass
    encoded = cms.sign(Message(content=_info(said), attached=True, inner_type=said.content_type), signer)
    if spoil == "truncated":
        return der.seq(next(nodes(encoded)).content[:11])  # its type alone, so that a message around it can be read
    return encoded


def _certificate(world: World, authority: str, spoil: str | None) -> Issued:
    subject = f"Sandbox Timestamp Authority {authority[:2].upper()}"
    if spoil == "unlisted":
        return world.issue(authority, subject, "look_alike")
    if spoil == "expired":
        return world.issue(authority, subject, "expired")
    return world.issue(authority, subject, _EKU.get(spoil or ""))


def _info(said: Stamp) -> bytes:
    """TSTInfo (§2.4.2)."""
    return der.seq(
        der.integer(1),
        der.oid(said.policy),
        der.seq(digest_algorithm(said.imprint_digest), der.octets(said.imprint)),
        der.integer(said.serial),
        der.generalized_time(said.gen_time),
        *(() if said.accuracy_seconds is None else (der.seq(der.integer(said.accuracy_seconds)),)),
        *(() if said.nonce is None else (der.integer(said.nonce),)),
    )


def stamped(world: World, message: Message, signer: Signer, spoil: str | None = None, **options: Any) -> Signer:
    """The signer with a timestamp over its signature; sign the same message with it (RFC 3161 appendix A)."""
    value = signer.signature or cms.signature_of(message, signer)
    written = stamp(world, value, spoil, **options)
    return replace(signer, signature=value, timestamp=written)


def response(encoded: bytes) -> bytes:
    """What a timestamp authority answers over HTTP: granted, with the token (§2.4.2)."""
    return der.seq(der.seq(der.integer(0)), encoded)


def rejection(bit: int) -> bytes:
    """A refusal with one bit of PKIFailureInfo (§2.4.2)."""
    return der.seq(der.seq(der.integer(2), der.named_bits((bit,))))
