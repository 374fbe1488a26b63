"""Content and its digests: what each kind answers, and what it refuses by name."""

import hashlib

import pytest

from certs.keys.sm import sm3
from certs.trust import content
from certs.trust.content import DIGEST_BYTES, PIECE, BytesContent, DigestContent, FileContent, Sm2Digest, digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

DATA = b"content" * 1_000


def expected(algorithm: str, data: bytes) -> bytes:
    return sm3(data) if algorithm == "sm3" else hashlib.new(algorithm, data).digest()


def refusal(call) -> RefusalCode:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize("algorithm", DIGEST_BYTES)
def test_bytes_and_files_give_every_digest_with_and_without_a_prefix(algorithm, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(DATA)

    for kind in (BytesContent(DATA), FileContent(path)):
        assert kind.digest(algorithm) == expected(algorithm, DATA)
        assert kind.digest(algorithm, b"before") == expected(algorithm, b"before" + DATA)
        assert len(kind.digest(algorithm)) == DIGEST_BYTES[algorithm]
        assert (kind.size, kind.read(len(DATA))) == (len(DATA), DATA)


def test_a_file_is_read_in_pieces_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "PIECE", 1_000)
    path = tmp_path / "content"
    path.write_bytes(DATA)

    assert PIECE == 1_048_576
    assert FileContent(path).digest("sha256") == expected("sha256", DATA)


def test_a_digest_is_computed_once(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(DATA)
    file = FileContent(path)
    first = file.digest("sha256")
    path.unlink()

    assert file.digest("sha256") == first


@pytest.mark.parametrize("name", ["", "sha3_256", "SHA256", "shake_128", "blake2b", "none"])
def test_a_digest_that_nobody_knows_is_a_finding(name, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(DATA)

    for call in (BytesContent(DATA).digest, FileContent(path).digest, lambda name: digest_of(name, [])):
        with pytest.raises(Fault) as caught:
            call(name)
        assert caught.value.reason == Reason.ALGORITHM_UNSUPPORTED


def test_more_than_the_limit_is_not_read(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(DATA)

    for kind in (BytesContent(DATA), FileContent(path)):
        assert refusal(lambda kind=kind: kind.read(len(DATA) - 1)) == RefusalCode.SIZE


def test_a_file_that_is_gone_is_refused_without_its_name(tmp_path):
    file = FileContent(tmp_path / "somebody's contract")

    for call in (lambda: file.size, lambda: file.digest("sha256"), lambda: file.read(10)):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.code == RefusalCode.BUSY
        assert "contract" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_digest_answers_for_itself_only():
    digest = DigestContent("sha256", expected("sha256", DATA))

    assert digest.digest("sha256") == expected("sha256", DATA)
    assert digest.size is None
    assert refusal(lambda: digest.digest("sha512")) == RefusalCode.UNSUPPORTED
    assert refusal(lambda: digest.digest("sha256", b"before")) == RefusalCode.SM2_NEEDS_E
    assert refusal(lambda: digest.read(100)) == RefusalCode.UNSUPPORTED


def test_e_answers_for_nothing_but_itself():
    e = Sm2Digest(bytes(32))

    assert e.size is None
    assert refusal(lambda: e.digest("sm3")) == RefusalCode.UNSUPPORTED
    assert refusal(lambda: e.digest("sm3", b"za")) == RefusalCode.UNSUPPORTED
    assert refusal(lambda: e.read(100)) == RefusalCode.UNSUPPORTED


@pytest.mark.parametrize(("algorithm", "size"), [("sha256", 31), ("sha256", 64), ("sm3", 0), ("unknown", 32), ("", 0)])
def test_a_digest_of_the_wrong_length_cannot_exist(algorithm, size):
    assert refusal(lambda: DigestContent(algorithm, bytes(size))) == RefusalCode.FORMAT


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_an_e_of_the_wrong_length_cannot_exist(size):
    assert refusal(lambda: Sm2Digest(bytes(size))) == RefusalCode.FORMAT


def test_content_does_not_show_itself():
    for kind in (BytesContent(b"secret"), DigestContent("sha256", bytes(32)), Sm2Digest(bytes(32))):
        assert "secret" not in repr(kind)
        assert "\\x00" not in repr(kind)
