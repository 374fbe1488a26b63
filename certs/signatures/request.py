"""One wish to have a signature judged, read strictly: unknown members, doubled members and sloppy base64 are refused.

Sizes are counted before anything is decoded; which of the members belong to which format is checked here, so that a
misplaced digest cannot be silently ignored.
"""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from certs.signatures.built_in_policies import DEFAULT_POLICY
from certs.signatures.evidence import Expectation
from certs.signatures.signed import Format
from certs.trust.content import BytesContent, Content, DigestContent, FileContent, Sm2Digest
from certs.trust.errors import RefusalCode, Refused
from certs.trust.trust_list import Jurisdiction

MAX_SIGNATURE: Final = 1_048_576
MAX_PDF: Final = 67_108_864
MAX_CONTENT: Final = 33_554_432
MAX_CERTIFICATES: Final = 16
MAX_MATERIAL: Final = 8
MAX_NAMED: Final = 64
_MAX_TEXT: Final = 256
_CERTIFICATE_TEXT: Final = 8_192
_CERTIFICATES: Final = 1_024
"""Texts of certificates that are remembered with their bytes, up to 16 MB together; longer ones are read each time."""
_DIGESTS: Final = {"sha256": 32, "sha384": 48, "sha512": 64, "sm3": 32, "sha1": 20}
AUTO: Final = "auto"


class Depth(StrEnum):
    """How much of a report the caller wants."""

    SIMPLE = "simple"
    DETAILED = "detailed"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True, repr=False)
class ValidationRequest:
    """What is to be judged, for whom, and with what the caller brought along."""

    format: Format | None
    """`None`: ``auto``, decided by magic bytes and reported."""
    signature: bytes
    content: Content | None
    relying_jurisdiction: Jurisdiction
    purpose: str
    policy: str = DEFAULT_POLICY
    named: Mapping[str, Content] = field(default_factory=dict)
    """Contents by their ``sigD`` identifiers."""
    certificate: bytes | None = None
    chain: tuple[bytes, ...] = ()
    algorithm: str | None = None
    """Raw digests only: ``SHA256withRSA``, ``SM3withSM2`` … (`formats.raw.ALGORITHMS`)."""
    provider: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    """The members of a provider's signing result, as they came."""
    validation_time: datetime | None = None
    expect: Expectation = field(default_factory=Expectation)
    depth: Depth = Depth.SIMPLE
    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


_MEMBERS: Final = frozenset({
    "format", "signature", "content", "relying_jurisdiction", "purpose", "policy", "certificate", "chain",
    "algorithm", "provider", "result", "validation_time", "expect", "report", "revocation",
})  # fmt: skip
_REVOCATION: Final = frozenset({"ocsp", "crls"})
_EXPECT: Final = frozenset({"certificate_sha256", "policy_oid", "subject_number_sha256"})
_RAW: Final = frozenset({Format.RAW_DIGEST})


def read_request(members: Mapping[str, Any], content_file: Path | None = None) -> ValidationRequest:
    """Read a request; raises `Refused` with the code and a sentence that names the member.

    ``content_file`` is the content where it is too large for JSON; the members then name none.
    """
    if not members.keys() <= _MEMBERS:
        raise Refused(RefusalCode.FORMAT, "the request has a member that nobody knows")
    form = _format(members.get("format"))
    content, named = read_content(members.get("content"))
    if content_file is not None:
        if "content" in members:
            raise Refused(RefusalCode.AMBIGUOUS, "the content was sent twice")
        content = FileContent(content_file)
    revocation = _object(members, "revocation", _REVOCATION)
    request = ValidationRequest(
        format=form,
        signature=_signature(members, form),
        content=content,
        named=named,
        relying_jurisdiction=_choice(members, "relying_jurisdiction", Jurisdiction),
        purpose=_text(members, "purpose"),
        policy=_text(members, "policy", DEFAULT_POLICY),
        certificate=_certificate(members["certificate"]) if "certificate" in members else None,
        chain=tuple(_certificate(one, "chain") for one in _list(members, "chain", MAX_CERTIFICATES)),
        algorithm=_text(members, "algorithm", "") or None,
        provider=_text(members, "provider", "") or None,
        result=_any_object(members, "result"),
        validation_time=_time(members.get("validation_time")),
        expect=_expectation(_object(members, "expect", _EXPECT)),
        depth=_choice(members, "report", Depth, Depth.SIMPLE),
        ocsp=_several(revocation, "ocsp", MAX_MATERIAL),
        crls=_several(revocation, "crls", MAX_MATERIAL),
    )
    _check_shape(request)
    return request


def _check_shape(request: ValidationRequest) -> None:
    """Members that a format does not use are refused: whoever sent them believed that they count."""
    raw = request.format in _RAW
    if raw != (request.algorithm is not None) or (raw and request.certificate is None):
        raise Refused(RefusalCode.FORMAT, "certificate and algorithm belong to raw digests, and are needed there")
    if not raw and request.certificate is not None:
        raise Refused(RefusalCode.FORMAT, "certificate belongs to raw digests; others bring their own")
    result = request.format is Format.PROVIDER_RESULT
    if result != bool(request.result) or result != (request.provider is not None):
        raise Refused(RefusalCode.FORMAT, "provider and result belong to provider results, and are needed there")
    if request.format is Format.PADES and request.content is not None:
        raise Refused(RefusalCode.FORMAT, "a PDF is its own content")
    if isinstance(request.content, Sm2Digest) and request.format is Format.PADES:
        raise Refused(RefusalCode.FORMAT, "e belongs to raw digests and messages without signed attributes")


def _format(value: Any) -> Format | None:
    if value == AUTO:
        return None
    if isinstance(value, str) and value in {"xades", "asic", "asic-e", "asic-s"}:
        raise Refused(RefusalCode.UNSUPPORTED, "XAdES and ASiC are not supported: CMS, PAdES, JWS and JAdES are")
    try:
        return Format(value)
    except ValueError:
        raise Refused(RefusalCode.FORMAT, "format is missing or unknown") from None


def _signature(members: Mapping[str, Any], form: Format | None) -> bytes:
    if form is Format.PROVIDER_RESULT:
        if "signature" in members:
            raise Refused(RefusalCode.FORMAT, "the signature of a provider result stands in result")
        return b""
    largest = MAX_PDF if form in {Format.PADES, None} else MAX_SIGNATURE
    return _bytes(members.get("signature"), "signature", largest)


def read_content(members: object) -> tuple[Content | None, Mapping[str, Content]]:
    """Read the one kind of content that a request names, or the named ones of JAdES."""
    if members is None:
        return None, {}
    if not isinstance(members, dict) or len(members) != 1:
        raise Refused(RefusalCode.AMBIGUOUS, "content has exactly one of bytes, digest, sm2_e and named")
    ((kind, value),) = members.items()
    if kind == "named":
        if (
            not isinstance(value, dict)
            or len(value) > MAX_NAMED
            or not all(isinstance(one, dict) for one in value.values())
        ):
            raise Refused(RefusalCode.FORMAT, "content.named is not an object of up to 64 contents")
        return None, {str(uri): _one_content(one) for uri, one in value.items()}
    return _one_content({kind: value}), {}


def _one_content(members: Mapping[str, Any]) -> Content:
    ((kind, value),) = members.items() if len(members) == 1 else ((("", None),))
    match kind:
        case "bytes":
            return BytesContent(_bytes(value, "content.bytes", MAX_CONTENT, empty=True))
        case "digest":
            return _digest(value)
        case "sm2_e":
            e = _bytes(value, "content.sm2_e")
            if len(e) != _DIGESTS["sm3"]:
                raise Refused(RefusalCode.FORMAT, "content.sm2_e has 32 bytes")
            return Sm2Digest(e)
        case _:
            raise Refused(RefusalCode.AMBIGUOUS, "content has exactly one of bytes, digest, sm2_e and named")


def _digest(value: object) -> DigestContent:
    if not isinstance(value, dict) or set(value) != {"alg", "value"}:
        raise Refused(RefusalCode.FORMAT, "content.digest has alg (sha256, sha384, sha512, sm3) and value")
    if not isinstance(value["alg"], str) or value["alg"] not in _DIGESTS:
        raise Refused(RefusalCode.FORMAT, "content.digest has alg (sha256, sha384, sha512, sm3) and value")
    digest = _bytes(value["value"], "content.digest.value")
    if len(digest) != _DIGESTS[value["alg"]]:
        raise Refused(RefusalCode.FORMAT, "content.digest.value has another length than its algorithm")
    return DigestContent(value["alg"], digest)


def _bytes(value: object, name: str, largest: int = MAX_SIGNATURE, *, empty: bool = False) -> bytes:
    if not isinstance(value, str) or (not value and not empty):
        raise Refused(RefusalCode.FORMAT, f"{name} is missing or not text")
    if len(value) > largest * 4 // 3 + 4:
        raise Refused(RefusalCode.SIZE, f"{name} is too large")
    try:
        data = binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise Refused(RefusalCode.ENCODING, f"{name} is not base64") from None
    if binascii.b2a_base64(data, newline=False) != value.encode():
        raise Refused(RefusalCode.ENCODING, f"{name} is not canonical base64")
    return data


def _certificate(value: object, name: str = "certificate") -> bytes:
    if isinstance(value, str) and len(value) <= _CERTIFICATE_TEXT:
        return _decoded_certificate(value, name)
    return _bytes(value, name)


@lru_cache(maxsize=_CERTIFICATES)
def _decoded_certificate(value: str, name: str) -> bytes:
    """Certificates come again and again, from the same people and above all from the same authorities."""
    return _bytes(value, name)


def _several(members: Mapping[str, Any], name: str, most: int) -> tuple[bytes, ...]:
    return tuple(_bytes(value, name) for value in _list(members, name, most))


def _list(members: Mapping[str, Any], name: str, most: int) -> list[Any]:
    values = members.get(name, [])
    if not isinstance(values, list) or len(values) > most:
        raise Refused(RefusalCode.SIZE, f"{name} is not a list of up to {most}")
    return values


def _text(members: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = members.get(name, default)
    if not isinstance(value, str) or len(value) > _MAX_TEXT or (default is None and not value):
        raise Refused(RefusalCode.FORMAT, f"{name} is missing or not a short text")
    return value


def _choice(members: Mapping[str, Any], name: str, kind: type[Any], default: Any = None) -> Any:
    try:
        return kind(members.get(name, default))
    except ValueError:
        raise Refused(RefusalCode.FORMAT, f"{name} is missing or unknown") from None


def _any_object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members.get(name, {})
    if not isinstance(value, dict):
        raise Refused(RefusalCode.FORMAT, f"{name} is not an object")
    return value


def _object(members: Mapping[str, Any], name: str, known: frozenset[str]) -> Mapping[str, Any]:
    value = _any_object(members, name)
    if not value.keys() <= known:
        raise Refused(RefusalCode.FORMAT, f"{name} has a member that nobody knows")
    return value


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(RefusalCode.FORMAT, "validation_time is not a time (RFC 3339)") from None
    if moment.tzinfo is None:
        raise Refused(RefusalCode.FORMAT, "validation_time has no offset")
    return in_utc


def _expectation(members: Mapping[str, Any]) -> Expectation:
    values = {name: _text(members, name) for name in members}  # an empty one would expect nothing
    return Expectation(**values)
