"""A caller who leaves frees everything: the request under way, the calls, the statements, the spans."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request
from starlette.responses import StreamingResponse

from catguard.enforcement.presence import MOMENT
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from catguard.supervisor.protocol import BoundedProtocol
from catguard.telemetry import Telemetry

from .serving import PATIENCE, exchange, request, served, status

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      wait: {http: GET /wait, from: public, response: {200: {media: [text/plain]}}}
      flow: {http: GET /flow, from: public, response: {200: {media: [text/plain], stream: true}}}
      think: {call: think, response: {result: {type: integer}}}
    outbound:
      ask: {to: external, http: GET /ask, response: {200: {media: [text/plain]}}}
      count: {to: external, sql: SELECT nothing}
"""
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT count(*) FROM n"
SERVERS = {"httptools": "httptools", "h11": "h11", "bounded": BoundedProtocol}

Handler = Callable[[Any, Any, Any], Awaitable[None]]


class Shop:
    """A guarded app whose handler a test gives; knows what became of it, and the spans that ended."""

    def __init__(self, policies: str = POLICIES) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        telemetry = Telemetry("shop", tracer_provider=provider)
        self.guard = Guard(Engine(compile_texts([("shop.yaml", policies)])), "shop", telemetry)
        self.begun, self.ended = asyncio.Event(), asyncio.Event()
        self.outcome: BaseException | None = None

    def app(self, handler: Handler) -> Any:
        async def run(scope: Any, receive: Any, send: Any) -> None:
            try:
                await handler(scope, receive, send)
            except BaseException as error:
                self.outcome = error
                raise
            finally:
                self.ended.set()

        return self.guard.asgi(run)

    def spans(self) -> dict[str, Any]:
        return {span.name: (span.attributes or {}).get("error.type") for span in self.exporter.get_finished_spans()}

    async def forsaken(self, app: Any, target: str = "/wait", **options: Any) -> None:
        """Ask over a real socket, leave once the handler has begun, and wait until it ended."""
        async with served(app, lifespan="off", **options) as port, asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(target))
            await self.begun.wait()
            writer.close()
            await self.ended.wait()


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def answer(send: Any, body: bytes = b"well") -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("http", SERVERS.values(), ids=SERVERS)
async def test_request_under_way_is_ended(shop: Shop, http: Any, caplog: pytest.LogCaptureFixture) -> None:
    permits = asyncio.Semaphore(1)

    async def wait(scope: Any, receive: Any, send: Any) -> None:
        async with permits:
            shop.begun.set()
            await asyncio.Event().wait()

    await shop.forsaken(shop.app(wait), http=http)
    assert isinstance(shop.outcome, asyncio.CancelledError)
    assert not permits.locked()
    assert shop.spans() == {"GET /wait": "disconnected"}
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_outbound_call_is_closed(shop: Shop) -> None:
    closed = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        shop.begun.set()
        assert await reader.read() == b""
        writer.close()
        closed.set()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, shop.guard.client("external", base_url=url) as client:

        async def ask(scope: Any, receive: Any, send: Any) -> None:
            await client.get("/ask")

        await shop.forsaken(shop.app(ask))
        async with asyncio.timeout(PATIENCE):
            await closed.wait()
    assert shop.spans() == {"GET /ask": "asyncio.exceptions.CancelledError", "GET /wait": "disconnected"}


async def test_statement_is_ended_and_its_connection_given_back(shop: Shop, tmp_path: Path) -> None:
    engine = shop.guard.database(create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"))

    async def count(scope: Any, receive: Any, send: Any) -> None:
        async with engine.connect() as connection:
            shop.begun.set()
            await connection.execute(text(SLOW).execution_options(catguard="count"))

    await shop.forsaken(shop.app(count))
    assert isinstance(shop.outcome, asyncio.CancelledError)
    assert set(shop.spans()) == {"SELECT nothing", "GET /wait"}
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined] # a pool that counts
    await engine.dispose()


async def test_call_in_the_process_is_ended(shop: Shop) -> None:
    @shop.guard.call("think")
    async def think() -> int:
        shop.begun.set()
        await asyncio.Event().wait()
        return 1

    async def run(scope: Any, receive: Any, send: Any) -> None:
        await think()

    await shop.forsaken(shop.app(run))
    assert shop.spans() == {"think": "asyncio.exceptions.CancelledError", "GET /wait": "disconnected"}


async def test_stream_is_ended(shop: Shop) -> None:
    async def flow(scope: Any, receive: Any, send: Any) -> None:
        async def pieces() -> Any:
            while True:
                yield b"x"
                shop.begun.set()
                await asyncio.sleep(0.01)

        await StreamingResponse(pieces(), media_type="text/plain")(scope, receive, send)

    await shop.forsaken(shop.app(flow), "/flow")
    assert list(shop.spans()) == ["GET /flow"]


async def test_app_that_looks_for_its_caller_sees_that_it_left(shop: Shop) -> None:
    seen: list[bool] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        asked = Request(scope, receive)
        await asked.body()
        shop.begun.set()
        while not await asked.is_disconnected():
            seen.append(False)
            await asyncio.sleep(0.02)
        seen.append(True)

    await shop.forsaken(shop.app(look))
    assert shop.ended.is_set()
    assert seen[0] is False


async def test_app_that_goes_on_in_spite_of_it_is_not_cancelled_again(shop: Shop) -> None:
    async def stubborn(scope: Any, receive: Any, send: Any) -> None:
        shop.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            await answer(send)

    await shop.forsaken(shop.app(stubborn))
    assert shop.outcome is None


async def test_background_work_goes_on_after_the_answer(shop: Shop) -> None:
    async def work(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await answer(send)
        await asyncio.sleep(0.3)

    async with served(shop.app(work), lifespan="off") as port:
        assert status(await exchange(port, request("/wait"))) == 200
        async with asyncio.timeout(PATIENCE):
            await shop.ended.wait()
    assert shop.outcome is None
    assert shop.spans() == {"GET /wait": None}


async def test_cancellation_by_others_is_passed_on(shop: Shop) -> None:
    async def wait(scope: Any, receive: Any, send: Any) -> None:
        shop.begun.set()
        await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "GET", "path": "/wait", "query_string": b"", "headers": []}
    task = asyncio.create_task(shop.app(wait)(scope, receive, send))
    await shop.begun.wait()
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shop.spans() == {"GET /wait": "asyncio.exceptions.CancelledError"}


class TestUndeclared:
    """What nothing declares, where it is let through, is ended as well."""

    @pytest.fixture
    def shop(self) -> Shop:
        return Shop(POLICIES.replace("    inbound:\n", "    undeclared: audit\n    inbound:\n", 1))

    @pytest.mark.parametrize("http", SERVERS.values(), ids=SERVERS)
    async def test_request_under_way_is_ended(self, shop: Shop, http: Any, caplog: pytest.LogCaptureFixture) -> None:
        async def wait(scope: Any, receive: Any, send: Any) -> None:
            shop.begun.set()
            await asyncio.Event().wait()

        await shop.forsaken(shop.app(wait), "/nowhere", http=http)
        assert isinstance(shop.outcome, asyncio.CancelledError)
        assert shop.spans() == {"GET": "disconnected"}
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []

    async def test_body_that_comes_while_nobody_reads_is_given_whole(self, shop: Shop) -> None:
        async def late(scope: Any, receive: Any, send: Any) -> None:
            shop.begun.set()
            await asyncio.sleep(3 * MOMENT)
            body = b""
            while (message := await receive()).get("more_body"):
                body += message["body"]
            await answer(send, body + message["body"])

        parts = [b"piece %d;" % number for number in range(40)]
        async with served(shop.app(late), lifespan="off") as port, asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            length = f"Content-Length: {len(b''.join(parts))}"
            writer.write(request("/nowhere", length, method="POST"))
            await shop.begun.wait()
            for part in parts:
                writer.write(part)
                await asyncio.sleep(MOMENT / 10)
            answered = await reader.read()
            writer.close()
        assert b"".join(parts) in answered

    async def test_app_that_fails_is_answered_for(self, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
        async def fail(scope: Any, receive: Any, send: Any) -> None:
            raise ValueError("a value")

        async with served(shop.app(fail), lifespan="off") as port:
            answered = await exchange(port, request("/nowhere"))
        assert status(answered) == 500
        assert b"its owner sees why under the trace id" in answered
        assert "ValueError at test_presence.py" in caplog.text
        assert "a value" not in caplog.text.replace('raise ValueError("a value")', "")
