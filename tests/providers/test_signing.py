"""The port of signing services: orders that no place's page could show other than meant."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.base import Assurance, PersonName, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.signing import SigningOrder, SigningOutcome, SigningStart, check_order

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def an_order(**changes: Any) -> SigningOrder:
    members = {
        "order_id": "order-0123456789abcdef",
        "callback_url": "https://gateway.test/callback/macao",
        "digest_algorithm": "sha256",
        "digest": hashlib.sha256(b"document").digest(),
        "document_name": "Lease.pdf",
        "service_name": "Housing",
        "department": "Department",
        "language": "en",
    }
    return SigningOrder(**{**members, **changes})


@pytest.mark.parametrize(
    "spoilt",
    [
        {"order_id": "short"},
        {"order_id": "order with spaces 0123"},
        {"order_id": "x" * 37},
        {"digest": b"x" * 20},
        {"document_name": ""},
        {"document_name": "x" * 256},
        {"department": "x" * 101},
        {"document_name": "Lease\u202efdp.exe"},
        {"document_name": "Lease\u200b.pdf"},
        {"service_name": "two\nlines"},
        {"department": "half \ud800"},
    ],
)
def test_an_order_that_could_mislead_the_person_cannot_exist(spoilt: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"order id|digest|name"):
        an_order(**spoilt)


def test_names_of_the_longest_length_and_of_any_script_are_fine() -> None:
    order = an_order(document_name="租" * 255, department="部" * 100)

    assert len(order.document_name) == 255


def test_orders_starts_and_outcomes_print_nothing() -> None:
    texts = [
        repr(an_order()),
        repr(SigningStart("https://place.test/?ticket=t", {"token": "secret"}, "1234")),
        repr(SigningOutcome("iamsmart", b"d" * 32, {"cert": "person"})),
    ]

    assert all(word not in "".join(texts) for word in ("Lease", "secret", "1234", "person", "ticket"))


@pytest.mark.parametrize(
    ("algorithm", "provider", "detail"),
    [("sm3", "macao", "digest_algorithm"), ("sha256", "hong_kong", "other_provider")],
)
def test_an_order_goes_to_the_place_of_its_digest_and_its_person(algorithm: str, provider: str, detail: str) -> None:
    signer = UpstreamIdentity(provider, "subject", Assurance.TWO, NOW, (), PersonName())

    with pytest.raises(ProviderError) as refused:
        check_order("macao", algorithm, an_order(), signer)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, detail)
