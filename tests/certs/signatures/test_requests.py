"""A request is read strictly: whatever could be misunderstood, or silently passed over, is refused."""

import base64
from pathlib import Path
from typing import Any

import pytest

from certs.signatures.reading import read_signers
from certs.signatures.request import read_request
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason

SIGNATURE = base64.b64encode(b"no signature").decode()
SHA256 = base64.b64encode(bytes(32)).decode()
USUAL: dict[str, Any] = {
    "format": "cms-detached",
    "signature": SIGNATURE,
    "content": {"digest": {"alg": "sha256", "value": SHA256}},
    "relying_jurisdiction": "GD",
    "purpose": "contract",
}
RAW = {"format": "raw-digest", "certificate": SIGNATURE, "algorithm": "SHA256withRSA"}
RESULT = {"format": "provider-result", "provider": "iamsmart", "result": {"a": 1}}


def refusal(**changes: Any) -> RefusalCode:
    members = {name: value for name, value in (USUAL | changes).items() if value is not ...}
    with pytest.raises(Refused) as refused:
        read_request(members)
    return refused.value.code


def test_usual_requests_are_read() -> None:
    assert read_request(USUAL).purpose == "contract"
    assert read_request(USUAL | RAW).algorithm == "SHA256withRSA"
    assert read_request({k: v for k, v in (USUAL | RESULT).items() if k != "signature"}).provider == "iamsmart"


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1},
        {"format": ...},
        {"format": []},
        {"format": {}},
        {"format": 1},
        {"format": "CMS-DETACHED"},
        {"relying_jurisdiction": []},
        {"relying_jurisdiction": "hk"},
        {"purpose": ...},
        {"purpose": "x" * 257},
        {"policy": None},
        {"report": {}},
        {"signature": ""},
        {"signature": 1},
        {"validation_time": "2026-11-02T04:00:00"},
        {"validation_time": "0001-01-01T00:00:00+14:00"},
        {"validation_time": "9999-12-31T23:59:59-14:00"},
        {"validation_time": "yesterday"},
        {"validation_time": []},
        {"expect": {"certificate_sha256": ""}},
        {"expect": {"subject_number_sha256": None}},
        {"expect": {"name": "Chan"}},
        {"expect": None},
        {"result": []},
        {"revocation": {"pems": []}},
        {"algorithm": "SHA256withRSA"},
        {"certificate": SIGNATURE},
        {"provider": "iamsmart"},
        {"result": {"a": 1}},
        {"format": "pades"},
        RAW | {"certificate": ...},
        RAW | {"algorithm": ...},
        RESULT,
        RESULT | {"signature": ..., "result": {}},
        RESULT | {"signature": ..., "provider": ...},
        {"content": {"digest": {"alg": "sha256", "value": base64.b64encode(bytes(31)).decode()}}},
        {"content": {"digest": {"alg": "md5", "value": SHA256}}},
        {"content": {"digest": {"alg": [], "value": SHA256}}},
        {"content": {"digest": {"alg": "sha256", "value": SHA256, "more": 1}}},
        {"content": {"sm2_e": base64.b64encode(bytes(33)).decode()}},
        {"content": {"named": {"a": "text"}}},
        {"content": {"named": {str(number): {"bytes": ""} for number in range(65)}}},
    ],
)
def test_what_is_malformed_unknown_or_misplaced_is_refused(changes: dict[str, Any]) -> None:
    assert refusal(**changes) is RefusalCode.FORMAT


@pytest.mark.parametrize(
    "content",
    [[], "text", {}, {"bytes": "", "digest": {}}, {"name": ""}, {"named": {"a": {}}}, {"named": {"a": {"x": 1}}}],
)
def test_a_content_is_said_in_exactly_one_way(content: Any) -> None:
    assert refusal(content=content) is RefusalCode.AMBIGUOUS


def test_a_content_that_is_sent_twice_is_ambiguous(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read_request(USUAL, tmp_path)

    assert refused.value.code is RefusalCode.AMBIGUOUS


@pytest.mark.parametrize("value", ["AA", "AB==", "AA==\n", " AA==", "AA==AA==", "-_8=", "\ud800", "ＡＡ=="])
def test_base64_has_one_spelling(value: str) -> None:
    assert refusal(signature=value) is RefusalCode.ENCODING


def test_sizes_are_counted_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certs.signatures.request.binascii.a2b_base64", lambda *_, **__: pytest.fail("decoded"))

    assert refusal(signature="A" * 1_400_000, content=...) is RefusalCode.SIZE


@pytest.mark.parametrize(
    "changes", [{"chain": [SIGNATURE] * 17}, {"chain": {}}, {"revocation": {"ocsp": [SIGNATURE] * 9}}]
)
def test_lists_have_an_end(changes: dict[str, Any]) -> None:
    assert refusal(**changes) is RefusalCode.SIZE


@pytest.mark.attack("SG-08")
@pytest.mark.parametrize("content", [USUAL["content"], {"named": {"a": {"bytes": ""}}}])
def test_sg_08_a_content_beside_a_pdf_is_refused_also_where_the_format_was_found_out(content: dict[str, Any]) -> None:
    pdf = base64.b64encode(b"%PDF-1.7\n%%EOF").decode()
    request = read_request(USUAL | {"format": "auto", "signature": pdf, "content": content})

    with pytest.raises(Refused) as refused:
        read_signers(request, {})

    assert refused.value.code is RefusalCode.FORMAT


@pytest.mark.attack("SG-14")
def test_sg_14_a_message_without_any_signer_is_no_signature_and_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certs.signatures.reading.read_cms", lambda *_, **__: ())

    _, (signer,) = read_signers(read_request(USUAL), {})

    assert signer.value is Reason.NOT_DONE
    assert [finding.reason for finding in signer.findings] == [Reason.NO_SIGNATURE]
