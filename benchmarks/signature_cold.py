"""Certificates that were never seen before: reading them, the path to a root, and a whole detached message."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from benchmarks.mapping_timing import Load, median, ratio, take_turns
from benchmarks.signature_engine import NOW, Engine, NotAcceptedError, detached
from benchmarks.signature_report import Row
from certs.signatures.answers import Answers
from certs.signatures.chain import chain_of
from certs.trust.arithmetic import verify
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.path import PathRules, TrustedPath, find_path
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import Family

Find = Callable[[Certificate], TrustedPath]

_MILLISECONDS: Final = 1_000
_PATHS: Final = (
    ("hk-personal-mr", "RSA-2048", 25.0),
    ("gd-sign", "SM2", 3.5),
)
_MESSAGES: Final = (("hk-personal-mr", "RSA-2048", 2.0, "GD"), ("gd-sign", "SM2", 3.0, "HK"))


def rows(engine: Engine, rounds: int, seconds: float) -> Iterator[Row]:
    """The rows of what is new."""
    turns = (rounds, seconds)
    turns = (rounds, seconds)
    for kind, family, goal in _PATHS:
        yield _path(engine, engine.world.issue(kind), lambda leaf: _listed(engine, leaf), (family, goal), turns)
    leaf, find = _on_p256(engine)
    yield _path(engine, leaf, find, ("P-256", 8.0), turns)
    for message in _MESSAGES:
        yield _message(engine, message, turns)


def _listed(engine: Engine, leaf: Certificate) -> TrustedPath:
    """The path to a root of the lists."""
    path = chain_of(leaf, (), engine.trust).path
    if path is None:
        raise NotAcceptedError("no path")
    return path


def _on_p256(engine: Engine) -> tuple[Issued, Find]:
    """A path with P-256 in every signature; no list of the sandbox has one, so that the search begins at its end."""
    world, family = engine.world, Family.P256
    anchor = world.subordinate("P-256 anchor", world.authority("hk-root-2"), family=family, path_length=1)
    issuer = world.subordinate("P-256 issuer", anchor, family=family)
    anchors, issuers = ((read_certificate(one.der),) for one in (anchor, issuer))
    leaf = world.issue("hk-personal-mr", issuer=issuer, family=family)
    return leaf, lambda found: find_path(found, anchors=anchors, issuers=issuers, hints=(), rules=PathRules())


def _path(engine: Engine, issued: Issued, find: Find, goal: tuple[str, float], turns: tuple[int, float]) -> Row:
    """Parse the leaf, find and prove its path, and ask for both statuses, against two bare verifications."""
    path = find(read_certificate(issued.der)).certificates
    news = engine.news(issued)[: len(path) - 1]

    def cold() -> int:
        engine.forget()
        found = find(read_certificate(issued.der)).certificates
        answers = Answers(news, engine.policy.revocation)
        for certificate, issuer in pairwise(found):
            answers.status(certificate, issuer, NOW)
        return 1

    rates = take_turns({"cold": cold, "raw": _two(path)}, *turns)
    note = f"{_MILLISECONDS / median(rates, 'cold'):.2f} ms against {_MILLISECONDS / median(rates, 'raw'):.2f}"
    name = f"cold path of {len(path)} certificates, {goal[0]}"
    return Row(name, ratio(rates, "raw", "cold"), "x", goal[1], note=note)


def _two(path: tuple[Certificate, ...]) -> Load:
    """The two signatures of a path, checked by the library alone."""
    calls = [_bare(certificate, issuer) for certificate, issuer in pairwise(path)]

    def load() -> int:
        for call in calls[:2]:
            call()
        return 1

    return load


def _bare(certificate: Certificate, issuer: Certificate) -> Callable[[], None]:
    return lambda: verify(issuer.key, certificate.algorithm, certificate.tbs, certificate.signature)


def _message(engine: Engine, message: tuple[str, str, float, str], turns: tuple[int, float]) -> Row:
    kind, family, goal, relying = message
    issued = engine.world.issue(kind)
    members, news = detached(issued) | {"relying_jurisdiction": relying}, engine.news(issued)
    engine.accepted(members, news)

    def cold() -> int:
        engine.forget()
        engine.judge(members, news)
        return 1

    rates = take_turns({"cold": cold}, *turns)
    return Row(f"detached CMS, cold, {family}, to the report", _MILLISECONDS / median(rates, "cold"), "ms", goal)
