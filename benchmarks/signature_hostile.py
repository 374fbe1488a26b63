"""Spoilt inputs of every format: how long the longest answer takes, and whether anything but an answer comes out."""

import base64
import random
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.signature_engine import ASKED, CONTENT, NOW, Engine, detached, raw_digest, text
from benchmarks.signature_report import Row
from certs.trust.errors import Refused
from mock_idps.authority import cms, jws, pdf

_SEED: Final = 20_261_102
_DEPTH: Final = 20_000
_LONGEST: Final = 250.0


def rows(engine: Engine, count: int) -> Iterator[Row]:
    """The rows of hostile inputs."""
    news = engine.news(engine.world.issue("hk-personal-mr"))
    longest, escaped, done = 0.0, 0, 0
    for members in _inputs(engine, count):
        started = time.thread_time()
        try:
            engine.judge(members, news)
        except Refused:
            pass  # an answer too
        except BaseException:  # noqa: BLE001 - exactly this is counted
            escaped += 1
        longest, done = max(longest, time.thread_time() - started), done + 1
    yield Row(f"the longest of {done:,} hostile inputs", longest * 1_000, "ms", _LONGEST)
    yield Row("exceptions that escaped", float(escaped), "", 0)


def _inputs(engine: Engine, count: int) -> Iterator[dict[str, Any]]:
    """Bombs first, then good samples with bytes turned, cut out and doubled."""
    issued = engine.world.issue("hk-personal-mr")
    samples = [detached(issued), raw_digest(issued), raw_digest(engine.world.issue("gd-sign"))]
    signed = pdf.sign(pdf.blank(), cms.Signer(certificate=issued, signing_time=NOW))
    samples.append({"format": "pades", "signature": text(signed)} | ASKED)
    for header in ({}, jws.jades_header(NOW)):
        signer = jws.Signer(certificate=issued, header=jws.merged(jws.certificate_header(issued), header))
        message = text(jws.compact(CONTENT, signer))
        samples.append({"format": "jades" if header else "jws", "signature": message} | ASKED)
    yield from _bombs(samples)
    chance = random.Random(_SEED)
    for number in range(count):
        members = samples[number % len(samples)]
        name = "certificate" if "certificate" in members and chance.random() < 0.5 else "signature"
        yield members | {name: text(_spoilt(base64.b64decode(members[name]), chance))}


def _bombs(samples: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    nested = b"\x30\x80" * _DEPTH
    arrays = b"[" * _DEPTH
    objects = b"%PDF-1.7\n1 0 obj\n" + b"<</A " * _DEPTH + b"\nstartxref\n9\n%%EOF\n"
    numbers = b"\x02\x83\x01\x00\x00" + b"\xff" * 65_536
    for bomb in (nested, arrays, objects, numbers, b"\x00" * 1_000_000, b"\xff" * 1_000_000):
        for members in samples:
            yield members | {"signature": text(bomb)}
            if "certificate" in members:
                yield members | {"certificate": text(bomb)}


def _spoilt(data: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(spoilt))
        match chance.randrange(4):
            case 0:
                spoilt[place] ^= 1 << chance.randrange(8)
            case 1:
                spoilt[place] = chance.choice((0x00, 0x30, 0x7F, 0x80, 0xFF))
            case 2:
                del spoilt[place : place + chance.randint(1, 16)]
            case _:
                spoilt[place:place] = spoilt[place : place + chance.randint(1, 64)]
        if not spoilt:
            return b"\x30"
    return bytes(spoilt)
