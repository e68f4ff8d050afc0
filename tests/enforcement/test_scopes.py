"""Scopes other than requests, handled on purpose; and a guard that fails itself, answered as a problem."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from catguard.enforcement import answer, inbound, passage
from catguard.engine.snapshots import Engine
from catguard.errors import ConfigurationError
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry

from .asgi import Answered, ask
from .serving import exchange, request, served, status

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      cats: {http: GET /cats, from: public, response: {200: {media: [text/plain, application/json]}}}
      order: {http: POST /cats, from: [probe], request: {body: {type: object, additionalProperties: true}}, response: {200: {media: [text/plain]}}}
"""
CANARY = "canary7f3a9"

Made = Callable[..., Any]


@pytest.fixture
def memory() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def shop(memory: InMemorySpanExporter) -> Made:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))

    def make(app: Any = None, *, undeclared: str = "deny", **options: Any) -> Any:
        text = POLICIES.replace("about: sells", f"about: sells\n    undeclared: {undeclared}")
        engine = Engine(compile_texts([("shop.yaml", text)]))
        return Guard(engine, "shop", Telemetry("shop", tracer_provider=provider)).asgi(app or well, **options)

    return make


async def well(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await reply(send, [(b"content-type", b"text/plain")])


async def reply(send: Any, headers: list[tuple[bytes, bytes]], body: bytes = b"well") -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def handshake(app: Any, **scope: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    basis = {"type": "websocket", "path": "/cats", "raw_path": b"/cats", "query_string": b"", "headers": []}
    await app({**basis, **scope}, receive, send)
    return sent


async def test_websocket_is_closed_before_it_is_accepted_and_has_a_span(
    shop: Made, memory: InMemorySpanExporter
) -> None:
    (message,) = await handshake(shop())
    assert (message["type"], message["code"]) == ("websocket.close", 1008)
    (span,) = memory.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 403


async def test_websocket_is_denied_by_a_problem_where_the_server_takes_one(shop: Made) -> None:
    start, body = await handshake(shop(), extensions={"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert dict(start["headers"])[b"content-type"] == b"application/problem+json"
    assert b"traceresponse" in dict(start["headers"])
    assert (body["type"], b"no boundary declares a websocket" in body["body"]) == (
        "websocket.http.response.body",
        True,
    )


async def test_websocket_that_passes_undeclared_has_a_span(shop: Made, memory: InMemorySpanExporter) -> None:
    (message,) = await handshake(shop(undeclared="audit"))
    assert message["type"] == "websocket.accept"
    assert len(memory.get_finished_spans()) == 1


@pytest.mark.parametrize("kind", ["webtransport", "http2", "", "HTTP"])
async def test_scope_of_another_kind_is_refused_with_a_word(shop: Made, kind: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("it reached the app")

    with pytest.raises(ConfigurationError, match="takes scopes of http, websocket and lifespan"):
        await shop(app, undeclared="audit")({"type": kind}, None, None)


async def test_lifespan_reaches_the_app(shop: Made) -> None:
    kinds = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        kinds.append(scope["type"])

    await shop(app)({"type": "lifespan"}, None, None)
    assert kinds == ["lifespan"]


@pytest.mark.parametrize("kind", ["startup", "shutdown"])
async def test_lifespan_that_fails_says_where_and_shows_no_word(shop: Made, kind: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": f"lifespan.{kind}.failed", "message": f"Traceback ... ValueError: {CANARY}"})
        raise ValueError(CANARY)

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(ValueError, match=CANARY):  # what is raised after that no server logs
        await shop(app)({"type": "lifespan"}, None, send)
    (message,) = sent
    assert message["type"] == f"lifespan.{kind}.failed"
    assert "test_scopes.py" in message["message"]
    assert message["message"].endswith("ValueError")


async def test_websocket_that_fails_is_closed_and_its_words_are_not_told(shop: Made, caplog: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        raise ValueError(CANARY)

    accepted, closed = await handshake(shop(app, undeclared="audit"))
    assert (accepted["type"], closed["type"], closed["code"]) == ("websocket.accept", "websocket.close", 1011)
    assert "ValueError at test_scopes.py" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_methods_without_the_supervisor(shop: Made, http: Any) -> None:
    async with served(shop(), http=http, lifespan="off", ws="none") as port:
        options = await exchange(port, request("/cats", method="OPTIONS"))
        head = await exchange(port, request("/cats", method="HEAD"))
        asterisk = await exchange(port, request("*", method="OPTIONS"))
        upgrade = await exchange(port, request("/cats", "Upgrade: websocket").replace(b"close", b"Upgrade, close"))
    assert status(options) == 204
    assert b"allow: GET, HEAD, OPTIONS, POST" in options
    assert (status(head), head.endswith(b"\r\n\r\n"), b"content-length: 4" in head) == (200, True, True)
    assert status(asterisk) == 400
    assert status(upgrade) == 403


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError(CANARY)


PLACES = {
    "routes": (inbound, "Passage"),
    "framing": (inbound, "check_framing"),
    "caller": (passage, "identify"),
    "decision": (passage, "decide_request"),
    "answer": (answer, "decide_response"),
}


@pytest.mark.parametrize("place", PLACES)
async def test_guard_that_fails_answers_a_problem_tells_the_log_and_is_counted(
    shop: Made, memory: InMemorySpanExporter, place: str, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(*PLACES[place], broken)
    app = shop(_piecewise)
    with caplog.at_level(logging.ERROR):
        answered = await ask(
            app, "POST", "/cats", body=[b'{"a":', b"1}"], headers=[("content-type", "application/json")]
        )
    assert (answered.status, answered.header("content-type")) == (500, "application/problem+json")
    assert answered.complete
    assert CANARY.encode() not in answered.body
    assert answered.header("traceresponse")
    (told,) = [record.getMessage() for record in caplog.records if record.name == "catguard.inbound"]
    assert "RuntimeError at test_scopes.py" in told
    assert CANARY not in caplog.text
    (span,) = memory.get_finished_spans()
    assert span.attributes is not None
    assert (span.attributes["error.type"], span.attributes["http.response.status_code"]) == ("RuntimeError", 500)


async def _piecewise(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"we", "more_body": True})
    await send({"type": "http.response.body", "body": b"ll"})


async def test_page_that_cannot_be_made_leaves_the_problem(shop: Made) -> None:
    app = shop(render=broken)
    answered = await ask(app, "GET", "/nowhere", headers=[("accept", "text/html")])
    assert (answered.status, answered.header("content-type")) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "header",
    [(b"x-a", b"b\r\nset-cookie: c"), (b"x-a", b"b\nc"), (b"x-a", b"\0"), (b"x a", b"b"), (b"x:a", b"b"), (b"", b"b")],
)
@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_answer_with_a_header_that_no_server_sends_is_a_problem(
    shop: Made, http: Any, header: tuple[bytes, bytes]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await reply(send, [(b"content-type", b"text/plain"), header])

    async with served(shop(app), http=http, lifespan="off") as port:
        answered = await exchange(port, request("/cats"))
    assert status(answered) == 500
    assert b"application/problem+json" in answered
    assert b"set-cookie" not in answered


MESSAGES: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "no status": [{"type": "http.response.start"}],
    "status of another type": [{"type": "http.response.start", "status": "200"}],
    "status that is none": [{"type": "http.response.start", "status": 99}, {"type": "http.response.body"}],
    "body first": [{"type": "http.response.body", "body": b"x"}],
    "no end": [{"type": "http.response.start", "status": 200}, {"type": "http.response.body", "more_body": True}],
    "text for a body": [{"type": "http.response.start", "status": 200}, {"type": "http.response.body", "body": "x"}],
    "headers of text": [{"type": "http.response.start", "status": 200, "headers": [("a", "b")]}],
    "switching protocols": [{"type": "http.response.start", "status": 101}, {"type": "http.response.body"}],
}


@pytest.mark.parametrize("messages", MESSAGES.values(), ids=MESSAGES)
async def test_app_that_breaks_the_protocol_is_a_problem(shop: Made, messages: list[dict[str, Any]]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    answered: Answered = await ask(shop(app), "GET", "/cats")
    assert (answered.status, answered.header("content-type")) == (500, "application/problem+json")
