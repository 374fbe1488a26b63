import asyncio

import pytest

from certs.trust.errors import RefusalCode, Refused
from gateway.web.turns import Turns


async def test_few_work_at_once_and_the_others_wait_in_order() -> None:
    turns, done, gate = Turns(2, 8), [], asyncio.Event()

    async def work(name: int) -> None:
        async with turns.turn():
            done.append(name)
            await gate.wait()

    tasks = [asyncio.create_task(work(name)) for name in range(5)]
    await asyncio.sleep(0)
    begun = list(done)
    gate.set()
    await asyncio.gather(*tasks)

    assert begun == [0, 1]
    assert done == [0, 1, 2, 3, 4]


@pytest.mark.attack("SG-12")
async def test_sg_12_one_too_many_is_sent_away_at_once() -> None:
    turns = Turns(1, 0)

    async with turns.turn():
        with pytest.raises(Refused) as refusal:
            async with turns.turn():
                raise AssertionError

    assert refusal.value.code is RefusalCode.BUSY
    async with turns.turn():  # and later there is room again
        pass


async def test_a_turn_is_given_back_when_the_work_fails() -> None:
    turns = Turns(1, 0)

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn():
                _ = 1 // 0

    async with turns.turn():
        pass
