"""An authority outside that certifies keys of ours: right by default, one keyword spoils a certificate."""

from datetime import timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Extended

from tests.certs.builders import NOW

HOSTS = ("gateway.example.hk", "www.gateway.example.hk")
SERVER, CLIENT = Extended.SERVER_AUTH, Extended.CLIENT_AUTH


@cache
def a_key(name: str) -> Any:
    """The same key for the same name; the name says the kind."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(65537, int(name.partition("-")[0][3:]))
    curve = {"p384": ec.SECP384R1(), "p521": ec.SECP521R1(), "k256": ec.SECP256K1()}.get(name[:4], ec.SECP256R1())
    return ec.generate_private_key(curve)


def usage(*names: str) -> x509.KeyUsage:
    """Key usages by name."""
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in every})


def certificate(key: str = "own", issuer: str = "issuing", **changes: Any) -> x509.Certificate:
    """A certificate for a TLS server."""
    told = {"usage": usage("digital_signature"), "extended": (SERVER,), "hosts": HOSTS, "ca": False, **changes}
    return _issue(key, issuer, told)


def authority(key: str = "issuing", issuer: str = "root", **changes: Any) -> x509.Certificate:
    """An authority; the one at the top issues itself."""
    told = {"usage": usage("key_cert_sign", "crl_sign"), "extended": (), "hosts": (), "ca": True, **changes}
    return _issue(key, issuer, told)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def _issue(key: str, issuer: str, told: dict[str, Any]) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(told.get("subject", f"CN={key},O=Example,C=HK")))
        .issuer_name(x509.Name.from_rfc4514_string(f"CN={issuer},O=Example,C=HK"))
        .public_key(told.get("public", a_key(key).public_key()))
        .serial_number(x509.random_serial_number())
        .not_valid_before(told.get("begins", NOW - timedelta(days=1)))
        .not_valid_after(told.get("ends", NOW + timedelta(days=90)))
        .add_extension(x509.BasicConstraints(told["ca"], None), critical=True)
    )
    if told["usage"] is not None:
        builder = builder.add_extension(told["usage"], critical=True)
    if told["extended"]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(told["extended"]), critical=False)
    if told["hosts"]:
        names = [x509.DNSName(host) for host in told["hosts"]]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    for extension, is_critical in told.get("further", ()):
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(a_key(told.get("signer", issuer)), told.get("hash", hashes.SHA256()))
