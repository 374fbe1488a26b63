import pytest

from providers.hong_kong import HongKongSettings, from_settings
from tests.providers.hong_kong.builders import BASE, CLIENT_ID, EARLIER_KEY, KEY, SECRET


def a_block(**changes: object) -> dict[str, object]:
    block = {
        "base_url": BASE,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "decryption_key": KEY.to_pem().decode(),
    }
    return {name: value for name, value in {**block, **changes}.items() if value is not None}


def test_a_block_becomes_settings() -> None:
    assert from_settings(a_block()) == HongKongSettings(BASE, CLIENT_ID, SECRET, (KEY,))


def test_an_earlier_key_comes_after_the_current_one() -> None:
    read = from_settings(a_block(previous_decryption_key=EARLIER_KEY.to_pem().decode()))

    assert read.decryption_keys == (KEY, EARLIER_KEY)


def test_a_next_key_stands_beside_them() -> None:
    read = from_settings(a_block(next_decryption_key=EARLIER_KEY.to_pem().decode()))

    assert (read.decryption_keys, read.next_decryption_key) == ((KEY,), EARLIER_KEY)


def test_corpid_is_a_registration_of_its_own() -> None:
    without = from_settings(a_block())
    read = from_settings(a_block(corpid_base_url="http://corp.mock/", corpid_sandbox=True))

    assert (without.corpid_base_url, without.corpid_sandbox) == (None, False)
    assert (read.corpid_base_url, read.corpid_sandbox) == ("http://corp.mock", True)


@pytest.mark.parametrize(
    ("name", "value"), [("corpid_base_url", ""), ("corpid_base_url", "corp.mock"), ("corpid_sandbox", "yes")]
)
def test_a_setting_of_corpid_that_cannot_be_is_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^setting {name} must be"):
        from_settings(a_block(**{name: value}))


def test_corpid_is_never_called_over_a_weaker_transport_than_iam_smart() -> None:
    with pytest.raises(ValueError, match=r"^setting corpid_base_url must be an https address"):
        from_settings(a_block(base_url="https://hk.mock", corpid_base_url="http://corp.mock"))


@pytest.mark.parametrize("name", ["base_url", "client_id", "client_secret", "decryption_key"])
def test_a_missing_key_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"^setting {name} is missing$"):
        from_settings(a_block(**{name: None}))


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ValueError, match=r"^unknown setting client_secrets; did you mean client_secret\?$"):
        from_settings(a_block(client_secrets="x"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "hk.mock"),
        ("base_url", "ftp://hk.mock"),
        ("base_url", "http://hk.mock?x=1"),
        ("base_url", 7),
        ("client_id", CLIENT_ID.upper()),
        ("client_id", CLIENT_ID[1:]),
        ("client_secret", "too short"),
        ("decryption_key", "no key at all"),
        ("previous_decryption_key", "no key at all"),
        ("next_decryption_key", "no key at all"),
    ],
)
def test_an_unusable_value_is_refused_by_its_name_and_not_shown(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^setting {name}") as refused:
        from_settings(a_block(**{name: value}))

    assert str(value) not in str(refused.value)


def test_settings_without_any_key_cannot_exist() -> None:
    with pytest.raises(ValueError, match="decryption_key"):
        HongKongSettings(BASE, CLIENT_ID, SECRET, ())


def test_settings_print_no_secret() -> None:
    assert SECRET not in repr(from_settings(a_block()))


def test_an_address_has_one_slash_where_the_base_ends_in_one() -> None:
    assert from_settings(a_block(base_url=f"{BASE}/")).address("/api") == f"{BASE}/api"
