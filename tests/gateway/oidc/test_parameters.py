import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import LIMITS, MAX_PARAMETERS, NAME_LIMIT, VALUE_LIMIT, Parameters

BREAK = "\r\n"


def test_a_parameter_is_read_as_it_was_sent() -> None:
    parameters = Parameters([("state", " a+b %41 é ")])

    assert parameters.get("state") == " a+b %41 é "


@pytest.mark.spec("RFC 6749 §3.1")
@pytest.mark.parametrize("pairs", [[], [("prompt", "")]])
def test_an_absent_and_an_empty_parameter_are_the_same(pairs) -> None:
    assert Parameters(pairs).get("prompt") is None


@pytest.mark.spec("RFC 6749 §3.1")
@pytest.mark.attack("AZ-08")
@pytest.mark.parametrize("values", [("x", "x"), ("x", "y"), ("", "x")])
def test_az_08_a_doubled_parameter_is_refused_also_with_equal_values(values) -> None:
    parameters = Parameters([("scope", value) for value in values])

    with pytest.raises(OAuthError) as refusal:
        parameters.get("scope")

    assert refusal.value.code is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("HP-04")
def test_hp_04_a_doubled_unknown_parameter_is_refused_by_the_check() -> None:
    parameters = Parameters([("colour", "red"), ("colour", "red")])

    with pytest.raises(OAuthError):
        parameters.check()


def test_a_single_unknown_parameter_is_ignored() -> None:
    Parameters([("colour", "red")]).check()


@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("value", [f"a{BREAK}Set-Cookie: x", "a\x00", "\x7f", "\x85", "\u2028", "\ud800"])
def test_wb_09_control_characters_and_half_characters_are_refused(value) -> None:
    with pytest.raises(OAuthError):
        Parameters([("ui_locales", value)]).check()


@pytest.mark.parametrize("name", [*LIMITS, "anything"])
def test_a_value_may_be_as_long_as_its_limit_and_no_longer(name) -> None:
    limit = LIMITS.get(name, VALUE_LIMIT)
    Parameters([(name, "x" * limit)]).check()

    with pytest.raises(OAuthError):
        Parameters([(name, "x" * (limit + 1))]).check()


@pytest.mark.parametrize("name", ["x" * (NAME_LIMIT + 1), f"a{BREAK}b"])
def test_an_unfit_name_is_refused(name) -> None:
    with pytest.raises(OAuthError):
        Parameters([(name, "x")]).check()


def test_more_parameters_than_any_honest_request_has_are_refused() -> None:
    with pytest.raises(OAuthError):
        Parameters([(f"p{number}", "x") for number in range(MAX_PARAMETERS + 1)])


@pytest.mark.parametrize("pairs", [[("state", "a"), ("state", "a")], [("state", BREAK)], []])
def test_a_state_that_cannot_be_used_is_not_sound(pairs) -> None:
    assert Parameters(pairs).sound("state") is None


def test_parameters_print_no_value() -> None:
    assert "hidden" not in repr(Parameters([("code", "hidden")]))


@pytest.mark.spec("RFC 8707 §2")
@pytest.mark.parametrize("name", ["resource", "audience"])
def test_the_parameters_that_may_repeat_are_read_as_lists(name) -> None:
    parameters = Parameters([(name, "urn:a:1"), ("scope", "openid"), (name, "urn:a:2"), (name, "urn:a:1"), (name, "")])
    parameters.check()

    assert parameters.all(name) == ("urn:a:1", "urn:a:2")
    assert Parameters([]).all(name) == ()


def test_a_repeated_parameter_is_not_read_as_a_single_one() -> None:
    with pytest.raises(OAuthError):
        Parameters([("resource", "urn:a:1"), ("resource", "urn:a:2")]).get("resource")


def test_no_other_parameter_is_read_as_a_list() -> None:
    with pytest.raises(ValueError, match="may repeat"):
        Parameters([("scope", "openid")]).all("scope")


@pytest.mark.parametrize("value", [f"urn:a:{BREAK}", "x" * 513])
def test_a_list_with_an_unfit_value_is_refused(value) -> None:
    with pytest.raises(OAuthError):
        Parameters([("resource", "urn:a:1"), ("resource", value)]).all("resource")
