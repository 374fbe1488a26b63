"""A token behind PKCS #11: found by its label, opened with its PIN, opened again after it was lost (PKCS #11 §5).

One session for the process, one call at a time: a module is not asked to be safer with threads than it must be.
"""

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from certs.keys.errors import KeyUnavailableError

_Answer = TypeVar("_Answer")
_TURN: Final = threading.RLock()
"""For the whole process: a module counts its sessions and its login by process, not by whoever opened them."""
_PIN_REFUSALS: Final = frozenset({"PinExpired", "PinIncorrect", "PinInvalid", "PinLenRange", "PinLocked"})
_ATTEMPTS: Final = 2


class Token:
    """One token; ``run`` gives work a session that is open and logged in."""

    __slots__ = ("_label", "_module", "_objects", "_pin", "_pin_refused", "_session")

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        self._pin_refused = False
        self._session: Any = None
        self._objects: dict[object, Any] = {}

    def run(self, work: Callable[[Any, Any], _Answer]) -> _Answer:
        """Do something with the binding and a session; it is opened anew, once, where the old one was lost."""
        binding = _binding()
        with _TURN:
            for attempt in range(_ATTEMPTS):
                try:
                    return work(binding, self._open(binding, anew=attempt > 0))
                except binding.exceptions.NoSuchKey:
                    raise KeyUnavailableError("there is no such key on the token") from None
                except binding.exceptions.PKCS11Error as error:
                    self._close(binding)
                    self._heed_pin(error)
                except (RuntimeError, OSError):  # the module itself cannot be loaded
                    self._close(binding)
                    break
        raise KeyUnavailableError("the token does not answer")

    def remembered(self, key: object, find: Callable[[], Any]) -> Any:
        """An object of the token, looked for once in a session."""
        if key not in self._objects:
            self._objects[key] = find()
        return self._objects[key]

    def forget(self, key: object) -> None:
        """Look for an object again when it is next wanted."""
        with _TURN:
            self._objects.pop(key, None)

    def close(self) -> None:
        """Leave the token."""
        with _TURN:
            self._close(_binding())

    def _open(self, binding: Any, *, anew: bool) -> Any:
        if self._pin_refused:
            raise KeyUnavailableError("the token has refused the PIN, and is not asked again before a restart")
        if self._session is None:
            library = binding.lib(str(self._module))
            if anew:  # a module learns of tokens that came or went when it begins
                library.reinitialize()
            token = library.get_token(token_label=self._label)
            try:
                self._session = token.open(rw=True, user_pin=self._pin)
            except binding.exceptions.UserAlreadyLoggedIn:  # by another session of this process
                self._session = token.open(rw=True)
        return self._session

    def _close(self, binding: Any) -> None:
        session, self._session = self._session, None
        self._objects.clear()
        if session is not None:
            try:
                session.close()
            except binding.exceptions.PKCS11Error:
                return  # it was lost already

    def _heed_pin(self, error: Exception) -> None:
        # A token locks itself for good after a few wrong PINs: the first refusal is the last attempt.
        if type(error).__name__ in _PIN_REFUSALS:
            self._pin_refused = True
            raise KeyUnavailableError("the token refuses the PIN") from None

    def __repr__(self) -> str:
        return f"Token({self._label!r})"


def _binding() -> Any:
    try:
        return importlib.import_module("pkcs11")
    except ImportError:
        raise KeyUnavailableError("tokens need the package python-pkcs11, which is not installed") from None
