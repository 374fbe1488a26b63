"""The parameters of one request, each at most once, of bounded size and free of control characters (RFC 6749 §3.1).

Reading a parameter that is doubled or unfit raises, so that a forgotten check cannot turn ``prompt=none&prompt=login``
into silence. Frameworks keep the last of two values without a word; therefore the raw pairs come in here.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from certs.keys.jose import MAX_TOKEN
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode

MAX_PARAMETERS: Final = 64
"""Parameters in one request; the longest honest request has about twenty."""
NAME_LIMIT: Final = 128
VALUE_LIMIT: Final = 4096
TOKEN_LIMIT: Final = 8192
LIMITS: Final = {
    "state": 2048,
    "nonce": 512,
    "scope": 1024,
    "redirect_uri": 2048,
    "post_logout_redirect_uri": 2048,
    "client_id": 128,
    "login_hint": 256,
    "request_uri": 512,
    "resource": 512,
    "request": MAX_TOKEN,
    "client_assertion": TOKEN_LIMIT,
    "id_token_hint": TOKEN_LIMIT,
    "token": TOKEN_LIMIT,
    "subject_token": TOKEN_LIMIT,
    "device_code": TOKEN_LIMIT,
    "auth_req_id": TOKEN_LIMIT,
}
"""Characters, where they differ from ``VALUE_LIMIT``."""
REPEATABLE: Final = frozenset({"resource", "audience"})
"""The only parameters that may stand several times (RFC 8707 §2, RFC 8693 §2.1); ``all`` reads them."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_clean(text: str) -> bool:
    """True without control characters, line separators and halves of characters (WB-09)."""
    return _CONTROL.search(text) is None


class Parameters:
    """Names and values as they were sent; it never prints a value."""

    __slots__ = ("_doubled", "_unfit", "_values", "pairs")

    pairs: Sequence[tuple[str, str]]
    """All of them, as they were sent."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        if len(pairs) > MAX_PARAMETERS:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "there are too many parameters")
        self.pairs = pairs
        self._values = dict(pairs)
        counted = Counter(name for name, _ in pairs) if len(self._values) < len(pairs) else {}
        self._doubled = frozenset(name for name, times in counted.items() if times > 1)
        self._unfit = frozenset(name for name, value in pairs if not _fits(name, value))

    def get(self, name: str) -> str | None:
        """The value; ``None`` when absent or empty, which is the same (RFC 6749 §3.1)."""
        value = self._values.get(name)
        if value is None:  # most of the known names are not there, and an absent one cannot be wrong
            return None
        if name in self._doubled:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "a parameter is given twice")
        self._check_fit(name)
        return value or None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may repeat, in order, each once."""
        if name not in REPEATABLE:
            raise ValueError("only parameters that may repeat are read as lists")
        if name not in self._values:
            return ()
        self._check_fit(name)
        return tuple(dict.fromkeys(value for given, value in self.pairs if given == name and value))

    def sound(self, name: str) -> str | None:
        """The value if it can be used, else ``None``: for ``state``, which is echoed even while refusing."""
        return None if name in self._doubled or name in self._unfit else self.get(name)

    def check(self) -> None:
        """Refuse the request if any parameter, known or not, is doubled or unfit (AZ-08, HP-04)."""
        for name in self._doubled - REPEATABLE:
            self.get(name)
        for name in self._unfit:
            self._check_fit(name)

    def _check_fit(self, name: str) -> None:
        if name in self._unfit:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "a parameter is too long or holds control characters")

    def __repr__(self) -> str:
        return f"Parameters({len(self._values)} names)"


def _fits(name: str, value: str) -> bool:
    return len(name) <= NAME_LIMIT and len(value) <= LIMITS.get(name, VALUE_LIMIT) and is_clean(name + value)
