"""Metadata policies: what superiors demand of an entity's metadata (OpenID Federation 1.0 §6.1).

Policies of all superiors are merged from the trust anchor down, so that an inferior may only make them stricter, and
then applied. A conflict means that there is no acceptable metadata, not that somebody wins.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway.oidc.federation.statement import FederationError

Policy: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Metadata member -> operator -> the operator's value."""

_SPACED: Final = frozenset({"scope"})
"""Members whose list is one text separated by spaces (§6.1.3.1.8)."""


def merged(policies: Sequence[Policy]) -> Policy:
    """One policy out of those of all superiors, the trust anchor's first (§6.1.3.2); raises ``FederationError``."""
    result: dict[str, dict[str, Any]] = {}
    for policy in policies:
        for member, operators in policy.items():
            mine = result.setdefault(member, {})
            for operator, value in operators.items():
                if operator not in _MERGE:
                    raise FederationError("a metadata policy holds an unknown operator")
                mine[operator] = value if operator not in mine else _MERGE[operator](mine[operator], value)
    for operators in result.values():
        _check(operators)
    return result


def applied(policy: Policy, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata as its superiors will have it (§6.1.3.3); raises ``FederationError`` when it cannot comply."""
    result = {name: value for name, value in metadata.items() if value is not None}
    for member, operators in policy.items():
        value = _as_list(member, result.get(member))
        for operator in _ORDER:
            if operator in operators:
                value = _APPLY[operator](value, operators[operator])
        if value is None:
            result.pop(member, None)
        else:
            result[member] = " ".join(value) if member in _SPACED and isinstance(value, list) else value
    return result


def _as_list(member: str, value: Any) -> Any:
    return value.split(" ") if member in _SPACED and isinstance(value, str) else value


def _conflict(*_: Any) -> FederationError:
    return FederationError("metadata does not satisfy a policy of its superiors")


def _same(ours: Any, theirs: Any) -> Any:
    if ours != theirs:
        raise _conflict()
    return ours


def _union(ours: Any, theirs: Any) -> list[Any]:
    return [*_list(ours), *(each for each in _list(theirs) if each not in ours)]


def _intersection(ours: Any, theirs: Any) -> list[Any]:
    return [each for each in _list(ours) if each in _list(theirs)]


def _some_in_common(ours: Any, theirs: Any) -> list[Any]:
    common = _intersection(ours, theirs)
    if not common:
        raise _conflict()
    return common


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FederationError("a metadata policy is malformed")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise FederationError("a metadata policy is malformed")
    return value


def _check(operators: Mapping[str, Any]) -> None:
    """Refuse combinations that contradict each other (§6.1.3.1)."""
    for operator in ("add", "one_of", "subset_of", "superset_of"):
        if operator in operators:
            _list(operators[operator])
    if "essential" in operators:
        _flag(operators["essential"])
    if "one_of" in operators and {"subset_of", "superset_of", "add"} & operators.keys():
        raise _conflict()
    if "value" in operators:
        _check_value(operators)
    superset, subset = operators.get("superset_of"), operators.get("subset_of")
    if superset is not None and subset is not None and not _within(superset, subset):
        raise _conflict()
    if "add" in operators and subset is not None and not _within(operators["add"], subset):
        raise _conflict()


def _check_value(operators: Mapping[str, Any]) -> None:
    value = operators["value"]
    if value is None and (operators.get("essential") or "default" in operators):
        raise _conflict()
    if value is None:
        return
    for operator in ("add", "one_of", "subset_of", "superset_of"):
        if operator in operators:
            _APPLY[operator](value, operators[operator])
    if "add" in operators and not _within(operators["add"], _list(value)):
        raise _conflict()


def _within(inner: Sequence[Any], outer: Sequence[Any]) -> bool:
    return all(each in outer for each in inner)


def _add(value: Any, more: Any) -> Any:
    return _union([] if value is None else value, more)


def _one_of(value: Any, allowed: Any) -> Any:
    if value is not None and value not in _list(allowed):
        raise _conflict()
    return value


def _subset_of(value: Any, allowed: Any) -> Any:
    """What is not allowed falls away; nothing left is the same as absent."""
    if value is None:
        return None
    return _intersection(value, allowed) or None


def _superset_of(value: Any, needed: Any) -> Any:
    if value is not None and not _within(_list(needed), _list(value)):
        raise _conflict()
    return value


def _essential(value: Any, is_essential: Any) -> Any:
    if _flag(is_essential) and value is None:
        raise _conflict()
    return value


_ORDER: Final = ("value", "add", "default", "one_of", "subset_of", "superset_of", "essential")
"""The order in which operators act (§6.1.3.1)."""

_APPLY: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "value": lambda _, wanted: wanted,
    "add": _add,
    "default": lambda value, otherwise: otherwise if value is None else value,
    "one_of": _one_of,
    "subset_of": _subset_of,
    "superset_of": _superset_of,
    "essential": _essential,
}

_MERGE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "value": _same,
    "add": _union,
    "default": _same,
    "one_of": _some_in_common,
    "subset_of": _intersection,
    "superset_of": _union,
    "essential": lambda ours, theirs: _flag(ours) or _flag(theirs),
}
