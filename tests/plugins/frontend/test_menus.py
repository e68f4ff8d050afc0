from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from catguard_frontend import menus
from catguard_frontend.kitchen import NothingYet, NotServed, TooSlow, Unreachable
from catguard_frontend.menus import Menus

TOLD = {
    "edition": "0" * 16,
    "cats": [{"breed": "tabby", "pictures": 1, "art": "0" * 16}],
    "scenes": [{"scene": "snow", "layers": ["back"], "art": "0" * 16}],
}


class CatOMatic:
    """Tells `told`, or does what `answers` says instead; `asked` counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.told: object = TOLD
        self.answers: Callable[[], httpx2.Response] | None = None
        self.go = asyncio.Event()
        self.go.set()
        self.now = 0.0

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        await self.go.wait()
        return self.answers() if self.answers else httpx2.Response(200, json=self.told)


def away() -> httpx2.Response:
    raise httpx2.ConnectError("nobody answers")


def slow() -> httpx2.Response:
    raise httpx2.ReadTimeout("too slow")


@pytest.fixture
def catomatic() -> CatOMatic:
    return CatOMatic()


@pytest.fixture
async def board(catomatic: CatOMatic) -> AsyncIterator[Menus]:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(catomatic), base_url="http://catomatic") as client:
        board = Menus(client, clock=lambda: catomatic.now)
        yield board
        await board.close()


async def test_current_is_asked_once_for_all_and_kept_for_a_while(board: Menus, catomatic: CatOMatic) -> None:
    found = await asyncio.gather(*(board.current() for _ in range(5)))
    catomatic.now = menus.FRESH
    await board.current()

    assert {tuple(menu.breeds) for menu in found} == {("tabby",)}
    assert catomatic.asked == 1


async def test_current_shows_soon_what_was_imported(board: Menus, catomatic: CatOMatic) -> None:
    await board.current()
    catomatic.told = {**TOLD, "cats": [*TOLD["cats"], {"breed": "ragdoll", "pictures": 1, "art": "0" * 16}]}
    catomatic.now = menus.FRESH + 0.1

    assert tuple((await board.current()).breeds) == ("tabby", "ragdoll")


@pytest.mark.parametrize("failure", [away, slow, lambda: httpx2.Response(500), lambda: httpx2.Response(503, json={})])
async def test_current_is_the_last_one_while_nobody_tells_another(
    board: Menus, catomatic: CatOMatic, failure: Callable[[], httpx2.Response]
) -> None:
    await board.current()
    catomatic.answers = failure
    catomatic.now = 1000.0

    assert tuple((await board.current()).breeds) == ("tabby",)
    asked = catomatic.asked
    await board.current()
    assert catomatic.asked == asked  # not asked again at once


async def test_current_does_not_wait_long_for_a_newer_one(
    board: Menus, catomatic: CatOMatic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.current()
    monkeypatch.setattr(menus, "GRACE", 0.01)
    catomatic.go.clear()
    catomatic.now = 1000.0

    assert tuple((await board.current()).breeds) == ("tabby",)
    assert tuple((await board.current()).breeds) == ("tabby",)
    assert catomatic.asked == 2  # the second waits for the same answer


@pytest.mark.parametrize(
    ("failure", "expected"), [(away, Unreachable), (slow, TooSlow), (lambda: httpx2.Response(500), NotServed)]
)
async def test_current_without_any_says_why(
    board: Menus, catomatic: CatOMatic, failure: Callable[[], httpx2.Response], expected: type[NotServed]
) -> None:
    catomatic.answers = failure
    with pytest.raises(expected):
        await board.current()

    catomatic.answers = None
    assert (await board.current()).breeds


@pytest.mark.parametrize("missing", ["cats", "scenes"])
async def test_current_with_nothing_on_it_says_so(board: Menus, catomatic: CatOMatic, missing: str) -> None:
    catomatic.told = {**TOLD, missing: []}
    with pytest.raises(NothingYet):
        await board.current()


async def test_current_goes_on_when_one_who_waits_leaves(board: Menus, catomatic: CatOMatic) -> None:
    catomatic.go.clear()
    leaver, stayer = (asyncio.create_task(board.current()) for _ in range(2))
    while not catomatic.asked:
        await asyncio.sleep(0.001)
    leaver.cancel()
    catomatic.go.set()

    assert (await stayer).breeds
    assert catomatic.asked == 1


async def test_newest_is_asked_after_the_call_and_once_for_all_who_wait(board: Menus, catomatic: CatOMatic) -> None:
    catomatic.go.clear()
    early = asyncio.create_task(board.current())
    while not catomatic.asked:
        await asyncio.sleep(0.001)
    waiting = [asyncio.create_task(board.newest()) for _ in range(3)]
    await asyncio.sleep(0)
    catomatic.told = {**TOLD, "edition": "1" * 16}
    catomatic.go.set()
    await early

    assert {(await found).edition for found in waiting} == {"1" * 16}
    assert catomatic.asked == 2


async def test_newest_says_why_there_is_none(board: Menus, catomatic: CatOMatic) -> None:
    await board.current()
    catomatic.answers = away
    with pytest.raises(Unreachable):
        await board.newest()
