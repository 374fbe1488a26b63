"""Metadata policies: merged from the anchor down, applied in order, and a contradiction is no metadata at all."""

from typing import Any

import pytest

from gateway.oidc.federation.policy import applied, merged
from gateway.oidc.federation.statement import FederationError

pytestmark = pytest.mark.spec("OpenID Federation 1.0 §6.1")


def resolved(metadata: dict[str, Any], *policies: dict[str, Any]) -> dict[str, Any]:
    return applied(merged(policies), metadata)


@pytest.mark.parametrize(
    ("metadata", "operators", "expected"),
    [
        ({"m": "a"}, {"value": "b"}, {"m": "b"}),
        ({"m": "a"}, {"value": None}, {}),
        ({"m": ["a"]}, {"add": ["b"]}, {"m": ["a", "b"]}),
        ({}, {"add": ["b"]}, {"m": ["b"]}),
        ({}, {"default": "d"}, {"m": "d"}),
        ({"m": "a"}, {"default": "d"}, {"m": "a"}),
        ({"m": "a"}, {"one_of": ["a", "b"]}, {"m": "a"}),
        ({}, {"one_of": ["a"]}, {}),
        ({"m": ["a", "c"]}, {"subset_of": ["a", "b"]}, {"m": ["a"]}),
        ({"m": ["c"]}, {"subset_of": ["a"]}, {}),
        ({"m": ["a", "b"]}, {"superset_of": ["a"]}, {"m": ["a", "b"]}),
        ({"m": "a"}, {"essential": True}, {"m": "a"}),
        ({}, {"essential": False}, {}),
    ],
)
def test_an_operator_acts_as_it_is_written(
    metadata: dict[str, Any], operators: dict[str, Any], expected: dict[str, Any]
):
    assert resolved(metadata, {"m": operators}) == expected


@pytest.mark.parametrize(
    ("metadata", "operators"),
    [
        ({"m": "c"}, {"one_of": ["a", "b"]}),
        ({"m": ["b"]}, {"superset_of": ["a"]}),
        ({}, {"essential": True}),
        ({"m": ["c"]}, {"subset_of": ["a"], "essential": True}),
        ({"m": "text"}, {"subset_of": ["a"]}),
    ],
)
def test_metadata_that_cannot_comply_is_refused(metadata: dict[str, Any], operators: dict[str, Any]):
    with pytest.raises(FederationError):
        resolved(metadata, {"m": operators})


@pytest.mark.parametrize(
    ("upper", "lower", "expected"),
    [
        ({"subset_of": ["a", "b"]}, {"subset_of": ["b", "c"]}, {"subset_of": ["b"]}),
        ({"one_of": ["a", "b"]}, {"one_of": ["b"]}, {"one_of": ["b"]}),
        ({"superset_of": ["a"]}, {"superset_of": ["b"]}, {"superset_of": ["a", "b"]}),
        ({"add": ["a"]}, {"add": ["b"]}, {"add": ["a", "b"]}),
        ({"essential": False}, {"essential": True}, {"essential": True}),
        ({"value": "a"}, {"value": "a"}, {"value": "a"}),
    ],
)
def test_policies_of_two_superiors_become_the_stricter_one(
    upper: dict[str, Any], lower: dict[str, Any], expected: dict[str, Any]
):
    assert merged([{"m": upper}, {"m": lower}]) == {"m": expected}


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ({"value": "a"}, {"value": "b"}),
        ({"default": "a"}, {"default": "b"}),
        ({"one_of": ["a"]}, {"one_of": ["b"]}),
        ({"value": ["a", "c"]}, {"subset_of": ["a"], "superset_of": ["x"]}),
        ({"one_of": ["a"]}, {"subset_of": ["a"]}),
        ({"value": None}, {"essential": True}),
        ({"subset_of": ["a"]}, {"superset_of": ["b"]}),
        ({"subset_of": ["a"]}, {"add": ["b"]}),
        ({"value": "a"}, {"one_of": ["b"]}),
    ],
)
def test_an_inferior_cannot_undo_what_a_superior_demands(upper: dict[str, Any], lower: dict[str, Any]):
    with pytest.raises(FederationError):
        merged([{"m": upper}, {"m": lower}])


@pytest.mark.parametrize(
    "operators", [{"regex": "a.*"}, {"subset_of": "a"}, {"essential": "yes"}, {"one_of": {"a": 1}}]
)
def test_an_operator_that_is_unknown_or_malformed_refuses_the_chain(operators: dict[str, Any]):
    with pytest.raises(FederationError):
        resolved({"m": "a"}, {"m": operators})


def test_scope_is_a_list_written_as_one_text():
    assert resolved({"scope": "openid profile cn_id"}, {"scope": {"subset_of": ["openid", "profile"]}}) == {
        "scope": "openid profile"
    }
