"""Whether the listeners' files fit together: every way in which they do not is said, and what to do about it."""

from datetime import timedelta
from typing import Any

import pytest

from certs.keys.tls import LIFETIME, self_signed
from gateway.admin.certificate_check import Listener, Remark, check
from tests.certs import pki
from tests.certs.builders import NOW

CERTIFICATE, KEY = self_signed(["id.example.hk"], NOW)
_, OTHER_KEY = self_signed(["id.example.hk"], NOW)


def remarks(now: Any = NOW, **changes: Any) -> dict[str, Remark]:
    values = {"certificate": CERTIFICATE, "key": KEY, "client_ca": None, "host": "id.example.hk"} | changes
    return {one.check: one for one in check([Listener("server", **values)], now)}


def test_files_that_fit_together_are_fine_but_for_what_nobody_vouches_for() -> None:
    verdicts = {name: one.verdict for name, one in remarks().items()}

    assert verdicts == {"key": "fine", "time": "fine", "chain": "attention", "names": "fine"}


@pytest.mark.parametrize(
    ("spoilt", "name", "sentence"),
    [
        ({"key": OTHER_KEY}, "key", "the key does not belong to the certificate"),
        ({"key": b""}, "key", "the file holds no private key that can be used"),
        ({"certificate": b""}, "file", "the file is no file of certificates"),
        ({"host": "id.example.mo"}, "names", "the certificate is not for id.example.mo"),
        ({"certificate": CERTIFICATE + pki.pem_of(pki.an_authority())}, "chain", "are not in order"),
        ({"client_ca": b"nothing"}, "file", "the file is no file of certificates"),
    ],
)
def test_what_does_not_fit_is_broken(spoilt: dict[str, Any], name: str, sentence: str) -> None:
    remark = remarks(**spoilt)[name]

    assert remark.verdict == "broken"
    assert sentence in remark.sentence


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_a_certificate_is_over_at_its_very_second() -> None:
    end = NOW + LIFETIME

    seen = [remarks(end + timedelta(seconds=step))["time"].verdict for step in (-1, 0, 1)]

    assert seen == ["fine", "broken", "broken"]
    assert remarks(NOW - timedelta(days=1))["time"].verdict == "broken"


def test_authorities_that_are_over_let_nobody_in_and_some_of_them_fewer() -> None:
    over = pki.pem_of(pki.an_authority(number=1001, ends_at=NOW))
    good = pki.pem_of(pki.an_authority(number=1002))

    def verdict(content: bytes) -> str:
        found = check([Listener("operator_api", None, None, content, None)], NOW)
        return found[0].verdict

    assert verdict(good) == "fine"
    assert verdict(good + over) == "attention"
    assert verdict(over) == "broken"


def test_a_listener_without_files_has_nothing_to_be_checked() -> None:
    assert check([Listener("server", None, None, None, "id.example.hk")], NOW) == ()
