"""A report under the gateway's own signature, checkable by anybody without a network (RFC 7515).

The payload is the report in canonical form; the key is published with the others of its purpose, and no other use of
that key exists.
"""

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError as LibraryError

from certs.keys import base64url, strict_json
from certs.keys.canonical import canonical
from certs.keys.errors import JoseError, JoseErrorCode, JsonError
from certs.keys.signing_key import KeyState, SigningKey
from certs.keys.verification_keys import VerificationKeys
from certs.trust.errors import RefusalCode, Refused

TYPE: Final = "gba-report+jws"
MAX_REPORT: Final = 8_388_608
_MAX_HEADER: Final = 1_024
_ALGORITHM: Final = "ES256"


def _registry() -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=True)
    registry.max_header_length = _MAX_HEADER
    registry.max_payload_length = registry.max_signature_length = MAX_REPORT
    return registry


_REGISTRY: Final = _registry()


def seal(report: Mapping[str, Any], key: SigningKey) -> str:
    """Sign a report; raises `JoseError` for a key that does not sign now."""
    if key.state is not KeyState.ACTIVE:
        raise JoseError(JoseErrorCode.KEY_NOT_ACTIVE)
    header = canonical({"alg": key.algorithm.value, "kid": key.kid, "typ": TYPE})
    signing_input = f"{base64url.encode(header)}.{base64url.encode(canonical(report))}"
    signature = key.signer.sign(key.algorithm, signing_input.encode("ascii"))
    return f"{signing_input}.{base64url.encode(signature)}"


def open_sealed(token: str, keys: VerificationKeys) -> dict[str, Any]:
    """Check a report's signature and give its members; raises `Refused` for anything that is not one of ours."""
    if len(token) > MAX_REPORT:
        raise Refused(RefusalCode.SIZE, "the report is too large")
    try:
        found = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY)
        header = found.headers()
        if header.get("typ") != TYPE or header.get("alg") != _ALGORITHM or set(header) != {"alg", "kid", "typ"}:
            raise Refused(RefusalCode.FORMAT, "this is not a report of this gateway")
        key = keys.choose(header["kid"], _ALGORITHM)
        if not jws.validate_compact(found, key.public, registry=_REGISTRY):
            raise Refused(RefusalCode.FORMAT, "the signature of the report is wrong")
        members = strict_json.parse_object(found.payload)
    except (LibraryError, JoseError, JsonError, ValueError, TypeError):
        raise Refused(RefusalCode.FORMAT, "the signature of the report is wrong") from None
    if canonical(members) != found.payload:
        raise Refused(RefusalCode.FORMAT, "the report is not in canonical form")
    return members
