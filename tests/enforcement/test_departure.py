from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import httpx2
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from catguard.engine.context import parse
from catguard.policies.loader import compile_texts
from tests.enforcement.outbound import BASE, POLICY, Edge, ids, refused


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
    edge.engine.swap(compile_texts([("policies.yaml", number)]))
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
    edge.engine.swap(compile_texts([("policies.yaml", policy)]))
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
