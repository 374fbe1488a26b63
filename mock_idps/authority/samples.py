"""Samples of every format, signed by anybody in the cast with any kind of certificate, good or spoilt in one way.

What the command `python -m mock_idps sign` and the page of the sandbox make.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from mock_idps.authority import answers, cms, jws, pdf, results, stamps
from mock_idps.authority.certificate import Issued
from mock_idps.authority.cms import Message, Signer
from mock_idps.authority.keys import Family, Scheme, digest, usual
from mock_idps.authority.kinds import KINDS
from mock_idps.authority.pdf_changes import CHANGES, change
from mock_idps.authority.spoils import SPOILS
from mock_idps.authority.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be signed, by whom, and what shall be wrong with it."""

    format: str
    kind: str
    persona: str = "chan-siu-ming"
    certificate_spoil: str | None = None
    signature_spoil: str | None = None
    timestamp: str | None = None
    """The timestamp authority, as `hk-tsa`."""
    timestamp_spoil: str | None = None
    family: str | None = None
    """Another family of keys than the authority's own."""
    pss: bool = False
    staple: bool = False
    """Put fresh status answers into the message."""
    at: datetime | None = None


MOST_CERTIFICATES: Final = 5_000


class OrderError(ValueError):
    """An order names something that does not exist; the message is for the person at the desk."""


MESSAGE_SPOILS: Final = (
    "damaged",
    "other_content",
    "missing_certificate_attribute",
    "substituted",
    "not_der",
    "doubled",
)
"""What can be wrong with a message: `substituted` names another certificate than the one that signed."""
JSON_SPOILS: Final = ("damaged", "other_content", "substituted", "unknown_critical", "alg_none")
PLAIN_SPOILS: Final = ("damaged", "other_content")
"""What can be wrong with a bare signature: the value, or what it is said to be of."""


def read_object(body: bytes) -> dict[str, Any]:
    """Read one JSON object; anything else is a ValueError."""
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the same exception as for what is no JSON
    return value


def certificate(world: World, order: Order) -> Issued:
    """Issue what the order signs with."""
    changes: dict[str, Any] = {"family": Family(order.family)} if order.family else {}
    if order.at is not None:
        changes["not_before"] = min(order.at, world.now)
    return world.issue(order.kind, order.persona, order.certificate_spoil, **changes)


def _signer(world: World, order: Order) -> Signer:
    issued = certificate(world, order)
    scheme = usual(issued.key.family)
    if order.pss:
        scheme = replace(scheme, pss=True)
    signer = Signer(certificate=issued, scheme=scheme, signing_time=order.at or world.now)
    match order.signature_spoil:
        case "damaged":
            return replace(signer, damaged=True)
        case "other_content":
            return replace(signer, content_digest=digest(scheme.digest, b"another document"))
        case "missing_certificate_attribute":
            return replace(signer, signing_certificate_version=None)
        case "substituted":
            return replace(signer, signing_certificate=world.issue(order.kind, "Sandbox Bystander"))
        case "not_der":
            return replace(signer, ordered=False)
        case "doubled":
            return replace(signer, doubled=cms.MESSAGE_DIGEST)
        case _:
            return signer


def _message(world: World, order: Order, message: Message) -> bytes:
    signer = _signer(world, order)
    if order.timestamp:
        signer = stamps.stamped(world, message, signer, order.timestamp_spoil, authority=order.timestamp, at=order.at)
    return cms.sign(_stapled(world, message, signer.certificate) if order.staple else message, signer)


def _stapled(world: World, message: Message, issued: Issued) -> Message:
    """The message with status answers about the certificate and the authorities above it."""
    about = (issued, *issued.parents[:-1])
    return replace(message, ocsp=tuple(answers.ocsp(world, one) for one in about))


def _pdf(world: World, order: Order, content: bytes) -> bytes:
    document = content if content.startswith(b"%PDF-") else pdf.blank(content.decode("utf-8", "replace")[:60])
    stamping = world if order.timestamp else None
    if order.signature_spoil not in CHANGES:
        return pdf.sign(document, _signer(world, order), world=stamping)
    signed = pdf.sign(document, _signer(world, replace(order, signature_spoil=None)), world=stamping)
    return change(signed, order.signature_spoil)


def _json_signer(world: World, order: Order, *, is_jades: bool) -> jws.Signer:
    header = jws.jades_header(order.at or world.now) if is_jades else {}
    issued = certificate(world, order)
    signer = jws.Signer(certificate=issued, alg="PS256" if order.pss else None, header=header)
    match order.signature_spoil:
        case "damaged":
            return replace(signer, damaged=True)
        case "substituted":
            other = jws.certificate_header(world.issue(order.kind, "Sandbox Bystander"))
            return replace(signer, header=header | {"x5t#S256": other["x5t#S256"]})
        case "unknown_critical":
            return replace(signer, header=jws.merged(header, {"crit": ["sandbox"], "sandbox": True}))
        case "alg_none":
            return replace(signer, header=header | {"alg": "none"})
        case _:
            return signer


def _json(world: World, order: Order, content: bytes, *, is_jades: bool) -> bytes:
    signer = _json_signer(world, order, is_jades=is_jades)
    written = jws.general(content, [signer], flattened=True) if is_jades else jws.compact(content, signer)
    if is_jades and order.timestamp is not None:
        written = jws.stamped(world, written, order.timestamp_spoil, authority=order.timestamp, at=order.at)
    if order.signature_spoil == "other_content":
        return written.replace(jws.b64(content).encode("ascii"), jws.b64(b"another document").encode("ascii"), 1)
    return written


def _as_json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def _raw(world: World, order: Order, content: bytes) -> bytes:
    issued = certificate(world, order)
    scheme: Scheme = replace(usual(issued.key.family), pss=order.pss)
    written = results.raw(issued, content, scheme)
    if order.signature_spoil == "other_content":
        written["content"] = results.raw(issued, b"another document", scheme)["content"]
    return _as_json(_damaged(written, "signature") if order.signature_spoil == "damaged" else written)


def _damaged(written: dict[str, Any], *names: str) -> dict[str, Any]:
    """Turn over the last byte of the signature, wherever it stands."""
    name = next(one for one in names if one in written)
    value = base64.b64decode(written[name])
    return written | {name: base64.b64encode(value[:-1] + bytes((value[-1] ^ 0x01,))).decode("ascii")}


def _provider(world: World, order: Order, content: bytes) -> bytes:
    signer = results.PersonSigner(certificate(world, order), order.at or world.now)
    signed = b"another document" if order.signature_spoil == "other_content" else content
    match KINDS[order.kind].place:
        case "hong_kong":
            written = results.iam_smart(signer, digest("sha256", signed))
        case "macao":
            written = results.one_account(signer, digest("sha256", signed))
        case _:
            written = results.guangdong(signer, digest("sm3", signed))
    return _as_json(_damaged(written, "signature", "cms") if order.signature_spoil == "damaged" else written)


@dataclass(frozen=True, slots=True)
class Format:
    """One format of samples: its file's ending, what writes it, and what can be wrong with it."""

    ending: str
    write: Callable[[World, Order, bytes], bytes]
    spoils: tuple[str, ...]
    can_be_stamped: bool = True
    is_message: bool = False


def _message_format(*, attached: bool = False, national: bool = False) -> Format:
    def write(world: World, order: Order, content: bytes) -> bytes:
        return _message(world, order, Message(content=content, attached=attached, national=national))

    return Format("p7m" if attached else "p7s", write, MESSAGE_SPOILS, is_message=True)


FORMATS: Final[dict[str, Format]] = {
    "cms-detached": _message_format(),
    "cms-attached": _message_format(attached=True),
    "gbt-detached": _message_format(national=True),
    "gbt-attached": _message_format(attached=True, national=True),
    "pades": Format("pdf", _pdf, (*MESSAGE_SPOILS, *CHANGES)),
    "jws": Format("jws", lambda w, o, c: _json(w, o, c, is_jades=False), JSON_SPOILS, can_be_stamped=False),
    "jades": Format("json", lambda w, o, c: _json(w, o, c, is_jades=True), JSON_SPOILS),
    "raw-digest": Format("json", _raw, PLAIN_SPOILS, can_be_stamped=False),
    "provider-result": Format("json", _provider, PLAIN_SPOILS, can_be_stamped=False),
}
SIGNATURE_SPOILS: Final = tuple(dict.fromkeys(spoil for one in FORMATS.values() for spoil in one.spoils))
"""Everything that can be wrong with a signature of some format."""


def make(world: World, order: Order, content: bytes) -> bytes:
    """Make one sample; an order for what does not exist is an `OrderError`."""
    if order.format not in FORMATS:
        raise OrderError(f"format must be one of {', '.join(FORMATS)}")
    if order.kind not in KINDS:
        raise OrderError(f"kind must be one of {', '.join(KINDS)}")
    written = FORMATS[order.format]
    if order.certificate_spoil not in {None, *SPOILS}:
        raise OrderError(f"the certificate can be spoilt by {', '.join(SPOILS)}")
    if order.signature_spoil not in {None, *written.spoils}:
        raise OrderError(f"{order.format} can be spoilt by {', '.join(written.spoils)}")
    if order.timestamp not in {None, "hk-tsa", "gd-tsa", "mo-tsa"}:
        raise OrderError("the timestamp authority must be hk-tsa, gd-tsa or mo-tsa")
    if order.timestamp is not None and not written.can_be_stamped:
        raise OrderError(f"{order.format} has no place for a timestamp")
    if order.staple and not written.is_message:
        raise OrderError(f"{order.format} has no place for status answers here")
    if order.timestamp_spoil not in {None, *stamps.SPOILS}:
        raise OrderError(f"the timestamp can be spoilt by {', '.join(stamps.SPOILS)}")
    if order.family not in {None, *Family}:
        raise OrderError(f"the family must be one of {', '.join(Family)}")
    if len(world.issued()) >= MOST_CERTIFICATES:
        raise OrderError("the sandbox has issued as many certificates as it keeps; start it anew")
    return written.write(world, order, content)
