"""Answers of responders about certificates: good ones, and every way in which one must not count (RFC 6960 §4.2)."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from mock_idps.authority import der, extensions
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import digest, digest_algorithm, public_bits, signature_algorithm
from mock_idps.authority.registry import Revocation
from mock_idps.authority.world import World

_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
_NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
_STATUS: Final = {"malformedRequest": 1, "internalError": 2, "tryLater": 3, "sigRequired": 5, "unauthorized": 6}
HTML: Final = b"<!doctype html><title>Sandbox</title><p>The responder is being serviced.</p>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """What a responder says of one certificate, and how it is signed."""

    certificate: Issued
    produced_at: datetime
    this_update: datetime
    next_update: datetime | None
    revocation: Revocation | None = None
    is_known: bool = True
    certificate_id_digest: str = "sha1"
    responder: Issued | None = None
    """A delegate; the issuer itself when there is none."""
    by_name: bool = False
    """Name the responder by its name instead of its key."""
    nonce: bytes | None = None
    with_certificate: bool = True
    about: Issued | None = None
    """The certificate that the answer names, where it is another."""
    damaged: bool = False
    unsigned: bool = False


SPOILS: Final = (
    "unsigned",
    "damaged",
    "wrong_signer",
    "delegate_no_eku",
    "delegate_expired",
    "delegate_foreign",
    "other_certificate",
    "future",
    "stale",
    "no_next_update",
    "other_nonce",
    "no_nonce",
    "unknown",
    "tryLater",
    "unauthorized",
    "internalError",
    "malformedRequest",
    "html",
    "truncated",
    "huge",
)
"""What can be wrong with an answer, one at a time."""


def ocsp(
    world: World,
    certificate: Issued,
    spoil: str | None = None,
    *,
    at: datetime | None = None,
    nonce: bytes | None = None,
    delegated: bool = False,
    **changes: Any,
) -> bytes:
    """Answer about a certificate as the world's registry knows it; `changes` set fields of the `Answer`."""
    if spoil in _STATUS:
        return error(spoil)
    if spoil == "html":
        return HTML
    moment = at or world.now
    answer = Answer(
        certificate=certificate,
        produced_at=moment,
        this_update=moment,
        next_update=moment + timedelta(hours=12),
        revocation=world.registry.of(certificate, moment),
        nonce=nonce,
        responder=_delegate(world, certificate) if delegated else None,
    )
    encoded = write(_spoilt(world, replace(answer, **changes), spoil))
    if spoil == "truncated":
        return encoded[:-40]
    return encoded + bytes(10_000_000) if spoil == "huge" else encoded


def _delegate(world: World, certificate: Issued, spoil: str | None = None, **changes: Any) -> Issued:
    authority = certificate.issuer or certificate
    return world.responder(authority.kind, spoil, **changes)


def _spoilt(world: World, answer: Answer, spoil: str | None) -> Answer:
    day = timedelta(days=1)
    match spoil:
        case "unsigned":
            return replace(answer, unsigned=True)
        case "damaged":
            return replace(answer, damaged=True)
        case "wrong_signer":
            return replace(answer, responder=world.issue("hk-personal", "Sandbox Bystander"))
        case "delegate_no_eku":
            return replace(answer, responder=_delegate(world, answer.certificate, extended_key_usage=("clientAuth",)))
        case "delegate_expired":
            return replace(answer, responder=_delegate(world, answer.certificate, "expired"))
        case "delegate_foreign":
            place = "mo-ca" if answer.certificate.issuer is not world.authority("mo-ca") else "hk-ca-17"
            return replace(answer, responder=world.responder(place))
        case "other_certificate":
            other = world.issue(answer.certificate.kind, "Sandbox Bystander")
            return replace(answer, about=other)
        case "future":
            return replace(answer, this_update=answer.this_update + day, next_update=answer.this_update + 2 * day)
        case "stale":
            late = answer.this_update - 3 * day
            return replace(answer, produced_at=late, this_update=late, next_update=late + day)
        case "no_next_update":
            return replace(answer, next_update=None)
        case "other_nonce":
            return replace(answer, nonce=bytes(16))
        case "no_nonce":
            return replace(answer, nonce=None)
        case "unknown":
            return replace(answer, is_known=False)
        case _:
            return answer


def error(status: str) -> bytes:
    """A response that answers nothing (RFC 6960 §4.2.1)."""
    return der.seq(der.enumerated(_STATUS[status]))


def certificate_id(certificate: Issued, name: str = "sha1") -> bytes:
    """Which certificate is meant: digests of the issuer's name and key, and the number (RFC 6960 §4.1.1)."""
    issuer_key = public_bits(certificate.signer.spki)
    return der.seq(
        digest_algorithm(name),
        der.octets(digest(name, certificate.issuer_name)),
        der.octets(digest(name, issuer_key)),
        der.integer(certificate.serial),
    )


def request(certificate: Issued, name: str = "sha1", nonce: bytes | None = None) -> bytes:
    """Ask about a certificate (RFC 6960 §4.1)."""
    asked = der.seq(der.seq(der.seq(certificate_id(certificate, name))), *_nonce(2, nonce))
    return der.seq(asked)


def _nonce(number: int, nonce: bytes | None) -> tuple[bytes, ...]:
    if nonce is None:
        return ()
    return (der.explicit(number, der.seq(extensions.extension(_NONCE, der.octets(nonce)))),)


def write(answer: Answer) -> bytes:
    """Write the response (RFC 6960 §4.2.1)."""
    issuer = answer.certificate.issuer or answer.certificate
    signer = answer.responder or issuer
    said = der.seq(
        der.explicit(1, signer.name) if answer.by_name else der.explicit(2, der.octets(_key_hash(signer))),
        der.generalized_time(answer.produced_at),
        der.seq(_single(answer)),
        *_nonce(1, answer.nonce),
    )
    signature = b"" if answer.unsigned else signer.key.sign(said)
    if answer.damaged:
        signature = signature[:-1] + bytes((signature[-1] ^ 0x01,))
    certificates = (der.explicit(0, der.seq(signer.der)),) if answer.responder and answer.with_certificate else ()
    basic = der.seq(said, signature_algorithm(signer.key.family), der.bits(signature), *certificates)
    return der.seq(der.enumerated(0), der.explicit(0, der.seq(der.oid(_BASIC), der.octets(basic))))


def _key_hash(signer: Issued) -> bytes:
    return hashlib.sha1(public_bits(signer.key.spki), usedforsecurity=False).digest()


def _single(answer: Answer) -> bytes:
    revocation = answer.revocation
    if not answer.is_known:
        status = der.implicit(2, b"")
    elif revocation is None:
        status = der.implicit(0, b"")
    else:
        reason = der.explicit(0, der.enumerated(extensions.CRL_REASONS[revocation.reason]))
        status = der.retag(1, der.seq(der.generalized_time(revocation.at), reason))
    since = revocation.invalid_since if revocation else None
    invalidity = () if since is None else (extensions.extension("2.5.29.24", der.generalized_time(since)),)
    return der.seq(
        certificate_id(answer.about or answer.certificate, answer.certificate_id_digest),
        status,
        der.generalized_time(answer.this_update),
        *(() if answer.next_update is None else (der.explicit(0, der.generalized_time(answer.next_update)),)),
        *((der.explicit(1, der.seq(*invalidity)),) if invalidity else ()),
    )
