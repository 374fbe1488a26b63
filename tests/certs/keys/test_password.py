"""Operators' passwords: which are taken, and that what is kept is worth a fifth of a second of guessing each."""

import pytest

from certs.keys import password
from certs.keys.password import PasswordError, Passwords

QUICK = Passwords(memory_kib=8, iterations=1, lanes=1)
GOOD = "seven lanterns over the harbour"


@pytest.mark.spec("RFC 9106 §4")
def test_the_parameters_are_the_second_recommended_ones_of_the_standard() -> None:
    made = Passwords().hash(GOOD)

    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert Passwords().verify(GOOD, made)


def test_a_password_opens_its_own_hash_and_no_other() -> None:
    made = QUICK.hash(GOOD)

    assert QUICK.verify(GOOD, made)
    assert not QUICK.verify(GOOD + " ", made)
    assert not QUICK.verify(GOOD, QUICK.hash("another harbour altogether"))


def test_the_same_password_is_never_kept_twice_in_the_same_form() -> None:
    assert QUICK.hash(GOOD) != QUICK.hash(GOOD)


@pytest.mark.spec("RFC 8265 §4.2.2")
def test_the_same_password_from_another_keyboard_is_the_same() -> None:
    made = QUICK.hash("Café au lait 海港 twice")

    assert QUICK.verify("Cafe\u0301 au lait\u3000海港\u00a0twice", made)


@pytest.mark.parametrize("kept", [None, "", "garbage", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "$2b$12$" + "a" * 53])
def test_nothing_opens_what_is_no_hash(kept: str | None) -> None:
    assert not QUICK.verify(GOOD, kept)
    assert not QUICK.verify("", kept)


def test_a_hash_of_other_parameters_is_old_and_still_opens() -> None:
    older = Passwords(memory_kib=16, iterations=1, lanes=1).hash(GOOD)

    assert QUICK.is_old(older)
    assert QUICK.verify(GOOD, older)
    assert not QUICK.is_old(QUICK.hash(GOOD))
    assert QUICK.is_old("garbage")


@pytest.mark.parametrize("text", ["x" * 100_000, "\ud800" * 20, "\0" * 20])
def test_hostile_input_is_only_wrong(text: str) -> None:
    assert not QUICK.verify(text, QUICK.hash(GOOD))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("elevenchars", "12 to 128"),
        ("a" * 40 + "bcdefgh" * 20, "12 to 128"),
        ("aaaaaaaaaaaaaa", "over and over"),
        ("ababababababab", "over and over"),
        ("abcdabcdabcdabcd", "everybody tries"),
        ("Password1234", "everybody tries"),
        ("correct horse battery staple", "everybody tries"),
        ("the rule of ada is long", "operator's name"),
        ("the rule of ADA is long", "operator's name"),
        ("seven lanterns\u200bover", "hidden"),
        ("seven lanterns\nover", "hidden"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused_without_being_quoted(text: str, why: str) -> None:
    with pytest.raises(PasswordError, match=why) as refused:
        password.checked(text, "ada")

    assert text not in str(refused.value)


@pytest.mark.parametrize("text", [GOOD, "七盞燈籠在維多利亞港上空飄動", "x7" * 3 + "kq9-Lm", "a" + "bcdefgh" * 18])
def test_a_long_password_of_any_script_is_taken(text: str) -> None:
    assert password.checked(text, "ada") == text


def test_a_very_short_name_may_stand_inside() -> None:
    assert password.checked(GOOD, "on") == GOOD
