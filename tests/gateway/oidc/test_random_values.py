"""Random values and ids: unguessable, and usable where people type them."""

from gateway.oidc.random_values import VALUE_LENGTH, new_id, new_value


def test_an_id_is_never_taken_for_an_option() -> None:
    ids = {new_id() for _ in range(5_000)}

    assert len(ids) == 5_000
    assert all(one[0].isascii() and one[0].isalpha() for one in ids)
    assert {len(one) for one in ids} == {25}


def test_a_value_is_256_bits_in_base64url() -> None:
    values = {new_value() for _ in range(1_000)}

    assert len(values) == 1_000
    assert {len(value) for value in values} == {VALUE_LENGTH}
