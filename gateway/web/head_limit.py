"""A bound for request heads below the application: the fast parser keeps a head of any size until it ends (HP-06)."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 32 * 1024
"""Bytes of request line and headers after which a connection is cut off; the edge refuses politely from 16 kB on."""

_REFUSAL: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttpProtocol(HttpToolsProtocol):
    """The server's protocol, which hangs up on a head that does not end."""

    _head_bytes = 0
    _head_ended = False
    _is_in_body = False

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
