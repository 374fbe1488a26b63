"""Objects that a web signature names (ETSI TS 119 182-1 §5.2.8): all of them, and no other."""

import pytest

from certs.signatures.formats.jws import read_jws
from certs.signatures.formats.jws_content import PrefixedContent
from certs.signatures.formats.jws_objects import BY_DIGEST, BY_NAME
from certs.trust.arithmetic import verify
from certs.trust.content import BytesContent, DigestContent, digest_of
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from tests.certs.signatures.formats.jws_making import b64, compact, detached, header_of

FIRST, SECOND = b"first object", b"second object"
NAMED = {"first": BytesContent(FIRST), "second": BytesContent(SECOND)}


def digests(*objects, encoded=True):
    return [b64(digest_of("sha256", (b64(each).encode() if encoded else each,))) for each in objects]


def by_digest(*, encoded=True, **changes):
    member = {
        "mId": BY_DIGEST,
        "pars": ["first", "second"],
        "hashM": "S256",
        "hashV": digests(FIRST, SECOND, encoded=encoded),
    } | changes
    return {key: value for key, value in member.items() if value is not None}


def header(member, *, encoded=True):
    if encoded:
        return header_of(sigD=member, crit=["sigD"])
    return header_of(sigD=member, b64=False, crit=["sigD", "b64"])


def reason_of(signed):
    return next(each.reason for each in signed.findings if each.code == "CONTENT-DIGEST")


def check(signed):
    assert {each.reason for each in signed.findings} == {None}
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.spec("ETSI TS 119 182-1 §5.2.8.3.3")
def test_objects_are_covered_by_their_digests(encoded):
    data = detached(header(by_digest(encoded=encoded), encoded=encoded), signed=b"")

    (signed,) = read_jws(data, named=NAMED)

    check(signed)


@pytest.mark.parametrize("encoded", [True, False])
def test_a_caller_may_have_only_the_digests(encoded):
    pieces = [b64(each).encode() if encoded else each for each in (FIRST, SECOND)]
    first, second = (DigestContent("sha256", digest_of("sha256", (each,))) for each in pieces)
    data = detached(header(by_digest(encoded=encoded), encoded=encoded), signed=b"")

    (signed,) = read_jws(data, named={"first": first, "second": second})

    check(signed)


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.spec("ETSI TS 119 182-1 §5.2.8.3.2")
def test_objects_are_signed_one_after_the_other(encoded):
    member = {"mId": BY_NAME, "pars": ["second", "first"]}
    joined = SECOND + FIRST
    data = detached(header(member, encoded=encoded), signed=b64(joined).encode() if encoded else joined)

    (signed,) = read_jws(data, named=NAMED)

    check(signed)


def test_a_single_object_is_not_copied_and_needs_no_name():
    data = detached(header({"mId": BY_NAME, "pars": ["first"]}, encoded=False), signed=FIRST)

    (signed,) = read_jws(data, BytesContent(FIRST))

    assert isinstance(signed.message, PrefixedContent)
    check(signed)


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({"first": BytesContent(FIRST)}, Reason.CONTENT_MISSING),
        ({}, Reason.CONTENT_MISSING),
        (NAMED | {"third": BytesContent(b"unsigned")}, Reason.CONTENT_NOT_COVERED),
        ({"first": NAMED["second"], "second": NAMED["first"]}, Reason.CONTENT_DIGEST_MISMATCH),
        (NAMED | {"second": BytesContent(b"other")}, Reason.CONTENT_DIGEST_MISMATCH),
    ],
    ids=["one-missing", "all-missing", "one-more", "exchanged", "changed"],
)
def test_the_objects_must_be_exactly_those_of_the_signature(named, reason):
    (signed,) = read_jws(detached(header(by_digest()), signed=b""), named=named)

    assert reason_of(signed) is reason


def test_content_without_a_name_is_not_one_of_several_objects():
    (signed,) = read_jws(detached(header(by_digest()), signed=b""), BytesContent(FIRST), NAMED)

    assert reason_of(signed) is Reason.CONTENT_NOT_COVERED


@pytest.mark.parametrize(
    "changes",
    [
        {"pars": []},
        {"pars": ["first", "first"]},
        {"pars": ["first", 2]},
        {"pars": ["first"] + [str(number) for number in range(70)]},
        {"pars": None},
        {"hashV": digests(FIRST)},
        {"hashV": ["not base64url!", "AAAA"]},
        {"hashV": None},
        {"hashM": "MD5"},
        {"hashM": ["S256"]},
        {"mId": None},
    ],
)
def test_a_member_that_cannot_be_followed_does_not_pass(changes):
    (signed,) = read_jws(detached(header(by_digest(**changes)), signed=b""), named=NAMED)

    assert reason_of(signed) is Reason.HEADER_MALFORMED


def test_named_objects_and_a_payload_exclude_each_other():
    (signed,) = read_jws(compact(header(by_digest())), named=NAMED)

    assert reason_of(signed) is Reason.HEADER_MALFORMED


def test_named_objects_must_be_critical():
    (signed,) = read_jws(detached(header_of(sigD=by_digest()), signed=b""), named=NAMED)

    assert next(each.reason for each in signed.findings if each.code == "HEADER") is Reason.HEADER_MALFORMED


@pytest.mark.parametrize("mechanism", ["http://uri.etsi.org/19182/HttpHeaders", "urn:other"])
def test_other_mechanisms_are_refused_as_not_supported(mechanism):
    with pytest.raises(Refused) as caught:
        read_jws(detached(header(by_digest(mId=mechanism)), signed=b""), named=NAMED)

    assert caught.value.code is RefusalCode.UNSUPPORTED


def test_a_digest_cannot_stand_for_an_object_that_is_signed_itself():
    digest = DigestContent("sha256", digest_of("sha256", (FIRST,)))
    data = detached(header({"mId": BY_NAME, "pars": ["first"]}), signed=b64(FIRST).encode())

    with pytest.raises(Refused) as caught:
        read_jws(data, named={"first": digest})

    assert caught.value.code is RefusalCode.UNSUPPORTED
