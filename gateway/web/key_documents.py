"""Published key sets: what others may hold of them, and how long, is a promise that rotations keep (RFC 7517 §5)."""

import hashlib
import json

from starlette.requests import Request
from starlette.responses import Response

from certs.keys.signing_key import KeySource

_HEADERS = {
    "access-control-allow-origin": "*",  # public documents without credentials (WB-01)
    "cross-origin-resource-policy": "cross-origin",
}


def key_document(request: Request, keys: KeySource, cache_control: str) -> Response:
    """The set as it is now, with a strong ETag, or 304 to whoever has it (RFC 9110 §13.1.2)."""
    body = json.dumps(keys.jwks(), separators=(",", ":")).encode("ascii")
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_HEADERS, "cache-control": cache_control, "etag": etag}
    held = request.headers.get("if-none-match", "")
    if etag in {one.strip().removeprefix("W/") for one in held[:1024].split(",")} or held.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
