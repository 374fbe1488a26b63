"""The NIST suite's files and table, for tests of paths and of revocation."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from certs.trust.certificate import Certificate, read_certificate
from certs.trust.path import PathRules, TrustedPath, find_path

_DATA: Final = files("cryptography_vectors") / "x509" / "PKITS_data"
_TABLE: Final = json.loads((Path(__file__).parents[2] / "vectors" / "pkits.json").read_text())
MOMENT: Final = datetime.fromisoformat(_TABLE[0]["moment"])
DEPTH: Final = 6
"""The longest paths of the suite have one certificate more than what is climbed by default."""


@dataclass(frozen=True)
class Case:
    """One test of the suite with its inputs."""

    section: str
    leaf: str
    path: list[str]
    rules: dict[str, Any]
    valid: bool
    refused_by: str | None

    @property
    def chapter(self) -> str:
        return ".".join(self.section.split(".")[:2])


CASES: Final = tuple(Case(**row) for row in _TABLE[1:])
CHAPTERS: Final = tuple(dict.fromkeys(case.chapter for case in CASES))


@cache
def certificate(name: str) -> Certificate:
    """A certificate of the suite through the gate."""
    return read_certificate((_DATA / "certs" / f"{name}.crt").read_bytes())


def path_of(case: Case) -> TrustedPath:
    """The path of a case, or the `Fault` that refuses it."""
    leaf, hints = certificate(case.leaf), [certificate(name) for name in case.path]
    anchors = [certificate("TrustAnchorRootCertificate")]
    chosen = {**case.rules, "policies": frozenset(case.rules.get("policies", ()))}
    return find_path(leaf, anchors=anchors, issuers=[], hints=hints, rules=PathRules(depth=DEPTH, **chosen))


def was_valid(path: TrustedPath) -> bool:
    """Whether every certificate was inside its period at the moment of the table."""
    return all(one.not_before <= MOMENT <= one.not_after for one in path.certificates)


@cache
def revocation_lists() -> tuple[bytes, ...]:
    """Every CRL of the suite, in order of its file name."""
    return tuple(path.read_bytes() for path in sorted((_DATA / "crls").iterdir(), key=lambda path: path.name))
