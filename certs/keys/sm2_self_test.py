"""The proof that a library computes SM2 rightly, before it is believed (GB/T 32918.5 annex A).

The example of part 2 of the standard is on another curve and proves nothing here; this is the one of part 5.
"""

from typing import Any, Final, Protocol

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2_der import N, read_signature
from certs.keys.sm2_digest import message_digest, za


class Engine(Protocol):
    """What the arithmetic is asked for; an engine's keys mean something to that engine only."""

    @property
    def version(self) -> str:
        """Its name, for health output."""

    @property
    def signs(self) -> bool:
        """Whether it takes private keys; one that does not is asked to verify only."""

    def load_public(self, point: bytes) -> Any:
        """Take a checked point."""

    def verify(self, key: Any, message: bytes, signature: bytes, user_id: bytes) -> bool:
        """Say whether a signature is good for a message and an id."""

    def verify_digest(self, key: Any, e: bytes, signature: bytes) -> bool:
        """Say whether a signature is good for e."""

    def load_secret(self, secret: bytes) -> Any:
        """Take a checked private key; raises `SmUnavailableError` where the engine only verifies."""

    def public_point(self, key: Any) -> bytes:
        """Give the public half of a private key."""

    def sign(self, key: Any, message: bytes, user_id: bytes) -> bytes:
        """Sign a message."""


EXAMPLE_SECRET: Final = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
EXAMPLE_POINT: Final = bytes.fromhex(
    "04"
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
EXAMPLE_MESSAGE: Final = b"message digest"
EXAMPLE_USER_ID: Final = b"1234567812345678"
EXAMPLE_E: Final = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
EXAMPLE_R: Final = 0xF5A03B06_48D2C463_0EEAC513_E1BB81A1_5944DA38_27D5B741_43AC7EAC_EEE720B3
EXAMPLE_S: Final = 0xB1B6AA29_DF212FD8_763182BC_0D421CA1_BB9038FD_1F7F42D4_840B69C4_85BBC1AA


def write_signature(r: int, s: int) -> bytes:
    """Write r and s as DER; also numbers out of range, which must then be refused."""
    body = b"".join(_integer(number) for number in (r, s))
    return bytes((0x30, len(body))) + body


def _integer(number: int) -> bytes:
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes((0x02, len(content))) + content


EXAMPLE_SIGNATURE: Final = write_signature(EXAMPLE_R, EXAMPLE_S)


def run(engine: Engine) -> None:
    """Refuse an engine that rejects the published example, or accepts one of its falsifications."""
    try:
        sound = _verifies(engine) and (not engine.signs or _signs(engine))
    except SmError:
        sound = False
    if not sound:
        raise SmUnavailableError("the cryptographic library fails the self-test of SM2")


def _verifies(engine: Engine) -> bool:
    public = engine.load_public(EXAMPLE_POINT)
    e = message_digest(za(EXAMPLE_POINT, EXAMPLE_USER_ID), EXAMPLE_MESSAGE)
    flipped = bytes((e[0] ^ 1,)) + e[1:]
    return (
        e == EXAMPLE_E
        and _accepts(engine, public, EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE, EXAMPLE_USER_ID)
        and not any(_accepts(engine, public, *false) for false in _falsifications())
        and engine.verify_digest(public, e, EXAMPLE_SIGNATURE)
        and not engine.verify_digest(public, flipped, EXAMPLE_SIGNATURE)
        and not engine.verify_digest(public, e, write_signature(EXAMPLE_R, EXAMPLE_S ^ 1))
    )


def _signs(library: Engine) -> bool:
    private = library.load_secret(EXAMPLE_SECRET)
    made = library.sign(private, EXAMPLE_MESSAGE, EXAMPLE_USER_ID)
    public = library.load_public(EXAMPLE_POINT)
    return library.public_point(private) == EXAMPLE_POINT and _accepts(
        library, public, EXAMPLE_MESSAGE, made, EXAMPLE_USER_ID
    )


def _falsifications() -> tuple[tuple[bytes, bytes, bytes], ...]:
    flipped_message = bytes((EXAMPLE_MESSAGE[0] ^ 1,)) + EXAMPLE_MESSAGE[1:]
    return (
        (flipped_message, EXAMPLE_SIGNATURE, EXAMPLE_USER_ID),
        (EXAMPLE_MESSAGE, write_signature(EXAMPLE_R, EXAMPLE_S ^ 1), EXAMPLE_USER_ID),
        (EXAMPLE_MESSAGE, write_signature(EXAMPLE_R, EXAMPLE_S + N), EXAMPLE_USER_ID),
        (EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE, b"8765432187654321"),
    )


def _accepts(library: Engine, key: Any, message: bytes, signature: bytes, user_id: bytes) -> bool:
    try:
        read_signature(signature)
    except SmError:
        return False
    return library.verify(key, message, signature, user_id)
