"""Group CA, headers that tell the verifier what to do: keys, addresses, names, demands, doubles (CA-04 to -06, -12, -13, -16)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import functools
import json
import zlib
from collections.abc import Iterator
from typing import NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwe
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from tests.asking import RP
from tests.attacks.forgeries import (
    OWN,
    SINK,
    Material,
    addresses,
    brought_keys,
    doubled,
    extensions,
    kids,
)
from tests.attacks.places import PLACES, Place
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import leaves_nothing
from tests.relying_party import encode

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVERYWHERE = pytest.mark.parametrize("place", PLACES, ids=str)
WITH_KNOWN_KEYS = pytest.mark.parametrize("place", [place for place in PLACES if not place.brings_key], ids=str)
SMALL, LARGE = 4_000, 48_000
"""Bytes of what would be inflated: within the limit of a token, and the catalogue's 65 kB of text."""


@pytest.fixture
def nobody_calls_elsewhere(stage: Stage) -> Iterator[None]:
    """A sink that would give the attacker's keys away; nobody asks it, nor anything on this machine."""

    async def keys(_: Request) -> JSONResponse:
        return JSONResponse(OWN.jwks)

    sink = Starlette()
    sink.add_route("/{path:path}", keys)
    net = stage.world.net
    net.mount(SINK, sink)
    asked_before, upstream_before = len(net.requests), len(stage.far_side.asked)
    yield
    net.unmount(SINK)
    asked = {(request.url.host, request.url.port) for request in net.requests[asked_before:]}
    assert not {(host, port) for host, port in asked if port == 9 or "sink" in host}
    assert {request.url.host for request in stage.far_side.asked[upstream_before:]} <= {"id.shenzhen.test"}


@WITH_KNOWN_KEYS
@pytest.mark.attack("CA-04")
@pytest.mark.spec("RFC 8725 §3.10")
async def test_ca_04_a_key_in_the_header_is_never_used(stage: Stage, place: Place) -> None:
    await place.refuses(stage, brought_keys)


@EVERYWHERE
@pytest.mark.attack("CA-05")
@pytest.mark.usefixtures("nobody_calls_elsewhere")
async def test_ca_05_no_header_makes_the_gateway_fetch_a_key(stage: Stage, place: Place) -> None:
    await place.refuses(stage, addresses)


@WITH_KNOWN_KEYS
@pytest.mark.attack("CA-06")
@pytest.mark.usefixtures("nobody_calls_elsewhere")
async def test_ca_06_a_kid_only_chooses_among_the_keys_of_its_sender(stage: Stage, place: Place) -> None:
    material = await place.material(stage)
    others = {stage.party.key.thumbprint, stage.rsa_party.key.thumbprint, stage.hint_key.thumbprint, OWN.thumbprint}
    foreign = sorted(others - {material.header["kid"]})

    await place.refuses(stage, lambda material: kids(material, foreign))


@pytest.mark.attack("CA-06")
async def test_ca_06_a_kid_of_10_kb_is_not_even_read(stage: Stage) -> None:
    place = next(place for place in PLACES if place.name == "assertion at /token")
    material = await place.material(stage)

    verdict = await place.offer(stage, material.token({"kid": "k" * 10_000}))

    assert verdict == (400, "invalid_request")


@pytest.mark.attack("CA-06")
async def test_ca_06_the_key_of_another_client_signs_nothing_under_either_name(stage: Stage) -> None:
    place = next(place for place in PLACES if place.name == "assertion at /token")
    claims = (await place.material(stage)).claims
    theirs = stage.rsa_party.key

    def forge(_: Material) -> dict[str, str]:
        named = {"theirs": theirs.thumbprint, "ours": stage.party.key.thumbprint}
        return {name: theirs.sign(claims, {"typ": "JWT", "kid": kid}) for name, kid in named.items()}

    await place.refuses(stage, forge)


@EVERYWHERE
@pytest.mark.attack("CA-12")
@pytest.mark.spec("RFC 7515 §4.1.11")
async def test_ca_12_an_extension_is_refused_whether_critical_or_not(stage: Stage, place: Place) -> None:
    await place.refuses(stage, extensions)


@EVERYWHERE
@pytest.mark.attack("CA-16")
@pytest.mark.spec("RFC 7515 §4")
async def test_ca_16_a_doubled_member_is_refused_in_header_and_claims(stage: Stage, place: Place) -> None:
    await place.refuses(stage, doubled)


@pytest.mark.attack("CA-16")
@pytest.mark.parametrize("member", ["redirect_uris", "client_name", "jwks", "software_statement"])
async def test_ca_16_a_doubled_member_in_a_registration_is_refused(stage: Stage, member: str) -> None:
    good = {"client_name": "Ferry", "redirect_uris": [f"{RP}/ferry"], "jwks": OWN.jwks, "software_statement": ""}
    body = json.dumps(good)[:-1] + f', "{member}": {json.dumps(good[member])}}}'
    headers = {"authorization": f"Bearer {stage.registration_token}", "content-type": "application/json"}

    async with leaves_nothing(stage.world), stage.world.net.browser() as http:
        answer = await http.post(f"{stage.world.issuer}/register", content=body, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.attack("CA-13")
@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_ca_13_nothing_that_a_stranger_sends_is_inflated(
    stage: Stage, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = encrypted(SMALL)

    def inflate(*_: object) -> NoReturn:
        raise AssertionError("something was inflated")

    monkeypatch.setattr(zlib, "decompress", inflate)
    monkeypatch.setattr(zlib, "decompressobj", inflate)
    await place.refuses(stage, lambda _: {"bomb": bomb, "bomb without zip": bomb.replace(".", "..", 1)})


@pytest.mark.attack("CA-13")
@pytest.mark.parametrize(
    "place", [place for place in PLACES if "proof" not in place.name and place.refused[0]], ids=str
)
async def test_ca_13_a_bomb_of_the_catalogues_size_does_not_come_so_far(stage: Stage, place: Place) -> None:
    await place.material(stage)

    verdict = await place.offer(stage, encrypted(LARGE))

    assert verdict != place.accepted
    assert verdict[0] in {303, 400, 401, 413, 414}


@functools.cache  # what it makes is thrown away unread everywhere, and making it takes longer than refusing it
def encrypted(size: int) -> str:
    """A JWE for a key that anybody can have, whose content would be a thousand times as long (RFC 7516 §4.1.3)."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = squeezed.compress(bytes(size * 1_000)) + squeezed.flush()
    key = RSAKey.import_key(rsa.generate_private_key(65537, 2048).public_key())
    header = {"alg": "RSA-OAEP", "enc": "A128GCM", "typ": "JWT"}
    parts = jwe.encrypt_compact(header, content, key).split(".")
    parts[0] = encode(json.dumps({**header, "zip": "DEF"}).encode())
    return ".".join(parts)
