"""Signatures of the simulated people in every format, read by engines that did not write them."""

import base64
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from jose import jws as jose_jws
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.status import SignatureCoverageLevel

from mock_idps.authority import cms, jws, pdf, results, stamps
from mock_idps.authority.cms import Message, Signer
from mock_idps.authority.keys import Family, Scheme, digest
from mock_idps.authority.pdf_changes import CHANGES, change
from mock_idps.authority.sm2 import sm3
from tests.authority import NOW, a_world
from tests.mock_idps.authority.checking import MOMENT, openssl, pem_file, public_key, sm2_verifies

CONTENT = b"A fictional contract."


def openssl_believes(folder: Path, message: bytes, *, root: str = "hk-root-2", detached: bool = True) -> bool:
    (folder / "content").write_bytes(CONTENT)
    (folder / "message").write_bytes(message)
    anchor = pem_file(folder, "root.pem", a_world().authority(root).der)
    content = ["-content", str(folder / "content")] if detached else []
    about = ["-CAfile", anchor, "-purpose", "any", "-binary", "-attime", MOMENT, "-out", "/dev/null"]
    return openssl("cms", "-verify", "-inform", "DER", "-in", str(folder / "message"), *content, *about)


@pytest.mark.spec("RFC 5652 §5")
@pytest.mark.parametrize(
    ("family", "scheme"),
    [
        (Family.RSA, Scheme("sha256")),
        (Family.RSA, Scheme("sha512", pss=True)),
        (Family.P256, Scheme("sha256")),
        (Family.P384, Scheme("sha384")),
    ],
)
def test_openssl_believes_a_detached_message(tmp_path: Path, family: Family, scheme: Scheme) -> None:
    certificate = a_world().issue("hk-personal-mr", family=family)
    signer = Signer(certificate=certificate, scheme=scheme, signing_time=NOW)

    assert openssl_believes(tmp_path, cms.sign(Message(content=CONTENT), signer))


def test_openssl_believes_two_signers_attached_and_timestamped(tmp_path: Path) -> None:
    world = a_world()
    message = Message(content=CONTENT, attached=True)
    first = stamps.stamped(world, message, Signer(certificate=world.issue("hk-personal-mr")))
    second = Signer(certificate=world.issue("hk-organisational-mr"), by_key_id=True, protection=True)

    assert openssl_believes(tmp_path, cms.sign(message, first, second), detached=False)


def test_an_ed25519_message_signs_its_attributes() -> None:
    certificate = a_world().issue("hk-personal-mr", family=Family.ED25519)
    signer = Signer(certificate=certificate)
    message = Message(content=CONTENT)

    value = cms.signature_of(message, signer)
    assert value in cms.sign(message, signer)  # it is deterministic


@pytest.mark.attack("SG-07")
@pytest.mark.parametrize(
    "spoil",
    [
        {"content_digest": bytes(32)},
        {"damaged": True},
        {"missing": cms.MESSAGE_DIGEST},
        {"missing": cms.CONTENT_TYPE},
    ],
)
def test_sg_07_openssl_refuses_a_spoilt_message(tmp_path: Path, spoil: dict) -> None:
    signer = replace(Signer(certificate=a_world().issue("hk-personal-mr")), **spoil)

    assert not openssl_believes(tmp_path, cms.sign(Message(content=CONTENT), signer))


@pytest.mark.parametrize("national", [False, True])
def test_an_sm2_message_without_attributes_signs_the_content(national: bool) -> None:
    certificate = a_world().issue("gd-sign")
    signer = Signer(certificate=certificate, attributes=False)
    message = Message(content=CONTENT, national=national, attached=True)
    value = cms.signature_of(message, signer)
    encoded = cms.sign(message, replace(signer, signature=value))

    assert sm2_verifies(certificate.key.spki, CONTENT, value)
    assert value in encoded
    assert (b"\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02" in encoded) is national


@pytest.mark.spec("RFC 7515 §7.1")
@pytest.mark.parametrize(
    ("family", "alg"),
    [(Family.RSA, "RS256"), (Family.RSA, "RS512"), (Family.P256, "ES256"), (Family.P384, "ES384")],
)
def test_python_jose_believes_a_compact_signature(family: Family, alg: str) -> None:
    certificate = a_world().issue("hk-personal-mr", family=family)
    token = jws.compact(CONTENT, jws.Signer(certificate=certificate, alg=alg)).decode()
    pem = public_key(certificate).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    assert jose_jws.verify(token, pem.decode(), [alg]) == CONTENT
    with pytest.raises(Exception, match="Signature verification failed"):
        jose_jws.verify(f"{token[:-4]}AAAA", pem.decode(), [alg])


def test_a_jades_signature_names_time_objects_and_what_must_be_understood() -> None:
    certificate = a_world().issue("mo-qualified")
    header = jws.merged(jws.jades_header(NOW), jws.references({"a.txt": b"A"}), {"crit": ["sigD"]})
    written = json.loads(jws.general(b"", [jws.Signer(certificate=certificate, header=header)], detached=True))
    protected = written["signatures"][0]["protected"]
    said = json.loads(base64.urlsafe_b64decode(protected + "=="))

    assert said["crit"] == ["sigT", "sigD"]
    assert said["sigD"]["pars"] == ["a.txt"]
    assert base64.b64decode(said["x5c"][0]) == certificate.der
    assert "payload" not in written


@pytest.mark.spec("ISO 32000-2 §12.8")
def test_a_pdf_signature_covers_the_whole_file_but_its_gap() -> None:
    signed = pdf.sign(pdf.blank(), Signer(certificate=a_world().issue("hk-personal-mr")), pdf.Seal(certify=2))
    (found,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    said = {item["type"].native: item["values"][0].native for item in found.signer_info["signed_attrs"]}

    assert found.compute_digest() == said["message_digest"]
    assert found.byte_range[0] == 0
    assert found.byte_range[2] + found.byte_range[3] == len(signed)


def test_a_pdf_can_be_signed_again_with_sm2_and_stamped() -> None:
    world = a_world()
    once = pdf.sign(pdf.blank(), Signer(certificate=world.issue("hk-personal-mr")))
    twice = pdf.sign(once, Signer(certificate=world.issue("gd-sign")), pdf.Seal(field_name="Two"))
    stamped = pdf.stamp(twice, world)

    found = PdfFileReader(BytesIO(stamped)).embedded_signatures
    assert [one.field_name for one in found] == ["Signature1", "Two", "Timestamp1"]
    assert stamped.startswith(twice)


@pytest.mark.attack("SG-08")
@pytest.mark.parametrize("name", CHANGES)
def test_sg_08_a_change_after_signing_keeps_what_was_signed_and_is_noticed(name: str) -> None:
    signed = pdf.sign(pdf.blank(), Signer(certificate=a_world().issue("hk-personal-mr")))
    changed = change(signed, name)
    (found,) = PdfFileReader(BytesIO(changed)).embedded_signatures
    found.compute_integrity_info()

    assert changed.startswith(signed)
    assert found.summarise_integrity_info()["coverage"] < SignatureCoverageLevel.ENTIRE_FILE


def test_iam_smart_hashes_the_hash_once_more_unless_told_not_to() -> None:
    world = a_world()
    signer = results.signer_for("hong_kong", "wong-ka-yan", world=world)
    value = digest("sha256", CONTENT)
    again = base64.b64decode(results.iam_smart(signer, value)["signature"])
    as_such = base64.b64decode(results.iam_smart(signer, value, algorithm="NONEwithRSA")["signature"])
    key = public_key(signer.certificate)

    key.verify(again, value, padding.PKCS1v15(), hashes.SHA256())
    key.verify(as_such, value, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


def test_one_account_signs_a_document_that_it_never_sees(tmp_path: Path) -> None:
    signer = results.signer_for("macao", "jose-da-luz", world=a_world())
    answer = results.one_account(signer, digest("sha256", CONTENT))

    assert openssl_believes(tmp_path, base64.b64decode(answer["cms"]), root="mo-root")


def test_guangdong_signs_a_digest_with_sm2() -> None:
    signer = results.signer_for("guangdong", "li-xiao-hua", world=a_world())
    value = sm3(CONTENT)

    assert sm2_verifies(
        signer.certificate.key.spki, value, base64.b64decode(results.guangdong(signer, value)["signature"])
    )


def test_a_raw_sm2_signature_comes_with_what_was_signed_and_others_with_a_digest() -> None:
    world = a_world()

    assert "sm2_e" in results.raw(world.issue("gd-sign"), CONTENT)["content"]
    assert results.raw(world.issue("mo-qualified"), CONTENT)["content"]["digest"]["alg"] == "sha256"
