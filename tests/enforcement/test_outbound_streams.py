from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx2
import pytest
from opentelemetry.trace import StatusCode

from catguard.policies.loader import compile_texts
from catguard.telemetry import names
from tests.enforcement.outbound import POLICY, Edge, ids, refused


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def feed(*parts: bytes) -> httpx2.Response:
    return httpx2.Response(200, headers={"content-type": "text/plain"}, content=chunks(*parts))


async def test_stream_is_passed_on_and_the_span_ends_with_its_last_byte(edge: Edge) -> None:
    edge.handler = lambda request: feed(b"one", b"two")
    got = []
    async with edge.client() as http, http.stream("GET", "/v1/feed") as response:
        async for chunk in response.aiter_raw():
            got.append(chunk)
            assert edge.exporter.get_finished_spans() == ()
    assert got == [b"one", b"two"]
    assert edge.attributes["http.response.status_code"] == 200
    assert edge.span.status.status_code is StatusCode.UNSET


async def test_stream_beyond_its_limit_is_broken_off(edge: Edge) -> None:
    edge.handler = lambda request: feed(b"x" * 60, b"x" * 60, b"x")
    async with edge.client() as http, http.stream("GET", "/v1/feed") as response:
        parts = response.aiter_raw()
        assert await anext(parts) == b"x" * 60
        error = await refused(anext(parts))
    assert ids(error) == ["max_bytes"]
    assert edge.told == [("frontend.outbound.feed", "max_bytes")]
    assert edge.attributes["error.type"] == "catguard.refused"


@pytest.mark.parametrize(
    ("head", "identity"),
    [
        ({"content-type": "text/html"}, "media"),
        ({}, "media"),
        ({"content-type": "text/plain", "content-encoding": "gzip"}, "content-encoding"),
    ],
)
async def test_stream_with_a_head_that_is_not_declared_is_not_begun(
    edge: Edge, head: dict[str, str], identity: str
) -> None:
    edge.handler = lambda request: httpx2.Response(200, headers=head, content=chunks(b"<"))
    assert ids(await refused(edge.get("/v1/feed"))) == [identity]


async def test_stream_that_is_compressed_is_not_unpacked_whatever_its_action() -> None:
    edge = Edge(compile_texts([("policies.yaml", POLICY)], actions=[("frontend.outbound.feed", "audit")]))
    bomb = gzip.compress(b"0" * 10_000)
    head = {"content-type": "text/plain", "content-encoding": "gzip"}
    edge.handler = lambda request: httpx2.Response(200, headers=head, content=chunks(bomb))
    assert (await edge.get("/v1/feed")).content == bomb


async def test_stream_that_nobody_reads_ends_its_span(edge: Edge) -> None:
    edge.handler = lambda request: feed(b"one")
    async with edge.client() as http, http.stream("GET", "/v1/feed"):
        pass
    assert edge.span.status.status_code is StatusCode.UNSET


async def test_stream_that_its_reader_leaves_is_no_failure(edge: Edge) -> None:
    edge.handler = lambda request: feed(b"one", b"two")
    async with edge.client() as http, http.stream("GET", "/v1/feed") as response:
        parts = response.stream.__aiter__()  # type: ignore[union-attr]  # an asynchronous one
        assert await anext(parts) == b"one"
        await parts.aclose()
    assert names.ERROR_TYPE not in edge.attributes


async def test_stream_ends_with_the_time_of_the_call(edge: Edge) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(60)

    edge.handler = lambda request: httpx2.Response(200, headers={"content-type": "text/plain"}, content=endless())
    async with edge.client(timeout=0.05) as http:
        with pytest.raises(httpx2.TimeoutException):
            await http.get("/v1/feed")
    assert edge.attributes["error.type"] == "httpx2.TimeoutException"
