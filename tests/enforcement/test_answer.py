"""What an app may do to the one answer that it owes, from a stream that breaks off to a mark that it has no right to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catguard.engine.exchange import exchange
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts

from .asgi import Answered, ask

POLICY = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      log:
        http: GET /log
        from: public
        response: {200: {media: [text/plain], max_bytes: 20, stream: true}}
      page:
        http: GET /page
        from: public
        response: {200: {media: [text/plain], max_bytes: 20}}
      double:
        http: POST /double
        from: public
        request:
          body: {type: object, additionalProperties: false, required: [n], properties: {n: {type: integer}}}
        response:
          200:
            body: {type: object, required: [n], properties: {n: {type: integer}}}
            assume: {doubled: {rule: response.body.n == 2 * request.body.n, why: it says so}}
"""


def answering(*messages: dict[str, Any], error: Exception | None = None, action: Any = "deny") -> Any:
    """Return a guarded app that sends some messages and then ends, by an error or just so."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return Guard(Engine(compile_texts([("shop.yaml", POLICY)], actions=[("shop.*", action)])), "shop").asgi(app)


def start(media: str | None = "text/plain", status: int = 200, **headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    pairs += [(b"content-type", media.encode())] if media else []
    return {"type": "http.response.start", "status": status, "headers": pairs}


def body(chunk: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def test_stream_of_an_app_that_fails_stays_without_an_end_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    app = answering(start(), body(b"abc", more=True), error=RuntimeError("boom"))
    answered = await ask(app, "GET", "/log")
    assert (answered.status, answered.body, answered.complete) == (200, b"abc", False)
    assert "failed after its answer had begun" in caplog.text
    assert "boom" not in caplog.text


async def test_stream_that_the_app_does_not_end_stays_without_an_end() -> None:
    answered = await ask(answering(start(), body(b"abc", more=True)), "GET", "/log")
    assert (answered.status, answered.body, answered.complete) == (200, b"abc", False)


@pytest.mark.parametrize(
    ("head", "identity"),
    [(start(content_encoding="gzip"), "content-encoding"), (start(None), "media"), (start("text/html"), "media")],
)
async def test_stream_with_a_head_that_is_not_declared_is_not_begun(head: dict[str, Any], identity: str) -> None:
    answered = await ask(answering(head, body(b"abc")), "GET", "/log")
    assert (answered.status, answered.ids()) == (500, [identity])


@pytest.mark.parametrize("messages", [[start()], [start(), body(b"half of", more=True)]])
async def test_answer_that_the_app_does_not_end_is_not_delivered(messages: list[dict[str, Any]]) -> None:
    answered = await ask(answering(*messages), "GET", "/page")
    assert (answered.status, answered.complete) == (500, True)
    assert b"half" not in answered.body


async def test_answer_of_success_is_no_refusal_of_a_guard() -> None:
    marked = start("application/problem+json", 200, catguard_refusal="1")
    assert (await ask(answering(marked, body(b"anything")), "GET", "/page")).ids() == ["media"]


async def test_answer_beyond_its_limit_is_denied_whatever_its_action(monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[bool] = []
    from catguard.telemetry.unrecorded import Unrecorded

    monkeypatch.setattr(Unrecorded, "decided", lambda self, decision, phase: decided.append(decision.allowed))
    answered = await ask(answering(start(status=201), body(b"a" * 100_000), action="audit"), "GET", "/page")
    assert (answered.status, answered.ids()) == (500, ["status"])
    assert decided == [False]


async def test_answer_is_held_against_the_request_as_it_was() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        number = exchange(scope).body.pop("n")
        await send(start("application/json"))
        await send(body(json.dumps({"n": 2 * number}).encode()))

    guarded = Guard(Engine(compile_texts([("shop.yaml", POLICY)])), "shop").asgi(app)
    assert (await ask(guarded, "POST", "/double", json_body={"n": 4})).json() == {"n": 8}


async def test_body_that_no_head_announced_is_not_handed_on() -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.extend([await receive(), await receive()])
        await send(start())
        await send(body(b"ok"))

    async def unannounced(scope: Any, receive: Any, send: Any) -> None:
        scope["headers"] = []  # as of a server that frames bodies in another way, HTTP/2's
        messages = [body(b"unchecked", more=True), body(b"too"), {"type": "http.disconnect"}]

        async def next_message() -> Any:
            message = messages.pop(0)
            return {**message, "type": "http.request"} if "body" in message else message

        guarded = Guard(Engine(compile_texts([("shop.yaml", POLICY)])), "shop").asgi(app)
        await guarded(scope, next_message, send)

    answered: Answered = await ask(unannounced, "GET", "/page")
    assert answered.status == 200
    assert [message.get("body") for message in got] == [b"", None]
