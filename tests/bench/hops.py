"""One POST through an app, in process: bare, guarded, traced, and by frameworks that check requests and responses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from catguard import Guard, exchange
from catguard.context import TierContext
from catguard.telemetry import Telemetry
from tests.bench.checks import BODY, HERE, order_schema
from tests.bench.measure import Timed

App = Callable[[Any, Any, Any], Awaitable[None]]
Handler = Callable[[Request], Awaitable[Response]]


async def echo(request: Request) -> Response:
    """Answer with the body."""
    return JSONResponse(await request.json())


async def echo_checked(request: Request) -> Response:
    """Answer with the body, as it was checked: what frameworks with models hand to their handlers too."""
    return JSONResponse(exchange(request.scope).body)


#: Who serves the call: the second has the very handler of the first, which reads the body that was read already.
BARE, UNCHANGED, GUARDED, TIER = "starlette, bare", "guarded, same handler", "starlette, guarded", "a tier, guarded"


def bare(handler: Handler = echo) -> App:
    return Starlette(routes=[Route("/echo", handler, methods=["POST"])])


def guarded(telemetry: Telemetry | None = None, *, handler: Handler = echo_checked) -> App:
    return _guard(telemetry).asgi(bare(handler))


def tier() -> App:
    """Return the app as a tier's context makes it, which is not routed twice."""
    guard = _guard(None)
    return guard.asgi(TierContext(guard, data=HERE, settings={}, addresses={}).app({"echo": echo_checked}))


def _guard(telemetry: Telemetry | None) -> Guard:
    return Guard.from_file(HERE / "policies.yaml", component="bench", telemetry=telemetry)


def scope() -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
        ],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }


async def call(app: App) -> int:
    """Send one request in process and return its status."""
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope(), receive, send)
    return status


def in_process(app: App, calls: int, start: Callable[[], Awaitable[object]] | None = None) -> Timed:
    """Return what times one call over many, in a loop of its own that stays; `start` is awaited in it once."""
    loop = asyncio.new_event_loop()

    async def begin() -> None:
        if start is not None:
            await start()
        for _ in range(20):
            assert await call(app) in (200, 201)

    async def run() -> float:
        started = time.thread_time()
        for _ in range(calls):
            await call(app)
        return (time.thread_time() - started) / calls

    loop.run_until_complete(begin())
    return lambda: loop.run_until_complete(run())


def fastapi() -> App:
    from tests.bench.fastapi_app import app

    return app()


def litestar() -> App:
    from tests.bench.litestar_app import app

    return app()


def openapi_document() -> dict[str, Any]:
    """Return the boundary as OpenAPI."""
    content = {"application/json": {"schema": order_schema()}}
    operation = {
        "operationId": "tests.bench.hops.connexion_echo",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "the order", "content": content}},
    }
    return {"openapi": "3.0.3", "info": {"title": "bench", "version": "1"}, "paths": {"/echo": {"post": operation}}}


async def connexion_echo(body: dict[str, Any]) -> dict[str, Any]:
    return body


def connexion() -> tuple[App, Callable[[], Awaitable[object]]]:
    from connexion import AsyncApp

    app = AsyncApp("bench")
    app.add_api(openapi_document(), validate_responses=True, strict_validation=True)

    async def start() -> None:
        # The app builds itself when it is started.
        given: list[dict[str, Any]] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive() -> dict[str, Any]:
            return given.pop(0)

        async def send(_: Any) -> None:
            return None

        await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    return app, start


def openapi_core() -> App:
    from openapi_core import OpenAPI
    from openapi_core.contrib.starlette.middlewares import StarletteOpenAPIMiddleware
    from starlette.middleware import Middleware

    document = {**openapi_document(), "servers": [{"url": "http://127.0.0.1"}]}
    middleware = Middleware(StarletteOpenAPIMiddleware, openapi=OpenAPI.from_dict(document))
    return Starlette(routes=[Route("/echo", echo, methods=["POST"])], middleware=[middleware])


def hops(told: Callable[[str], None]) -> dict[str, Timed]:
    """Return who serves the call without tracing; `told` gets why a peer is not among them."""
    contenders = {
        BARE: in_process(bare(), 1_000),
        UNCHANGED: in_process(guarded(handler=echo), 1_000),
        GUARDED: in_process(guarded(), 1_000),
        TIER: in_process(tier(), 1_000),
    }
    peers: Mapping[str, tuple[Callable[[], Any], int]] = {
        "FastAPI with models": (fastapi, 500),
        "Litestar with msgspec": (litestar, 500),
        "connexion": (connexion, 60),
        "openapi-core": (openapi_core, 6),
    }
    for name, (make, calls) in peers.items():
        try:
            made = make()
            app, start = made if isinstance(made, tuple) else (made, None)
            contenders[name] = in_process(app, calls, start)
        except ImportError as error:
            told(f"{name} is not measured: {error}")
    return contenders


def traced(told: Callable[[str], None]) -> dict[str, Timed]:
    """Return who serves the call with a span of every request, and its duration as a metric."""
    try:
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
    except ImportError as error:
        told(f"tracing is not measured: {error}")
        return {}

    class Discard(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    def providers() -> dict[str, Any]:
        tracing = TracerProvider(shutdown_on_exit=False)
        tracing.add_span_processor(SimpleSpanProcessor(Discard()))
        return {
            "tracer_provider": tracing,
            "meter_provider": MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False),
        }

    instrumented = OpenTelemetryMiddleware(bare(), **providers())
    return {
        "OpenTelemetry's instrumentation": in_process(instrumented, 500),
        "guarded and traced": in_process(guarded(Telemetry("bench", **providers()), handler=echo), 500),
    }
