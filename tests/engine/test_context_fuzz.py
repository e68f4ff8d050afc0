"""Any header is read or passed over: the context of a request, its trace, and whatever else may stand in a head."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st

from catguard.engine import context
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.fuzzing import TIMEOUT, Inputs, Law, fuzz, fuzz_long
from tests.mutations import alter_text

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      cats: {http: GET /cats, from: [kiosk], request: {headers: {properties: {x-count: {type: integer}}}, query: {properties: {n: {type: integer}}}}, response: {204: {}}}
      order: {http: POST /cats, from: public, request: {body: {type: object, additionalProperties: true}}, response: {204: {}}}
  kiosk: {owner: shop, about: orders, outbound: {cats: {to: shop.cats, response: {204: {}}}}}
"""
TEXTS = [
    'caller=kiosk, root="4bf92f3577b34da6a3ce929d0e0e4736"',
    'caller="kiosk";a=1;b=?0, root=abc, n=12.5, d=@1659578233, l=(1 "a" b);q, b=:AA==:, s=%"f%c3%bc"',
    "caller", "caller=?1", "caller=()", "a=1,caller=kiosk",
]  # fmt: skip
PIECES = [
    "caller", "root", "=", ",", ";", " ", "\t", '"', "\\", '\\"', "(", ")", ":", "?1", "?2", "@1", "%\"", "%ff", "%zz",
    "*", "a*b", "1.", ".1", "1.1234", "9" * 16, "-", "kiosk", "\0", "\x7f", "\xff", "é", "a" * 64, "a" * 600, "()" * 50,
    "(((", '"a', ":a", ";a" * 99, "a=1," * 99, '"' + "\\\\" * 99,
]  # fmt: skip
values = st.one_of(
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.text(st.characters(max_codepoint=255), max_size=40),
)
NAMES = [
    "catguard-context", "traceparent", "tracestate", "baggage", "content-length", "content-type", "content-encoding",
    "transfer-encoding", "accept", "x-count", "catguard-refusal", "forwarded", "expect", "host", "cookie", "", "x y",
]  # fmt: skip
head_values = st.one_of(
    values,
    st.sampled_from([
        "00-" + "1" * 32 + "-" + "2" * 16 + "-01", "ff-" + "1" * 32 + "-" + "2" * 16 + "-01", "00-" + "0" * 32, "a=b,c=d",
        "application/json", "text/html;q=x", "0", "5", "-1", "5, 5", "9" * 30, "chunked", "gzip", "identity", "1e999",
    ]),
)  # fmt: skip
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "get", "", "PRI"]),
        "path": st.sampled_from(["/cats", "/", "/cats/", "//"]) | st.text(max_size=8).map("/{}".format),
        "query": st.sampled_from([b"", b"n=1", b"n=1&n=2", b"n=%", b"n=\xff"]) | st.binary(max_size=12),
        "headers": st.lists(st.tuples(st.sampled_from(NAMES), head_values), max_size=6),
        "body": st.lists(st.sampled_from([b"", b"{}", b'{"a":', b"1}", b"\xff"]), max_size=3),
    }
)
LONG = ["(" * 510, "a=(" * 170, 'a="' + "\\" * 500, "a;" * 255, "a=" + ":" * 500, "\t, " * 170]


def vary_value(value: str, random: Random) -> str:
    return alter_text(value if random.random() < 0.5 else random.choice(TEXTS), random, PIECES)


def vary_request(request: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return a request with some headers, or another part, altered."""
    headers = [
        (name, vary_value(value, random) if random.random() < 0.2 else value) for name, value in request["headers"]
    ]
    if random.random() < 0.5:
        headers.insert(
            random.randint(0, len(headers)), (random.choice(NAMES), vary_value(random.choice(TEXTS), random))
        )
    kept = [header for header in headers if random.random() < 0.6]
    altered = {**request, "headers": kept}
    match random.randrange(12):
        case 0:
            altered["path"] = vary_value(request["path"], random)
        case 1:
            altered["query"] = vary_value(request["query"].decode("latin-1"), random).encode("utf-8", "replace")
        case 2:
            altered["method"] = random.choice(["GET", "HEAD", "POST", "OPTIONS", "PUT", "get", ""])
        case 4 | 5 | 6:
            altered |= {"method": "GET", "path": "/cats", "query": b"n=1", "body": []}
        case 7:
            altered |= {"method": "POST", "path": "/cats", "query": b"", "body": [b"{}"]}
        case 3:
            altered["body"] = random.choices([b"", b"{}", b'{"a":', b"1}", b"\xff", b"[" * 99], k=random.randrange(4))
    return altered


VALUES = Inputs(values | st.sampled_from(LONG), vary_value)
REQUESTS = Inputs(requests, vary_request)


def says(value: str) -> None:
    """What a header says of the caller is a name, or nothing."""
    found = context.parse(value)
    for name in (found.component, found.root):
        assert name is None or (name.isascii() and 0 < len(name) <= 64)
        assert name is None or name.replace("-", "").replace("_", "").isalnum()


def comes_back(names: tuple[str, str]) -> None:
    """What a guard writes, a guard reads."""
    assert context.parse(context.encode(*names)) == context.CallerContext(*names)


async def shop(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


GUARDED = Guard(Engine(compile_texts([("shop.yaml", POLICIES)])), "shop").asgi(shop)


@cache
def loop(_: int) -> asyncio.Runner:
    """One loop for each process, as to make one takes longer than a request does."""
    return asyncio.Runner()


def answers(request: dict[str, Any], *, run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run) -> None:
    """Every request gets one answer, of which none says that the guard failed."""
    sent: list[Any] = []
    pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in request["body"]]
    pieces.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": request["method"],
        "path": request["path"],
        "query_string": request["query"],
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in request["headers"]],
        "server": ("127.0.0.1", 80),
    }
    run(GUARDED(scope, receive, send))
    kinds = [message["type"] for message in sent]
    assert kinds == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] < 500, sent


callers = st.tuples(
    st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True), st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
)


def answers_in_one_loop(request: dict[str, Any]) -> None:
    answers(request, run=loop(os.getpid()).run)


def test_any_context_is_read_or_passed_over() -> None:
    fuzz(says, VALUES, examples=400)


def test_context_of_a_guard_is_read_by_a_guard() -> None:
    fuzz(comes_back, Inputs(callers, lambda names, _: names), examples=100)


def test_any_request_gets_one_answer() -> None:
    fuzz(answers, REQUESTS, examples=150)


@pytest.mark.parametrize("value", LONG, ids=range(len(LONG)))
def test_context_that_invites_backtracking_is_read(value: str) -> None:
    says(value)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize(
    ("law", "inputs", "name", "share"),
    [(says, VALUES, "header", 0.25), (answers_in_one_loop, REQUESTS, "requests", 0.15)],
    ids=["header", "requests"],
)
def test_a_million_heads_are_answered(law: Law, inputs: Inputs[Any], name: str, share: float) -> None:
    fuzz_long(law, inputs, name=f"context, {name}", share=share)
