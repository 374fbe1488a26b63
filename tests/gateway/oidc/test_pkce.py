import hashlib

import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.pkce import check_challenge, verify_challenge
from tests.gateway.oidc.fakes import CHALLENGE, VERIFIER, base64url


@pytest.mark.spec("RFC 7636 App. B")
def test_the_published_verifier_matches_its_challenge() -> None:
    verify_challenge(CHALLENGE, VERIFIER)


@pytest.mark.spec("RFC 7636 §4.1")
@pytest.mark.parametrize("length", [43, 128])
def test_verifiers_of_the_shortest_and_the_longest_length_are_accepted(length) -> None:
    verifier = ("aZ09-._~" * 16)[:length]

    verify_challenge(base64url(hashlib.sha256(verifier.encode()).digest()), verifier)


@pytest.mark.spec("RFC 7636 §4.6")
@pytest.mark.attack("PK-03")
@pytest.mark.parametrize(
    "verifier",
    [
        None,
        "",
        CHALLENGE,
        VERIFIER[:-1] + "l",
        VERIFIER[:-1],
        "x" * 129,
        VERIFIER + "\n",
        VERIFIER[:-1] + "+",
        VERIFIER[:-1] + "é",
    ],
)
def test_pk_03_a_missing_malformed_or_wrong_verifier_is_refused(verifier) -> None:
    with pytest.raises(OAuthError) as refusal:
        verify_challenge(CHALLENGE, verifier)

    assert refusal.value.code is ErrorCode.INVALID_GRANT


@pytest.mark.attack("PK-04")
def test_pk_04_a_verifier_for_a_code_without_challenge_is_refused() -> None:
    with pytest.raises(OAuthError) as refusal:
        verify_challenge("", VERIFIER)

    assert refusal.value.code is ErrorCode.INVALID_GRANT


def test_a_foreign_character_in_a_stored_challenge_is_a_refusal_and_no_crash() -> None:
    with pytest.raises(OAuthError):
        verify_challenge("é" * 43, VERIFIER)


@pytest.mark.attack("PK-01")
@pytest.mark.attack("PK-02")
@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (None, None),
        (None, "S256"),
        (CHALLENGE, None),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[:-1] + "=", "S256"),
        (CHALLENGE + "\n", "S256"),
    ],
)
def test_pk_01_pk_02_a_request_without_an_s256_challenge_is_refused(challenge, method) -> None:
    with pytest.raises(OAuthError) as refusal:
        check_challenge(challenge, method)

    assert refusal.value.code is ErrorCode.INVALID_REQUEST


def test_a_good_challenge_is_kept_as_it_is() -> None:
    assert check_challenge(CHALLENGE, "S256") == CHALLENGE
