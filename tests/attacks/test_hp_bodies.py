"""Group HP, bodies: framing, forms and sizes (RFC 9112 §6, RFC 6749 Appendix B)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.web import edge
from mock_idps.personas import PERSONAS
from tests.attacks.codes import error_of, gateway_client
from tests.attacks.raw_server import listening, serve_options, spoken
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import asking

SHARED = pytest.mark.asyncio(loop_scope="module")
FORM_ENDPOINTS = ("/token", "/par", "/revoke", "/introspect", "/device_authorization", "/bc-authorize")
FORM = "application/x-www-form-urlencoded"
GOOD = b"grant_type=authorization_code&client_id=shop&code=x&redirect_uri=y&code_verifier=z"
MACAO = next(person.id for person in PERSONAS if person.home == "macao" and person.mo_level == 3 and person.permit)

BODIES = {
    "doubled grant_type": (GOOD + b"&grant_type=authorization_code", FORM, 400),
    "doubled code": (GOOD + b"&code=y", FORM, 400),
    "doubled unknown": (GOOD + b"&a=1&a=1", FORM, 400),
    "doubled by case of the escape": (GOOD + b"&%63ode=y", FORM, 400),
    "semicolons": (GOOD.replace(b"&", b";"), FORM, 401),
    "utf-16": (GOOD.decode().encode("utf-16"), f"{FORM}; charset=utf-16", 415),
    "utf-7": (GOOD, f"{FORM}; charset=utf-7", 415),
    "multipart": (b'--x\r\nContent-Disposition: form-data; name="code"\r\n\r\nx\r\n--x--', "multipart/form-data; boundary=x", 415),
    "JSON": (b'{"grant_type":"authorization_code","client_id":"shop"}', "application/json", 415),
    "JSON as form": (b'{"grant_type":"authorization_code","client_id":"shop"}', FORM, 401),
    "no content type": (GOOD, None, 415),
    "bomb of quotes": (GOOD, f'{FORM}; !="' + '\\"' * 4000, 415),
    "bomb of semicolons": (GOOD, FORM + ";" * 8000, 415),
    "NUL": (GOOD + b"&state=%00", FORM, 400),
    "not UTF-8": (GOOD + b"&state=%ff", FORM, 400),
    "raw bytes": (GOOD + b"&state=\xff", FORM, 400),
    "a thousand parameters": (GOOD + b"".join(b"&p%d=1" % n for n in range(1000)), FORM, 400),
}  # fmt: skip


@SHARED
@pytest.mark.attack("HP-04")
@pytest.mark.parametrize("case", BODIES.values(), ids=BODIES)
async def test_hp_04_a_body_that_is_no_clean_form_is_refused(
    shared_world: WatchedWorld, case: tuple[bytes, str | None, int]
) -> None:
    body, content_type, status = case
    headers = {} if content_type is None else {"content-type": content_type}

    async with leaves_nothing(shared_world), gateway_client(shared_world) as http:
        response = await http.post("/token", content=body, headers=headers)

    assert error_of(response) == (status, "invalid_client" if status == 401 else "invalid_request")


@SHARED
@pytest.mark.attack("HP-04")
@pytest.mark.parametrize("path", FORM_ENDPOINTS)
async def test_hp_04_two_content_types_are_refused_at_every_form_endpoint(
    shared_world: WatchedWorld, path: str
) -> None:
    two = [("content-type", FORM), ("content-type", "application/json")]

    async with leaves_nothing(shared_world), gateway_client(shared_world) as http:
        response = await http.post(path, content=GOOD, headers=two)

    assert response.status_code == 400


@SHARED
@pytest.mark.attack("HP-04")
async def test_hp_04_a_body_that_is_no_form_leaves_an_event(shared_world: WatchedWorld) -> None:
    async with leaves_nothing(shared_world, refused=1), gateway_client(shared_world) as http:
        await http.post("/token", content=GOOD, headers={"content-type": "application/json"})


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
START = b"POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
FRAMES = {
    "length and chunks": START + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": START + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": START + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "two equal lengths": START + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a list of lengths": START + b"Content-Length: 0, 0\r\n\r\n" + SMUGGLED,
    "a signed length": START + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "a hexadecimal length": START + b"Content-Length: 0x0\r\n\r\n" + SMUGGLED,
    "a bad end of a chunk": START + b"Transfer-Encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n" + SMUGGLED,
    "a bad size of a chunk": START + b"Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n" + SMUGGLED,
    "a line feed in a chunk extension": START + b"Transfer-Encoding: chunked\r\n\r\n1;a=\n\r\na\r\n0\r\n\r\n" + SMUGGLED,
    "another coding": START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": START + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "bare line feeds": START.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n" + SMUGGLED,
    "a bare carriage return": START + b"X-A: b\rContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a folded header": START + b"X-A: b\r\n Content-Length: 9\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a folded coding": START + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a NUL in a header": START + b"X-A: \x00\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a second request after the last": START + b"Connection: close\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
}  # fmt: skip


@SHARED
@pytest.mark.attack("HP-05")
@pytest.mark.spec("RFC 9112 §6.1")
@pytest.mark.parametrize("sent", FRAMES.values(), ids=FRAMES)
async def test_hp_05_a_smuggled_request_reaches_no_handler_and_the_connection_ends(
    shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    seen = len(shared_world.answers)

    async with listening(shared_world, serve_options(shared_world, monkeypatch)) as port:
        heard = await spoken(port, sent)

    assert "/smuggled" not in {answer.path for answer in shared_world.answers[seen:]}
    assert heard.count(b"HTTP/1.1 ") <= 1
    assert not heard or heard.startswith((b"HTTP/1.1 400", b"HTTP/1.1 401", b"HTTP/1.1 413", b"HTTP/1.1 415"))


@SHARED
@pytest.mark.attack("HP-05")
async def test_hp_05_an_honest_request_over_the_same_wire_is_answered(
    shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

    async with listening(shared_world, serve_options(shared_world, monkeypatch)) as port:
        heard = await spoken(port, request)

    assert heard.startswith(b"HTTP/1.1 200 OK\r\n")


async def endless() -> AsyncIterator[bytes]:
    for _ in range(2_000):  # far beyond the limit, yet a gateway without one must fail here and not hang
        yield b"a=" + b"x" * 4096


@SHARED
@pytest.mark.attack("HP-06")
@pytest.mark.parametrize("path", ["/token", "/authorize", "/logout", "/userinfo"])
@pytest.mark.parametrize(("kind", "status"), [("2 MB", 413), ("100 MB claimed", 413), ("endless", 413)])
async def test_hp_06_an_oversized_body_is_refused_early(
    shared_world: WatchedWorld, path: str, kind: str, status: int
) -> None:
    content: Any = {"2 MB": b"a=" + b"x" * 2_000_000, "100 MB claimed": b"", "endless": endless()}[kind]
    headers = [("content-type", FORM), *([("content-length", "100000000")] if kind == "100 MB claimed" else [])]

    async with leaves_nothing(shared_world), gateway_client(shared_world) as http:
        response = await http.post(path, content=content, headers=headers)

    if path == "/userinfo" and kind == "endless":
        assert response.status_code == 401  # it answers without reading a body at all
    else:
        assert response.status_code == status


LINES = b"".join(b"x-%d: y\r\n" % number for number in range(10_000))
HEADS = {"one of 64 kB": b"x: " + b"y" * 65_536 + b"\r\n", "10,000 lines": LINES}


@SHARED
@pytest.mark.attack("HP-06")
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
async def test_hp_06_an_oversized_head_is_refused_and_the_connection_ends(
    shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    async with listening(shared_world, serve_options(shared_world, monkeypatch)) as port:
        heard = await spoken(port, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n")

    assert not heard or heard.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


@SHARED
@pytest.mark.attack("HP-06")
async def test_hp_06_an_endless_head_is_cut_off(shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(shared_world, serve_options(shared_world, monkeypatch)) as port:
        heard = await spoken(port, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n" + LINES * 4, seconds=1)

    assert not heard or heard.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


@SHARED
@pytest.mark.attack("HP-06")
async def test_hp_06_a_body_that_drips_is_given_up(shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        for byte in GOOD:
            await asyncio.sleep(0.01)
            yield bytes([byte])

    monkeypatch.setattr(edge, "_ORDINARY", edge.BodyLimit(seconds=0.1))
    async with gateway_client(shared_world) as http:
        response = await http.post("/token", content=dripping(), headers={"content-type": FORM})

    assert response.status_code == 408


@SHARED
@pytest.mark.attack("HP-06")
async def test_hp_06_others_are_served_while_bodies_drip(shared_world: WatchedWorld) -> None:
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"a"
        await never.wait()

    async with gateway_client(shared_world) as http, asyncio.TaskGroup() as group:
        slow = [
            group.create_task(http.post("/token", content=stuck(), headers={"content-type": FORM})) for _ in range(50)
        ]
        await asyncio.sleep(0)
        response = await http.get(asking().url)
        never.set()

    assert response.status_code == 303
    assert {task.result().status_code for task in slow} == {401}
