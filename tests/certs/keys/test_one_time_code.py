"""One-time codes by time, against the published vectors."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from certs.keys import one_time_code

SECRET = b"12345678901234567890"
"""RFC 6238 appendix B."""
NOW = datetime(2026, 11, 24, 8, 0, 7, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.mark.spec("RFC 6238 appendix B")
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_published_codes_come_out(seconds: int, code: str) -> None:
    assert one_time_code.code_at(SECRET, seconds // 30) == code


@pytest.mark.spec("RFC 6238 §5.2")
@pytest.mark.parametrize(("late", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_before_and_one_after_are_taken_and_no_more(late: int, is_taken: bool) -> None:
    code = one_time_code.code_at(SECRET, one_time_code.step_at(NOW) + late)

    found = one_time_code.step_of(SECRET, code, NOW)

    assert (found == one_time_code.step_at(NOW) + late) is is_taken


def test_a_code_of_a_step_that_was_taken_or_of_one_before_is_none() -> None:
    now = one_time_code.step_at(NOW)
    code, before = one_time_code.code_at(SECRET, now), one_time_code.code_at(SECRET, now - 1)

    assert one_time_code.step_of(SECRET, code, NOW, after=now - 1) == now
    assert one_time_code.step_of(SECRET, code, NOW, after=now) is None
    assert one_time_code.step_of(SECRET, before, NOW, after=now) is None
    assert one_time_code.step_of(SECRET, code, NOW + STEP, after=now) is None


@pytest.mark.parametrize(
    "typed", ["", "28708", "2870821", "28708a", "２８７０８２", " 287082", "-", "\ud800", "9" * 9999]
)
def test_what_is_no_code_is_only_wrong(typed: str) -> None:
    assert one_time_code.step_of(SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_an_authenticator_reads_the_address() -> None:
    read = urlsplit(one_time_code.address(SECRET, "Bay Area gateway", "ada.b"))
    query = {name: values[0] for name, values in parse_qs(read.query).items()}

    assert (read.scheme, read.netloc, read.path) == ("otpauth", "totp", "/Bay%20Area%20gateway%3Aada.b")
    assert query == {
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "issuer": "Bay Area gateway",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }


@pytest.mark.spec("RFC 4226 §4")
def test_every_secret_is_new_and_as_long_as_the_hash() -> None:
    first, second = one_time_code.new_secret(), one_time_code.new_secret()

    assert len(first) == 20
    assert first != second
