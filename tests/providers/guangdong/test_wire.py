"""Guangdong's wire: callback, error table, tokens and the signed wrapper, and every way of saying it wrongly."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from providers.errors import ProviderError, ProviderFailure
from providers.guangdong import wire
from tests.providers.guangdong.builders import (
    ACCESS_TOKEN,
    CODE,
    KEYS,
    LOGIN_ID,
    NEXT_PLATFORM,
    NOW,
    PLATFORM,
    STAMP,
    STRANGER,
    SUBJECT,
    a_callback,
    a_token,
    a_user,
    a_wrapper,
    an_answer,
    content_of,
    signature_of,
)


def read(content: Any, **more: Any) -> wire.SignedContent:
    return wire.read_user_data(an_answer(content, **more), KEYS, NOW)


def test_the_callback_gives_its_code() -> None:
    assert wire.read_callback(a_callback()) == CODE


@pytest.mark.attack("ST-02")
def test_st_02_a_state_that_comes_back_after_all_must_be_this_sign_ins() -> None:
    assert wire.read_callback(a_callback(state=LOGIN_ID)) == CODE
    with pytest.raises(ProviderError) as refused:
        wire.read_callback(a_callback(state="another-login"))
    assert refused.value.detail == "state"


@pytest.mark.parametrize(
    ("parameters", "failure", "detail"),
    [
        ({"code": None, "error": "cancel"}, ProviderFailure.CANCELLED, "cancel"),
        ({"code": None, "error": "<b>"}, ProviderFailure.BROKEN, "error"),
        ({"error": "cancel"}, ProviderFailure.MALFORMED_CALLBACK, "code_and_error"),
        ({"code": None}, ProviderFailure.MALFORMED_CALLBACK, "code"),
        ({"code": "short"}, ProviderFailure.MALFORMED_CALLBACK, "code"),
        ({"code": "c" * 513}, ProviderFailure.MALFORMED_CALLBACK, "code"),
        ({"code": "0123456789abcdef&client_id=x"}, ProviderFailure.MALFORMED_CALLBACK, "code"),
    ],
)
def test_a_callback_without_a_good_code_says_why(
    parameters: dict[str, Any], failure: ProviderFailure, detail: str
) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_callback(a_callback(**parameters))

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("40001", ProviderFailure.MISCONFIGURED),
        ("40029", ProviderFailure.EXPIRED),
        ("40035", ProviderFailure.MISCONFIGURED),
        ("41001", ProviderFailure.BROKEN),
        ("42001", ProviderFailure.EXPIRED),
        ("43010", ProviderFailure.NOT_ELIGIBLE),
        ("43011", ProviderFailure.NOT_ELIGIBLE),
        ("45009", ProviderFailure.UNREACHABLE),
        ("46001", ProviderFailure.MISCONFIGURED),
        ("46002", ProviderFailure.MISCONFIGURED),
        ("46003", ProviderFailure.BROKEN),
        ("46010", ProviderFailure.MISCONFIGURED),
        ("46011", ProviderFailure.MISCONFIGURED),
        ("46012", ProviderFailure.BROKEN),
        ("-1", ProviderFailure.UNREACHABLE),
        (40029, ProviderFailure.EXPIRED),
    ],
)
def test_each_row_of_the_error_table_has_its_meaning(code: Any, failure: ProviderFailure) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer({"errcode": code, "errmsg": "a text of theirs"}))

    assert (refused.value.failure, refused.value.detail) == (failure, str(code))


@pytest.mark.parametrize("code", ["99999", "", None, True, ["0"], "0 ", "the code"])
def test_an_errcode_that_nobody_knows_is_refused_and_not_repeated(code: Any) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(a_token() | {"errcode": code}))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "errcode")


def test_the_token_answer_gives_the_token() -> None:
    assert wire.read_token(an_answer(a_token())) == ACCESS_TOKEN


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": None},
        {"access_token": "t"},
        {"access_token": 5},
        {"access_token": "token with spaces"},
        {"token_type": "mac"},
        {"expires_in": None},
        {"expires_in": 7199},
        {"expires_in": "-1"},
        {"expires_in": "0"},
        {"expires_in": "1e9"},
        {"expires_in": "71990000000"},
    ],
)
def test_a_strange_token_answer_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(a_token(**change)))

    assert refused.value.failure is ProviderFailure.BROKEN


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"<!DOCTYPE html>", "text/html; charset=utf-8"), (b"\n <html>", "application/json"), (b"{}", "TEXT/HTML")],
)
@pytest.mark.attack("GD-08")
def test_gd_08_a_page_instead_of_data_means_maintenance(body: bytes, content_type: str) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_object(an_answer(body, content_type=content_type))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.UNREACHABLE, "maintenance")


def test_another_status_is_refused() -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_object(an_answer(b"<html>", status=404, content_type="text/html"))

    assert refused.value.detail == "http_404"


def test_signed_user_data_are_opened_and_hidden() -> None:
    content = read(a_wrapper())

    assert content.user["useridcode"] == SUBJECT
    assert SUBJECT not in repr(content)


def test_any_of_the_configured_keys_may_have_signed() -> None:
    assert read(a_wrapper(key=NEXT_PLATFORM)).user == a_user()


@pytest.mark.attack("GD-05")
def test_gd_05_a_key_that_is_not_configured_signs_nothing() -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper(key=STRANGER))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "sign")


@pytest.mark.parametrize("missing", ["biz_content", "time_stamp", "version"])
@pytest.mark.attack("GD-05")
def test_gd_05_a_wrapper_lacking_a_member_is_refused(missing: str) -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper() | {missing: None})

    assert refused.value.detail == "wrapper"


@pytest.mark.parametrize("sign", [None, "", 7, ["x"], "!!!!", "签名", "A" * 129, "A" * 40_000, "AAAA"])
@pytest.mark.attack("GD-01")
@pytest.mark.attack("GD-05")
@pytest.mark.attack("GD-10")
def test_gd_01_gd_05_gd_10_a_signature_that_is_none_is_refused(sign: Any) -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper() | {"sign": sign})

    assert refused.value.detail == "sign"


@pytest.mark.attack("GD-10")
def test_gd_10_a_long_signature_costs_no_arithmetic() -> None:
    class Never:
        def verify(self, message: bytes, signature: bytes) -> None:
            raise AssertionError("the length has to be looked at first")

    with pytest.raises(ProviderError):
        wire.verify(b"message", "A" * 25_000, [Never()])


@pytest.mark.attack("GD-05")
def test_gd_05_the_bare_form_v1_is_not_fallen_back_to() -> None:
    with pytest.raises(ProviderError) as refused:
        read({"signdata": base64.b64encode(bytes(256)).decode(), "userobj": a_user(), "pareobj": {}})

    assert refused.value.detail == "wrapper"


@pytest.mark.attack("GD-03")
def test_gd_03_another_user_id_signs_nothing() -> None:
    wrapper = a_wrapper()
    message = wire.canonical(wrapper["biz_content"]) + f"{STAMP}v1".encode()
    sign = base64.b64encode(PLATFORM.sign(message, b"another-user-id")).decode()

    with pytest.raises(ProviderError) as refused:
        read(wrapper | {"sign": sign})

    assert refused.value.detail == "sign"


@pytest.mark.parametrize("change", [{"time_stamp": "20260506150810"}, {"biz_content": content_of(a_user(cn="冒名者"))}])
@pytest.mark.attack("GD-04")
def test_gd_04_what_is_signed_cannot_be_exchanged(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper() | change)

    assert refused.value.detail == "sign"


def test_another_version_is_refused() -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper(version="v2"))

    assert refused.value.detail == "wrapper"


@pytest.mark.attack("GD-04")
def test_gd_04_members_beside_the_signed_content_are_ignored() -> None:
    wrapper = a_wrapper() | {"userobj": a_user(cn="冒名者", useridcode="0" * 32), "extra": 1}

    assert read(wrapper).user == a_user()


@pytest.mark.attack("GD-04")
def test_gd_04_a_doubled_member_is_refused() -> None:
    text = json.dumps(a_wrapper())
    forged = json.dumps(content_of(a_user(useridcode="0" * 32)))

    with pytest.raises(ProviderError) as refused:
        read(f'{text[:-1]},"biz_content":{forged}}}'.encode())

    assert refused.value.detail == "json"


@pytest.mark.parametrize("write", [{"ensure_ascii": True}, {"indent": 1}, {"sort_keys": True}])
@pytest.mark.attack("GD-04")
def test_gd_04_the_spelling_of_the_same_data_does_not_matter(write: dict[str, Any]) -> None:
    assert read(json.dumps(a_wrapper(), **write).encode()).user == a_user()


@pytest.mark.attack("GD-04")
def test_gd_04_reordered_arrays_are_other_data() -> None:
    wrapper = a_wrapper()
    wrapper["biz_content"]["userobj"]["extproperties"].reverse()

    with pytest.raises(ProviderError) as refused:
        read(wrapper)

    assert refused.value.detail == "sign"


@pytest.mark.parametrize("number", [1.0, [1e3], {"deep": [0.1]}])
@pytest.mark.attack("GD-04")
def test_gd_04_numbers_with_many_spellings_are_refused(number: Any) -> None:
    content = content_of(extra=number)

    with pytest.raises(ProviderError) as refused:
        read(a_wrapper(content))

    assert refused.value.detail == "number"


@pytest.mark.attack("GD-04")
def test_gd_04_gbk_bytes_are_refused() -> None:
    with pytest.raises(ProviderError) as refused:
        read(json.dumps(a_wrapper(), ensure_ascii=False).encode("gbk"))

    assert refused.value.detail == "json"


@pytest.mark.attack("UN-05")
def test_un_05_half_a_character_is_refused() -> None:
    wrapper = a_wrapper()
    wrapper["biz_content"]["userobj"]["cn"] = "\ud800"

    with pytest.raises(ProviderError) as refused:
        read(json.dumps(wrapper).encode())

    assert refused.value.detail == "half_character"


@pytest.mark.parametrize("skew", [timedelta(seconds=300), timedelta(seconds=-300)])
def test_a_time_stamp_within_five_minutes_is_accepted(skew: timedelta) -> None:
    assert wire.read_user_data(an_answer(a_wrapper()), KEYS, NOW + skew).user


@pytest.mark.parametrize("skew", [timedelta(seconds=301), timedelta(seconds=-301), timedelta(days=1)])
@pytest.mark.attack("GD-04")
def test_gd_04_a_rightly_signed_but_stale_wrapper_is_refused(skew: timedelta) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_user_data(an_answer(a_wrapper()), KEYS, NOW + skew)

    assert refused.value.detail == "time_stamp"


@pytest.mark.parametrize(
    ("stamp", "detail"),
    [("20261306150809", "time_stamp"), ("2026050615080", "wrapper"), ("２０２６０５０６１５０８０９", "wrapper")],
)
def test_a_time_stamp_that_is_no_time_is_refused(stamp: str, detail: str) -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper(stamp=stamp))

    assert refused.value.detail == detail


@pytest.mark.parametrize("content", [{"userobj": None}, {"userobj": [a_user()]}, {"pareobj": "none"}])
def test_signed_content_of_another_shape_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper(content_of(**content)))

    assert refused.value.detail == "wrapper"


def test_an_errcode_beside_signed_data_is_a_refusal() -> None:
    with pytest.raises(ProviderError) as refused:
        read(a_wrapper() | {"errcode": "42001"})

    assert refused.value.failure is ProviderFailure.EXPIRED


def test_the_signature_of_the_builder_is_over_the_rule_of_the_dialect() -> None:
    signed = {"b": "中", "a": [1, {"z": None, "y": True}]}

    wire.verify(b'{"a":[1,{"y":true,"z":null}],"b":"\xe4\xb8\xad"}' + f"{STAMP}v1".encode(), signature_of(signed), KEYS)
