"""Write sm2-verify.json: 32 cases for verifiers of SM2, signed by an implementation that the gateway does not use.

Keys and nonces are digests of fixed words, so that the file comes out the same each time and no key is kept anywhere.
Run `python tests/vectors/make_sm2_matrix.py`; it searches for keys with rare shapes and takes about a minute.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from gmalg import SM2, SM3

FILE = Path(__file__).with_name("sm2-verify.json")
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
USER_ID = b"1234567812345678"
MESSAGE = b"message digest"
EXAMPLE = {
    "secret": "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8",
    "nonce": "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21",
}


def number(*words: object) -> int:
    """A number from words, in the range of secrets and nonces."""
    return int.from_bytes(hashlib.sha256(" ".join(map(str, words)).encode()).digest(), "big") % (N - 2) + 1


def sm3(message: bytes) -> bytes:
    digest = SM3()
    digest.update(message)
    return digest.value()


@dataclass
class Signer:
    """A key of the other implementation, whose ZA can be left out."""

    secret: int
    core: Any = field(init=False)

    def __post_init__(self) -> None:
        self.core = SM2(self.secret.to_bytes(32, "big"), USER_ID)._core
        x, y = self.core.generate_pk(self.secret)
        self.pair = (x, y)
        self.point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def za(self, user_id: bytes) -> bytes:
        """GB/T 32918.2 §5.5; the other implementation stops at ids of half the length."""
        curve = self.core.ecdlp
        numbers = (curve.ec.a, curve.ec.b, *curve.G, *self.pair)
        return sm3(
            (8 * len(user_id)).to_bytes(2, "big") + user_id + b"".join(value.to_bytes(32, "big") for value in numbers)
        )

    def sign(self, message: bytes, user_id: bytes, nonce: int, *, with_za: bool = True) -> tuple[int, int]:
        za = self.za(user_id) if with_za else b""
        e = int.from_bytes(sm3(za + message), "big")
        x, _y = self.core.ecdlp.kG(nonce)
        r = (e + x) % N
        s = (nonce - r * self.secret) * pow(1 + self.secret, -1, N) % N
        return r, s


def integer(value: int, padding: int = 0) -> bytes:
    content = bytes(padding) + value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return bytes((0x02, len(content))) + content


def encode(r: int, s: int, *, padding: tuple[int, int] = (0, 0), inside: bytes = b"") -> bytes:
    body = integer(r, padding[0]) + integer(s, padding[1]) + inside
    return bytes((0x30, len(body))) + body


def search(label: str, fits: Callable[[bytes], bool]) -> Signer:
    return next(signer for at in count() if fits((signer := Signer(number(label, at))).point))


def cases() -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Public key and case, numbered later."""
    example, other = Signer(int(EXAMPLE["secret"], 16)), Signer(number("second key"))
    r, s = example.sign(MESSAGE, USER_ID, int(EXAMPLE["nonce"], 16))
    good = encode(r, s)

    def case(
        comment: str,
        signature: bytes,
        result: str = "invalid",
        *flags: str,
        point: bytes = example.point,
        message: bytes = MESSAGE,
        user_id: bytes = USER_ID,
    ) -> tuple[bytes, dict[str, Any]]:
        return point, {
            "comment": comment,
            "msg": message.hex(),
            "id": user_id.hex(),
            "sig": signature.hex(),
            "result": result,
            "flags": list(flags),
        }

    def valid(comment: str, signer: Signer, user_id: bytes, *flags: str, result: str = "valid") -> Any:
        signature = encode(*signer.sign(MESSAGE, user_id, number(comment)))
        return case(comment, signature, result, *flags, point=signer.point, user_id=user_id)

    yield case("the example of GB/T 32918.5 annex A.2", good, "valid", "Example")
    yield valid("the default id", other, USER_ID)
    yield valid("an id of one's own", other, b"ALICE123@YAHOO.COM", "OtherId")
    yield valid("an empty id", other, b"", "EmptyId", result="acceptable")
    yield valid("the longest id", other, b"L" * 8191, "LongId", result="acceptable")
    yield case("another message", good, "invalid", message=b"message digesT")
    yield case("signed under another id", good, "invalid", "OtherId", user_id=b"8765432187654321")
    yield case("signed without ZA", encode(*example.sign(MESSAGE, USER_ID, number("no ZA"), with_za=False)))
    yield case("r is zero", encode(0, s), "invalid", "Range")
    yield case("s is zero", encode(r, 0), "invalid", "Range")
    yield case("r is n", encode(N, s), "invalid", "Range")
    yield case("s is n", encode(r, N), "invalid", "Range")
    yield case("n was added to r", encode(r + N, s), "invalid", "Range")
    yield case("n was added to s", encode(r, s + N), "invalid", "Range")
    yield case("r is negative", encode(r - N, s), "invalid", "Range")
    yield case("s is negative", encode(r, s - N), "invalid", "Range")
    yield case("r and s add up to n", encode(r, N - r), "invalid", "Range")
    yield case("n minus s", encode(r, N - s))
    yield case("r with a zero byte too many", encode(r, s, padding=(1, 0)), "invalid", "Encoding")
    yield case("s with a zero byte too many", encode(r, s, padding=(0, 1)), "invalid", "Encoding")
    yield case("the long form of the length", b"\x30\x81" + good[1:], "invalid", "Encoding")
    yield case("a value too many inside", encode(r, s, inside=b"\x05\x00"), "invalid", "Encoding")
    yield case("a byte too many behind", good + b"\x00", "invalid", "Encoding")
    yield case("cut off", good[:-1], "invalid", "Encoding")
    yield case("r and s side by side", r.to_bytes(32, "big") + s.to_bytes(32, "big"), "invalid", "Encoding")
    yield case("empty", b"", "invalid", "Encoding")
    yield valid("a key whose x begins with the digit 4", search("nibble", lambda p: p[1] >> 4 == 4), USER_ID)
    yield valid("a key whose x begins with a zero byte", search("x", lambda p: p[1] == 0), USER_ID)
    yield valid("a key whose y begins with a zero byte", search("y", lambda p: p[33] == 0), USER_ID)
    short = next(k for at in count() if other.sign(MESSAGE, USER_ID, k := number("short r", at))[0] < 1 << 248)
    yield case("an r of one byte less", encode(*other.sign(MESSAGE, USER_ID, short)), "valid", point=other.point)
    yield case("a key off the curve", good, "invalid", "Key", point=example.point[:-1] + b"\x14")
    yield case("a key of zeros", good, "invalid", "Key", point=b"\x04" + bytes(64))


def document() -> dict[str, Any]:
    """The file's content, in the shape of Wycheproof's."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for at, (point, case) in enumerate(cases(), 1):
        groups.setdefault(point.hex(), []).append({"tcId": at, **case})
    return {
        "algorithm": "SM2",
        "schema": "sm2_verify (shaped like ecdsa_verify_schema.json)",
        "notes": {
            "result": "valid | invalid | acceptable: arithmetic is good, and the gateway refuses the id all the same",
            "id": "the signer's id of GB/T 32918.2 §5.5, in hexadecimal",
            "sig": "DER as in GM/T 0009, in hexadecimal",
        },
        "numberOfTests": sum(map(len, groups.values())),
        "testGroups": [
            {
                "type": "Sm2Verify",
                "sha": "SM3",
                "publicKey": {"type": "EcPublicKey", "curve": "sm2p256v1", "uncompressed": point},
                "tests": tests,
            }
            for point, tests in groups.items()
        ],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
