"""Requests for certificates of authorities outside (PKCS #10, RFC 2986), for keys that may lie anywhere.

The key signs its own request, through the `Signer` that holds it; a private half is never needed here. The finished
request is read and verified once more before it is given out: an authority refuses a bad one days later.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from asn1crypto import algos, core, csr, keys, pem, x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import load_pem_x509_csr

from certs.keys.backends.public_half import key_of
from certs.keys.distinguished_name import parse_distinguished_name
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import Algorithm, Signer

MAX_NAMES: Final = 100
_LONGEST: Final = 253  # characters of a host name (RFC 1035 §2.3.4)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.ASCII)
_SIGNATURES: Final = {Algorithm.ES256: "sha256_ecdsa", Algorithm.RS256: "sha256_rsa"}
_HALF: Final = 32


def request(signer: Signer, algorithm: str, subject: str, names: Sequence[str]) -> str:
    """Make a request in PEM for a subject (RFC 4514) and its host names.

    ``ES256`` and ``RS256`` sign; keys of PS256 and of RSA-OAEP-256 ask with RS256, which every authority reads. Raises
    ``KeyMaterialError`` for what cannot be asked for, ``KeyUnavailableError`` where the key does not sign.
    """
    signing = Algorithm.ES256 if algorithm == Algorithm.ES256 else Algorithm.RS256
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": _subject(subject),
            "subject_pk_info": keys.PublicKeyInfo.load(_spki(signer.public, signing)),
            "attributes": _attributes(_hosts(names)),
        }
    )
    signature = signer.sign(signing, info.dump())
    made = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": {"algorithm": _SIGNATURES[signing]},
            "signature": _in_der(signature) if signing is Algorithm.ES256 else signature,
        }
    )
    text = pem.armor("CERTIFICATE REQUEST", made.dump())
    _verify(text)
    return str(text.decode("ascii"))


def _subject(text: str) -> x509.Name:
    return x509.Name.load(parse_distinguished_name(text).public_bytes())


def _hosts(names: Sequence[str]) -> tuple[str, ...]:
    hosts = tuple(dict.fromkeys(name.lower() for name in names))
    if len(hosts) > MAX_NAMES or not all(len(host) <= _LONGEST and _HOST.fullmatch(host) for host in hosts):
        raise KeyMaterialError("a name in the request is no full host name, or there are too many of them")
    return hosts


def _attributes(hosts: tuple[str, ...]) -> list[dict[str, Any]]:
    if not hosts:
        return []
    alternative = x509.GeneralNames([x509.GeneralName("dns_name", host) for host in hosts])
    wanted = {"extn_id": "subject_alt_name", "critical": False, "extn_value": alternative}
    return [{"type": "extension_request", "values": [[wanted]]}]


def _spki(public: Mapping[str, Any], signing: Algorithm) -> bytes:
    return key_of(signing, public).as_der(private=False)


def _in_der(signature: bytes) -> bytes:
    # RFC 7518 §3.4 sets r and s side by side, RFC 3279 §2.2.3 wants them as a sequence of integers.
    r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    der: bytes = algos.DSASignature({"r": core.Integer(r), "s": core.Integer(s)}).dump()
    return der


def _verify(text: bytes) -> None:
    try:
        holds = load_pem_x509_csr(text).is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        holds = False
    if not holds:
        raise KeyUnavailableError("the key did not sign what its public half verifies")
