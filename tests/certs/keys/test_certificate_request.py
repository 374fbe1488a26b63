"""Requests for certificates: read by another library, signed by keys wherever they lie, refused when nobody would take them."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from certs.keys.backends.material import make, public_of, signer_of
from certs.keys.certificate_request import MAX_NAMES, request
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import LocalSigner, PublicHalf

SUBJECT = "CN=gateway.example.hk,O=Gateway Example,C=HK"
EC = signer_of("ES256", make("ES256"))


@pytest.fixture(scope="module")
def rsa():
    return signer_of("RS256", make("RS256"))


@pytest.mark.spec("RFC 2986 §4")
def test_a_request_names_its_subject_its_hosts_and_the_key_that_signed_it():
    pem = request(EC, "ES256", SUBJECT, ["gateway.example.hk", "WWW.gateway.example.hk", "gateway.example.hk"])

    read = x509.load_pem_x509_csr(pem.encode())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert read.is_signature_valid
    assert read.subject == x509.Name.from_rfc4514_string(SUBJECT)
    assert names.get_values_for_type(x509.DNSName) == ["gateway.example.hk", "www.gateway.example.hk"]
    assert isinstance(read.signature_hash_algorithm, SHA256)
    assert read.public_key() == EC.private.public_key


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "RSA-OAEP-256"])
def test_keys_of_rsa_ask_in_the_way_that_every_authority_reads(rsa, algorithm):
    pem = request(rsa, algorithm, SUBJECT, ["gateway.example.hk"])

    read = x509.load_pem_x509_csr(pem.encode())
    assert (read.is_signature_valid, read.signature_algorithm_oid.dotted_string) == (True, "1.2.840.113549.1.1.11")


def test_openssl_takes_a_request(tmp_path, rsa):
    for number, (signer, algorithm) in enumerate(((EC, "ES256"), (rsa, "RS256"))):
        path = tmp_path / f"{number}.csr"
        path.write_text(request(signer, algorithm, SUBJECT, ["gateway.example.hk"]))

        said = subprocess.run(
            ["openssl", "req", "-in", path, "-verify", "-noout", "-text"], check=True, capture_output=True, text=True
        )

        assert "DNS:gateway.example.hk" in said.stdout
        assert "OK" in said.stdout + said.stderr


def test_a_request_without_hosts_has_no_extensions():
    read = x509.load_pem_x509_csr(request(EC, "ES256", "O=Vereinigte Ämter \\, Macau,C=MO", []).encode())

    assert list(read.extensions) == []
    assert "Ämter , Macau" in read.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value


def test_a_key_whose_private_half_lies_elsewhere_asks_like_any_other(elsewhere):
    read = x509.load_pem_x509_csr(request(elsewhere, "ES256", SUBJECT, ["gateway.example.hk"]).encode())

    assert read.is_signature_valid


@pytest.fixture
def elsewhere():
    """What a token gives: public members and signatures, and no private half."""

    class Elsewhere:
        public = public_of("ES256", EC.private.as_pem(private=True))

        def sign(self, algorithm, message):
            return EC.sign(algorithm, message)

    return Elsewhere()


@pytest.mark.parametrize("subject", ["", "no name", "CN=a;;", "CN=" + "x" * 5000])
def test_what_is_no_subject_is_refused(subject):
    with pytest.raises(KeyMaterialError):
        request(EC, "ES256", subject, [])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "localhost",
        "*.example.hk",
        "-a.example.hk",
        "a..hk",
        "a.hk.",
        "a b.hk",
        "例.hk",
        "a.hk\n",
        "10.0.0.1:443",
        f"{'a' * 64}.hk",
        ".".join(["a" * 60] * 5),
    ],
)
def test_what_is_no_full_host_name_is_refused(name):
    with pytest.raises(KeyMaterialError, match="host name"):
        request(EC, "ES256", SUBJECT, ["gateway.example.hk", name])


def test_more_hosts_than_anybody_has_are_refused():
    with pytest.raises(KeyMaterialError, match="too many"):
        request(EC, "ES256", SUBJECT, [f"a{number}.example.hk" for number in range(MAX_NAMES + 1)])


def test_a_key_of_the_other_family_cannot_ask(rsa):
    for signer, algorithm in ((rsa, "ES256"), (EC, "RS256")):
        with pytest.raises(KeyMaterialError, match="another kind"):
            request(signer, algorithm, SUBJECT, [])


def test_a_key_that_does_not_sign_asks_for_nothing():
    class Other:
        public = LocalSigner(EC.private).public

        def sign(self, algorithm, message):
            return signer_of("ES256", make("ES256")).sign(algorithm, message)

    for signer in (Other(), PublicHalf(EC.public)):
        with pytest.raises(KeyUnavailableError):
            request(signer, "ES256", SUBJECT, [])


def test_nothing_private_stands_in_a_request():
    pem = request(EC, "ES256", SUBJECT, [])

    scalar = EC.private.private_key.private_numbers().private_value.to_bytes(32, "big")
    assert isinstance(EC.private.private_key, ec.EllipticCurvePrivateKey)
    assert scalar not in x509.load_pem_x509_csr(pem.encode()).tbs_certrequest_bytes
