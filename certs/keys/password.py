"""Operators' passwords: which ones are taken, and how they are remembered (RFC 9106, RFC 8265, NIST SP 800-63B §3.1.1).

Argon2id with the second recommended set of RFC 9106 §4: 64 MiB, three passes, four lanes; about a fifth of a second on
an ordinary core, for which an operator waits once a day. Kept in PHC form, so that parameters can grow: what was made
with older ones is made anew at the next sign-in. A hash that nobody's password has costs as much as a real one.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST: Final = 12
LONGEST: Final = 128
"""Characters; a longer one costs nothing to guess and something to look at."""
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DIFFERENT: Final = 4
"""The fewest different characters."""
_LEAST_NAME: Final = 3
"""A name shorter than this stands in many words by chance."""
_COMMON: Final = frozenset(
    {
        *("123456789012", "1234567890123", "12345678901234", "1234567890abc", "1q2w3e4r5t6y", "1qaz2wsx3edc"),
        *("qwertyuiop12", "qwertyuiop123", "qwertyuiopas", "asdfghjkl123", "zaq12wsxcde3", "abcdefghijkl"),
        *("abcd12345678", "abc123456789", "a1b2c3d4e5f6", "987654321098", "passwordpassword", "password1234"),
        *("password12345", "password123456", "mypassword123", "adminadmin12", "administrator", "administrator1"),
        *("administrator123", "adminpassword", "admin1234567", "letmeinletmein", "welcome12345", "welcometo123"),
        *("iloveyou1234", "iloveyouforever", "qwerty123456", "qwerty1234567", "changeme1234", "changemenow1"),
        *("trustno1trustno1", "correcthorsebatterystaple", "correct horse battery staple", "hunter2hunter2"),
        *("woaini1314520", "woaini520131", "5201314520131", "gateway12345", "gatewaygateway", "bayareabayarea"),
    }
)
"""Twelve characters rule out nearly all of the published lists; these are what is left of their beginning."""
_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,8}),t=([0-9]{1,3}),p=([0-9]{1,3})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
)


class PasswordError(ValueError):
    """A password that is not taken; the text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """Makes and checks the hashes, with one set of parameters."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def hash(self, password: str) -> str:
        """Make the PHC form of a password that was checked."""
        return self._kdf(secrets.token_bytes(SALT_BYTES)).derive_phc_encoded(prepared(password))

    def verify(self, password: str, phc: str | None) -> bool:
        """Whether it is the password; with no hash to compare with, the same work and always no."""
        if phc is None:
            self._kdf(bytes(SALT_BYTES)).derive(prepared(password))
            return False
        try:
            Argon2id.verify_phc_encoded(prepared(password), phc)
        except (InvalidKey, ValueError):
            return False
        return True

    def is_old(self, phc: str) -> bool:
        """Whether a hash was made with other parameters than are used now."""
        found = _PHC.fullmatch(phc)
        return found is None or tuple(map(int, found.groups())) != (self.memory_kib, self.iterations, self.lanes)

    def _kdf(self, salt: bytes) -> Argon2id:
        return Argon2id(
            salt=salt, length=HASH_BYTES, iterations=self.iterations, lanes=self.lanes, memory_cost=self.memory_kib
        )


def prepared(password: str) -> bytes:
    """The bytes of a password, the same from every keyboard: NFKC, all blanks alike (RFC 8265 §4.2.2)."""
    plain = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    return unicodedata.normalize("NFKC", plain)[:LONGEST].encode("utf-8", "replace")


def checked(password: str, name: str) -> str:
    """A password that may be used by an operator of this name; raises ``PasswordError``."""
    text = unicodedata.normalize("NFKC", password)
    plain = text.casefold()
    if not SHORTEST <= len(text) <= LONGEST:
        raise PasswordError(f"a password has {SHORTEST} to {LONGEST} characters")
    if any(unicodedata.category(character) in _HIDDEN for character in text):
        raise PasswordError("a password holds no hidden characters")
    if len(set(plain)) < _DIFFERENT:
        raise PasswordError("a password is not one character over and over")
    if len(name) >= _LEAST_NAME and name.casefold() in plain:
        raise PasswordError("a password does not hold the operator's name")
    if plain in _COMMON or _repeats(plain):
        raise PasswordError("this password is among the first that everybody tries")
    return password


def _repeats(text: str) -> bool:
    """Whether a short piece makes the whole by being said again and again."""
    return text in (text + text)[1:-1] and (text + text).find(text, 1) <= _DIFFERENT
