"""The scenarios that a tester has armed: which misbehaviour a mock shows, to whom, and how often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SESSION_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
"""Free text chosen by a tester, kept to characters that need no escaping anywhere."""
MATCHABLE: Final = frozenset({"persona", "client", "endpoint"})
MAX_ARMED: Final = 1_000
MAX_TIMES: Final = 1_000_000


@dataclass(slots=True)
class Armed:
    """One armed scenario; `times` is what is left of it, None means for ever."""

    scenario: str
    session: str | None
    match: Mapping[str, str]
    times: int | None
    args: Mapping[str, Any]

    def applies_to(self, session: str | None, facts: Mapping[str, str | None]) -> bool:
        """Say whether a call with these facts is meant."""
        if self.session is not None and self.session != session:
            return False
        return all(facts.get(name) == value for name, value in self.match.items())


@dataclass(slots=True)
class ScenarioBook:
    """The catalogue of one mock, and the entries that are armed."""

    catalogue: Mapping[str, str]
    armed: list[Armed] = field(default_factory=list)

    def arm(
        self,
        scenario: str,
        *,
        session: str | None,
        match: Mapping[str, str],
        times: int | None,
        args: Mapping[str, Any],
    ) -> None:
        """Arm a scenario of the catalogue; anything unknown or out of bounds is a ValueError."""
        if scenario not in self.catalogue:
            raise ValueError("unknown scenario")
        if session is not None and not SESSION_KEY.match(session):
            raise ValueError("session must be 1 to 64 characters of A-Z a-z 0-9 _ -")
        if not MATCHABLE.issuperset(match):
            raise ValueError("match knows persona, client and endpoint only")
        if times is not None and not 1 <= times <= MAX_TIMES:
            raise ValueError("times must be a positive number or null")
        if len(self.armed) >= MAX_ARMED:
            raise ValueError("too many armed scenarios; reset first")
        self.armed.append(Armed(scenario, session, dict(match), times, dict(args)))

    def take(self, scenario: str, session: str | None, facts: Mapping[str, str | None]) -> Mapping[str, Any] | None:
        """Spend one use of the first entry that applies; the entries of the session come before those for all."""
        if scenario not in self.catalogue:
            raise ValueError("unknown scenario")
        fitting = [entry for entry in self.armed if entry.scenario == scenario and entry.applies_to(session, facts)]
        if not fitting:
            return None
        entry = min(fitting, key=lambda one: one.session is None)
        if entry.times is not None:
            entry.times -= 1
            if entry.times == 0:
                self.armed.remove(entry)
        return entry.args

    def disarm(self, scenario: str | None, session: str | None) -> int:
        """Remove the entries of this scenario and session (None means any); say how many there were."""
        before = len(self.armed)
        self.armed = [
            entry
            for entry in self.armed
            if (scenario is not None and entry.scenario != scenario)
            or (session is not None and entry.session != session)
        ]
        return before - len(self.armed)
