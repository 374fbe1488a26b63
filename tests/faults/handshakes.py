"""TLS handshakes in memory: a server's context and a client's, without a socket between them."""

import ssl
from pathlib import Path

_STEPS = 10


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost") -> bytes:
    """Shake hands; gives the certificate that the client was shown, in DER form."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname=host)
    waiting = [theirs, ours]
    for _ in range(_STEPS):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    assert not waiting, "the handshake has come to no end"
    return theirs.getpeercert(binary_form=True) or b""


def trusting(*certificates: Path) -> ssl.SSLContext:
    """A client that trusts the certificates in some files, and no others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in certificates:
        context.load_verify_locations(path)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
