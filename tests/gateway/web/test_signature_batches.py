import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.web import signature_batches, signature_bodies
from gateway.web.signature_batches import AT_ONCE, in_order
from tests.gateway.web.signature_gateway import SignatureGateway, a_request, a_signature_gateway

SHARED = pytest.mark.asyncio(loop_scope="module")
NDJSON = {"content-type": "application/x-ndjson"}
BATCH = "/v1/signatures/validate-batch"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SignatureGateway]:
    async with a_signature_gateway(tmp_path_factory.mktemp("batches") / "world") as running:
        yield running


def lines(*items: object) -> str:
    return "".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in items)


async def send(gateway: SignatureGateway, body: str, **headers: str) -> tuple[int, list[dict[str, Any]]]:
    response = await gateway.call("POST", BATCH, await gateway.token(), content=body, headers=NDJSON | headers)
    return response.status_code, [json.loads(line) for line in response.text.splitlines()]


@SHARED
async def test_every_line_is_answered_in_its_order_under_its_own_id(shared: SignatureGateway) -> None:
    good, spoilt = a_request(), a_request(content={"bytes": "AAAA"})

    status, answers = await send(shared, lines({"id": "a", **good}, "", {"id": "b", **spoilt}, good))

    assert status == 200
    assert [answer["id"] for answer in answers] == ["a", "b", None]
    assert [answer["report"]["overall"]["accept"] for answer in answers] == [True, False, True]
    assert [(answer["item"], answer["items"]) for answer in answers] == [(1, 3), (2, 3), (3, 3)]


@SHARED
@pytest.mark.attack("SG-14")
async def test_sg_14_a_bad_line_is_one_answer_and_never_a_pass(shared: SignatureGateway) -> None:
    bad = ["{", "[]", '{"id": "x", "id": "y"}', {"id": 7}, {"id": "unknown", "surprise": 1}, {"id": "empty"}]

    status, answers = await send(shared, lines(*bad, {"id": "good", **a_request()}))

    assert status == 200
    assert [answer.get("error") for answer in answers] == ["E_FORMAT"] * 6 + [None]
    assert [answer["id"] for answer in answers] == [None, None, None, None, "unknown", "empty", "good"]
    assert all("report" not in answer for answer in answers[:6])


@SHARED
@pytest.mark.attack("SG-12")
async def test_sg_12_too_many_lines_or_too_much_is_refused_before_anything_is_judged(
    shared: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = await send(shared, "{}\n" * 1_001)
    none = await send(shared, "\n\n")
    monkeypatch.setattr(signature_bodies, "BATCH", 100)
    large = await send(shared, lines(a_request()))

    assert [(status, answers[0]["error"]) for status, answers in (many, none, large)] == [(413, "E_SIZE")] * 3


@SHARED
async def test_another_media_type_is_refused(shared: SignatureGateway) -> None:
    status, answers = await send(shared, "{}\n", **{"content-type": "application/json"})

    assert (status, answers[0]["error"]) == (415, "E_FORMAT")


@SHARED
async def test_every_turn_is_given_back(shared: SignatureGateway) -> None:
    for _ in range(signature_batches.AT_ONCE * 3):
        assert (await send(shared, "{}\n"))[0] == 200


async def test_a_few_lines_are_under_way_at_once_and_answers_keep_their_order() -> None:
    begun: list[bytes] = []
    gates = {line: asyncio.Event() for line in (b"0", b"1", b"2", b"3", b"4", b"5")}

    async def judge(line: bytes) -> dict[str, Any]:
        begun.append(line)
        await gates[line].wait()
        return {"line": line}

    async def collect() -> list[Any]:
        return [answer["line"] async for answer in in_order(gates, judge)]

    collecting = asyncio.create_task(collect())
    for _ in range(3):
        await asyncio.sleep(0)
    first = list(begun)
    for gate in reversed(gates.values()):
        gate.set()

    assert first == list(gates)[:AT_ONCE]
    assert await collecting == list(gates)


async def test_nothing_more_is_begun_when_nobody_listens_any_more() -> None:
    ended: list[bytes] = []

    async def judge(line: bytes) -> dict[str, Any]:
        try:
            if line != b"0":
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(line)
            raise
        return {"line": line}

    answers = in_order([b"%d" % number for number in range(100)], judge)
    first = await anext(answers)
    await answers.aclose()  # type: ignore[attr-defined] # an asynchronous generator
    await asyncio.sleep(0)

    assert first == {"line": b"0"}
    assert ended == [b"1", b"2", b"3"]
