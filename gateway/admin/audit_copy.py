"""Reads a copy of the audit and says whether it holds: no database, no network, no trust in the copy itself (AU-01)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from certs.keys import base64url, strict_json
from certs.keys.errors import JoseError, JsonError
from certs.keys.expectation import Expectation
from certs.keys.jose import VerificationKeys, verify
from gateway.admin import audit_checkpoints, checkpoint_file
from gateway.admin.audit_chain import COLUMNS, LARGEST, Break, ChainError, Finding, Link, Place
from gateway.admin.audit_checkpoints import Checkpoint, Witnesses
from gateway.admin.audit_export import END_TYPE, FORMAT, VERSION
from gateway.admin.audit_ports import KeptCheckpoint
from gateway.admin.audit_proof import Report, Verdict, Walk, unheard, verdict_of
from gateway.admin.audit_sealing import PORTION

LONGEST_LINE: Final = 262_144
"""Bytes of one line of a copy."""
_THEN: Final = datetime.fromtimestamp(0, UTC)  # no token of a copy states a time of validity


def verify_copy(
    lines: Iterable[bytes],
    keys: VerificationKeys | None,
    checkpoints: Path | None = None,
    report: Report = unheard,
) -> Verdict:
    """Check a copy: with keys that were kept elsewhere, or, as a mere check of form, with those that it brings."""
    walk: Walk | None = None
    seen = Witnesses()
    try:
        copy = _Copy.begun(iter(lines), keys)
        if checkpoints is not None:
            seen = Witnesses.of(checkpoint_file.all_of(checkpoints, copy.check))
        walk = Walk(copy.read, copy.begin, seen.hashes)
        for links, kept in copy.portions():
            walk.go(links, kept)
            report(walk.events, walk.events, walk.sealed)
        copy.check_end(walk.place)
    except ChainError as error:
        return Verdict(error.finding) if walk is None else verdict_of(walk, seen, error.finding)
    return verdict_of(walk, seen)


@dataclass(slots=True)
class _Copy:
    """A copy that is being read."""

    lines: Iterator[bytes]
    keys: VerificationKeys
    are_pinned: bool
    """Whether the keys were kept elsewhere."""
    issuer: str
    begin: Checkpoint | None
    after: int
    end: Mapping[str, Any] | None = None

    @classmethod
    def begun(cls, lines: Iterator[bytes], keys: VerificationKeys | None) -> Self:
        """Read the head."""
        head = _parsed(next(lines, b""))
        issuer, after, token = head.get("issuer"), head.get("after"), head.get("checkpoint")
        if head.get("kind") != FORMAT or head.get("version") != VERSION or not isinstance(issuer, str):
            raise ChainError(Finding(Break.TORN))
        if isinstance(after, bool) or not isinstance(after, int) or (after > 0) != isinstance(token, str):
            raise ChainError(Finding(Break.TORN))
        copy = cls(lines, _own_keys(head) if keys is None else keys, keys is not None, issuer, None, after)
        if isinstance(token, str):
            copy.begin = audit_checkpoints.read_at(after, token, copy.check)
        return copy

    def read(self, kept: KeptCheckpoint) -> Checkpoint:
        return audit_checkpoints.read_at(kept.position, kept.token, self.check)

    def check(self, token: str) -> Checkpoint:
        return audit_checkpoints.read(token, self.issuer, self.keys)

    def portions(self) -> Iterator[tuple[list[Link], list[KeptCheckpoint]]]:
        """Portions up to the end; what comes after it is not ours."""
        links: list[Link] = []
        kept: list[KeptCheckpoint] = []
        at = self.after
        for line in self.lines:
            members = _parsed(line, at + 1)
            match members.get("kind"):
                case "event":
                    links.append(_link(members, at + 1))
                    at = links[-1].position
                case "checkpoint":
                    if kept and kept[-1].position == at:
                        raise ChainError(Finding(Break.TORN, at + 1))
                    kept.append(KeptCheckpoint(at, _THEN, str(members.get("token"))))
                case "end":
                    self.end = members
                    break
                case _:
                    raise ChainError(Finding(Break.TORN, at + 1))
            if len(links) >= PORTION and members["kind"] == "event":
                # The newest event waits for the checkpoint that may stand behind it.
                yield links[:-1], [one for one in kept if one.position < at]
                links, kept = links[-1:], [one for one in kept if one.position >= at]
        yield links, kept
        if self.end is None or next(self.lines, None) is not None:
            raise ChainError(Finding(Break.TORN, at + 1))

    def check_end(self, place: Place) -> None:
        """The end says how much there is; where it is signed, nobody else can say so."""
        said = self.end or {}
        if self.are_pinned or "token" in said:
            said = self._signed_end(str(said.get("token")), place)
        if (said.get("after"), said.get("until"), said.get("hash")) != (
            self.after,
            place.position,
            base64url.encode(place.hash),
        ):
            raise ChainError(Finding(Break.CUT, place.position + 1))

    def _signed_end(self, token: str, place: Place) -> Mapping[str, Any]:
        expected = Expectation(
            algorithms=frozenset({"ES256"}),
            typ=frozenset({END_TYPE}),
            issuer=self.issuer,
            audience=None,
            required=frozenset({"after", "until", "hash"}),
        )
        try:
            return verify(token, self.keys, expected, now=_THEN).claims
        except JoseError:
            raise ChainError(Finding(Break.CHECKPOINT_FORGED, place.position + 1)) from None


def _parsed(line: bytes, position: int | None = None) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ChainError(Finding(Break.TORN, position))
    try:
        return strict_json.parse_object(line)
    except JsonError:
        raise ChainError(Finding(Break.TORN, position)) from None


def _link(members: Mapping[str, Any], expected: int) -> Link:
    row, position = members.get("row"), members.get("position")
    try:
        digest = base64url.decode(str(members.get("hash")))
    except ValueError:
        raise ChainError(Finding(Break.TORN, expected)) from None
    if isinstance(position, bool) or not isinstance(position, int):
        raise ChainError(Finding(Break.TORN, expected))
    if row is not None and not (
        isinstance(row, dict) and set(row) == set(COLUMNS) and all(map(_is_plain, row.values()))
    ):
        raise ChainError(Finding(Break.TORN, expected))
    return Link(position, digest, row)


def _is_plain(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) <= LARGEST
    return value is None or isinstance(value, str)


def _own_keys(head: Mapping[str, Any]) -> VerificationKeys:
    keys = head.get("keys")
    try:
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ChainError(Finding(Break.TORN))
        return audit_checkpoints.keys_of(keys)
    except JoseError:
        raise ChainError(Finding(Break.TORN)) from None
