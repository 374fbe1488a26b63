"""The library under SM2: believed only after its self-test, and never trusted with a failure."""

import pytest

from certs.keys import sm, sm2_libcrypto, sm2_self_test
from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2_self_test import EXAMPLE_MESSAGE, EXAMPLE_SECRET, EXAMPLE_SIGNATURE


def test_the_backend_names_itself_and_passes_its_test():
    sm.self_test()

    assert sm.backend().startswith("OpenSSL 3") or sm.backend().startswith("OpenSSL 4")


class Fooled:
    """A library with one fault."""

    def __init__(self, **faults):
        self._real = sm2_libcrypto.find()
        self._faults = faults

    def __getattr__(self, name):
        return self._faults.get(name) or getattr(self._real, name)


def raising(*_arguments):
    raise SmError("refused")


@pytest.mark.parametrize(
    "faults",
    [
        {"verify": lambda *_: True},
        {"verify": lambda *_: False},
        {"sign": lambda *_: EXAMPLE_SIGNATURE[:-1] + b"\0"},
        {"public_point": lambda *_: b"\x04" + bytes(64)},
        {"load_public": raising},
    ],
)
def test_a_library_that_computes_wrongly_is_not_believed(faults):
    with pytest.raises(SmUnavailableError):
        sm2_self_test.run(Fooled(**faults))


def test_without_a_library_sm2_is_unavailable(monkeypatch):
    monkeypatch.setattr(sm2_libcrypto, "_NAMES", ("no-such-library.so",))
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)

    with pytest.raises(SmUnavailableError):
        sm2_libcrypto.find()


@pytest.mark.parametrize("call", ["EVP_PKEY_CTX_set1_id", "EVP_DigestSignInit", "EVP_DigestSign"])
def test_a_failure_inside_the_library_is_a_refusal(call, monkeypatch):
    library = sm2_libcrypto.find()
    key = library.load_secret(EXAMPLE_SECRET)
    monkeypatch.setattr(library._library, call, lambda *_: 0)

    with pytest.raises(SmError):
        library.sign(key, EXAMPLE_MESSAGE, sm.USER_ID)


def test_an_old_library_is_passed_over(monkeypatch):
    class Old:
        def __getattr__(self, name):
            function = type("Function", (), {"__call__": lambda *_: 1})()
            setattr(self, name, function)
            return function

    with pytest.raises(SmUnavailableError):
        sm2_libcrypto.Libcrypto(Old())


def test_the_library_itself_refuses_what_slips_past_our_checks():
    library = sm2_libcrypto.find()

    with pytest.raises(SmError):
        library.load_public(b"\x04" + bytes(64))
    with pytest.raises(SmError):
        library.load_secret(b"short")
