"""Key sets in the states that the tests of rotation begin with; no key material is needed for any of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from certs.keys.rotation import moves
from certs.keys.rotation.guards import Facts
from certs.keys.rotation.moves import NewKey
from certs.keys.rotation.records import KeySetRecord, Proof, ProofKind
from certs.keys.rotation.rules import Publication, Rules

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RULES = Rules(Publication.JWKS, publish_lead=25 * HOUR, overlap=26 * HOUR, settle=HOUR, active_life=90 * DAY)
LOCAL = replace(RULES, publication=Publication.LOCAL, publish_lead=MINUTE)


def made(name: str) -> NewKey:
    return NewKey(name, "ES256", f"sealed:{name}", {"kty": "EC"})


def facts(now: datetime = NOW, *ready: str, **more: object) -> Facts:
    return Facts(now, frozenset(ready), **more)  # type: ignore[arg-type]


def adopted() -> KeySetRecord:
    """One active key, since NOW."""
    return moves.adopt(KeySetRecord("id-token-es256"), made("one"), NOW)


def published(rules: Rules = RULES) -> KeySetRecord:
    """An active key and the next, published at NOW."""
    return moves.publish(moves.generate(adopted(), made("two"), NOW), "two", rules, NOW)


def proven() -> KeySetRecord:
    """The same, and it is proven that the next is seen."""
    return moves.prove(published(), "two", Proof(ProofKind.PROBE, NOW, "gateway"))


def rotated(at: datetime = NOW + 25 * HOUR) -> KeySetRecord:
    """The second key signs, the first only verifies."""
    return moves.activate(proven(), "two", RULES, facts(at, "two"))
