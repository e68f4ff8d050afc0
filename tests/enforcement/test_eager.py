from __future__ import annotations

import asyncio
from typing import Any

import pytest

from catguard.enforcement.eager import begin


async def test_begin_gives_at_once_what_is_there() -> None:
    async def ready() -> int:
        return 3

    assert begin(ready()) == (3, None)


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

    _, rest = begin(made(late()))
    assert rest is not None
    asyncio.get_running_loop().call_soon(event.set)
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
