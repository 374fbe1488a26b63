"""A public half as partners want to be given it: PEM, or the SM2 point in hexadecimal (RFC 7468 §13, GB/T 32918.1)."""

from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError as ForeignError
from joserfc.jwk import ECKey, RSAKey

from certs.keys import base64url
from certs.keys.errors import KeyMaterialError

_COORDINATE: Final = 32


def public_text(public: Mapping[str, Any]) -> str:
    """Write the public members of a record; a secret has none, and gives an empty text."""
    if not public:
        return ""
    try:
        if public.get("crv") == "SM2":
            return f"04{_coordinate(public['x'])}{_coordinate(public['y'])}"
        kind = RSAKey if public.get("kty") == "RSA" else ECKey
        return kind.import_key(dict(public)).as_pem(private=False).decode("ascii")
    except (KeyError, ValueError, TypeError, ForeignError):
        raise KeyMaterialError("the public half on record cannot be read") from None


def _coordinate(text: str) -> str:
    decoded = base64url.decode(text)
    if len(decoded) != _COORDINATE:
        raise ValueError("a coordinate of another length")
    return decoded.hex()
