"""What a file of unnamed format is, where its first bytes decide; formats that we know and do not take, by name.

Nothing is parsed to find out more than that: a guess about a signature's format would be a guess about what was
signed. A national seal, a container and an XML signature are told apart from noise so that the answer can say so.
"""

from typing import Final

from certs.keys.base64url import decode
from certs.keys.errors import JsonError
from certs.keys.strict_json import parse_object
from certs.signatures.formats import cms_names
from certs.signatures.formats.cms import is_attached
from certs.signatures.formats.cms_encoding import MAX_MESSAGE
from certs.signatures.signed import Format
from certs.trust import der
from certs.trust.errors import Fault, RefusalCode, Refused

_HEAD: Final = 1_024
_LARGEST_HEADER: Final = 16_384
_SES_HEADER: Final = b"\x16\x02ES"
"""The name that a GB/T 38540 seal begins with, after its version numbers."""
_ADVANCED: Final = frozenset({"sigT", "sigD", "sigPId", "sigPl", "srCms", "srAts", "x5t#o", "sigX5ts", "adoTst"})
"""Header parameters that only JAdES has (ETSI TS 119 182-1 §5.2)."""
_XML: Final = (b"<?xml", b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")


def detect(data: bytes) -> Format | None:
    """Name the format, or `None` where the bytes do not decide; a format that is not taken is `Refused`."""
    head = data[:_HEAD]
    if b"%PDF-" in head and not head.startswith(b"PK"):
        return Format.PADES
    if head.startswith(b"PK\x03\x04"):
        raise Refused(RefusalCode.UNSUPPORTED, "ASiC containers are not supported; send the signature inside")
    if head.lstrip().startswith(_XML):
        raise Refused(RefusalCode.UNSUPPORTED, "XML signatures (XAdES) are not supported")
    if head.startswith(b"-----BEGIN"):
        raise Refused(RefusalCode.ENCODING, "PEM is not supported; send the DER inside")
    if head[:1] == b"\x30":
        return _binary(data, head)
    return _web(data)


def _binary(data: bytes, head: bytes) -> Format | None:
    if _SES_HEADER in head[:64]:
        raise Refused(RefusalCode.UNSUPPORTED, "electronic seals (GB/T 38540) are not supported")
    if not _is_signed_data(head) or len(data) > MAX_MESSAGE:
        return None
    try:
        return Format.CMS_ATTACHED if is_attached(data) else Format.CMS_DETACHED
    except Fault:
        return None


def _is_signed_data(head: bytes) -> bool:
    """Whether the first member of the outer SEQUENCE is one of the two content types."""
    width = head[1] - 0x80 if head[1:2] > b"\x80" else 0
    try:
        kind = der.expect(head, 2 + width, len(head), der.OBJECT_IDENTIFIER)
        return der.dotted(head[kind.content : kind.end]) in cms_names.SIGNED_DATA
    except der.DerError:
        return False


def _web(data: bytes) -> Format | None:
    """Three parts or a JSON object with a signature: which of the two web formats says the protected header."""
    if len(data) > MAX_MESSAGE:
        return None
    header = _json_header(data) if data.lstrip()[:1] == b"{" else _compact_header(data)
    if header is None:
        return None
    return Format.JADES if _ADVANCED & header.keys() else Format.JWS


def _compact_header(data: bytes) -> dict[str, object] | None:
    parts = data.strip().split(b".")
    return _header(parts[0].decode("latin-1")) if len(parts) == 3 else None  # noqa: PLR2004 - RFC 7515 §3.1


def _json_header(data: bytes) -> dict[str, object] | None:
    message = _object(data)
    if message is None:
        return None
    signatures = message.get("signatures")
    first = signatures[0] if isinstance(signatures, list) and signatures else message
    protected = first.get("protected") if isinstance(first, dict) and "signature" in first else None
    return _header(protected) if isinstance(protected, str) else None


def _header(text: str) -> dict[str, object] | None:
    if len(text) > _LARGEST_HEADER:
        return None
    try:
        header = _object(decode(text))
    except ValueError:
        return None
    return header if header is not None and "alg" in header else None


def _object(data: bytes) -> dict[str, object] | None:
    try:
        return parse_object(data)
    except JsonError:
        return None
