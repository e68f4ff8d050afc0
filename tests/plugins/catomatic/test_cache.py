import asyncio

import pytest

from catguard_catomatic.cache import Cache


class Maker:
    """Makes strings, counts how often, and waits where it is told to."""

    def __init__(self) -> None:
        self.made = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def __call__(self) -> str:
        self.made += 1
        await self.gate.wait()
        if self.error:
            raise self.error
        return "x" * 10


def cache(limit: int = 100) -> Cache[str, str]:
    return Cache(limit=limit, size=len)


async def test_get_makes_a_value_once() -> None:
    kept, maker = cache(), Maker()

    assert [await kept.get("a", maker) for _ in range(3)] == ["x" * 10] * 3
    assert maker.made == 1


async def test_get_makes_a_value_once_for_all_who_wait() -> None:
    kept, maker = cache(), Maker()
    maker.gate.clear()
    waiting = [asyncio.create_task(kept.get("a", maker)) for _ in range(5)]
    await asyncio.sleep(0)

    maker.gate.set()

    assert await asyncio.gather(*waiting) == ["x" * 10] * 5
    assert maker.made == 1


async def test_get_drops_what_was_not_used_for_longest() -> None:
    kept, maker = cache(limit=30), Maker()
    for key in ("a", "b", "c", "a", "d"):
        await kept.get(key, maker)
    made = maker.made

    await kept.get("a", maker)
    assert maker.made == made
    await kept.get("b", maker)
    assert maker.made == made + 1
    assert kept.used == 30
    assert len(kept) == 3


async def test_get_hands_out_what_is_too_large_to_keep() -> None:
    kept, maker = cache(limit=5), Maker()

    assert await kept.get("a", maker) == "x" * 10
    assert (len(kept), kept.used) == (0, 0)


async def test_get_does_not_keep_an_error() -> None:
    kept, maker = cache(), Maker()
    maker.error = LookupError("gone")

    with pytest.raises(LookupError):
        await kept.get("a", maker)
    maker.error = None
    assert await kept.get("a", maker) == "x" * 10


async def test_get_survives_the_caller_that_began_it() -> None:
    kept, maker = cache(), Maker()
    maker.gate.clear()
    first = asyncio.create_task(kept.get("a", maker))
    await asyncio.sleep(0)
    second = asyncio.create_task(kept.get("a", maker))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.sleep(0)
    maker.gate.set()

    assert await second == "x" * 10
    assert first.cancelled()
    assert maker.made == 1
