"""From a request to signers' evidence: the format's reader, then the arithmetic; nothing here trusts anybody.

Whatever the input does, the answer is a list of signers: a message that cannot be read becomes one signer whose
finding says so, because a bad signature is an answer. Only a request that cannot be worked on at all is `Refused`.
"""

import hashlib
from collections.abc import Callable, Mapping
from math import ceil
from typing import Final

from certs.signatures.evidence import SignerEvidence, TimestampEvidence
from certs.signatures.formats.cms import read_cms
from certs.signatures.formats.detect import detect
from certs.signatures.formats.jades import read_jades
from certs.signatures.formats.jws import read_jws
from certs.signatures.formats.provider_result import read_result
from certs.signatures.formats.raw import read_raw
from certs.signatures.request import ValidationRequest
from certs.signatures.signed import Covered, Finding, Format, SignedObject, TimestampToken, content_digests
from certs.signatures.timestamps import read_token
from certs.trust.arithmetic import verify
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.content import DigestContent, Sm2Digest
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource

UserIds = Mapping[bytes, bytes]
"""SM2 signer ids by the issuing certificate's subject, where a list states one; else the default counts."""


def read_signers(request: ValidationRequest, user_ids: UserIds) -> tuple[Format, tuple[SignerEvidence, ...]]:
    """Read every signer of a request; raises `Refused` only."""
    form = request.format or _detected(request)
    try:
        objects = _READERS[form](request)
    except Fault as fault:
        return form, (unreadable(form, fault.reason),)
    if not objects:
        return form, (unreadable(form, Reason.NO_SIGNATURE),)
    return form, tuple(_evidence(one, request, user_ids) for one in objects)


def unreadable(form: Format, reason: Reason) -> SignerEvidence:
    """The one signer of an input that shows none."""
    return SignerEvidence(
        format=form,
        level="unknown",
        algorithm=None,
        signature_sha256="",
        value=Reason.NOT_DONE,
        findings=(Finding("FORMAT", reason),),
        certificate=None,
        hints=(),
        claimed_time=None,
        covered=Covered.ALL,
        changes=(),
    )


def _detected(request: ValidationRequest) -> Format:
    found = detect(request.signature)
    if found is None:
        raise Refused(RefusalCode.AMBIGUOUS, "the format cannot be told from the first bytes: name it")
    if found is Format.PADES and (request.content is not None or request.named):
        raise Refused(RefusalCode.FORMAT, "a PDF is its own content")
    return found


def _evidence(one: SignedObject, request: ValidationRequest, user_ids: UserIds) -> SignerEvidence:
    return SignerEvidence(
        format=one.format,
        level=one.level,
        algorithm=one.algorithm,
        signature_sha256=hashlib.sha256(one.signature).hexdigest(),
        value=_value(one, user_ids),
        findings=one.findings,
        certificate=None if one.certificate is None else one.certificate.der,
        hints=tuple(hint.der for hint in one.hints),
        claimed_time=one.claimed_time,
        covered=one.covered,
        changes=one.changes,
        timestamps=tuple(_stamp(token, one.hints) for token in one.timestamps),
        material=_stapled((*one.ocsp, *request.ocsp), (*one.crls, *request.crls)),
    )


def _stamp(token: TimestampToken, offered: tuple[Certificate, ...]) -> TimestampEvidence:
    """A token as evidence; one that does not hold together says why and proves nothing."""
    name = hashlib.sha256(token.der).hexdigest()
    try:
        read = read_token(token, offered=offered)
    except Fault as fault:
        return TimestampEvidence(name, None, 0, "", fault.reason, None, whole_document=token.whole_document)
    return TimestampEvidence(
        sha256=name,
        generated_at=read.gen_time,
        accuracy_seconds=ceil(read.accuracy.total_seconds()),
        policy=read.policy,
        reason=None,
        certificate=read.certificate.der,
        hints=tuple(hint.der for hint in read.signer.hints),
        whole_document=read.whole_document,
        serial=f"{read.serial:x}",
        algorithm=read.signer.algorithm,
        digests=tuple(dict.fromkeys((read.imprint_algorithm, *content_digests(read.signer.findings)))),
    )


def _value(one: SignedObject, user_ids: UserIds) -> Reason | None:
    if one.certificate is None:
        return Reason.SIGNING_CERTIFICATE_NOT_FOUND
    if one.algorithm is None:
        return Reason.ALGORITHM_UNSUPPORTED
    try:
        verify(
            one.certificate.key,
            one.algorithm,
            one.message,
            one.signature,
            sm2_user_id=user_ids.get(one.certificate.issuer_der),
        )
    except Fault as fault:
        return fault.reason
    return None


def _stapled(ocsp: tuple[bytes, ...], crls: tuple[bytes, ...]) -> tuple[Material, ...]:
    found = [Material(MaterialKind.OCSP, der, MaterialSource.STAPLED) for der in dict.fromkeys(ocsp)]
    return (*found, *(Material(MaterialKind.CRL, der, MaterialSource.STAPLED) for der in dict.fromkeys(crls)))


def _cms(request: ValidationRequest, *, attached: bool) -> tuple[SignedObject, ...]:
    return read_cms(request.signature, request.content, attached_expected=attached)


def _pdf(request: ValidationRequest) -> tuple[SignedObject, ...]:
    return prepare_for_pdf()(request.signature)


def prepare_for_pdf() -> Callable[[bytes], tuple[SignedObject, ...]]:
    """Load the reader of PDFs: it takes longer than everything else together, and most requests do without."""
    from certs.signatures.formats.pdf import read_pdf  # noqa: PLC0415 - see above

    return read_pdf


def _raw(request: ValidationRequest) -> tuple[SignedObject, ...]:
    if request.content is None or request.certificate is None or request.algorithm is None:
        raise Refused(RefusalCode.FORMAT, "a raw signature needs content, certificate and algorithm")
    return read_raw(request.signature, request.certificate, request.algorithm, request.content, chain=request.chain)


def _result(request: ValidationRequest) -> tuple[SignedObject, ...]:
    content = request.content
    if not isinstance(content, DigestContent | Sm2Digest) or request.provider is None:
        raise Refused(RefusalCode.FORMAT, "a provider result needs the digest that the provider was asked to sign")
    return read_result(request.provider, content.value, request.result, offered=_offered(request))


def _offered(request: ValidationRequest) -> tuple[Certificate, ...]:
    return tuple(read_certificate(der) for der in request.chain)


_READERS: Final[Mapping[Format, Callable[[ValidationRequest], tuple[SignedObject, ...]]]] = {
    Format.CMS_DETACHED: lambda request: _cms(request, attached=False),
    Format.CMS_ATTACHED: lambda request: _cms(request, attached=True),
    Format.PADES: _pdf,
    Format.JWS: lambda request: read_jws(request.signature, request.content, request.named, offered=_offered(request)),
    Format.JADES: lambda request: read_jades(
        request.signature, request.content, request.named, offered=_offered(request)
    ),
    Format.RAW_DIGEST: _raw,
    Format.PROVIDER_RESULT: _result,
}
