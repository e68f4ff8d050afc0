from __future__ import annotations

import asyncio
import functools
import gzip
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
import uvicorn
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from catguard.enforcement.arrival import VIOLATIONS_EXTENSION
from catguard.enforcement.inbound import InboundGuard
from catguard.enforcement.outbound import GuardedTransport, client
from catguard.engine.context import parse
from catguard.engine.decision import CallRefused
from catguard.engine.exchange import exchange
from catguard.engine.snapshots import Engine
from catguard.errors import ConfigurationError
from catguard.policies.compiler import CompiledPolicySet, compile_policies
from catguard.policies.loader import load_text
from catguard.telemetry import Telemetry, names

POLICY = """
catguard: 1
system: cats
owners:
  frontend: {team: Cats as a Service, contact: "#caas"}
  catomatic: {team: Cat-o-matic, contact: "#catomatic"}
shapes:
  Order:
    type: object
    additionalProperties: false
    required: [width]
    properties:
      width: {type: integer, minimum: 1, maximum: 1000000, description: whole pixels}
      note: {type: string, maxLength: 100, description: for people}
components:
  frontend:
    owner: frontend
    about: Shows cats.
    outbound:
      render:
        to: catomatic.render
        about: A picture.
        request:
          max_bytes: {limit: 1Ki, why: an order is small}
          headers: {properties: {if-none-match: {type: string, maxLength: 10, description: a validator}}}
          body: {$ref: "#/shapes/Order"}
          assume:
            area: {rule: request.body.width <= 2000, why: zoom divides by 1 - scale}
            even: {rule: request.body.width % 2 == 0, why: odd widths blur, action: warn}
        response:
          200:
            media: {limit: [application/json], why: programs read it}
            max_bytes: {limit: 1Ki, why: an answer is small}
            headers: {properties: {x-cats: {type: integer, minimum: 0, maximum: 60, description: counted}}}
            body:
              type: object
              additionalProperties: false
              required: [width]
              properties: {width: {type: integer, minimum: 1, description: a picture has pixels}}
            assume:
              as-ordered: {rule: response.body.width == request.body.width, why: it is laid out already}
              modest: {rule: response.body.width <= 1000, why: phones, action: audit}
          204: {}
          404: {}
      picture:
        to: catomatic.picture
        about: A picture as it is.
        request:
          params: {properties: {id: {type: string, pattern: "^[0-9a-f]{4}$", maxLength: 4, description: an id}}}
          query: {properties: {width: {type: integer, minimum: 1, maximum: 100, description: small}}}
        response:
          200:
            media: {limit: [image/png], why: browsers show it}
            max_bytes: {limit: 64Ki, why: pages are small}
            assume: {narrow: {rule: response.image.width <= 8, why: it is a thumbnail}}
          404: {}
      latest:
        to: catomatic.latest
        about: The newest picture's id.
        response: {204: {}}
      feed:
        to: catomatic.feed
        about: Frames as they come.
        response:
          200: {media: {limit: [text/plain], why: frames}, max_bytes: {limit: 100, why: a short film}, stream: true}
      weather:
        to: external
        http: POST /v1/weather
        about: Somebody else's service.
        request: {body: raw, max_bytes: {limit: 1Ki, why: a question}}
        response:
          200: {media: {limit: [text/plain], why: a word}, max_bytes: {limit: 1Ki, why: a word}}
          422: {}
  catomatic:
    owner: catomatic
    about: Composes.
    inbound:
      render:
        http: POST /v1/render
        from: [frontend]
        about: Renders.
        request:
          body: {$ref: "#/shapes/Order"}
          assume: {picture-area: {rule: request.body.width <= 1000, why: memory grows with it}}
        response:
          200: {media: {limit: [application/json], why: programs}, body: {type: object, description: whatever}}
          204: {}
          404: {}
      picture:
        http: GET /v1/pictures/{id}
        from: [frontend]
        about: A picture.
        request:
          params: {properties: {id: {type: string, pattern: "^[0-9a-f]{4}$", maxLength: 4, description: an id}}}
          query: {properties: {width: {type: integer, minimum: 1, maximum: 100, description: small}}}
        response: {200: {media: {limit: [image/png], why: browsers}}, 404: {}}
      latest: {http: GET /v1/pictures/latest, from: [frontend], about: Newest., response: {204: {}}}
      feed:
        http: GET /v1/feed
        from: [frontend]
        about: Frames.
        response: {200: {media: {limit: [text/plain], why: frames}, stream: true}}
"""
BASE = "http://catomatic.test:8001"
Handler = Callable[[httpx2.Request], httpx2.Response | Awaitable[httpx2.Response]]


def answer(width: int = 4, **options: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"width": width}, **options)


class Edge:
    """The frontend's guarded way to a catomatic that a test writes."""

    def __init__(self, compiled: CompiledPolicySet) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.engine = Engine(compiled)
        self.telemetry = Telemetry("frontend", tracer_provider=self.provider)
        self.sent: list[httpx2.Request] = []
        self.handler: Handler = lambda request: answer()

    def transport(
        self,
        *,
        to: str = "catomatic",
        base_url: str = BASE,
        boundary: str | None = None,
        timeout: float = 10.0,
        inner: httpx2.AsyncBaseTransport | None = None,
    ) -> GuardedTransport:
        return GuardedTransport(
            inner or httpx2.MockTransport(self._handle),
            engine=self.engine,
            telemetry=self.telemetry,
            component="frontend",
            to=to,
            base_url=base_url,
            boundary=boundary,
            timeout=timeout,
        )

    def client(self, **options: Any) -> httpx2.AsyncClient:
        transport = self.transport(**options)
        return httpx2.AsyncClient(transport=transport, base_url=transport.base_url)

    async def render(self, width: Any = 4, **options: Any) -> httpx2.Response:
        async with self.client() as client:
            return await client.post("/v1/render", json={"width": width}, **options)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        async with self.client() as client:
            return await client.get(path, **options)

    async def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        response = self.handler(request)
        return await response if isinstance(response, Awaitable) else response

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.exporter.get_finished_spans()
        return span

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.span.attributes or {})

    @property
    def told(self) -> list[tuple[Any, Any]]:
        """Boundary and assumption of each violation on the span."""
        return [
            ((event.attributes or {})[names.BOUNDARY_NAME], (event.attributes or {})[names.ASSUMPTION])
            for event in self.span.events
            if event.name == names.EVENT_VIOLATION
        ]


@pytest.fixture(scope="module")
def compiled() -> CompiledPolicySet:
    return compile_policies(load_text(POLICY))


@pytest.fixture
def edge(compiled: CompiledPolicySet) -> Edge:
    return Edge(compiled)


async def refused(call: Awaitable[Any]) -> CallRefused:
    with pytest.raises(CallRefused) as caught:
        await call
    return caught.value


def ids(error: CallRefused) -> list[str]:
    return [violation.assumption for violation in error.violations]


# What leaves


async def test_request_allowed_arrives_and_is_one_client_span(edge: Edge) -> None:
    response = await edge.render(4)
    assert response.json() == {"width": 4}
    assert edge.span.kind is SpanKind.CLIENT
    assert edge.span.name == "POST /v1/render"
    expected = {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.full": f"{BASE}/v1/render",
        "url.template": "/v1/render",
        "server.address": "catomatic.test",
        "server.port": 8001,
        "service.peer.name": "catomatic",
        "catguard.boundary.name": "frontend.outbound.render",
        "catguard.boundary.side": "outbound",
        "catguard.decision": "allow",
    }
    assert expected.items() <= edge.attributes.items()
    assert edge.span.status.status_code is StatusCode.UNSET


async def test_request_that_breaks_a_rule_never_leaves(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "catguard.outbound"):
        error = await refused(edge.render(480_000))
    assert (error.boundary, error.side, error.status) == ("frontend.outbound.render", "outbound", None)
    assert ids(error) == ["area"]
    assert edge.sent == []
    assert edge.told == [("frontend.outbound.render", "area")]
    assert edge.attributes["error.type"] == "catguard.refused"
    assert edge.span.status.status_code is StatusCode.ERROR
    assert "frontend.outbound.render refused on the outbound side" in caplog.text


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{"width": 4.5}', "/body/width"),
        (b'{"width": 4, "height": 4}', "/body/height"),
        (b'{"width": 4, "width": 6}', "/body"),
        (b'{"width": NaN}', "/body"),
        (b'{"width": 4', "/body"),
        (b"\xff", "/body"),
        (b'{"width": 99999999999999999999}', "/body/width"),
        (b"", "/body"),
    ],
)
async def test_request_body_that_is_not_as_declared_never_leaves(edge: Edge, content: bytes, where: str) -> None:
    async with edge.client() as http:
        headers = {"content-type": "application/json"}
        error = await refused(http.post("/v1/render", content=content, headers=headers))
    assert error.violations[0].where == where
    assert edge.sent == []


async def test_request_body_is_sent_as_it_was_checked(edge: Edge) -> None:
    async with edge.client() as http:
        body = b'{ "width" : 4.0,\n "note": "\\u0063at" }'
        await http.post("/v1/render", content=body, headers={"content-type": "application/json"})
    (sent,) = edge.sent
    assert sent.content == b'{"width":4,"note":"cat"}'
    assert sent.headers["content-length"] == "24"


async def test_request_body_that_grows_when_it_is_written_again_is_held_to_its_limit(edge: Edge) -> None:
    small = POLICY.replace("max_bytes: {limit: 1Ki, why: an order is small}", "max_bytes: {limit: 20, why: small}")
    number = small.replace("width: {type: integer, minimum: 1, maximum: 1000000", "width: {type: number, minimum: 1")
    rules = {
        "body.width % 2 == 0": "body.width > 0.0",
        "request.body.width <= 2000": "request.body.width > 0.0",
        "request.body.width <= 1000": "request.body.width > 0.0",
        "== request.body.width": "> 0",
    }
    for old, new in rules.items():
        number = number.replace(old, new)
    edge.engine.swap(compile_policies(load_text(number)))
    async with edge.client() as http:
        headers = {"content-type": "application/json"}
        error = await refused(http.post("/v1/render", content=b'{"width":1e15}', headers=headers))
    assert ids(error) == ["max_bytes"]
    assert edge.sent == []


async def test_request_of_another_media_type_never_leaves(edge: Edge) -> None:
    async with edge.client() as http:
        error = await refused(http.post("/v1/render", content=b"width=4", headers={"content-type": "text/plain"}))
    assert ids(error) == ["media"]


async def test_request_encoded_never_leaves(edge: Edge) -> None:
    error = await refused(edge.render(4, headers={"content-encoding": "gzip"}))
    assert ids(error) == ["content-encoding"]


async def test_request_stream_is_read_and_sent_with_its_length(edge: Edge) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'{"wid'
        yield b'th": 4}'

    async with edge.client() as http:
        await http.post("/v1/render", content=body(), headers={"content-type": "application/json"})
    (sent,) = edge.sent
    assert "transfer-encoding" not in sent.headers
    assert sent.headers["content-length"] == str(len(sent.content))


async def test_request_stream_is_read_no_further_than_its_limit(edge: Edge) -> None:
    given = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(50):
            given += 1
            yield b" " * 1000

    async with edge.client() as http:
        headers = {"content-type": "application/json"}
        error = await refused(http.post("/v1/render", content=body(), headers=headers))
    assert ids(error) == ["max_bytes"]
    assert given == 2
    assert edge.sent == []


async def test_request_body_where_none_is_declared_never_leaves(edge: Edge) -> None:
    async with edge.client() as http:
        error = await refused(http.request("GET", "/v1/pictures/00ff", content=b"x"))
    assert "body/undeclared" in ids(error)
    assert edge.sent == []


async def test_request_header_that_is_declared_is_checked_and_others_pass(edge: Edge) -> None:
    await edge.render(4, headers={"if-none-match": '"1"', "x-other": "y" * 100})
    assert edge.sent[0].headers["x-other"] == "y" * 100
    error = await refused(edge.render(4, headers={"if-none-match": "x" * 11}))
    assert ids(error) == ["headers/if-none-match/maxLength"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/pictures/00fg", ["params/id/pattern"]),
        ("/v1/pictures/00ff?width=101", ["query/width/maximum"]),
        ("/v1/pictures/00ff?width=+5", ["query/width/type"]),
        ("/v1/pictures/00ff?size=1", ["query/unevaluatedProperties"]),
        ("/v1/pictures/00ff?width=1&width=2", ["query/width/type"]),
        ("/v1/pictures/00ff?width=%zz", None),
    ],
)
async def test_request_target_is_read_from_the_wire(edge: Edge, path: str, expected: list[str] | None) -> None:
    error = await refused(edge.get(path))
    assert expected is None or ids(error) == expected
    assert edge.sent == []


@pytest.mark.parametrize(
    ("method", "url", "where"),
    [
        ("GET", "/v1/render", "/path"),
        ("DELETE", "/v1/pictures/00ff", "/path"),
        ("GET", "/v1/pictures/00ff/more", "/path"),
        ("GET", "/v1/pictures/00%2Fff", "/path"),
        ("GET", "/v1/pictures/%2e%2e", "/path"),
        ("GET", "/v1//pictures/00ff", "/path"),
        ("GET", "/admin", "/path"),
        ("POST", "http://elsewhere.test:8001/v1/render", "/origin"),
        ("POST", "http://catomatic.test:8002/v1/render", "/origin"),
        ("POST", "https://catomatic.test:8001/v1/render", "/origin"),
    ],
)
async def test_request_that_nothing_declares_never_leaves(edge: Edge, method: str, url: str, where: str) -> None:
    async with edge.client() as http:
        error = await refused(http.request(method, url, json={"width": 4}))
    assert (error.boundary, error.side) == ("frontend.outbound", "outbound")
    (violation,) = error.violations
    assert (violation.assumption, violation.where) == ("undeclared", where)
    assert violation.owner == "Cats as a Service (#caas)"
    assert violation.policy.startswith("policies.yaml:")
    assert edge.sent == []
    assert edge.span.status.status_code is StatusCode.ERROR


async def test_request_below_the_path_of_the_address(edge: Edge) -> None:
    async with edge.client(base_url=f"{BASE}/cats/") as http:
        await http.post("v1/render", json={"width": 4})
        error = await refused(http.post(f"{BASE}/dogs/v1/render", json={"width": 4}))
    assert [request.url.path for request in edge.sent] == ["/cats/v1/render"]
    assert error.violations[0].where == "/path"


async def test_request_path_written_out_wins_over_a_template(edge: Edge) -> None:
    edge.handler = lambda request: httpx2.Response(204)
    await edge.get("/v1/pictures/latest")
    assert edge.attributes["catguard.boundary.name"] == "frontend.outbound.latest"


async def test_request_head_is_decided_as_get(edge: Edge) -> None:
    edge.handler = lambda request: httpx2.Response(
        200, headers={"content-type": "image/png", "content-length": "4711"}, stream=httpx2.ByteStream(b"")
    )
    policy = POLICY.replace("assume: {narrow: {rule: response.image.width <= 8, why: it is a thumbnail}}", "")
    edge.engine.swap(compile_policies(load_text(policy)))
    async with edge.client() as http:
        response = await http.head("/v1/pictures/00ff")
    assert edge.sent[0].method == "HEAD"
    assert response.headers["content-length"] == "4711"


async def test_request_says_who_calls_and_which_trace(edge: Edge) -> None:
    observation = edge.telemetry.start("inbound", None, name="GET /", attributes={}, revision="r1")
    with observation.active():
        await edge.render(4, headers={"catguard-context": "caller=supervisor", "traceparent": "forged"})
    observation.end()
    (sent,) = edge.sent
    said = parse(sent.headers["catguard-context"])
    assert (said.component, said.root) == ("frontend", observation.trace_id)
    assert sent.headers.get_list("catguard-context", split_commas=False) == [sent.headers["catguard-context"]]
    call = edge.exporter.get_finished_spans()[0]
    assert call.context is not None
    assert sent.headers["traceparent"] == f"00-{observation.trace_id}-{call.context.span_id:016x}-03"


async def test_request_asks_for_no_encoding(edge: Edge) -> None:
    await edge.render(4, headers={"accept-encoding": "gzip, br"})
    assert edge.sent[0].headers["accept-encoding"] == "identity"


async def test_request_target_extension_cannot_replace_what_was_checked(edge: Edge) -> None:
    await edge.render(4, extensions={"target": b"/admin"}, headers={"host": "elsewhere.test"})
    (sent,) = edge.sent
    assert "target" not in sent.extensions
    assert "timeout" in sent.extensions
    assert sent.headers["host"] == "catomatic.test:8001"


async def test_request_url_on_the_span_holds_no_query(edge: Edge) -> None:
    edge.handler = lambda request: httpx2.Response(404, json={}, headers={"content-type": "application/problem+json"})
    async with edge.client() as http:
        await http.get("http://user:secret@catomatic.test:8001/v1/pictures/00ff?width=7")
    assert edge.attributes["url.full"] == f"{BASE}/v1/pictures/{{id}}"
    assert edge.attributes["error.type"] == "404"


# What arrives


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (lambda: answer(6), ["as-ordered"]),
        (lambda: httpx2.Response(200, json={"width": 0}), ["body/width/minimum"]),
        (lambda: httpx2.Response(200, json=[4]), ["body/type"]),
        (lambda: httpx2.Response(200, content=b'{"width":4', headers={"content-type": "application/json"}), ["body/readable"]),
        (lambda: httpx2.Response(200, content=b'{"width":4}', headers={"content-type": "text/html"}), ["media"]),
        (lambda: httpx2.Response(200, content=b'{"width":4}'), ["media"]),
        (lambda: answer(headers={"x-cats": "61"}), ["headers/x-cats/maximum"]),
        (lambda: httpx2.Response(200, json={"width": 4, "pad": "x" * 1024}), ["max_bytes"]),
        (lambda: httpx2.Response(204, content=b"surprise"), ["body/undeclared"]),
        (lambda: httpx2.Response(201, json={"width": 4}), ["status"]),
        (lambda: httpx2.Response(302, headers={"location": "/v1/render"}), ["status"]),
        (lambda: httpx2.Response(500, content=b"x"), ["status"]),
        (lambda: httpx2.Response(404, content=b"<html>", headers={"content-type": "text/html"}), ["media"]),
    ],
)  # fmt: skip
async def test_response_that_is_not_as_declared_is_not_given(
    edge: Edge, response: Callable[[], httpx2.Response], expected: list[str]
) -> None:
    edge.handler = lambda request: response()
    error = await refused(edge.render(4))
    assert (error.boundary, error.side) == ("frontend.outbound.render", "outbound")
    assert ids(error) == expected
    assert error.status == response().status_code
    assert all(violation.phase == "response" for violation in error.violations)
    assert edge.told == [("frontend.outbound.render", name) for name in expected]
    assert edge.attributes["http.response.status_code"] == error.status


async def test_response_redirect_is_not_followed_into_the_open(edge: Edge) -> None:
    edge.handler = lambda request: httpx2.Response(302, headers={"location": "http://elsewhere.test/"})
    error = await refused(edge.render(4, follow_redirects=True))
    assert ids(error) == ["status"]
    assert len(edge.sent) == 1


async def test_response_encoded_is_a_violation(edge: Edge) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    edge.handler = lambda request: httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(b'{"width":4}'))
    error = await refused(edge.render(4))
    assert ids(error) == ["content-encoding"]


async def test_response_is_given_as_it_was_checked(edge: Edge) -> None:
    body = b'{ "width" : 4.0 }'
    headers = {
        "content-type": "application/json",
        "x-cats": "3",
        "content-encoding": "identity",
        "transfer-encoding": "chunked",
    }
    extensions = {"http_version": b"HTTP/1.1", "network_stream": object()}
    edge.handler = lambda request: httpx2.Response(200, content=body, headers=headers, extensions=extensions)
    response = await edge.render(4)
    assert "network_stream" not in response.extensions
    assert response.http_version == "HTTP/1.1"
    assert "transfer-encoding" not in response.headers
    assert "content-encoding" not in response.headers
    assert response.content == b'{"width":4}'
    assert response.headers["content-length"] == "11"
    assert response.headers["x-cats"] == "3"


async def test_response_too_long_is_read_no_further(edge: Edge) -> None:
    given = 0
    closed = False

    class Long(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal given
            for _ in range(50):
                given += 1
                yield b"x" * 1000

        async def aclose(self) -> None:
            nonlocal closed
            closed = True

    edge.handler = lambda request: httpx2.Response(200, headers={"content-type": "application/json"}, stream=Long())
    error = await refused(edge.render(4))
    assert ids(error) == ["max_bytes"]
    assert given == 2
    assert closed


async def test_response_without_a_body_passes(edge: Edge) -> None:
    edge.handler = lambda request: httpx2.Response(204)
    assert (await edge.render(4)).status_code == 204


async def test_response_declared_error_is_no_refusal(edge: Edge) -> None:
    problem = {"title": "Not Found", "status": 404}
    headers = {"content-type": "application/problem+json"}
    edge.handler = lambda request: httpx2.Response(404, json=problem, headers=headers)
    response = await edge.render(4)
    assert response.json() == problem
    assert edge.span.status.status_code is StatusCode.ERROR


def png(width: int) -> bytes:
    header = (
        b"\x89PNG\r\n\x1a\n"
        + (13).to_bytes(4)
        + b"IHDR"
        + width.to_bytes(4)
        + (5).to_bytes(4)
        + b"\x08\x06\x00\x00\x00"
        + bytes(4)
    )
    return header + (0).to_bytes(4) + b"IDAT" + bytes(4)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(png(8), None), (png(9), ["narrow"]), (b"GIF", ["response/image"]), (png(8)[:20], ["response/image"])],
    ids=["fits", "wide", "other", "cut"],
)
async def test_response_picture_is_measured(edge: Edge, content: bytes, expected: list[str] | None) -> None:
    edge.handler = lambda request: httpx2.Response(200, content=content, headers={"content-type": "image/png"})
    if expected is None:
        assert (await edge.get("/v1/pictures/00ff")).content == content
    else:
        assert ids(await refused(edge.get("/v1/pictures/00ff"))) == expected


async def test_violations_that_let_through_are_told_with_the_response(edge: Edge) -> None:
    edge.handler = lambda request: answer(1999)
    response = await edge.render(1999)
    found = response.extensions[VIOLATIONS_EXTENSION]
    assert [(violation.assumption, violation.action) for violation in found] == [("even", "warn"), ("modest", "audit")]
    assert edge.told == [("frontend.outbound.render", "even"), ("frontend.outbound.render", "modest")]
    assert edge.attributes["catguard.decision"] == "allow"


# Refusals of the callee's guard

CALLEES = {
    "assumption": "picture-area",
    "boundary": "catomatic.inbound.render",
    "side": "inbound",
    "phase": "request",
    "where": "/body/width",
    "limit": "variables.area <= 4000000",
    "message": "too large",
    "why": "memory",
    "owner": "Cat-o-matic (#catomatic)",
    "policy": "policies.yaml:31:17",
    "action": "deny",
}


def refusal(content: Any = None, *, status: int = 422, headers: dict[str, str] | None = None) -> httpx2.Response:
    body = content if isinstance(content, bytes) else json.dumps(content or {"violations": [CALLEES]}).encode()
    fixed = {"content-type": "application/problem+json", "catguard-refusal": "1"}
    return httpx2.Response(status, content=body, headers={**fixed, **(headers or {})})


async def test_refusal_of_the_callee_is_handed_up_with_its_violations(edge: Edge) -> None:
    edge.handler = lambda request: refusal()
    error = await refused(edge.render(5))
    assert (error.boundary, error.side, error.status) == ("frontend.outbound.render", "inbound", 422)
    assert ids(error) == ["picture-area", "even"]
    assert error.violations[0].wire() == CALLEES
    assert edge.told == [("frontend.outbound.render", "even"), ("catomatic.inbound.render", "picture-area")]
    assert edge.attributes["http.response.status_code"] == 422
    assert edge.attributes["error.type"] == "catguard.refused"


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"violations": 3}', b'{"violations": [3]}', b'{"violations": {"a": 1}}', b" " * 70_000],
    ids=["cut", "list", "number", "item", "object", "long"],
)
async def test_refusal_that_cannot_be_read_is_a_violation_of_its_own(edge: Edge, content: bytes) -> None:
    edge.handler = lambda request: refusal(content)
    error = await refused(edge.render(4))
    assert error.side == "outbound"
    assert ids(error) == ["status"]


async def test_refusal_without_violations_is_still_a_refusal(edge: Edge) -> None:
    edge.handler = lambda request: refusal(b"{}", status=404)
    error = await refused(edge.render(4))
    assert (error.side, error.violations, error.status) == ("inbound", (), 404)


async def test_refusal_keeps_a_bounded_number_of_violations(edge: Edge) -> None:
    edge.handler = lambda request: refusal({"violations": [{"assumption": "x"}] * 500})
    assert len((await refused(edge.render(4))).violations) == 100


@pytest.mark.parametrize("headers", [{"catguard-refusal": "0"}, {"content-type": "application/json"}])
async def test_refusal_is_known_by_both_marks(edge: Edge, headers: dict[str, str]) -> None:
    edge.handler = lambda request: refusal(headers=headers)
    error = await refused(edge.render(4))
    assert error.side == "outbound"


# Somebody else's service


async def test_external_call_tells_nothing_of_the_inside(edge: Edge) -> None:
    edge.handler = lambda request: httpx2.Response(200, text="sunny")
    async with edge.client(to="external", base_url="https://weather.test") as http:
        response = await http.post("/v1/weather", content=b"?", headers={"catguard-context": "caller=frontend"})
    assert response.text == "sunny"
    assert "catguard-context" not in edge.sent[0].headers
    assert edge.sent[0].content == b"?"


async def test_external_refusal_is_an_answer_like_others(edge: Edge) -> None:
    edge.handler = lambda request: refusal()
    async with edge.client(to="external", base_url="https://weather.test") as http:
        response = await http.post("/v1/weather", content=b"?")
    assert response.status_code == 422
    assert response.json() == {"violations": [CALLEES]}
    assert "catguard-refusal" not in response.headers, "handed on, it would become one"


# Streams


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
    edge = Edge(compile_policies(load_text(POLICY, actions=[("frontend.outbound.feed", "audit")])))
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


# Failures


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
    strict = compile_policies(
        load_text(POLICY.replace("response.body.width == request.body.width", "response.body.width == 1"))
    )

    def handler(request: httpx2.Request) -> httpx2.Response:
        edge.engine.swap(strict)
        return answer(4)

    edge.handler = handler
    async with edge.client() as http:
        assert (await http.post("/v1/render", json={"width": 4})).status_code == 200
        assert ids(await refused(http.post("/v1/render", json={"width": 4}))) == ["as-ordered"]


# Over a real connection, to a guarded callee


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


# Set-up


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
    edge.engine.swap(compile_policies(load_text(twice)))
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
