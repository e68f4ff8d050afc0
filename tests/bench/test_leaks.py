from __future__ import annotations

import asyncio
import gc
import os
import resource
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from catguard.telemetry import Telemetry
from tests.bench.hops import App, call, guarded

#: Kilobytes by which a process may grow for reasons of its own, however many exchanges there were.
MOST = 2_000
EXCHANGES = int(os.environ.get("CATGUARD_EXAMPLES", "1000000"))


class Counted(SpanExporter):
    """Keeps nothing of the spans but how many there were."""

    def __init__(self) -> None:
        self.spans = 0

    def export(self, spans: Any) -> SpanExportResult:
        self.spans += len(spans)
        return SpanExportResult.SUCCESS


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def recorded(counted: Counted) -> Iterator[App]:
    """The guarded app with every span and metric recorded."""
    tracing = TracerProvider(shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(counted))
    metrics = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    yield guarded(Telemetry("bench", tracer_provider=tracing, meter_provider=metrics))
    tracing.shutdown()
    metrics.shutdown()


def resident() -> int:
    """Return the kilobytes of memory that this process has now."""
    with open("/proc/self/statm") as status:
        return int(status.read().split()[1]) * resource.getpagesize() // 1024


def grown(app: App, exchanges: int) -> int:
    """Return by how many kilobytes the process grew over so many exchanges that were let pass."""

    async def run(times: int) -> None:
        for _ in range(times):
            assert await call(app) == 200

    def settle(times: int) -> int:
        asyncio.run(run(times))
        gc.collect()
        return resident()

    before = now = settle(min(exchanges, 20_000))
    for tenth in range(1, 11):
        now = settle(exchanges // 10)
        print(f"{exchanges // 10 * tenth:,} exchanges: {now - before:+,} KB", flush=True)
    return now - before


def kept(app: App) -> int:
    """Return how many more objects there are after fifty exchanges."""
    asyncio.run(call(app))
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(50):
            asyncio.run(call(app))
        return len(gc.get_objects()) - before
    finally:
        gc.enable()


def test_accept_path_keeps_no_object() -> None:
    assert kept(guarded()) < 50


def test_accept_path_keeps_no_object_where_it_is_recorded(recorded: App, counted: Counted) -> None:
    assert kept(recorded) < 50
    assert counted.spans == 51


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_accept_path_leaks_nothing_over_a_million_exchanges() -> None:
    assert grown(guarded(), EXCHANGES) < MOST


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_recorded_accept_path_leaks_nothing_over_a_million_exchanges(recorded: App, counted: Counted) -> None:
    assert grown(recorded, EXCHANGES) < MOST
    assert counted.spans > EXCHANGES
