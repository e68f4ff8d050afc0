from __future__ import annotations

import asyncio
import functools
import json
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import uvicorn
from opentelemetry.trace import StatusCode

from catguard.enforcement.inbound import InboundGuard
from catguard.enforcement.outbound import GuardedTransport, client
from catguard.engine.exchange import exchange
from catguard.errors import ConfigurationError
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry, names
from tests.enforcement.outbound import BASE, POLICY, Edge, answer, ids, refused


async def test_failure_of_the_network_passes_unchanged(edge: Edge) -> None:
    error = httpx2.ConnectError("no route")

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise error

    edge.handler = fail
    with pytest.raises(httpx2.ConnectError) as caught:
        await edge.render(4)
    assert caught.value is error
    assert edge.attributes["error.type"] == "httpx2.ConnectError"
    assert edge.span.status.status_code is StatusCode.ERROR


@pytest.mark.parametrize("slow", ["request", "head", "body"])
async def test_failure_to_answer_in_time_ends_the_whole_call(edge: Edge, slow: str) -> None:
    async def dawdle() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b"{}"

    async def handler(request: httpx2.Request) -> httpx2.Response:
        if slow == "head":
            await asyncio.sleep(60)
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=dawdle())

    edge.handler = handler
    headers = {"content-type": "application/json"}
    async with edge.client(timeout=0.05) as http:
        content = dawdle() if slow == "request" else b'{"width":4}'
        with pytest.raises(httpx2.TimeoutException, match="longer than it may"):
            await http.post("/v1/render", content=content, headers=headers)
    assert edge.attributes["error.type"] == "httpx2.TimeoutException"


async def test_failure_timeout_of_somebody_else_passes_as_it_is(edge: Edge) -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise TimeoutError("the disk")

    edge.handler = fail
    with pytest.raises(TimeoutError, match="the disk"):
        await edge.render(4)


async def test_failure_by_cancellation_ends_the_span(edge: Edge) -> None:
    reached = asyncio.Event()

    async def handler(request: httpx2.Request) -> httpx2.Response:
        reached.set()
        await asyncio.sleep(60)
        return answer()

    edge.handler = handler
    task = asyncio.create_task(edge.render(4))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert edge.attributes["error.type"] == "asyncio.exceptions.CancelledError"


async def test_calls_side_by_side_do_not_mix(edge: Edge) -> None:
    async def handler(request: httpx2.Request) -> httpx2.Response:
        width = json.loads(request.content)["width"]
        await asyncio.sleep(0.001 * (width % 7))
        return answer(width)

    edge.handler = handler
    async with edge.client() as http:
        responses = await asyncio.gather(*(http.post("/v1/render", json={"width": n}) for n in range(2, 102, 2)))
    assert [response.json()["width"] for response in responses] == list(range(2, 102, 2))
    assert len(edge.exporter.get_finished_spans()) == 50


async def test_exchange_keeps_the_policies_that_it_began_with(edge: Edge) -> None:
    strict = compile_texts(
        [("policies.yaml", POLICY.replace("response.body.width == request.body.width", "response.body.width == 1"))]
    )

    def handler(request: httpx2.Request) -> httpx2.Response:
        edge.engine.swap(strict)
        return answer(4)

    edge.handler = handler
    async with edge.client() as http:
        assert (await http.post("/v1/render", json={"width": 4})).status_code == 200
        assert ids(await refused(http.post("/v1/render", json={"width": 4}))) == ["as-ordered"]


@pytest.fixture
async def callee(edge: Edge) -> AsyncIterator[str]:
    """Serve a guarded catomatic; gives its address."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = json.dumps({"width": exchange(scope).body["width"]}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    telemetry = Telemetry("catomatic", tracer_provider=edge.provider)
    guarded = InboundGuard(app, engine=edge.engine, component="catomatic", telemetry=telemetry)
    config = uvicorn.Config(guarded, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_edge_that_holds_at_both_ends_is_one_trace(edge: Edge, callee: str) -> None:
    wrap = functools.partial(_guarded, edge, callee)
    async with client(wrap, base_url=callee) as http:
        assert (await http.post("/v1/render", json={"width": 4})).json() == {"width": 4}
    server, call = edge.exporter.get_finished_spans()
    assert server.parent is not None
    assert call.context is not None
    assert (server.parent.trace_id, server.parent.span_id) == (call.context.trace_id, call.context.span_id)
    assert (server.attributes or {})[names.CALLER_COMPONENT] == "frontend"


async def test_edge_refused_by_the_callee_is_on_both_spans(edge: Edge, callee: str) -> None:
    async with client(functools.partial(_guarded, edge, callee), base_url=callee) as http:
        error = await refused(http.post("/v1/render", json={"width": 1500}))
    assert (error.side, error.status) == ("inbound", 422)
    (violation,) = error.violations
    assert (violation.boundary, violation.assumption) == ("catomatic.inbound.render", "picture-area")
    assert violation.owner == "Cat-o-matic (#catomatic)"
    for span in edge.exporter.get_finished_spans():
        (event,) = span.events
        assert (event.attributes or {})[names.ASSUMPTION] == "picture-area"


async def test_edge_that_cannot_be_reached_is_an_error_of_the_client(edge: Edge) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        async with client(functools.partial(_guarded, edge, address), base_url=address) as http:
            with pytest.raises(httpx2.ConnectError):
                await http.post("/v1/render", json={"width": 4})


def _guarded(edge: Edge, address: str, inner: httpx2.AsyncBaseTransport) -> GuardedTransport:
    return edge.transport(inner=inner, base_url=address)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "catomatik"}, "declares no outbound call to catomatik"),
        ({"to": "store"}, "catomatic, external"),
        ({"boundary": "rendr"}, "no outbound call 'rendr' to catomatic"),
    ],
)
def test_transport_for_what_is_not_declared_is_not_made(edge: Edge, options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        edge.transport(**options)  # type: ignore[arg-type]  # strings by name


async def test_transport_where_two_boundaries_match_wants_a_name(edge: Edge) -> None:
    twice = POLICY.replace(
        "      latest:\n        to:",
        "      again:\n        to: catomatic.latest\n        about: Again.\n        response: {204: {}}\n      latest:\n        to:",
        1,
    )
    edge.engine.swap(compile_texts([("policies.yaml", twice)]))
    edge.handler = lambda request: httpx2.Response(204)
    async with edge.client() as http:
        with pytest.raises(ConfigurationError, match="make the client with boundary= one of again, latest"):
            await http.get("/v1/pictures/latest")
    async with edge.client(boundary="again") as http:
        await http.get("/v1/pictures/latest")
        assert (await refused(http.post("/v1/render", json={"width": 4}))).boundary == "frontend.outbound"
    assert edge.exporter.get_finished_spans()[0].attributes["catguard.boundary.name"] == "frontend.outbound.again"  # type: ignore[index]  # spans have attributes


@pytest.mark.parametrize("option", [{"mounts": {"all://": None}}, {"proxy": "http://127.0.0.1:3128"}])
def test_client_option_that_leads_around_the_guard_is_refused(edge: Edge, option: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="around the guard"):
        client(lambda inner: edge.transport(inner=inner), base_url=BASE, **option)


async def test_client_takes_no_proxy_from_the_environment(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    inner = httpx2.MockTransport(edge._handle)
    async with client(lambda inner: edge.transport(inner=inner), base_url=BASE, transport=inner) as http:
        assert (await http.post("/v1/render", json={"width": 4})).status_code == 200


async def test_clients_share_whom_they_trust_unless_it_is_said(edge: Edge) -> None:
    wrapped: list[Any] = []

    def wrap(inner: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        wrapped.append(inner)
        return edge.transport(inner=inner)

    options: list[dict[str, Any]] = [{}, {}, {"verify": False}]
    for each in options:
        async with client(wrap, base_url=BASE, **each):
            pass
    first, second, third = (inner._pool._ssl_context for inner in wrapped)
    assert first is second
    assert [first.verify_mode, third.verify_mode] == [ssl.CERT_REQUIRED, ssl.CERT_NONE]


async def test_client_options_of_the_transport_reach_it(edge: Edge) -> None:
    limits = httpx2.Limits(max_connections=3)
    wrapped: list[httpx2.AsyncBaseTransport] = []

    def wrap(inner: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        wrapped.append(inner)
        return edge.transport(inner=inner)

    async with client(wrap, base_url=BASE, limits=limits, headers={"x-a": "b"}) as http:
        assert http.headers["x-a"] == "b"
        assert http.timeout == httpx2.Timeout(10.0)
    (inner,) = wrapped
    assert isinstance(inner, httpx2.AsyncHTTPTransport)
    assert inner._pool._max_connections == 3
