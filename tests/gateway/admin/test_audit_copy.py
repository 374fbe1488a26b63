"""A copy of the audit: it is checked without database and gateway, and whatever is done to it is found."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certs.keys import jose
from certs.keys.verification_keys import VerificationKeys
from gateway.admin.audit_chain import Break, Finding, Place, chained
from gateway.admin.audit_checkpoints import Checkpoint, issue
from gateway.admin.audit_copy import LONGEST_LINE, verify_copy
from gateway.admin.audit_export import END_TYPE, export, page
from gateway.admin.audit_proof import UnknownCheckpointError, Verdict
from tests.gateway.admin.audit_world import ADA, ISSUER, LATER, PINNED, STRANGER, Trail, a_row

Lines = list[dict[str, Any]]


async def copied(trail: Trail, **options: Any) -> Lines:
    return [line async for line in export(trail.sealing, trail.stores.audit, ADA, **options)]


def written(lines: Lines) -> list[bytes]:
    return [json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines]


def checked(lines: Lines, keys: VerificationKeys | None = PINNED, checkpoints: Path | None = None) -> Verdict:
    return verify_copy(written(lines), keys, checkpoints)


def a_copy(count: int = 6, every: int = 2) -> Lines:
    """The same form, made here: events with a checkpoint behind every second one."""
    from tests.gateway.admin.audit_world import KEY, PUBLIC  # noqa: PLC0415 - the honest side's material

    lines: Lines = [
        {"kind": "gba-audit", "version": 1, "issuer": ISSUER, "after": 0, "keys": PUBLIC, "exported_at": "now"}
    ]
    place = Place()
    for link in chained(Place(), [a_row(number + 1) for number in range(count)]):
        hash_text = jose.base64url.encode(link.hash)
        lines.append({"kind": "event", "position": link.position, "hash": hash_text, "row": link.row})
        place = Place(link.position, link.hash)
        if link.position % every == 0:
            vouched = Checkpoint(link.position, link.hash, LATER, 1, link.position - every)
            lines.append({"kind": "checkpoint", "token": issue(vouched, ISSUER, KEY)})
    says = {"iss": ISSUER, "after": 0, "until": count, "hash": jose.base64url.encode(place.hash)}
    return [*lines, {"kind": "end", "token": jose.sign(says, KEY, typ=END_TYPE)}]


async def test_a_copy_of_everything_holds_by_itself(trail: Trail) -> None:
    await trail.link(3)
    await trail.link(2, LATER, first=3)
    await trail.happen(2, 5)
    await trail.stores.audit_chain.link(10)

    lines = await copied(trail)

    assert [line["kind"] for line in lines if line["kind"] != "event"] == ["gba-audit", *["checkpoint"] * 3, "end"]
    assert checked(lines) == Verdict(None, events=7, reached=7, sealed=7, checkpoints=3)
    assert checked(lines, checkpoints=trail.file).finding is None
    assert await trail.value("SELECT count(*) FROM audit WHERE action = 'audit.exported'") == 1


async def test_a_copy_may_begin_behind_a_checkpoint(trail: Trail) -> None:
    await trail.link(3)
    await trail.link(2, LATER, first=3)

    lines = await copied(trail, begin=3)

    assert checked(lines) == Verdict(None, events=2, reached=5, sealed=5, checkpoints=1)
    with pytest.raises(UnknownCheckpointError):
        await copied(trail, begin=2)


async def test_a_copy_in_pages_is_the_copy_in_one(trail: Trail) -> None:
    await trail.link(3)
    await trail.link(4, LATER, first=3)
    lines: Lines = []
    after: int | None = 0

    while after is not None:
        part = await page(trail.sealing, trail.stores.audit, ADA, begin=0, after=after, most=2)
        lines += part.lines
        after = part.after

    assert checked(lines) == Verdict(None, events=7, reached=7, sealed=7, checkpoints=2)


async def test_an_empty_audit_has_a_copy(trail: Trail) -> None:
    assert checked(await copied(trail)).finding is None


async def test_without_a_key_nobody_vouches_for_a_copy(trail: Trail) -> None:
    await trail.without("key").link(3)

    lines = await copied(trail.without("key"))

    assert "token" not in lines[-1]
    assert checked(lines, None).finding is None
    assert checked(lines).finding is not None


@pytest.mark.attack("AU-03")
async def test_au_03_nobody_vouches_for_a_copy_of_an_audit_that_does_not_hold(trail: Trail) -> None:
    await trail.link(3)
    shutil.copy(trail.file, trail.folder / "kept")
    await trail.execute("DELETE FROM audit_checkpoints")
    await trail.execute("DELETE FROM audit_links WHERE position = 3")

    lines = await copied(trail)

    assert "token" not in lines[-1]
    assert checked(lines).finding is not None


def spoiled(change: Callable[[Lines], Any]) -> Lines:
    lines = a_copy()
    change(lines)
    return lines


def swap(lines: Lines, one: int, other: int) -> None:
    lines[one]["row"], lines[other]["row"] = lines[other]["row"], lines[one]["row"]


SPOILS: dict[str, tuple[Callable[[Lines], Any], Break, int | None]] = {
    "detail": (lambda lines: lines[4]["row"].update(details="x"), Break.EDITED, 3),
    "time": (lambda lines: lines[4]["row"].update(at="2026-03-02T09:30:00.000001Z"), Break.EDITED, 3),
    "removed": (lambda lines: lines.pop(4), Break.REMOVED, 3),
    "exchanged": (lambda lines: swap(lines, 4, 5), Break.REORDERED, 3),
    "put in": (lambda lines: lines.insert(4, lines[4] | {"row": a_row(9)}), Break.INSERTED, 3),
    "no event": (lambda lines: lines[4].update(row=None), Break.REMOVED, 3),
    "cut": (lambda lines: lines.__delitem__(slice(4, None)), Break.TORN, 3),
    "cut but for the end": (lambda lines: lines.__delitem__(slice(4, -1)), Break.CUT, 3),
    "cut with an end of its own": (
        lambda lines: lines.__setitem__(
            slice(4, None), [{"kind": "end", "after": 0, "until": 2, "hash": lines[2]["hash"]}]
        ),
        Break.CHECKPOINT_FORGED,
        3,
    ),
    "something behind the end": (lambda lines: lines.append(lines[4]), Break.TORN, 7),
    "checkpoint taken out": (lambda lines: lines.pop(3), Break.CHECKPOINT_MISSING, 2),
    "checkpoint doubled": (lambda lines: lines.insert(3, lines[3]), Break.TORN, 3),
    "checkpoint of another": (lambda lines: lines[6].update(token=lines[3]["token"]), Break.CHECKPOINT_FORGED, 4),
    "unknown line": (lambda lines: lines.insert(4, {"kind": "note"}), Break.TORN, 3),
    "row with more": (lambda lines: lines[4]["row"].update(more="x"), Break.TORN, 3),
    "row with a fraction": (lambda lines: lines[4]["row"].update(seq=1.5), Break.TORN, 3),
    "row with a huge number": (lambda lines: lines[4]["row"].update(seq=2**70), Break.TORN, 3),
    "position that is none": (lambda lines: lines[4].update(position="3"), Break.TORN, 3),
    "hash that is none": (lambda lines: lines[4].update(hash="?"), Break.TORN, 3),
    "another form": (lambda lines: lines[0].update(kind="audit"), Break.TORN, None),
    "another version": (lambda lines: lines[0].update(version=2), Break.TORN, None),
    "another issuer": (lambda lines: lines[0].update(issuer="https://other.example"), Break.CHECKPOINT_FORGED, 2),
    "a beginning without proof": (lambda lines: lines[0].update(after=2), Break.TORN, None),
    "a beginning that is none": (lambda lines: lines[0].update(after=True), Break.TORN, None),
    "nothing": (lambda lines: lines.clear(), Break.TORN, None),
    "a line without end": (lambda lines: lines[4].update(more="x" * LONGEST_LINE), Break.TORN, 3),
}


def test_a_copy_that_nobody_touched_holds() -> None:
    assert checked(a_copy()) == Verdict(None, events=6, reached=6, sealed=6, checkpoints=3)


@pytest.mark.attack("AU-01", "AU-02")
@pytest.mark.parametrize("how", SPOILS)
def test_au_01_whatever_is_done_to_a_copy_is_found(how: str) -> None:
    change, kind, position = SPOILS[how]

    assert checked(spoiled(change)).finding == Finding(kind, position)


@pytest.mark.parametrize("line", [b"", b"nonsense\n", b"[]\n", b'{"kind":1,"kind":2}\n', b"\xff\n", b"{" * 5000])
def test_what_is_no_copy_is_said_to_be_none(line: bytes) -> None:
    assert verify_copy([line], PINNED).finding == Finding(Break.TORN)
    assert verify_copy([*written(a_copy())[:2], line], PINNED).finding == Finding(Break.TORN, 2)


@pytest.mark.attack("AU-03")
def test_au_03_a_copy_made_anew_under_another_key_fails_with_keys_that_were_kept_elsewhere() -> None:
    foreign = VerificationKeys.from_jwks({"keys": [STRANGER.public_jwk()]})

    assert checked(a_copy(), foreign).finding == Finding(Break.CHECKPOINT_FORGED, 2)


@pytest.mark.attack("AU-03")
async def test_au_03_a_copy_is_held_against_the_file_of_checkpoints(trail: Trail) -> None:
    await trail.link(4)

    assert checked(a_copy(), checkpoints=trail.file).finding == Finding(Break.REWRITTEN, 3)
