import asyncio
import hashlib
from pathlib import Path

import pytest

from catguard_frontend import cache as cache_module
from catguard_frontend.cache import PictureCache
from catguard_frontend.files import BLOCK, Files
from catguard_frontend.recipes import Picture, Recipe
from catguard_frontend.timing import Timing

RECIPE = Recipe(width=480, height=620, breed="siamese", scene="rose-garden", seed=1)
TAG, OTHER = RECIPE.tag("art"), RECIPE.tag("newer art")
BOX = {"x": 1, "y": 2, "width": 90, "height": 120}
CAT = {"picture": "0123456789abcdef", "breed": "siamese", "pose": "sitting", "box": BOX, "parts": ["nose", "tail"]}


@pytest.fixture
def cache(tmp_path: Path) -> PictureCache:
    return PictureCache(Files(tmp_path, limit=1000 * BLOCK))


class Cook:
    def __init__(self, cache: PictureCache, *, fails: Exception | None = None) -> None:
        self.cooked = 0
        self.cancelled = 0
        self.go = asyncio.Event()
        self._cache = cache
        self._fails = fails

    async def __call__(self) -> Picture:
        self.cooked += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self._fails:
            raise self._fails
        return await self._cache.keep(TAG, RECIPE, b"miau", (CAT,), ("nobody",))


async def test_keep_then_find_gives_the_same_picture(cache: PictureCache) -> None:
    kept = await cache.keep(TAG, RECIPE, b"miau", (CAT,), ("nobody, CC0",))

    assert await cache.find(TAG) == kept
    assert await cache.image(kept.digest, "webp") == b"miau"
    assert kept.digest == hashlib.sha256(b"miau").hexdigest()
    assert kept.url == f"/pictures/{kept.digest}.webp"


async def test_find_of_another_seed_finds_nothing(cache: PictureCache) -> None:
    await cache.keep(TAG, RECIPE, b"miau", (CAT,), ())

    assert await cache.find(Recipe(**RECIPE.wire() | {"seed": 2}).tag("art")) is None


async def test_find_of_newer_art_finds_nothing(cache: PictureCache) -> None:
    await cache.keep(TAG, RECIPE, b"miau", (CAT,), ())

    assert await cache.find(OTHER) is None


async def test_find_after_a_restart_finds_it(tmp_path: Path) -> None:
    kept = await PictureCache(Files(tmp_path, limit=100 * BLOCK)).keep(TAG, RECIPE, b"miau", (CAT,), ())

    assert await PictureCache(Files(tmp_path, limit=100 * BLOCK)).find(TAG) == kept


async def test_find_without_the_bytes_finds_nothing(cache: PictureCache, tmp_path: Path) -> None:
    kept = await cache.keep(TAG, RECIPE, b"miau", (CAT,), ())
    next(tmp_path.rglob(f"{kept.digest}.webp")).unlink()

    assert await cache.find(TAG) is None


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"digest": "x", "cats": 1, "credits": []}', b"\xff"])
async def test_find_of_a_damaged_record_finds_nothing(cache: PictureCache, tmp_path: Path, damage: bytes) -> None:
    await cache.keep(TAG, RECIPE, b"miau", (CAT,), ())
    next(tmp_path.rglob("*.recipe")).write_bytes(damage)

    assert await cache.find(TAG) is None


async def test_image_that_was_cut_short_is_not_served(cache: PictureCache, tmp_path: Path) -> None:
    kept = await cache.keep(TAG, RECIPE, b"miau", (CAT,), ())
    path = next(tmp_path.rglob(f"{kept.digest}.webp"))
    path.write_bytes(b"mi")

    assert await cache.image(kept.digest, "webp") is None
    assert not path.exists()


async def test_get_cooks_equal_recipes_once(cache: PictureCache) -> None:
    cook = Cook(cache)
    waiting = [asyncio.create_task(cache.get(TAG, cook, timing=Timing())) for _ in range(5)]
    while not cook.cooked:
        await asyncio.sleep(0.001)
    cook.go.set()

    pictures = await asyncio.gather(*waiting)

    assert cook.cooked == 1
    assert len({picture.digest for picture in pictures}) == 1
    assert await cache.get(TAG, cook, timing=Timing()) == pictures[0]
    assert cook.cooked == 1


async def test_get_says_whether_it_was_here(cache: PictureCache) -> None:
    cook = Cook(cache)
    first, second, third = Timing(), Timing(), Timing()
    waiting = [asyncio.create_task(cache.get(TAG, cook, timing=timing)) for timing in (first, second)]
    while not cook.cooked:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)  # both wait now
    cook.go.set()
    await asyncio.gather(*waiting)
    await cache.get(TAG, cook, timing=third)

    told = [timing.header().split(";dur", 1)[0] for timing in (first, second, third)]
    assert sorted(told[:2]) == ["cache;desc=miss", "cache;desc=shared"]
    assert told[2] == "cache;desc=hit"
    assert ["render" in timing.header() for timing in (first, second, third)] == [True, True, False]


async def test_get_tells_a_failure_to_all_and_keeps_none_of_it(cache: PictureCache) -> None:
    cook = Cook(cache, fails=LookupError("no such cat"))
    cook.go.set()

    results = await asyncio.gather(*(cache.get(TAG, cook, timing=Timing()) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(result, LookupError) for result in results)

    cooked = cook.cooked
    with pytest.raises(LookupError):
        await cache.get(TAG, cook, timing=Timing())
    assert cook.cooked == cooked + 1


async def test_get_goes_on_while_one_still_waits(cache: PictureCache) -> None:
    cook = Cook(cache)
    leaver, stayer = (asyncio.create_task(cache.get(TAG, cook, timing=Timing())) for _ in range(2))
    while not cook.cooked:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)  # both wait now
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    cook.go.set()

    assert (await stayer).cats == (CAT,)
    assert (cook.cooked, cook.cancelled) == (1, 0)


async def test_get_ends_when_nobody_waits_and_begins_anew(cache: PictureCache) -> None:
    cook = Cook(cache)
    leaver = asyncio.create_task(cache.get(TAG, cook, timing=Timing()))
    while not cook.cooked:
        await asyncio.sleep(0.001)
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    cook.go.set()

    assert (await cache.get(TAG, cook, timing=Timing())).credits == ("nobody",)
    assert (cook.cooked, cook.cancelled) == (2, 1)


async def run_out(cache: PictureCache, cook: Cook, tag: str = TAG) -> None:
    """Ask for a picture, and give up when it is under way."""
    until = asyncio.get_running_loop().time() + 0.05
    with pytest.raises(TimeoutError):
        await cache.get(tag, cook, timing=Timing(), until=until)


async def test_get_goes_on_for_whoever_ran_out_of_time(cache: PictureCache) -> None:
    cook = Cook(cache)
    await run_out(cache, cook)
    cook.go.set()

    assert (await cache.get(TAG, cook, timing=Timing())).cats == (CAT,)
    assert (cook.cooked, cook.cancelled) == (1, 0)


async def test_get_goes_on_for_whoever_was_told_so_though_another_left(cache: PictureCache) -> None:
    cook = Cook(cache)
    leaver = asyncio.create_task(cache.get(TAG, cook, timing=Timing()))
    await run_out(cache, cook)
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver

    assert (cook.cooked, cook.cancelled) == (1, 0)
    await cache.close()


async def test_get_goes_on_for_so_many_at_a_time(cache: PictureCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "UNATTENDED", 2)
    cook = Cook(cache)
    for tag in (RECIPE.tag(art) for art in "abc"):
        await run_out(cache, cook, tag)
    await asyncio.sleep(0)  # the third ends

    assert (cook.cooked, cook.cancelled) == (3, 1)
    await cache.close()


async def test_get_begins_nothing_when_the_time_is_over(cache: PictureCache) -> None:
    cook = Cook(cache)
    with pytest.raises(TimeoutError):
        await cache.get(TAG, cook, timing=Timing(), until=asyncio.get_running_loop().time())

    assert cook.cooked == 0


async def test_get_of_what_is_here_needs_no_time(cache: PictureCache) -> None:
    kept = await cache.keep(TAG, RECIPE, b"miau", (CAT,), ())

    assert await cache.get(TAG, Cook(cache), timing=Timing(), until=0.0) == kept


async def test_close_ends_what_nobody_waits_for(cache: PictureCache) -> None:
    cook = Cook(cache)
    await run_out(cache, cook)
    await cache.close()

    assert cook.cancelled == 1
