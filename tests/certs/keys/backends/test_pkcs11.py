"""Keys on a token, played with SoftHSM: made there, never out of there, used again after the token was gone."""

import secrets
import threading
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_csr

from certs.keys.backends import pkcs11_token
from certs.keys.backends.pkcs11 import Pkcs11Backend
from certs.keys.backends.proof import prove_key
from certs.keys.backends.public_half import members_of_spki
from certs.keys.certificate_request import request
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from tests.certs.keys.backends.softhsm import PIN
from tests.certs.keys.backends.verifying import TEXT, verifies


@pytest.fixture(scope="module")
def label(hsm):
    name = f"gate-{secrets.token_hex(4)}"
    hsm.make_token(name)
    return name


@pytest.fixture
def token(hsm, label):
    backend = Pkcs11Backend(hsm.library, label, PIN)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def made(hsm, label):
    """One key of each algorithm: RSA keys take their time."""
    backend = Pkcs11Backend(hsm.library, label, PIN)
    keys = {algorithm: backend.generate("oidc-signing", algorithm) for algorithm in ("ES256", "RS256", "PS256")}
    backend.close()
    return keys


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256"])
def test_a_key_of_the_token_signs_what_others_verify(token, made, algorithm):
    key = made[algorithm]

    signature = token.signer(key.handle).sign(algorithm, TEXT)

    assert verifies(key.public, algorithm, signature)
    assert not verifies(key.public, algorithm, signature, b"another text")
    prove_key(token.signer(key.handle), algorithm)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_key_of_the_token_signs_the_request_for_its_own_certificate(token, made, algorithm):
    pem = request(token.signer(made[algorithm].handle), algorithm, "CN=gateway,C=HK", ["gateway.example.hk"])

    read = load_pem_x509_csr(pem.encode())
    public = members_of_spki(algorithm, read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert (read.is_signature_valid, public) == (True, made[algorithm].public)


@pytest.mark.attack("KM-05")
def test_km_05_a_private_half_cannot_be_taken_out_of_the_token(hsm, token, made, label):
    handle = made["ES256"].handle
    with pytest.raises(KeyMaterialError):
        token.secret(handle)
    key_id = bytes.fromhex(handle.partition(":")[2])
    token.close()

    with pkcs11.lib(str(hsm.library)).get_token(token_label=label).open(user_pin=PIN) as session:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=key_id)
        assert (private[pkcs11.Attribute.EXTRACTABLE], private[pkcs11.Attribute.SENSITIVE]) == (False, True)
        assert private[pkcs11.Attribute.LABEL] == "oidc-signing"
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            private[pkcs11.Attribute.VALUE]


def test_a_token_that_makes_extractable_keys_is_refused_and_keeps_none(token, monkeypatch):
    kept = []
    monkeypatch.setattr("certs.keys.backends.pkcs11._make", lambda *_: kept.append(1))

    with pytest.raises(KeyMaterialError, match="taken out"):
        token.generate("oidc-signing", "ES256")


def test_a_destroyed_key_signs_no_more_and_destroying_it_again_is_no_error(token):
    key = token.generate("oidc-signing", "ES256")
    signer = token.signer(key.handle)
    signer.sign("ES256", TEXT)

    token.destroy(key.handle)
    token.destroy(key.handle)

    with pytest.raises(KeyUnavailableError, match="no such key"):
        signer.sign("ES256", TEXT)
    with pytest.raises(KeyUnavailableError, match="no such key"):
        token.signer(key.handle)


def test_a_token_that_is_pulled_out_signs_nothing_until_it_is_back(hsm, token, made, label):
    signer = token.signer(made["ES256"].handle)
    signer.sign("ES256", TEXT)
    away = hsm.take_out(label)

    with pytest.raises(KeyUnavailableError, match="does not answer"):
        signer.sign("ES256", TEXT)
    assert not token.answers()
    hsm.put_in(away)
    assert token.answers()
    prove_key(signer, "ES256")


def test_a_session_that_was_lost_is_opened_again_without_anybody_noticing(token, made):
    signer = token.signer(made["ES256"].handle)
    signer.sign("ES256", TEXT)
    token._token.run(lambda _, session: session.close())

    assert verifies(made["ES256"].public, "ES256", signer.sign("ES256", TEXT))
    assert token.answers()


def test_a_wrong_pin_is_tried_once_so_that_it_locks_no_token(hsm, label):
    wrong = Pkcs11Backend(hsm.library, label, "0000000000")

    assert not wrong.answers()
    with pytest.raises(KeyUnavailableError, match="not asked again") as refusal:
        wrong.generate("oidc-signing", "ES256")

    assert "0000000000" not in str(refusal.value) + repr(wrong) + repr(refusal.value)


def test_many_threads_sign_with_one_token(token, made):
    signer, signatures = token.signer(made["ES256"].handle), []
    threads = [
        threading.Thread(target=lambda: signatures.extend(signer.sign("ES256", TEXT) for _ in range(10)))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(signatures)) == 80
    assert all(verifies(made["ES256"].public, "ES256", one) for one in signatures[::8])


def test_a_token_that_is_not_there_does_not_answer(hsm):
    absent = Pkcs11Backend(hsm.library, "no such token", PIN)

    assert not absent.answers()
    with pytest.raises(KeyUnavailableError, match="does not answer"):
        absent.signer("pkcs11:" + "0" * 32)


@pytest.mark.parametrize("module", ["/nonexistent/module.so", __file__])
def test_a_module_that_is_not_there_or_is_none_does_not_answer(module):
    assert not Pkcs11Backend(Path(module), "gate", PIN).answers()


def test_without_the_binding_a_plain_sentence_says_what_to_install(monkeypatch):
    def lacking(name):
        raise ImportError(name)

    monkeypatch.setattr(pkcs11_token.importlib, "import_module", lacking)

    with pytest.raises(KeyUnavailableError, match="python-pkcs11"):
        Pkcs11Backend(Path("/nonexistent/module.so"), "gate", PIN).signer("pkcs11:" + "0" * 32)


@pytest.mark.parametrize("algorithm", ["SM2", "RSA-OAEP-256", "secret", "none"])
def test_what_does_not_sign_is_not_made_on_a_token(algorithm):
    with pytest.raises(KeyMaterialError):
        Pkcs11Backend(Path("/nonexistent/module.so"), "gate", PIN).generate("oidc-signing", algorithm)


@pytest.mark.parametrize("handle", ["sealed:x", "pkcs11:", "pkcs11:00", "pkcs11:" + "Z" * 32])
def test_a_handle_of_another_place_or_shape_reaches_no_token(handle):
    with pytest.raises(KeyUnavailableError):
        Pkcs11Backend(Path("/nonexistent/module.so"), "gate", PIN).destroy(handle)
