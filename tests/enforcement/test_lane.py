from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from catguard.enforcement.eager import begin
from catguard.enforcement.inbound import InboundGuard
from catguard.enforcement.lane import AnswerLane, Lane
from catguard.engine.snapshots import Engine
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry
from tests.enforcement.asgi import Answered, ask

POLICIES = """
catguard: 1
system: bakery
owners: {bakery: {team: Bakery, contact: "#bakery"}}
components:
  bakery:
    owner: bakery
    about: bakes
    inbound:
      bake:
        http: "POST /bake/{oven}"
        from: FROM
        request:
          params: {properties: {oven: {type: integer, maximum: 9}}}
          query: {properties: {fast: {type: boolean, default: false}, tag: {type: array, maxItems: 2, items: {type: string}}}}
          headers: {properties: {x-shift: {type: integer}}}
          max_bytes: 200
          body:
            type: object
            additionalProperties: false
            required: [rolls]
            properties:
              rolls: {type: integer, minimum: 1, maximum: 100}
              weight: {type: number, default: 1}
              name: {type: string, maxLength: 20}
          assume:
            heat: {rule: request.body.rolls * request.params.oven <= 500, why: w}
            soft: {rule: request.body.rolls != 7, why: w, action: warn}
        response:
          200:
            media: [application/json]
            max_bytes: 100
            headers: {properties: {x-batch: {type: integer}}}
            body: {type: object, required: [baked], properties: {baked: {type: integer}}, additionalProperties: false}
            assume: {all: {rule: response.body.baked == request.body.rolls, why: w}}
          201: {media: [text/plain]}
          204: {}
          4XX: {}
      menu: {http: GET /menu, from: public, response: {200: {media: [application/json], body: {type: array, maxItems: 9}}}}
"""
JSON = ("content-type", "application/json")


class Recorder:
    """An app that notes what reaches it, and answers what it is told."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = messages
        self.seen: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        kept = {key: scope[key] for key in ("method", "path", "query_string", "extensions", "state")}
        message = await receive()
        exchange = scope["catguard.exchange"]
        self.seen.append((kept, sorted(scope["headers"]), message, repr(exchange.request), exchange.violations))
        for message in self.messages:
            await send(message)


def answer(
    body: bytes = b'{"baked":3}',
    *,
    status: int = 200,
    media: str = "application/json",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> tuple[dict[str, Any], ...]:
    start = {"type": "http.response.start", "status": status, "headers": [(b"content-type", media.encode()), *headers]}
    return start, {"type": "http.response.body", "body": body}


@cache
def policies(caller: str) -> CompiledPolicySet:
    return compile_texts([("bakery.yaml", POLICIES.replace("FROM", caller))])


def in_one_message(app: Any) -> Any:
    """Give an app bodies as a server does that has read them already."""

    async def whole(scope: Any, receive: Any, send: Any) -> None:
        async def read() -> Any:
            message = await receive()
            return {**message, "more_body": False}

        await app(scope, read, send)

    return whole


async def asked(app: Recorder, caller: str, **request: Any) -> tuple[Any, Any]:
    """Return what came back and what the app saw, without what is drawn."""
    guard = InboundGuard(app, engine=Engine(policies(caller)), component="bakery", telemetry=Telemetry("bakery"))
    target = request.pop("target", "/bake/3")
    in_chunks = not isinstance(request.get("body", b""), bytes)
    answered: Answered = await ask(
        guard if in_chunks else in_one_message(guard), request.pop("method", "POST"), target, **request
    )
    body = json.loads(answered.body) if answered.body.startswith(b"{") else answered.body
    for violation in body.get("violations", ()) if isinstance(body, dict) else ():
        violation.pop("trace_id", None)
    headers = sorted(
        (name, value) for name, value in answered.headers if name not in ("traceresponse", "content-length")
    )
    return (answered.status, headers, body), app.seen


GOOD = {"json_body": {"rolls": 3}}
REQUESTS: dict[str, dict[str, Any]] = {
    "plain": GOOD,
    "query": {**GOOD, "target": "/bake/3?fast=true&tag=a&tag=b"},
    "broken query": {**GOOD, "target": "/bake/3?fast=%zz"},
    "undeclared query": {**GOOD, "target": "/bake/3?slow=1"},
    "header": {**GOOD, "headers": [("x-shift", "4")]},
    "bad header": {**GOOD, "headers": [("x-shift", "four")]},
    "repeated header": {**GOOD, "headers": [("x-shift", "4"), ("X-Shift", "5")]},
    "encoded": {**GOOD, "headers": [("content-encoding", "gzip")]},
    "whole double": {"json_body": {"rolls": 3.0, "weight": 2}},
    "bad param": {**GOOD, "target": "/bake/10"},
    "encoded param": {**GOOD, "target": "/bake/%33"},
    "rule": {"json_body": {"rolls": 99}, "target": "/bake/9"},
    "soft rule": {"json_body": {"rolls": 7}},
    "shape": {"json_body": {"rolls": 0, "x": 1}},
    "twice": {"body": b'{"rolls": 3, "rolls": 3}', "headers": [JSON]},
    "no json": {"body": b"{", "headers": [JSON]},
    "long": {"json_body": {"rolls": 3, "name": "x" * 300}},
    "no body": {},
    "other media": {"body": b'{"rolls": 3}', "headers": [("content-type", "text/plain")]},
    "media with parameter": {"body": b'{"rolls": 3}', "headers": [("content-type", "Application/JSON; charset=utf-8")]},
    "chunks": {"body": [b'{"rol', b'ls": 3}'], "headers": [JSON]},
    "one chunk": {"body": [b'{"rolls": 3}'], "headers": [JSON]},
    "head": {"method": "HEAD", "target": "/menu"},
    "get": {"method": "GET", "target": "/menu"},
    "get with a body": {"method": "GET", "target": "/menu", "body": b"x"},
    "stranger": {**GOOD, "headers": [("catguard-context", 'caller=thief, root="1"')]},
    "traced": {**GOOD, "headers": [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]},
}
ANSWERS: dict[str, tuple[dict[str, Any], ...]] = {
    "plain": answer(),
    "whole double": answer(b'{"baked": 3.0}'),
    "rule": answer(b'{"baked": 4}'),
    "shape": answer(b'{"baked": "3"}'),
    "no json": answer(b"{"),
    "twice": answer(b'{"baked": 3, "baked": 3}'),
    "long": answer(b'{"baked": 3}' + b" " * 100),
    "other media": answer(b"3", media="text/html"),
    "encoded": answer(headers=[(b"content-encoding", b"gzip")]),
    "header": answer(headers=[(b"X-Batch", b"4"), (b"catguard-refusal", b"1")]),
    "bad header": answer(headers=[(b"x-batch", b"four")]),
    "false length": answer(headers=[(b"content-length", b"9999")]),
    "text": answer(b"done", status=201, media="text/plain"),
    "nothing": answer(b"", status=204),
    "undeclared": answer(status=302),
    "problem": answer(b'{"title": "no"}', status=404, media="application/problem+json"),
    "list": answer(b"[1, 2.0]"),
    "chunks": (
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]},
        {"type": "http.response.body", "body": b'{"bak', "more_body": True},
        {"type": "http.response.body", "body": b'ed": 3}'},
        {"type": "http.response.body", "body": b"too late"},
    ),
    "broken off": answer()[:1],
    "nothing at all": (),
}


@pytest.mark.parametrize("caller", ["public", "[probe]"])
@pytest.mark.parametrize(
    ("request_name", "answer_name"),
    [(name, "plain") for name in REQUESTS]
    + [("plain", name) for name in ANSWERS]
    + [("soft rule", "rule"), ("get", "list")],
)
async def test_lane_lets_pass_and_delivers_what_the_careful_way_does(
    monkeypatch: pytest.MonkeyPatch, caller: str, request_name: str, answer_name: str
) -> None:
    messages = ANSWERS[answer_name]
    by_lane = await asked(Recorder(*messages), caller, **REQUESTS[request_name])

    monkeypatch.setattr(Lane, "take", lambda self, scope, path, params, head, receive, caller: (None, b"", receive))
    monkeypatch.setattr(AnswerLane, "give", lambda self, request, pairs, body, caller: None)
    carefully = await asked(Recorder(*messages), caller, **REQUESTS[request_name])

    assert by_lane == carefully


@pytest.mark.parametrize("name", ["plain", "query", "header", "whole double", "media with parameter"])
async def test_plain_requests_go_by_the_lane(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    async def careful(*_: Any) -> None:
        raise AssertionError("not by the lane")

    monkeypatch.setattr("catguard.enforcement.passage.Passage._take_in", careful)
    monkeypatch.setattr("catguard.enforcement.answer.Answer.finish", careful)
    (status, _, _), _ = await asked(Recorder(*answer()), "public", **REQUESTS[name])
    assert status == 200


async def test_begin_gives_at_once_what_is_there() -> None:
    async def ready() -> int:
        return 3

    assert begin(ready()) == (3, None)


class Awaitable:
    """One that is no coroutine, as an app in C may return it."""

    def __init__(self, awaited: Any) -> None:
        self.awaited = awaited

    def __await__(self) -> Any:
        return self.awaited.__await__()


@pytest.mark.parametrize("made", [lambda coroutine: coroutine, Awaitable], ids=["coroutine", "awaitable"])
async def test_rest_is_awaited_for_what_is_not_there_yet(made: Any) -> None:
    event = asyncio.Event()

    async def late() -> int:
        await event.wait()
        await asyncio.sleep(0)
        return 4

    _, rest = begin(made(late()))
    assert rest is not None
    asyncio.get_running_loop().call_soon(event.set)
    assert await rest == 4


@pytest.mark.parametrize("made", [lambda coroutine: coroutine, Awaitable], ids=["coroutine", "awaitable"])
async def test_rest_is_cancelled_with_who_awaits_it(made: Any) -> None:
    told: list[str] = []

    async def never(*, stubborn: bool) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append("cancelled")
            if stubborn:
                await asyncio.sleep(0)
                return "survived"
            raise
        return "never"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await _rest_of(made(never(stubborn=False)))
    assert told == ["cancelled"]

    task = asyncio.ensure_future(_rest_of(made(never(stubborn=True))))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "survived"


async def _rest_of(awaitable: Any) -> Any:
    _, rest = begin(awaitable)
    assert rest is not None
    return await rest
