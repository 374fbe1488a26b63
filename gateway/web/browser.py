"""Binding a sign-in to one browser: the binding cookie, the session cookie, and the token in every form."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_BINDING_SECONDS: Final = 24 * 3600
_LANGUAGE_SECONDS: Final = 365 * 24 * 3600
_COOKIE_LIMIT: Final = 128


@dataclass(frozen=True, slots=True)
class Cookies:
    """The gateway's cookies; over https with the ``__Host-`` prefix, so that no sibling plants them (WB-04)."""

    secure: bool
    session_seconds: int

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def binding(self, request: Request) -> str | None:
        """The browser's binding value, if it has one of ours."""
        return _value(request, self._name("gate_browser"))

    def session(self, request: Request) -> str | None:
        """The session cookie's value."""
        return _value(request, self._name("gate_session"))

    def language(self, request: Request) -> str | None:
        """The language that the person chose."""
        return _value(request, self._name("gate_language"))

    def set_binding(self, response: Response, value: str) -> None:
        """Bind the browser for the sign-ins of a day."""
        self._set(response, "gate_browser", value, _BINDING_SECONDS)

    def set_session(self, response: Response, value: str) -> None:
        """Keep the session for single sign-on."""
        self._set(response, "gate_session", value, self.session_seconds)

    def set_language(self, response: Response, value: str) -> None:
        """Remember the language that the person chose."""
        self._set(response, "gate_language", value, _LANGUAGE_SECONDS)

    def end_session(self, response: Response) -> None:
        """Take the session cookie away."""
        self._set(response, "gate_session", "", 0)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self._name(name),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",  # the provider's redirect back is a top-level GET from another site
        )


def _value(request: Request, name: str) -> str | None:
    """The cookie, if it occurs once: a doubled one was tossed by somebody else and is worth nothing (WB-04)."""
    header = request.headers.get("cookie", "")
    values = [part.partition("=")[2] for part in header.split("; ") if part.partition("=")[0] == name]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= _COOKIE_LIMIT else None


def digest(value: str) -> bytes:
    """What is stored of a cookie."""
    return hashlib.sha256(value.encode("utf-8", "replace")).digest()


def new_binding() -> str:
    """A fresh, unguessable binding value."""
    return secrets.token_urlsafe(32)


def form_token(key: bytes, binding: str, purpose: str) -> str:
    """The token of one form: good for this browser, this sign-in and this step only (ST-09, WB-02)."""
    return hmac.new(key, f"{binding}\n{purpose}".encode(), hashlib.sha256).hexdigest()


def is_form_token(key: bytes, binding: str, purpose: str, given: str) -> bool:
    """Compare a form's token in constant time."""
    return hmac.compare_digest(form_token(key, binding, purpose).encode(), given.encode("utf-8", "replace"))
