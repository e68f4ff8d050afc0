from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from opentelemetry.trace import StatusCode

from catguard.enforcement.arrival import VIOLATIONS_EXTENSION
from tests.enforcement.outbound import Edge, answer, ids, refused


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
