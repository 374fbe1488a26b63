"""A certificate that comes back from an authority: taken when everything fits, refused with the check that does not."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey, RSAKey

from certs.keys.certificate_bundle import MAX_BUNDLE
from certs.keys.errors import KeyMaterialError
from certs.keys.own_certificate import CertificateImportError, ExpectedCertificate, ImportFault, Purpose, check_import
from certs.keys.rotation.guards import GuardNumber
from tests.certs.builders import NOW
from tests.certs.keys.authorities import CLIENT, HOSTS, SERVER, a_key, authority, certificate, pem, usage

ROOT, ISSUING = authority("root", "root"), authority()
OWN = certificate()
PUBLIC = ECKey.import_key(a_key("own")).as_dict(private=False)


def expected(purpose=Purpose.TLS_SERVER, **changes):
    return ExpectedCertificate(purpose, **{"authorities": (pem(ROOT),), **changes})


def imported(*certificates, raw=None, public=PUBLIC, current=None, **changes):
    data = pem(*(certificates or (OWN, ISSUING))) if raw is None else raw
    return check_import(data, public=public, expected=expected(**changes), current=current, now=NOW)


def refused(fault, *certificates, **changes):
    with pytest.raises(CertificateImportError) as refusal:
        imported(*certificates, **changes)
    error = refusal.value
    assert error.code is fault, str(error)
    assert all((error.sentence, error.need, error.have))
    assert (error.guard.number, error.guard.holds) == (GuardNumber.CERTIFICATE, False)
    return error


def test_a_certificate_that_fits_is_taken_with_its_chain_and_its_times():
    taken = imported(names=HOSTS)

    assert taken.chain == (pem(OWN).decode(), pem(ISSUING).decode())
    assert (taken.not_before, taken.not_after) == (NOW - timedelta(days=1), NOW + timedelta(days=90))
    assert taken.subject == "CN=own,O=Example,C=HK"
    assert taken.fingerprint == f"sha256:{OWN.fingerprint(hashes.SHA256()).hex()}"
    assert taken.warnings == ()


def test_the_top_of_the_chain_is_left_out_and_the_order_above_the_own_one_is_put_right():
    middle = authority("middle", "issuing")
    own = certificate(issuer="middle")

    assert imported(own, ISSUING, ROOT, middle).chain == tuple(pem(one).decode() for one in (own, middle, ISSUING))


def test_text_around_the_certificates_does_not_matter():
    assert imported(raw=b"subject=CN = own\n" + pem(OWN) + b"\nissuer=...\n" + pem(ISSUING)).chain


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", ImportFault.UNREADABLE),
        (b"no certificate", ImportFault.UNREADABLE),
        (pem(OWN)[:-40], ImportFault.UNREADABLE),
        (pem(OWN).replace(b"A", b"B"), ImportFault.UNREADABLE),
        (pem(OWN).replace(b"CERTIFICATE", b"CERTIFICATE REQUEST"), ImportFault.UNREADABLE),
        (pem(OWN) + b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", ImportFault.UNREADABLE),
        (pem(OWN) * 9, ImportFault.UNREADABLE),
        (pem(OWN) + b"x" * MAX_BUNDLE, ImportFault.OVERSIZED),
        (pem(OWN, ISSUING, OWN), ImportFault.DOUBLED),
        (pem(OWN, ISSUING, ISSUING), ImportFault.DOUBLED),
        (pem(OWN) + b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", ImportFault.PRIVATE_KEY),
    ],
)
def test_what_is_no_bundle_of_certificates_is_refused(raw, fault):
    refused(fault, raw=raw)


def test_an_extension_that_must_be_understood_and_is_not_is_refused():
    unknown = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), True)

    refused(ImportFault.UNREADABLE, certificate(further=(unknown,)), ISSUING)


def test_a_certificate_for_another_key_is_refused():
    refused(ImportFault.OTHER_KEY, certificate("other"), ISSUING)


def test_the_own_certificate_has_to_come_first():
    refused(ImportFault.OTHER_KEY, ISSUING, OWN)


@pytest.mark.parametrize("key", ["rsa1024-own", "k256-own"])
def test_a_weak_or_odd_key_is_refused(key):
    refused(ImportFault.ALGORITHM, certificate(key), ISSUING)


def test_a_broken_hash_is_refused_anywhere_in_the_chain():
    # cryptography makes no SHA-1 signatures any more: the algorithm's name is exchanged in a finished certificate.
    sha256, sha1 = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d010105")
    own = certificate("rsa2048-own", "rsa2048-issuing")
    spoilt = x509.load_der_x509_certificate(own.public_bytes(Encoding.DER).replace(sha256, sha1))
    weak = authority("weak", "root", hash=hashes.SHA224())

    refused(ImportFault.ALGORITHM, spoilt, public=RSAKey.import_key(a_key("rsa2048-own")).as_dict(private=False))
    refused(ImportFault.ALGORITHM, certificate(issuer="weak"), weak)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"begins": NOW + timedelta(minutes=6)}, ImportFault.NOT_YET_VALID),
        ({"ends": NOW}, ImportFault.EXPIRED),
        ({"ends": NOW - timedelta(seconds=1)}, ImportFault.EXPIRED),
    ],
)
def test_a_certificate_outside_its_time_is_refused_and_so_is_its_authority(changes, fault):
    refused(fault, certificate(**changes), ISSUING)
    refused(fault, OWN, authority(**changes))


def test_a_certificate_that_ends_soon_is_taken_with_a_warning():
    near = certificate(ends=NOW + timedelta(days=28) - timedelta(seconds=1))
    far = certificate(ends=NOW + timedelta(days=28))

    assert ["ends in 27 days" in one for one in imported(near, ISSUING).warnings] == [True]
    assert imported(far, ISSUING).warnings == ()


@pytest.mark.attack("KM-04")
@pytest.mark.parametrize(
    ("purpose", "changes"),
    [
        (Purpose.TLS_SERVER, {"extended": (CLIENT,)}),
        (Purpose.TLS_SERVER, {"extended": ()}),
        (Purpose.TLS_SERVER, {"usage": usage("key_encipherment")}),
        (Purpose.TLS_CLIENT, {"extended": (SERVER,)}),
        (Purpose.TLS_CLIENT, {"extended": (CLIENT,), "usage": usage("key_agreement")}),
        (Purpose.SIGNING, {"extended": (SERVER, CLIENT)}),
        (Purpose.SIGNING, {"extended": (), "usage": None}),
        (Purpose.SIGNING, {"extended": (), "usage": usage("key_encipherment")}),
        (Purpose.ENCIPHERMENT, {"extended": (), "usage": usage("digital_signature")}),
        (Purpose.ENCIPHERMENT, {"extended": (), "usage": None}),
        (Purpose.TLS_SERVER, {"usage": usage("digital_signature", "key_cert_sign")}),
        (Purpose.TLS_SERVER, {"ca": True}),
    ],
)
def test_km_04_a_certificate_for_another_purpose_is_refused(purpose, changes):
    refused(ImportFault.USAGE, certificate(**changes), ISSUING, purpose=purpose)


@pytest.mark.parametrize(
    ("purpose", "changes"),
    [
        (Purpose.TLS_SERVER, {"usage": None}),
        (Purpose.TLS_CLIENT, {"extended": (CLIENT, SERVER), "usage": None}),
        (Purpose.TLS_CLIENT, {"extended": ()}),
        (Purpose.SIGNING, {"extended": (), "usage": usage("content_commitment")}),
        (Purpose.ENCIPHERMENT, {"extended": (), "usage": usage("key_encipherment")}),
    ],
)
def test_a_certificate_for_its_purpose_is_taken(purpose, changes):
    assert imported(certificate(**changes), ISSUING, purpose=purpose).chain


def test_a_certificate_without_a_host_name_that_was_asked_for_is_refused():
    error = refused(ImportFault.NAMES, OWN, ISSUING, names=("gateway.example.hk", "api.example.hk"))

    assert error.have == "not api.example.hk"


def test_a_chain_that_ends_at_nobody_expected_is_refused():
    stranger = authority("stranger", "stranger")

    refused(ImportFault.AUTHORITY, OWN)
    refused(ImportFault.AUTHORITY, OWN, ISSUING, authorities=())
    refused(ImportFault.AUTHORITY, OWN, ISSUING, authorities=(pem(stranger),))
    refused(ImportFault.AUTHORITY, certificate(signer="stranger"), ISSUING)
    refused(ImportFault.AUTHORITY, OWN, authority(ca=False))
    refused(ImportFault.AUTHORITY, OWN, authority(usage=usage("crl_sign")))
    refused(ImportFault.AUTHORITY, OWN, authority("issuing", "stranger"), stranger)


def test_a_certificate_that_has_no_part_in_the_chain_is_refused():
    refused(ImportFault.FOREIGN, OWN, ISSUING, authority("stranger", "stranger"))


def test_an_expected_authority_that_is_no_certificate_is_the_settings_fault():
    with pytest.raises(KeyMaterialError):
        imported(authorities=(b"nothing",))


def test_a_successor_is_not_weaker_than_the_certificate_in_use():
    in_use = {
        "fewer hosts": certificate(hosts=(*HOSTS, "api.example.hk")),
        "a weaker key": certificate("p384-own"),
        "a weaker hash": certificate(hash=hashes.SHA384()),
    }

    for current in in_use.values():
        refused(ImportFault.DOWNGRADE, OWN, ISSUING, current=pem(current, ISSUING))


def test_a_successor_that_is_as_good_or_better_is_taken_and_oddities_are_told():
    same = imported(current=pem(OWN))
    better = imported(certificate(hosts=(*HOSTS, "api.example.hk"), hash=hashes.SHA512()), ISSUING, current=pem(OWN))
    odd = imported(current=pem(certificate(ends=NOW + timedelta(days=99), subject="CN=another,C=HK")))

    assert same.warnings == better.warnings == ()
    assert len(odd.warnings) == 2


def test_a_fingerprint_may_be_typed_in_the_usual_ways():
    digits = OWN.fingerprint(hashes.SHA256()).hex()
    pairs = ":".join(digits[at : at + 2] for at in range(0, 64, 2))

    for typed in (digits, f"sha256:{digits}", f"SHA256:{pairs.upper()}", f" {pairs} ", None):
        assert imported(fingerprint=typed).chain


@pytest.mark.parametrize(
    "typed", ["", "sha256:", "0" * 64, "sha1:" + "0" * 40, "0" * 63, "é" * 64, "sha256:" + "0" * 65]
)
def test_another_fingerprint_or_none_at_all_is_refused(typed):
    refused(ImportFault.FINGERPRINT, fingerprint=typed)


def test_a_refusal_quotes_nothing_of_what_was_sent():
    error = refused(ImportFault.PRIVATE_KEY, raw=b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")

    assert "c2VjcmV0" not in str(error) + repr(error)
