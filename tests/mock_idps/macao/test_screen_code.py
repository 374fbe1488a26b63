import base64

import pytest

from mock_idps.macao import screen_code
from mock_idps.macao.fields import parse
from mock_idps.macao.keys import KeyRing
from mock_idps.macao.screen_code import ScreenCode, ScreenCodeError
from tests.mock_idps.macao.stage import BASE, NOW_MS


def a_screen_code(ring: KeyRing, **spoilt) -> dict[str, str]:
    written = screen_code.write(BASE, ScreenCode("ticket-1", NOW_MS, "gateway"), ring.current, **spoilt)
    return parse(written.partition("?")[2].encode()).values


def test_a_screen_code_reads_back_with_the_moment_in_macao_time():
    ring = KeyRing(lambda: NOW_MS)

    shown = a_screen_code(ring)

    assert shown["data"] == "ticket-1|20251009165320|gateway"
    read = screen_code.read(shown["key"], shown["data"], shown["sign"], ring, NOW_MS)
    assert read == ScreenCode("ticket-1", NOW_MS, "gateway")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown: {**shown, "data": shown["data"].replace("ticket-1", "ticket-2")},
        lambda shown: {**shown, "sign": "not base64"},
        lambda shown: {**shown, "sign": ""},
        lambda shown: {**shown, "key": "1"},
        lambda shown: {**shown, "key": "77"},
    ],
)
def test_a_spoilt_screen_code_is_refused(spoil):
    ring = KeyRing(lambda: NOW_MS)
    shown = spoil(a_screen_code(ring))

    with pytest.raises(ScreenCodeError):
        screen_code.read(shown["key"], shown["data"], shown["sign"], ring, NOW_MS)


@pytest.mark.parametrize("age_ms", [-60_000, 40_000, 86_400_000])
def test_a_screen_code_from_another_moment_is_refused(age_ms):
    ring = KeyRing(lambda: NOW_MS)
    shown = a_screen_code(ring)

    with pytest.raises(ScreenCodeError):
        screen_code.read(shown["key"], shown["data"], shown["sign"], ring, NOW_MS + age_ms)


@pytest.mark.parametrize("data", ["", "a|b", "ticket|yesterday|gateway", "a|20251009165320|b|c"])
def test_data_that_cannot_be_read_is_refused_even_when_well_signed(data):
    ring = KeyRing(lambda: NOW_MS)
    sign = base64.b64encode(ring.current.sign_der(data.encode())).decode()

    with pytest.raises(ScreenCodeError):
        screen_code.read(ring.current.number, data, sign, ring, NOW_MS)
