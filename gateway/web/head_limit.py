"""The server's protocol, as we want it: bounded heads, and what the connection itself says of who is calling.

The fast parser keeps a head of any size until it ends (HP-06). And the address and the TLS certificate at the other end
must reach the application before any header is believed (HP-02, RFC 8705).
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.web.source import PEER, TLS
from gateway.web.tls import proven

HEAD_BYTES: Final = 32 * 1024
"""Bytes of request line and headers after which a connection is cut off; the edge refuses politely from 16 kB on."""

GRACE_SECONDS: Final = 0.5
"""How long a worker that is being replaced waits for the first request of a connection that it has taken already."""

_REFUSAL: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttpProtocol(HttpToolsProtocol):
    """The server's protocol, which hangs up on a head that does not end, and remembers who is at the other end."""

    _head_bytes = 0
    _head_ended = False
    _is_in_body = False
    _extensions: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the parent has it
        """Look once at who is calling; every request of the connection is told."""
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        self._extensions = {PEER: self.client[0] if self.client else ""}
        if connection is not None:
            self._extensions[TLS] = proven(connection)

    def shutdown(self) -> None:
        """End in order; whoever has only just come may still say what they want, and is answered (F-UPG-01)."""
        current: Any = self.cycle  # none before the first request, whatever its type says
        if current is None and not self.transport.is_closing():
            self.loop.call_later(GRACE_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = cast("Any", self._extensions)

    def data_received(self, data: bytes) -> None:
        """Count what arrives while a head is open; a head that ends is for the edge to judge, however long it is."""
        self._head_ended = False
        super().data_received(data)
        self._head_bytes = 0 if self._head_ended or self._is_in_body else self._head_bytes + len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """A head has ended: what follows is a body, or the next head."""
        self._head_ended = self._is_in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A body has ended."""
        self._is_in_body = False
        super().on_message_complete()
