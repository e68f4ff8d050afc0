from __future__ import annotations

import asyncio
from typing import Any

import pytest

from catguard.enforcement.eager import begin, start


async def test_begin_gives_at_once_what_is_there() -> None:
    async def ready() -> int:
        return 3

    assert begin(ready()) == (3, None)


async def test_start_runs_what_need_not_wait_to_its_end() -> None:
    told: list[str] = []

    async def ready() -> None:
        told.append("ran")

    assert start(ready()) is None
    assert start(Awaitable(ready())) is None
    assert told == ["ran", "ran"]


async def test_start_lets_out_what_is_raised_at_once() -> None:
    async def broken() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        start(broken())


class Awaitable:
    """One that is no coroutine, as an app in C may return it."""

    def __init__(self, awaited: Any) -> None:
        self.awaited = awaited

    def __await__(self) -> Any:
        return self.awaited.__await__()


@pytest.mark.parametrize("made", [lambda coroutine: coroutine, Awaitable], ids=["coroutine", "awaitable"])
async def test_rest_is_awaited_for_what_is_not_there_yet(made: Any) -> None:
    event = asyncio.Event()

    async def late() -> int:
        await event.wait()
        await asyncio.sleep(0)
        return 4

    rests = [begin(made(late()))[1], start(made(late()))]
    asyncio.get_running_loop().call_soon(event.set)
    for rest in rests:
        assert rest is not None
        assert await rest == 4


@pytest.mark.parametrize("made", [lambda coroutine: coroutine, Awaitable], ids=["coroutine", "awaitable"])
async def test_rest_is_cancelled_with_who_awaits_it(made: Any) -> None:
    told: list[str] = []

    async def never(*, stubborn: bool) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append("cancelled")
            if stubborn:
                await asyncio.sleep(0)
                return "survived"
            raise
        return "never"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await _rest_of(made(never(stubborn=False)))
    assert told == ["cancelled"]

    task = asyncio.ensure_future(_rest_of(made(never(stubborn=True))))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "survived"


async def _rest_of(awaitable: Any) -> Any:
    _, rest = begin(awaitable)
    assert rest is not None
    return await rest
