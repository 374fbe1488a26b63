"""The block of settings for Macao: complete, known and sensible, or named."""

from datetime import timedelta
from typing import Any

import pytest

from providers.macao.settings import from_settings

BLOCK = {"base_url": "https://mo.test/", "client_id": "gateway", "client_secret": "a-secret-value"}


def test_a_block_is_read_and_hides_its_secret() -> None:
    settings = from_settings({**BLOCK, "keys_max_age": 60})

    assert (settings.base_url, settings.client_id) == ("https://mo.test", "gateway")
    assert settings.keys_max_age == timedelta(seconds=60)
    assert "a-secret-value" not in repr(settings)


@pytest.mark.parametrize("name", list(BLOCK))
def test_a_missing_key_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"setting {name} is missing"):
        from_settings({key: value for key, value in BLOCK.items() if key != name})


def test_an_unknown_key_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(ValueError, match="unknown setting client_secrets; did you mean client_secret"):
        from_settings({**BLOCK, "client_secrets": "a-secret-value"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "mo.test"),
        ("base_url", "https://user:word@mo.test"),
        ("base_url", "https://mo.test?x=1"),
        ("client_id", " "),
        ("client_secret", 7),
        ("keys_max_age", 0),
        ("keys_max_age", True),
        ("keys_max_age", "300"),
    ],
)
def test_a_value_that_cannot_be_is_named_and_not_shown(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"setting {name} must be") as refused:
        from_settings({**BLOCK, name: value})

    assert "word" not in str(refused.value)
