"""Keys in a service elsewhere: asked with a deadline; its silence and its nonsense are both unavailability."""

import secrets
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys.backends.kms import KEEPING, SIGNING, KmsBackend, KmsError
from certs.keys.backends.material import make, signer_of
from certs.keys.backends.proof import prove_key
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from tests.certs.keys.backends.verifying import TEXT, verifies


class FakeKms:
    """A service in memory; ``is_down`` and ``spoilt`` make it fail."""

    def __init__(self):
        self.keys, self.deadlines = {}, []
        self.is_down, self.spoilt = False, {}

    def create(self, key_set, algorithm, deadline):
        self._answer(deadline)
        key_id = secrets.token_hex(8)
        self.keys[key_id] = signer_of(algorithm, make(algorithm))
        return key_id

    def public(self, key_id, deadline):
        self._answer(deadline)
        key = self._find(key_id).private.public_key
        return self.spoilt.get("public", key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def sign(self, key_id, algorithm, message, deadline):
        self._answer(deadline)
        return self.spoilt.get("sign", self._find(key_id).sign(algorithm, message))

    def destroy(self, key_id, deadline):
        self._answer(deadline)
        self.keys.pop(key_id, None)

    def ping(self, deadline):
        self._answer(deadline)

    def _find(self, key_id):
        if key_id not in self.keys:
            raise KmsError("not found: arn:secret-detail")
        return self.keys[key_id]

    def _answer(self, deadline):
        assert isinstance(deadline, timedelta)
        self.deadlines.append(deadline)
        if self.is_down:
            raise TimeoutError("secret-detail")


@pytest.fixture
def kms():
    return FakeKms()


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_key_of_the_service_signs_what_others_verify(kms, algorithm):
    backend = KmsBackend(kms)
    made = backend.generate("report-signing", algorithm)

    signature = backend.signer(made.handle).sign(algorithm, TEXT)

    assert made.handle.startswith("kms:")
    assert verifies(made.public, algorithm, signature)
    assert kms.deadlines == [KEEPING, KEEPING, KEEPING, SIGNING]


def test_a_service_that_is_down_makes_and_signs_nothing_and_is_asked_again_later(kms):
    backend = KmsBackend(kms)
    made = backend.generate("report-signing", "ES256")
    signer = backend.signer(made.handle)
    kms.is_down = True

    for work in (
        lambda: backend.generate("report-signing", "ES256"),
        lambda: backend.signer(made.handle),
        lambda: signer.sign("ES256", TEXT),
        lambda: backend.destroy(made.handle),
    ):
        with pytest.raises(KeyUnavailableError) as refusal:
            work()
        assert "secret-detail" not in str(refusal.value)
    assert (backend.answers(), len(kms.keys)) == (False, 1)
    kms.is_down = False
    prove_key(signer, "ES256")
    assert backend.answers()


@pytest.mark.parametrize("nonsense", [b"", b"x", b"x" * 65])
def test_an_answer_that_is_no_signature_is_not_passed_on(kms, nonsense):
    backend = KmsBackend(kms)
    signer = backend.signer(backend.generate("report-signing", "ES256").handle)
    kms.spoilt["sign"] = nonsense

    with pytest.raises(KeyUnavailableError):
        signer.sign("ES256", TEXT)


def test_another_keys_signature_is_found_out_before_the_key_is_used(kms):
    backend = KmsBackend(kms)
    one, other = (backend.signer(backend.generate("report-signing", "ES256").handle) for _ in range(2))
    kms.spoilt["sign"] = other.sign("ES256", TEXT)

    with pytest.raises(KeyUnavailableError, match="public half"):
        prove_key(one, "ES256")


def test_a_key_whose_public_half_is_no_such_key_is_not_left_behind(kms):
    kms.spoilt["public"] = b"no key"

    with pytest.raises(KeyMaterialError):
        KmsBackend(kms).generate("report-signing", "ES256")

    assert kms.keys == {}


def test_a_key_is_not_asked_for_signatures_of_another_kind(kms):
    backend = KmsBackend(kms)
    signer = backend.signer(backend.generate("report-signing", "ES256").handle)

    with pytest.raises(KeyMaterialError, match="another kind"):
        signer.sign("RS256", TEXT)


@pytest.mark.parametrize("algorithm", ["SM2", "RSA-OAEP-256", "secret", "none"])
def test_what_does_not_sign_is_not_made_over_there(kms, algorithm):
    with pytest.raises(KeyMaterialError):
        KmsBackend(kms).generate("report-signing", algorithm)


def test_a_destroyed_key_signs_no_more_and_nothing_is_ever_handed_out(kms):
    backend = KmsBackend(kms)
    made = backend.generate("report-signing", "ES256")
    signer = backend.signer(made.handle)
    with pytest.raises(KeyMaterialError):
        backend.secret(made.handle)

    backend.destroy(made.handle)

    with pytest.raises(KeyUnavailableError):
        signer.sign("ES256", TEXT)
    with pytest.raises(KeyUnavailableError):
        backend.signer("pkcs11:00")
