"""A guard takes new policies while it serves: whole or not at all, beside the loop, and each attempt is told."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import pytest

import catguard
from catguard.policies.compiler import CompiledPhase
from catguard.telemetry import names
from tests.enforcement.asgi import ask
from tests.telemetry.conftest import Memory

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      order:
        http: POST /orders
        from: public
        request: {body: {type: object, additionalProperties: false, required: [count], properties: {count: {type: integer, maximum: 60, description: a box}}}}
        response: {200: {media: [application/json], body: {type: object, additionalProperties: false, properties: {found: {type: integer, maximum: 5, description: few}}}}}
    outbound:
      find: {to: store.find, request: {query: {properties: {count: {type: integer, maximum: 60, description: the same box}}}}, response: {200: {media: [application/json]}}}
  store:
    owner: shop
    about: has
    inbound:
      find: {http: GET /cats, from: shop, request: {query: {properties: {count: {type: integer}}}}, response: {200: {media: [application/json]}}}
"""
NARROW = POLICIES.replace("maximum: 60", "maximum: 6")


class Shop:
    """A guarded shop whose answer waits for the test."""

    def __init__(self, path: Path, memory: Memory) -> None:
        self.path = path
        path.write_text(POLICIES)
        self.guard = catguard.Guard.from_file(path, component="shop", telemetry=memory.telemetry("shop"))
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()
        self.client = self.guard.client("store", base_url="http://store", transport=httpx2.MockTransport(self.store))
        self.app = self.guard.asgi(self.answer)

    def store(self, _: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={})

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.set()
        await self.go.wait()
        count = catguard.exchange(scope).body["count"]
        await self.client.get("/cats", params={"count": count})
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"found": 5}'})

    async def order(self, count: int) -> int:
        return (await ask(self.app, "POST", "/orders", json_body={"count": count})).status


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def shop(tmp_path: Path, memory: Memory) -> Shop:
    return Shop(tmp_path / "policies.yaml", memory)


def told(memory: Memory) -> list[tuple[str, str]]:
    records = [log.log_record for log in memory.logs if log.log_record.event_name == names.EVENT_CONFIG]
    return [
        (str((record.attributes or {})[names.CONFIG_RESULT]), str((record.attributes or {})[names.CONFIG_TRIGGER]))
        for record in records
    ]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("apart", [False, True])
async def test_reload_brings_into_force_keeps_or_rejects(shop: Shop, memory: Memory, apart: bool) -> None:
    async def reload() -> str:
        return await shop.guard.reload_apart() if apart else shop.guard.reload()

    first = shop.guard.engine.snapshot.revision
    assert await reload() == first
    shop.path.write_text(NARROW)
    second = await reload()
    assert second != first
    assert [await shop.order(7), await shop.order(6)] == [422, 200]
    shop.path.write_text(NARROW.replace("maximum", "maximun"))
    with pytest.raises(catguard.PolicyError, match="did you mean 'maximum'"):
        await reload()
    shop.path.unlink()
    with pytest.raises(catguard.PolicyError, match="cannot be read"):
        await reload()
    assert await shop.order(6) == 200
    assert told(memory) == [("kept", "call"), ("applied", "call"), ("rejected", "call"), ("rejected", "call")]
    last = [log.log_record for log in memory.logs if log.log_record.event_name == names.EVENT_CONFIG][-2]
    assert (last.attributes or {})[names.REVISION] == second
    assert (last.attributes or {})[names.CONFIG_FAULTS] == 3


@pytest.mark.parametrize("how", ["loaded", "reloaded", "reloaded apart"])
async def test_no_exchange_waits_for_its_check_to_be_made(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how != "loaded":
        shop.path.write_text(NARROW)
        await shop.guard.reload_apart() if how == "reloaded apart" else shop.guard.reload()

    def too_late(_: CompiledPhase) -> NoReturn:
        raise AssertionError("a check is made in an exchange")

    monkeypatch.setattr(CompiledPhase, "generated", too_late)
    assert await shop.order(6) == 200


async def test_reload_that_takes_a_way_which_a_client_goes_is_rejected(shop: Shop) -> None:
    without = POLICIES.replace("to: store.find", "to: external, http: GET /elsewhere").replace(
        "from: shop", "from: public"
    )
    shop.path.write_text(without)
    with pytest.raises(catguard.ConfigurationError, match="declares no outbound call to store"):
        await shop.guard.reload_apart()
    assert await shop.order(60) == 200


async def test_exchange_keeps_its_policies_to_the_last_byte_and_in_its_calls(shop: Shop, memory: Memory) -> None:
    revision = shop.guard.engine.snapshot.revision
    shop.go.clear()
    running = asyncio.create_task(shop.order(60))
    await shop.asked.wait()
    shop.path.write_text(NARROW.replace("maximum: 5", "maximum: 4"))
    await shop.guard.reload_apart()
    shop.go.set()
    assert await running == 200
    assert {(span.attributes or {})[names.REVISION] for span in memory.spans} == {revision}
    assert [await shop.order(60), await shop.order(6)] == [422, 500]
    assert (memory.spans[-1].attributes or {})[names.REVISION] == shop.guard.engine.snapshot.revision


@asynccontextmanager
async def watched(shop: Shop) -> AsyncIterator[None]:
    async with shop.guard.watching():
        await asyncio.sleep(0.05)
        yield


async def test_watching_takes_a_file_that_has_changed_and_outlives_a_broken_one(shop: Shop, memory: Memory) -> None:
    async with watched(shop):
        shop.path.write_text("broken: [")
        await until(lambda: told(memory) == [("rejected", "file")])
        assert await shop.order(60) == 200
        shop.path.write_text(NARROW)
        await until(lambda: len(told(memory)) == 2)
    assert told(memory)[-1] == ("applied", "file")
    assert await shop.order(60) == 422


async def test_watching_outlives_a_process_that_cannot_be_started(
    shop: Shop, memory: Memory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with watched(shop):
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", "/nowhere/python")
            shop.path.write_text(NARROW)
            await until(lambda: "could not be read anew; the old ones stay" in caplog.text)
        assert await shop.order(60) == 200
        shop.path.write_text(f"{NARROW}\n")
        await until(lambda: told(memory) == [("applied", "file")])
    assert await shop.order(60) == 422


async def test_watching_covers_what_is_included_and_what_could_not_be_read(shop: Shop, memory: Memory) -> None:
    other = shop.path.with_name("shop.yaml")
    head, own = POLICIES.split("components:\n")
    async with watched(shop):
        shop.path.write_text(f"{head}include: [shop.yaml]\n")
        await until(lambda: told(memory) == [("rejected", "file")])
        other.write_text(f"catguard: 1\ncomponents:\n{own.replace('maximum: 60', 'maximum: 6')}")
        await until(lambda: told(memory)[-1] == ("applied", "file"))
        assert await shop.order(7) == 422
        other.write_text(f"catguard: 1\ncomponents:\n{own}")
        await until(lambda: len(told(memory)) == 3)
    assert await shop.order(7) == 200


async def test_watching_listens_to_sighup(shop: Shop, memory: Memory) -> None:
    async with watched(shop):
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: told(memory) == [("kept", "signal")])
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_guard_that_was_not_made_from_files_says_so(shop: Shop) -> None:
    guard = catguard.Guard(shop.guard.engine, "shop")
    with pytest.raises(catguard.ConfigurationError, match="was not made from files"):
        guard.reload()


async def test_policies_before_last_are_dropped_without_a_collection(shop: Shop) -> None:
    first = weakref.ref(shop.guard.engine.snapshot.boundaries["shop.inbound.order"].request.check)
    gc.disable()
    try:
        for text in (NARROW, POLICIES):
            assert first() is not None
            shop.path.write_text(text)
            await shop.guard.reload_apart()
        assert first() is None
    finally:
        gc.enable()


async def test_texts_that_came_while_older_ones_were_read_stay_in_force(shop: Shop) -> None:
    shop.path.write_text(NARROW)
    older = asyncio.create_task(shop.guard.reload_apart())
    await asyncio.sleep(0.01)
    shop.path.write_text(POLICIES.replace("maximum: 60", "maximum: 20"))
    newer = shop.guard.reload()
    assert await older == newer
    assert await shop.order(20) == 200
