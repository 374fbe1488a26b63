"""The managed key of TLS becomes the files that the listener reads: written on every machine, as often as it takes.

The listener takes up renewed files by itself (`gateway.web.tls`), and goes on with the old pair until both fit.
"""

import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from certs.keys.backends import KeyBackend
from certs.keys.errors import KeyMaterialError
from certs.keys.rotation.records import KeySetRecord
from gateway.config import Server

_LOG: Final = logging.getLogger("gateway.keys")


def installer(server: Server, backend: KeyBackend) -> Callable[[KeySetRecord], Awaitable[None]]:
    """What the set's record, when it changes, has to be handed to."""

    async def install(keys: KeySetRecord) -> None:
        active = keys.active
        if active is None or not active.certificates or server.tls_certificate is None or server.tls_key is None:
            return
        try:
            private = backend.secret(active.handle or "")
            chain = "".join(f"{one.strip()}\n" for one in active.certificates).encode("ascii")
            _write(server.tls_key, private)
            _write(server.tls_certificate, chain)
        except (KeyMaterialError, OSError) as error:
            _LOG.warning("the renewed TLS key could not be installed: %s", type(error).__name__)

    return install


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole, for its owner's eyes only; one that is right already is left alone."""
    if path.exists() and path.read_bytes() == content:
        return
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
