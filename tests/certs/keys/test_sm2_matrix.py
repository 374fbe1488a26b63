"""The matrix of SM2 cases on both engines, and both engines against each other."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from certs.keys import sm, sm2, sm2_engine, sm2_libcrypto
from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2 import MAX_USER_ID, Sm2PrivateKey, Sm2PublicKey
from certs.keys.sm2_der import N, check_point, read_signature
from certs.keys.sm2_digest import message_digest, za
from certs.keys.sm2_ecdsa import _GENERATOR, EcdsaEngine
from certs.keys.sm2_self_test import (
    EXAMPLE_E,
    EXAMPLE_MESSAGE,
    EXAMPLE_POINT,
    EXAMPLE_R,
    EXAMPLE_S,
    EXAMPLE_SECRET,
    EXAMPLE_SIGNATURE,
    EXAMPLE_USER_ID,
    Engine,
    write_signature,
)
from tests.faults.weight import PATIENT, rounds

VECTORS = Path(__file__).parents[2] / "vectors" / "sm2-verify.json"
ENGINES = {"libcrypto": sm2_libcrypto.find(), "ecdsa": EcdsaEngine()}
LIBCRYPTO, FALLBACK = ENGINES["libcrypto"], ENGINES["ecdsa"]


def matrix() -> list[Any]:
    return [
        pytest.param(group["publicKey"]["uncompressed"], case, id=f"{case['tcId']} {case['comment']}")
        for group in json.loads(VECTORS.read_text(encoding="utf-8"))["testGroups"]
        for case in group["tests"]
    ]


@pytest.fixture(params=ENGINES)
def engine(request, monkeypatch) -> Engine:
    chosen = ENGINES[request.param]
    monkeypatch.setattr(sm2, "_library", lambda: chosen)
    return chosen


def is_accepted(engine: Engine, point: bytes, e: bytes, signature: bytes) -> bool:
    """The engine alone, with nothing of ours before it but the key."""
    try:
        check_point(point)
    except SmError:
        return False
    return engine.verify_digest(engine.load_public(point), e, signature)


def test_the_matrix_has_its_32_cases():
    assert len(matrix()) == 32


@pytest.mark.attack("GD-01")
@pytest.mark.spec("GB/T 32918.2-2016 §7.1")
@pytest.mark.parametrize(("point", "case"), matrix())
def test_gd_01_every_engine_answers_the_matrix_rightly(engine, point, case):
    user_id, message = bytes.fromhex(case["id"]), bytes.fromhex(case["msg"])
    e = message_digest(za(bytes.fromhex(point), user_id), message)

    accepted = is_accepted(engine, bytes.fromhex(point), e, bytes.fromhex(case["sig"]))

    assert accepted is (case["result"] != "invalid")


@pytest.mark.attack("GD-01")
@pytest.mark.attack("GD-03")
@pytest.mark.parametrize(("point", "case"), matrix())
def test_gd_03_the_key_answers_the_matrix_rightly_and_refuses_ids_that_nobody_configures(engine, point, case):
    def verify() -> None:
        key = Sm2PublicKey.from_hex(point)
        key.verify(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]), bytes.fromhex(case["id"]))

    if case["result"] == "valid":
        verify()
    else:
        with pytest.raises(SmError):
            verify()


def test_the_key_verifies_e_as_it_verifies_the_message(engine):
    key = Sm2PublicKey.from_hex(EXAMPLE_POINT.hex())

    assert message_digest(key.za(), EXAMPLE_MESSAGE) == EXAMPLE_E
    key.verify_digest(EXAMPLE_E, EXAMPLE_SIGNATURE)
    for e in (EXAMPLE_E[:-1], EXAMPLE_E + b"\0", b"", bytes(32), sm.sm3(EXAMPLE_MESSAGE)):
        with pytest.raises(SmError):
            key.verify_digest(e, EXAMPLE_SIGNATURE)
    with pytest.raises(SmError):
        key.verify_digest(EXAMPLE_E, write_signature(EXAMPLE_R, EXAMPLE_S + N))


@pytest.mark.parametrize("user_id", [b"", bytes(MAX_USER_ID + 1)])
def test_za_exists_for_configured_ids_only(user_id):
    key = Sm2PublicKey.from_hex(EXAMPLE_POINT.hex())

    with pytest.raises(SmError):
        key.za(user_id)


def test_without_the_systems_library_the_second_engine_verifies_and_nobody_signs(monkeypatch):
    def missing() -> Engine:
        raise SmUnavailableError("no library")

    chosen = sm2_engine.choose((missing, *sm2_engine.ENGINES[1:]))
    monkeypatch.setattr(sm2, "_library", lambda: chosen)

    assert sm.backend().startswith("ecdsa ")
    assert not sm2.can_sign()
    sm.self_test()
    Sm2PublicKey.from_hex(EXAMPLE_POINT.hex()).verify(EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE)
    for sign in (
        Sm2PrivateKey.generate,
        lambda: chosen.sign(None, b"", b""),
        lambda: chosen.public_point(None),
    ):
        with pytest.raises(SmUnavailableError):
            sign()


class Fooled:
    """An engine with one fault."""

    def __init__(self, real: Engine, **faults: Any) -> None:
        self._real, self._faults = real, faults

    def __getattr__(self, name: str) -> Any:
        return self._faults.get(name) or getattr(self._real, name)


@pytest.mark.parametrize("real", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(
    "faults",
    [
        {"verify": lambda *_: True},
        {"verify": lambda *_: False},
        {"verify_digest": lambda *_: True},
        {"verify_digest": lambda *_: False},
    ],
    ids=["verify yes", "verify no", "digest yes", "digest no"],
)
def test_an_engine_that_computes_wrongly_is_passed_over_and_without_another_there_is_none(real, faults):
    def broken() -> Any:
        return Fooled(real, **faults)

    assert sm2_engine.choose((broken, EcdsaEngine)).version.startswith("ecdsa")
    with pytest.raises(SmUnavailableError):
        sm2_engine.choose((broken,))


@pytest.mark.parametrize("call", ["EVP_PKEY_CTX_new", "EVP_PKEY_verify_init", "EVP_PKEY_verify"])
def test_a_failure_inside_the_library_is_never_a_good_signature(call, monkeypatch):
    library = sm2_libcrypto.find()
    key = library.load_public(EXAMPLE_POINT)
    monkeypatch.setattr(library._library, call, lambda *_: 0)

    try:
        accepted = library.verify_digest(key, EXAMPLE_E, EXAMPLE_SIGNATURE)
    except SmError:
        accepted = False

    assert accepted is False


def test_the_second_engine_refuses_a_key_off_the_curve_by_itself():
    with pytest.raises(SmError):
        FALLBACK.load_public(EXAMPLE_POINT[:-1] + b"\x14")


def test_a_sum_that_is_the_point_at_infinity_is_refused():
    # The key is -2G. With s = 2 and r = n - 1, t is 1 and s·G + t·P is nothing; whoever takes its x for 0 finds e = r.
    point = _GENERATOR * (N - 2)
    key = b"\x04" + int(point.x()).to_bytes(32, "big") + int(point.y()).to_bytes(32, "big")
    e = (N - 1).to_bytes(32, "big")

    assert {is_accepted(engine, key, e, write_signature(N - 1, 2)) for engine in ENGINES.values()} == {False}


def spoilt(random: Random, point: bytes, e: bytes, r: int, s: int) -> tuple[bytes, bytes, bytes]:
    """Key, e and signature with one fault, or none."""
    signature = write_signature(r, s)
    at = random.randrange(len(signature))
    numbers = (r, s, 0, 1, N, N - 1, N - r, N - s, r + N, s + N, s - N, random.getrandbits(256))
    padded = b"\x02\x22\x00\x00" + r.to_bytes(32, "big") + b"\x02\x20" + s.to_bytes(32, "big")
    return random.choice(
        [
            (point, e, signature),
            (point, random.randbytes(32), signature),
            (EXAMPLE_POINT, e, signature),
            (point, e, signature[:at] + random.randbytes(1) + signature[at + 1 :]),
            (point, e, signature[:at] + random.randbytes(random.randrange(3))),
            (point, e, write_any(random.choice(numbers), random.choice(numbers))),
            (point, e, random.randbytes(random.randrange(80))),
            (point, e, bytes((0x30, len(padded))) + padded),
        ]
    )


def write_any(r: int, s: int) -> bytes:
    body = b"".join(
        b"\x02" + bytes((size,)) + value.to_bytes(size, "big", signed=True)
        for value in (r, s)
        for size in (value.bit_length() // 8 + 1,)
    )
    return b"\x30" + bytes((len(body),)) + body


@PATIENT
@pytest.mark.attack("GD-01")
def test_gd_01_the_engines_agree_about_everything():
    random = Random(20261124)  # noqa: S311 - the same cases every time
    keys = [Sm2PrivateKey.from_hex(f"{random.randrange(1, N - 1):064x}") for _ in range(8)]
    seen = {True: 0, False: 0}

    for _ in range(rounds(200, 20_000)):
        key = random.choice(keys)
        message = random.randbytes(random.randrange(100))
        e = message_digest(key.public_key.za(), message)
        case = spoilt(random, key.public_key.point, e, *read_signature(key.sign(message)))

        answers = {name: is_accepted(engine, *case) for name, engine in ENGINES.items()}

        assert answers["libcrypto"] is answers["ecdsa"], case
        seen[answers["ecdsa"]] += 1

    assert min(seen.values()) > 10


def test_the_self_test_needs_both_ways_of_verifying():
    assert EXAMPLE_USER_ID == sm.USER_ID
    assert LIBCRYPTO.verify(LIBCRYPTO.load_public(EXAMPLE_POINT), EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE, sm.USER_ID)
    assert FALLBACK.verify(FALLBACK.load_public(EXAMPLE_POINT), EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE, sm.USER_ID)
    assert EXAMPLE_SECRET.hex() not in repr(FALLBACK.load_public(EXAMPLE_POINT))
