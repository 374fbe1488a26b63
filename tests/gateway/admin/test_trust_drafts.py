"""Drafting trust lists offline: captured bytes stay what they were, and no list passes through one pair of hands."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from certs.trust.list_document import read_list
from certs.trust.list_errors import ListError
from gateway.admin import trust_drafts
from gateway.admin.trust_drafts import Capture
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from mock_idps.authority import lists
from tests.authority import NOW, a_world
from tests.gateway.admin.fakes import an_act

PAGE = b"<html>A fictional list of authorities</html>"
URL = "https://lists.sandbox.example/hk-gd-hk.html"
ADA, BEN = an_act(now=NOW), an_act(operator="ben", now=NOW)
HEADER = {"list_id": "hk-gd-hk", "scheme": "HK-GD", "issuing_jurisdiction": "HK"}


@pytest.fixture(scope="module")
def before() -> bytes:
    """A list that is in force."""
    return lists.encode(lists.trust_list(a_world(), "hk-gd-hk"))


def captured(folder: Path) -> Capture:
    return trust_drafts.capture(folder, PAGE, URL, ADA)


def refusal_of(work: Any) -> str:
    with pytest.raises(TrustRefusedError) as refused:
        work()
    return refused.value.refusal


def test_a_capture_keeps_the_bytes_with_address_moment_and_digest(tmp_path: Path) -> None:
    taken = captured(tmp_path)

    assert trust_drafts.read_capture(taken.record) == taken
    assert taken.content.read_bytes() == PAGE
    assert (taken.url, taken.retrieved_at, taken.captured_by) == (URL, NOW, "ada")
    assert taken.sha256 == hashlib.sha256(PAGE).hexdigest()


@pytest.mark.parametrize(
    ("content", "url"), [(b"", URL), (PAGE, "http://lists.sandbox.example"), (PAGE, "https://x\n")]
)
def test_nothing_is_captured_without_bytes_or_a_proper_address(tmp_path: Path, content: bytes, url: str) -> None:
    assert refusal_of(lambda: trust_drafts.capture(tmp_path, content, url, ADA)) == TrustRefusal.CAPTURE


def test_what_is_larger_than_any_page_is_not_captured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_drafts, "CAPTURE_LIMIT", 3)

    assert refusal_of(lambda: captured(tmp_path)) == TrustRefusal.CAPTURE


def test_captured_bytes_that_were_changed_are_no_evidence(tmp_path: Path) -> None:
    taken = captured(tmp_path)
    taken.content.write_bytes(PAGE + b"!")

    assert refusal_of(lambda: trust_drafts.read_capture(taken.record)) == TrustRefusal.CAPTURE


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": "a", "url": "b"}', "x" * 20_000])
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    record = tmp_path / "record.json"
    record.write_text(text)

    assert refusal_of(lambda: trust_drafts.read_capture(record)) in {TrustRefusal.CAPTURE, TrustRefusal.DRAFT}
    assert refusal_of(lambda: trust_drafts.read_capture(tmp_path / "none.json")) == TrustRefusal.CAPTURE


def test_an_empty_form_says_where_it_comes_from_and_is_no_list_yet(tmp_path: Path) -> None:
    draft = trust_drafts.transcribe(captured(tmp_path), None, HEADER, ADA)

    members = json.loads(draft)
    assert (members["list_id"], members["sequence"], members["previous_sha256"]) == ("hk-gd-hk", 1, None)
    assert members["sources"][0]["transcriber"] == "ada"
    with pytest.raises(ListError):
        read_list(draft)


def test_a_draft_continues_the_list_before_it(tmp_path: Path, before: bytes) -> None:
    draft = json.loads(trust_drafts.transcribe(captured(tmp_path), before, {}, ADA))

    old = json.loads(before)
    assert draft["sequence"] == old["sequence"] + 1
    assert draft["previous_sha256"] == hashlib.sha256(before).hexdigest()
    assert draft["entries"] == old["entries"]


def test_a_checked_draft_is_a_list_that_names_both(tmp_path: Path, before: bytes) -> None:
    draft = trust_drafts.transcribe(captured(tmp_path), before, {}, ADA)

    checked = read_list(trust_drafts.check(draft, tmp_path, BEN))

    assert [(source.transcriber, source.checker) for source in checked.sources] == [("ada", "ben")]


@pytest.mark.attack("TL-03")
def test_tl_03_whoever_transcribed_a_list_cannot_check_it(tmp_path: Path, before: bytes) -> None:
    draft = trust_drafts.transcribe(captured(tmp_path), before, {}, ADA)

    assert refusal_of(lambda: trust_drafts.check(draft, tmp_path, ADA)) == TrustRefusal.SAME_OPERATOR


def test_nobody_checks_a_list_without_the_captured_bytes(tmp_path: Path, before: bytes) -> None:
    draft = trust_drafts.transcribe(captured(tmp_path / "elsewhere"), before, {}, ADA)
    empty = tmp_path / "empty"
    empty.mkdir()

    assert refusal_of(lambda: trust_drafts.check(draft, empty, BEN)) == TrustRefusal.CAPTURE


def test_an_incomplete_draft_is_not_checked_and_the_place_is_named(tmp_path: Path) -> None:
    draft = trust_drafts.transcribe(captured(tmp_path), None, HEADER, ADA)

    with pytest.raises(ListError) as refused:
        trust_drafts.check(draft, tmp_path, BEN)

    assert refused.value.where


@pytest.mark.parametrize("draft", [b"{}", b'{"sources": []}', b'{"sources": ["x"]}', b"no JSON"])
def test_a_draft_without_a_source_is_not_checked(tmp_path: Path, draft: bytes) -> None:
    assert refusal_of(lambda: trust_drafts.check(draft, tmp_path, BEN)) == TrustRefusal.DRAFT
