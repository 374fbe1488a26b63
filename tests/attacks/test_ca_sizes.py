"""Group CA, what is too large: parts of a token, bodies around it, and keys (CA-14, CA-17)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import json
import secrets
import tracemalloc
from typing import Any, Final, NoReturn

import pytest
from starlette.types import Message, Scope

from certs.keys import base64url, public_jwk
from gateway.oidc.names import ClientAuthMethod
from gateway.web.edge import BODY_BYTES
from tests.asking import AT, RP
from tests.attacks.forgeries import Material
from tests.attacks.places import PLACES, Place, assertion_form, json_verdict
from tests.attacks.raw import send_raw
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import leaves_nothing
from tests.relying_party import Key, encode
from tests.world import a_client

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVERYWHERE = pytest.mark.parametrize("place", PLACES, ids=str)
TOKEN: Final = 16_384
"""The longest token that is looked at anywhere."""
PIECE: Final = 64 * 1024
FLAT: Final = 4 * 1024 * 1024


def oversized(material: Material) -> dict[str, str]:
    """Tokens of up to 60 kB, one part of each far too long."""
    header, claims, signature = material.token().split(".")
    return {
        "long header": material.token({"more": "h" * 3_000}),
        "a thousand members": material.token({f"m{n}": 1 for n in range(1_000)}),
        "seventeen members": material.token({f"m{n}": 1 for n in range(17)}),
        "ten thousand dots": "." * 10_000,
        "dots behind": f"{header}.{claims}.{signature}" + "." * 5_000,
        "long signature": f"{header}.{claims}.{signature}" + "A" * 4_000,
        "longer signature": f"{header}.{claims}.{signature}" + "A" * 50_000,
        "deep claims": material.spelt(json.dumps(material.header), '{"a":' * 400 + "1" + "}" * 400),
    }


@EVERYWHERE
@pytest.mark.attack("CA-14")
async def test_ca_14_no_part_of_a_token_is_decoded_once_it_is_too_long(
    stage: Stage, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    real = base64url.decode

    def counted(text: str) -> bytes:
        decoded.append(len(text))
        return real(text)

    monkeypatch.setattr(base64url, "decode", counted)
    async with leaves_nothing(stage.world):
        found = await place.verdicts(stage, oversized)

    assert all(verdict != place.accepted for verdict in found.values())
    assert all(verdict[0] in {0, 303, 400, 401, 413, 414, 431} for verdict in found.values())
    assert not [size for size in decoded if size > TOKEN]


class Upload:
    """A body that goes on for as long as somebody reads it."""

    def __init__(self, pieces: int) -> None:
        self._pieces = pieces
        self.read = 0

    async def __call__(self) -> Message:
        self.read += 1
        return {"type": "http.request", "body": b"A" * PIECE, "more_body": self.read < self._pieces}


async def uploaded(stage: Stage, path: str, megabytes: int, *, is_declared: bool) -> tuple[int, int]:
    """Send a body: (status, pieces that were read of it)."""
    upload = Upload(megabytes * 16)
    declared = [(b"content-length", str(megabytes * 1024 * 1024).encode())] if is_declared else []
    media = b"application/json" if path == "/register" else b"application/x-www-form-urlencoded"
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", AT.issuer.partition("://")[2].encode()), (b"content-type", media), *declared],
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", 8000),
    }

    async def send(_: Message) -> None:
        """The witness keeps what is sent."""

    await stage.world.witness(scope, upload, send)
    return stage.world.answers[-1].status, upload.read


@pytest.mark.attack("CA-14")
@pytest.mark.parametrize("path", ["/token", "/par", "/introspect", "/register", "/logout"])
@pytest.mark.parametrize("megabytes", [1, 10, 100])
@pytest.mark.parametrize("is_declared", [True, False])
async def test_ca_14_a_huge_body_is_given_up_after_its_first_pieces(
    stage: Stage, path: str, megabytes: int, *, is_declared: bool
) -> None:
    tracemalloc.start()
    try:
        status, read = await uploaded(stage, path, megabytes, is_declared=is_declared)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert status == 413
    assert read <= (0 if is_declared else BODY_BYTES // PIECE + 1)
    assert peak < FLAT


@pytest.mark.attack("CA-14")
@pytest.mark.parametrize(("size", "status"), [(20_000, 414), (1_000_000, 414)])
async def test_ca_14_a_huge_request_object_in_the_query_is_refused(stage: Stage, size: int, status: int) -> None:
    answer = await send_raw(stage.world, b"/authorize?client_id=signer&request=" + b"A" * size)

    assert answer.status == status


@pytest.mark.attack("CA-14")
@pytest.mark.parametrize("header", [b"dpop", b"authorization"])
async def test_ca_14_a_huge_header_is_refused(stage: Stage, header: bytes) -> None:
    answer = await send_raw(stage.world, b"/userinfo", [(header, b"DPoP " + b"A" * 1_000_000)])

    assert answer.status == 431


# ---------------------------------------------------------------------------------------------- keys (CA-17)
def huge(bits: int, exponent_bits: int = 17) -> dict[str, Any]:
    """A public RSA key of any size; nobody has its private half."""
    modulus = (1 << (bits - 1)) | secrets.randbits(bits - 1) | 1
    exponent = 65537 if exponent_bits == 17 else (1 << (exponent_bits - 1)) | 1
    spelt = {
        name: encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        for name, number in {"n": modulus, "e": exponent}.items()
    }
    return {"kty": "RSA", "kid": "huge", "use": "sig", "alg": "RS256", **spelt}


KEYS: Final = {
    "4097 bits": huge(4_097),
    "16,384 bits": huge(16_384),
    "131,072 bits": huge(131_072),
    "exponent as long as the modulus": huge(2_048, 2_048),
    "1024 bits": huge(1_024),
}


@pytest.fixture
def no_key_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by its size means: nothing is computed with it, not even whether it is a key."""

    class Untouchable:
        @staticmethod
        def import_key(_: object) -> NoReturn:
            raise AssertionError("a key was built")

    monkeypatch.setattr(public_jwk, "RSAKey", Untouchable)


@pytest.mark.attack("CA-17")
@pytest.mark.parametrize("path", ["/token", "/par"])
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.usefixtures("no_key_is_built")
async def test_ca_17_a_huge_key_behind_an_address_is_refused_by_its_size(stage: Stage, name: str, path: str) -> None:
    client_id = f"huge-{next(stage.numbers)}"
    stage.served[f"/{client_id}.jwks"] = json.dumps({"keys": [KEYS[name]]})
    method = ClientAuthMethod.PRIVATE_KEY_JWT
    await stage.world.register(
        a_client(client_id, token_endpoint_auth_method=method, jwks_uri=f"{RP}/{client_id}.jwks")
    )
    fetched = stage.world.net.count(f"/{client_id}.jwks")
    token = stage.rsa_party.assertion(iss=client_id, sub=client_id, header={"kid": "huge"})

    verdict = json_verdict(await stage.post(path, assertion_form(token)))

    assert verdict == (401, "invalid_client")
    assert stage.world.net.count(f"/{client_id}.jwks") == fetched + 1


@pytest.mark.attack("CA-17")
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.usefixtures("no_key_is_built")
async def test_ca_17_a_huge_key_is_not_registered(stage: Stage, name: str) -> None:
    members = {
        "client_name": "Ferry",
        "redirect_uris": [f"{RP}/ferry"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [KEYS[name]]},
    }
    headers = {"authorization": f"Bearer {stage.registration_token}"}

    async with leaves_nothing(stage.world), stage.world.net.browser() as http:
        answer = await http.post(f"{AT.issuer}/register", json=members, headers=headers)

    assert json_verdict(answer) == (400, "invalid_client_metadata")


@pytest.mark.attack("CA-17", "DP-05")
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.usefixtures("no_key_is_built")
async def test_ca_17_dp_05_a_huge_key_in_a_proof_is_refused_by_its_size(stage: Stage, name: str) -> None:
    place = next(place for place in PLACES if place.name == "proof at /token")
    members = {member: KEYS[name][member] for member in ("kty", "n", "e")}
    signer = Key.make("RS256")
    material = await place.material(stage)
    if len(members["n"]) > TOKEN // 2:
        members["n"] = members["n"][: TOKEN // 2]  # the rest would be refused as a header of HTTP

    verdict = await place.offer(
        stage, Material({**material.header, "alg": "RS256"}, material.claims, signer).token({"jwk": members})
    )

    assert verdict in {place.refused, (431, "")}
