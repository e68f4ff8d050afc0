from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from catguard.enforcement.inbound import InboundGuard
from catguard.enforcement.lane import AnswerLane, Lane
from catguard.engine.decision import Decision
from catguard.engine.evaluator import allowance
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
        kept = {key: scope[key] for key in ("method", "path", "query_string", "extensions", "state", "root_path")}
        message = await receive()
        exchange = scope["catguard.exchange"]
        if message["body"]:
            assert repr(json.loads(message["body"])) == repr(exchange.body), "what was checked is what is delivered"
            assert dict(scope["headers"])[b"content-length"] == b"%d" % len(message["body"])
        request = repr(sorted(exchange.request.items()))
        self.seen.append((kept, sorted(scope["headers"]), message, request, exchange.violations))
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
    body = json.loads(answered.body) if b'"violations"' in answered.body else answered.body
    for violation in body["violations"] if isinstance(body, dict) else ():
        violation.pop("trace_id", None)
    if answered.body:
        assert answered.header("content-length") == str(len(answered.body))
    own = ("traceresponse", "content-length")  # drawn, and of bodies that tell what was drawn
    headers = sorted((name, "" if name in own else value) for name, value in answered.headers)
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
    "rerouting": {**GOOD, "headers": [("x-original-url", "/menu")]},
    "underscore": {**GOOD, "headers": [("x_shift", "four")]},
    "repeated undeclared header": {**GOOD, "headers": [("cookie", "a=1"), ("cookie", "b=2")]},
    "escapes": {"body": b'{"rolls": 3, "weight": 1.50, "name": "\\u0061 \\/ :"}', "headers": [JSON]},
    "spelled otherwise": {"body": b'{"rolls": 3, "weight": 1e0, "name": "a b"}', "headers": [JSON]},
    "whole double": {"json_body": {"rolls": 3.0, "weight": 2}},
    "bad param": {**GOOD, "target": "/bake/10"},
    "encoded param": {**GOOD, "target": "/bake/%33"},
    "rule": {"json_body": {"rolls": 99}, "target": "/bake/9"},
    "soft rule": {"json_body": {"rolls": 7}},
    "shape": {"json_body": {"rolls": 0, "x": 1}},
    "twice": {"body": b'{"rolls": 3, "rolls": 3}', "headers": [JSON]},
    "no json": {"body": b"{", "headers": [JSON]},
    "long": {"json_body": {"rolls": 3, "name": "x" * 300}},
    "longer than it says": {
        "body": b'{"rolls": 3, "name": "x"%s}' % (b" " * 300),
        "headers": [JSON, ("content-length", "9")],
        "framed": False,
    },
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
    "cookies": answer(headers=[(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]),
    "own trace": answer(headers=[(b"traceresponse", b"00-1-1-00")]),
    "own warning": answer(headers=[(b"catguard-warning", b"none")]),
    "header of two lines": answer(headers=[(b"x-a", b"b\r\nc: d")]),
    "header without a name": answer(headers=[(b"", b"b")]),
    "header with a space": answer(headers=[(b"x a", b"b")]),
    "ended twice": (*answer(), answer()[1]),
    "begun twice": (*answer(media="text/plain")[:1], *answer()),
    "begun otherwise after all": (*answer()[:1], *answer(b"done", status=201, media="text/plain")),
    "of another type": ({"type": "http.response.debug"}, *answer(), {"type": "http.response.start", "status": 500}),
    "false length": answer(headers=[(b"content-length", b"9999")]),
    "two types": answer(
        media="text/plain", headers=[(b"content-length", b"11"), (b"content-type", b"application/json")]
    ),
    "length and a forged header": answer(media="application/json;x", headers=[(b"content-length", b"1\r\na: b")]),
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
    + [("soft rule", "rule"), ("get", "list"), ("head", "list")],
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


async def test_headers_that_reroute_or_are_spelled_in_two_ways_reach_no_app() -> None:
    for name in ("rerouting", "underscore", "encoded"):
        app = Recorder(*answer())
        await asked(app, "public", **REQUESTS[name])
        names = {header[0] for _, headers, *_ in app.seen for header in headers}
        assert names <= {b"content-type", b"content-length"}, name

    app = Recorder(*answer())
    await asked(app, "public", **REQUESTS["repeated undeclared header"])
    assert [value for name, value in app.seen[0][1] if name == b"cookie"] == [b"a=1", b"b=2"]


async def test_answer_that_the_lane_let_pass_leaves_once() -> None:
    sent: list[str] = []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            sent.append(message["type"])
            await send(message)

        guard = InboundGuard(
            Recorder(*ANSWERS["ended twice"]),
            engine=Engine(policies("public")),
            component="bakery",
            telemetry=Telemetry("bakery"),
        )
        await in_one_message(guard)(scope, receive, noting)

    await ask(listening, "POST", "/bake/3", **GOOD)
    assert sent == ["http.response.start", "http.response.body"]


async def test_candidate_is_asked_of_what_the_lane_would_let_pass() -> None:
    live = policies("public")
    asked_for: list[str] = []

    class Candidate:
        def decide_request(self, *_: Any, **__: Any) -> Decision:
            asked_for.append("request")
            return allowance(live)

        def decide_response(self, *_: Any, **__: Any) -> Decision:
            asked_for.append("response")
            return allowance(live)

    engine = Engine(live)
    engine.propose(lambda compiled: compiled.beside(Candidate()))
    guard = InboundGuard(Recorder(*answer()), engine=engine, component="bakery", telemetry=Telemetry("bakery"))
    await ask(in_one_message(guard), "POST", "/bake/3?fast=true", **GOOD)
    assert asked_for == ["request", "response"]
