"""What a protected header may say, and what is made of it (RFC 7515 §4, ETSI TS 119 182-1 §5.1 and §5.2).

joserfc holds the types of the registered parameters, with our own registry and our own caps. An extension that is
marked critical must be one that is processed here. Addresses of keys and keys in headers (``jku``, ``x5u``, ``jwk``)
are never followed and never believed; the finding says that they were there.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError as LibraryError
from joserfc.registry import HeaderParameter

from certs.signatures.formats.jws_algorithms import NAMES
from certs.signatures.formats.jws_message import MAX_HEADER, MAX_JWS, Signer, read_protected
from certs.signatures.signed import Finding
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

HEADER: Final = "HEADER"
PROCESSED: Final = frozenset({"sigD", "b64", "sigT", "x5t#o", "sigPId"})
"""Extensions that ``crit`` may name, and no other."""
_NEVER_BELIEVED: Final = ("jku", "x5u", "jwk")
_SIG_T: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_TOLD: Final = frozenset(_NEVER_BELIEVED)
_ONLY_PROTECTED: Final = frozenset({"alg", "crit", "b64", "sigD", "sigT", "iat", "sigPId", "x5t#S256", "x5t#o", "x5ts"})


def _of_type(kind: type) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if type(value) is not kind:
            raise ValueError("another type")

    return check


_EXTENSIONS: Final = {
    "b64": HeaderParameter("payload encoding (RFC 7797 §3)", _of_type(bool)),
    "sigD": HeaderParameter("detached objects", _of_type(dict)),
    "sigT": HeaderParameter("claimed signing time", _of_type(str)),
    "iat": HeaderParameter("claimed signing time", _of_type(int)),
    "sigPId": HeaderParameter("signature policy", _of_type(dict)),
    "x5t#o": HeaderParameter("certificate digest", _of_type(dict)),
    "x5ts": HeaderParameter("certificate digests", _of_type(list)),
}
_REGISTRY: Final = jws.JWSRegistry(header_registry=_EXTENSIONS, algorithms=NAMES, strict_check_header=False)
_REGISTRY.max_header_length = MAX_HEADER
_REGISTRY.max_payload_length = MAX_JWS
_REGISTRY.max_signature_length = MAX_JWS


def check_header(signer: Signer) -> Finding:
    """One finding about everything in the header but the algorithm and the certificate."""
    outside = (_ONLY_PROTECTED | _TOLD) & signer.unprotected.keys() if signer.unprotected else ()
    return _finding(signer.protected_text, tuple(sorted(outside)))


@lru_cache(maxsize=256)
def _finding(protected_text: str, outside: tuple[str, ...]) -> Finding:
    header = read_protected(protected_text)
    try:
        with fence(Reason.HEADER_MALFORMED):
            _check_places(header, outside)
            _check_critical(header)
            _check_types(header)
            claimed_time(header)
    except Fault as fault:
        return Finding(HEADER, fault.reason)
    ignored = [name for name in _NEVER_BELIEVED if name in header or name in outside]
    return Finding(HEADER, None, f"ignored: {', '.join(ignored)}" if ignored else "")


def _check_places(header: Mapping[str, Any], outside: tuple[str, ...]) -> None:
    if not _ONLY_PROTECTED.isdisjoint(outside) or "alg" not in header:
        raise Fault(Reason.HEADER_MALFORMED)


def _check_critical(header: Mapping[str, Any]) -> None:
    critical = header.get("crit")
    if critical is not None:
        names = critical if isinstance(critical, list) else []
        if not names or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
            raise Fault(Reason.HEADER_MALFORMED)
        if not PROCESSED.issuperset(names):
            raise Fault(Reason.HEADER_CRITICAL_UNKNOWN)
        if not set(names) <= header.keys():
            raise Fault(Reason.HEADER_MALFORMED)
    must = {"b64", "sigD"} & header.keys()  # RFC 7797 §6, TS 119 182-1 §5.2.8.1
    if not must <= set(critical or ()):
        raise Fault(Reason.HEADER_MALFORMED)


def _check_types(header: Mapping[str, Any]) -> None:
    looked_at = {name: value for name, value in header.items() if name not in _TOLD}
    try:
        _REGISTRY.check_header(looked_at)
    except LibraryError:
        raise Fault(Reason.HEADER_MALFORMED) from None
    policy = header.get("sigPId")
    if policy is not None and not isinstance(policy.get("id"), str | dict):
        raise Fault(Reason.HEADER_MALFORMED)


def claimed_time(header: Mapping[str, Any]) -> datetime | None:
    """``sigT`` in UTC and whole seconds, or ``iat``; shown, and believed by nobody (TS 119 182-1 §5.2.1)."""
    if "sigT" not in header and "iat" not in header:
        return None
    with fence(Reason.HEADER_MALFORMED):
        if "sigT" in header:
            if _SIG_T.fullmatch(header["sigT"]) is None:
                raise Fault(Reason.HEADER_MALFORMED)
            return datetime.fromisoformat(header["sigT"])
        return datetime.fromtimestamp(header["iat"], UTC) if type(header["iat"]) is int else None
