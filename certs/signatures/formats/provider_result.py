"""What a provider's signing service gave back, checked against what it was asked to sign (specification §2.1).

The hash that came back is compared with the one that was sent before any cryptography: a good signature over somebody
else's document is the attack that this stops. Then the answer is a bare signature or a signed message like any other.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from certs.signatures.formats.cms import read_cms
from certs.signatures.formats.provider_profiles import PROFILES, NamedAlgorithm, Over, Profile, Spelling
from certs.signatures.formats.raw import MAX_CHAIN, bare
from certs.signatures.signed import Covered, Finding, Format, SignedObject
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.content import BytesContent, Content, DigestContent, Sm2Digest
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

MAX_TEXT: Final = 1_400_000
"""Characters of the longest member: a message of 1 MB in base64."""
_MILLISECONDS_OF_2000: Final = 946_684_800_000
_MILLISECONDS_OF_2100: Final = 4_102_444_800_000


def read_result(
    provider: str, expected: bytes, answer: Mapping[str, object], *, offered: Sequence[Certificate] = ()
) -> tuple[SignedObject, ...]:
    """Read a provider's answer; ``expected`` is the hash that it was asked to sign."""
    profile = PROFILES.get(provider)
    if profile is None:
        raise Refused(RefusalCode.UNSUPPORTED, "the provider is not one of those that are known")
    findings = (_hash(profile, expected, answer), _state(profile, answer))
    if any(finding.reason is not None for finding in findings):
        return (_stopped(expected, findings),)
    text = _text(answer, profile.message) if profile.message else None
    if text is not None:
        if profile.signature and answer.get(profile.signature) is not None:
            raise Refused(RefusalCode.AMBIGUOUS, "the provider's answer holds a signature and a signed message")
        message = _bytes(text, Spelling.BASE64)
        return _message(profile, expected, answer, message, findings=findings, offered=offered)
    return (_bare(profile, expected, answer, findings, offered),)


def _state(profile: Profile, answer: Mapping[str, object]) -> Finding:
    state = _text(answer, profile.state) if profile.state else None
    is_good = state in profile.good_states if state is not None else not profile.state_required
    return Finding("PROVIDER-STATE", None if is_good else Reason.PROVIDER_STATE)


def _hash(profile: Profile, expected: bytes, answer: Mapping[str, object]) -> Finding:
    code = "PROVIDER-HASH"
    text = _text(answer, profile.hash)
    if text is None:
        return Finding(code, Reason.PROVIDER_HASH_DIFFERS if profile.hash_required else None, "not repeated")
    is_same = hmac.compare_digest(_bytes(text, profile.hash_spelling), expected)
    return Finding(code, None if is_same else Reason.PROVIDER_HASH_DIFFERS)


def _stopped(expected: bytes, findings: tuple[Finding, ...]) -> SignedObject:
    """An answer that is not looked at any further: nobody signed, or somebody signed something else."""
    return SignedObject(
        format=Format.PROVIDER_RESULT,
        level="raw",
        algorithm=None,
        signature=b"",
        message=expected,
        certificate=None,
        covered=Covered.DIGEST,
        findings=findings,
    )


def _bare(
    profile: Profile,
    expected: bytes,
    answer: Mapping[str, object],
    findings: tuple[Finding, ...],
    offered: Sequence[Certificate],
) -> SignedObject:
    named = _algorithm(profile, answer)
    signed = bare(
        Format.PROVIDER_RESULT,
        named.algorithm,
        _bytes(_required(answer, profile.signature), Spelling.BASE64),
        _bytes(_required(answer, profile.certificate), Spelling.BASE64),
        _content(profile, named.over, expected),
        chain=_chain(profile, answer),
        offered=offered,
        claimed_time=_time(profile, answer),
        findings=findings,
    )
    return replace(signed, covered=Covered.DIGEST)


def _message(
    profile: Profile,
    expected: bytes,
    answer: Mapping[str, object],
    message: bytes,
    *,
    findings: tuple[Finding, ...],
    offered: Sequence[Certificate],
) -> tuple[SignedObject, ...]:
    content = _content(profile, profile.message_over, expected)
    certificate = _text(answer, profile.certificate) if profile.certificate else None
    beside = () if certificate is None else (_bytes(certificate, Spelling.BASE64),)
    known = (*offered, *_readable((*beside, *_chain(profile, answer))))
    signers = read_cms(message, content, attached_expected=False, offered=known)
    return tuple(
        replace(
            signer,
            format=Format.PROVIDER_RESULT,
            covered=Covered.DIGEST,
            claimed_time=signer.claimed_time or _time(profile, answer),
            findings=(*findings, *signer.findings),
        )
        for signer in signers
    )


def _algorithm(profile: Profile, answer: Mapping[str, object]) -> NamedAlgorithm:
    name = _text(answer, profile.algorithm) if profile.algorithm else None
    found = profile.algorithms.get(profile.default_algorithm if name is None else name)
    if found is None:
        raise Refused(RefusalCode.UNSUPPORTED, "the provider's signature algorithm is not one of those that are known")
    return found


def _content(profile: Profile, over: Over, expected: bytes) -> Content:
    match over:
        case Over.HASH_BYTES:
            return BytesContent(expected)
        case Over.E:
            return Sm2Digest(expected)
        case Over.DOCUMENT:
            return DigestContent(profile.hash_algorithm, expected)


def _chain(profile: Profile, answer: Mapping[str, object]) -> tuple[bytes, ...]:
    found = answer.get(profile.chain) if profile.chain else None
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MAX_CHAIN or not all(isinstance(each, str) for each in found):
        raise Refused(RefusalCode.FORMAT, "the provider's chain is not a short list of certificates")
    return tuple(_bytes(each, Spelling.BASE64) for each in found)


def _readable(chain: Sequence[bytes]) -> tuple[Certificate, ...]:
    found = []
    for raw in chain:
        try:
            found.append(read_certificate(raw))
        except Fault:
            continue
    return tuple(found)


def _time(profile: Profile, answer: Mapping[str, object]) -> datetime | None:
    """Milliseconds since 1970, as a number or in digits; shown, never believed, so that nonsense is left out."""
    found = answer.get(profile.time) if profile.time else None
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= len(str(_MILLISECONDS_OF_2100)):
        found = int(found)
    if not isinstance(found, int) or not _MILLISECONDS_OF_2000 <= found <= _MILLISECONDS_OF_2100:
        return None
    return datetime.fromtimestamp(found / 1_000, UTC)


def _text(answer: Mapping[str, object], name: str) -> str | None:
    found = answer.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > MAX_TEXT:
        raise Refused(RefusalCode.FORMAT, "a member of the provider's answer is not text, or too long")
    return found


def _required(answer: Mapping[str, object], name: str) -> str:
    found = _text(answer, name)
    if not found:
        raise Refused(RefusalCode.FORMAT, "the provider's answer lacks its signature or its certificate")
    return found


def _bytes(text: str, spelling: Spelling) -> bytes:
    """Read bytes in the one spelling that they have: padded base64, or lower or upper case hexadecimal digits."""
    try:
        if spelling is Spelling.BASE64:
            data = base64.b64decode(text, validate=True)
            is_canonical = base64.b64encode(data).decode("ascii") == text
        else:
            data = bytes.fromhex(text)
            is_canonical = 2 * len(data) == len(text)
    except (ValueError, binascii.Error):
        is_canonical = False
    if not is_canonical:
        raise Refused(RefusalCode.ENCODING, "a member of the provider's answer is not in its encoding")
    return data
