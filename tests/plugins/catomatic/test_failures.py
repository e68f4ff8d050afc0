"""What Cat-o-matic answers where the store does not, and where its caller is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from starlette.requests import Request

from catguard import TierContext
from catguard_catomatic import catguard_tier
from catguard_catomatic.app import Kitchen
from catguard_catomatic.failures import CallerGone, Failure, StoreAway, StoreBroken, StoreSlow, answered
from tests.plugins.catomatic.conftest import compiled
from tests.plugins.catomatic.test_app import TOM, order
from tests.system.running import nowhere


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the guarded tier, whose store nobody started."""
    guard = compiled(())
    with nowhere() as address:
        context = TierContext(guard, data=tmp_path, settings={}, addresses={"store": address})
        transport = httpx2.ASGITransport(guard.asgi(catguard_tier().app(context)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as client:
            yield client
        await context.close()


@pytest.mark.parametrize("path", ["/v1/menu", f"/v1/pictures/{TOM.id}", "/v1/render"])
async def test_without_a_store_says_so_and_when_to_come_back(alone: httpx2.AsyncClient, path: str) -> None:
    answer = await (alone.post(path, json=order()) if path == "/v1/render" else alone.get(path))

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("2", "no-store")
    assert "picture store does not answer" in answer.json()["detail"]


def failing(error: Exception) -> Callable[[], Awaitable[httpx2.Response]]:
    async def call() -> httpx2.Response:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx2.ConnectError("no"), StoreAway),
        (httpx2.TimeoutException("late"), StoreSlow),
        (httpx2.RemoteProtocolError("torn"), StoreBroken),
    ],
)
async def test_answered_tells_what_is_wrong_with_the_store(error: Exception, expected: type[Failure]) -> None:
    with pytest.raises(expected):
        await answered(failing(error)())


@pytest.mark.parametrize(("status", "taken"), [(200, True), (404, True), (500, False), (503, False), (204, False)])
async def test_answered_takes_what_it_knows(status: int, taken: bool) -> None:
    async def call() -> httpx2.Response:
        return httpx2.Response(status)

    if taken:
        assert (await answered(call())).status_code == status
    else:
        with pytest.raises(StoreBroken):
            await answered(call())


class Pixels:
    """Work that is counted."""

    def __init__(self) -> None:
        self.begun = 0

    def __call__(self) -> str:
        self.begun += 1
        return "drawn"


def asking(gone: asyncio.Event) -> Request:
    """A request whose caller goes away with the event."""

    async def receive() -> MutableMapping[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "path": "/v1/render", "headers": []}, receive)


def kitchen(workers: anyio.CapacityLimiter) -> Kitchen:
    nothing: Any = None
    return Kitchen(store=nothing, edition="", workers=workers, resize=nothing, encode=nothing)


async def test_pixels_are_drawn_for_those_who_wait() -> None:
    work = Pixels()

    assert await kitchen(anyio.CapacityLimiter(1))._aside(asking(asyncio.Event()), work) == "drawn"


async def test_pixels_are_not_drawn_for_those_who_left_while_they_waited_for_their_turn() -> None:
    gone, work, workers = asyncio.Event(), Pixels(), anyio.CapacityLimiter(1)
    await workers.acquire_on_behalf_of("somebody else")
    turn = asyncio.create_task(kitchen(workers)._aside(asking(gone), work))
    await asyncio.sleep(0.01)
    gone.set()
    workers.release_on_behalf_of("somebody else")

    with pytest.raises(CallerGone):
        await turn
    assert not work.begun
