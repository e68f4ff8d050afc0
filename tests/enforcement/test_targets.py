"""What the guard decided on is what the app routes on: whatever the target, the headers, the mount, or the server."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

import catguard
from catguard.enforcement.routing import BadTarget, below, read_path
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts

from .asgi import ask
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
      top: {http: GET /, from: public, response: {200: {media: [text/plain]}}}
      cats: {http: GET /cats, from: public, response: {200: {media: [text/plain]}}}
      cat: {http: "GET /cats/{name}", from: public, request: {params: {properties: {name: {type: string, maxLength: 40}}}}, response: {200: {media: [text/plain]}}}
      order: {http: POST /cats, from: public, request: {headers: {properties: {x-forwarded-prefix: {type: string, maxLength: 9}}}, body: raw, max_bytes: 9}, response: {200: {media: [text/plain]}}}
      mounted: {http: GET /shop/cats, from: public, response: {200: {media: [text/plain]}}}
"""


def says(name: str) -> Any:
    async def answer(asked: Request) -> PlainTextResponse:
        found = catguard.exchange(asked.scope)
        told = ", ".join(sorted(header for header in asked.headers if header not in ("host", "user-agent", "accept")))
        return PlainTextResponse(f"{name} {found.boundary.split('.')[-1]} {asked.method} {told}")

    return answer


#: Routes as the policy has them: each says its own name, then that of the boundary that let the request in.
ROUTES = [
    Route("/", says("top")),
    Route("/cats", says("cats"), methods=["GET"]),
    Route("/cats", says("order"), methods=["POST"]),
    Route("/cats", says("removed"), methods=["DELETE"]),
    Route("/cats/{name}", says("cat")),
    Route("/shop/cats", says("mounted")),
    Route("/secret", says("secret")),
    Route("/{rest:path}", says("rest")),
]


def shop(routes: Sequence[Route] = ROUTES) -> Any:
    return Guard(Engine(compile_texts([("shop.yaml", POLICIES)])), "shop").asgi(Starlette(routes=list(routes)))


TARGETS = [
    "//cats", "/cats//", "/./cats", "/x/../cats", "/cats/..", "/cats/.", "/%2e/cats", "/%2E%2e/cats", "/cats/%2e%2E",
    "/cats%2Fa", "/cats%2fa", "/cats%5ca", "/cats\\a", "/cats/%00", "/cats%00", "/cats/a%00b", "/%c0%ae%c0%ae/cats",
    "/cats/%c0%af", "/%e0%80%af", "/cats/%ff", "/cats/%ed%a0%80", "/cats/%u002f", "/cats/%", "/cats/%2", "/cats/%gg",
    "/cats/%0d%0aX:%20y", "/cats/%0A", "/cats/%09", "/cats/%1f", "/cats/%7f", "/cats/%c2%85",
    "/cats/", "/CATS", "/cats.", "/cats;a=b", "/cats%3Fa",
    "/cats/%252e%252e", "/cats/%252f", "/%63ats", "/cats/%EF%BC%8F", "/cats/%e2%88%95", "/cats/..;/secret", "/cats/a;b",
    "/cats/%EF%BC%8E%EF%BC%8E", "/cats/a.", "/cats/...", "/cats/%20", "/cats/a%23b", "/cats/~a", "/cats/a%7eb",
    "/secret", "/cats/../secret", "/cats/%2e%2e%2fsecret", "*", "cats", "http://shop/cats", "http://other/secret",
    "http://shop//cats", "http://shop", "shop:80", "/cats?_method=DELETE", "/cats?x=%00", "/cats#/secret", "/cats/a?",
]  # fmt: skip


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_target_is_refused_or_routed_as_it_was_decided(http: Any) -> None:
    statuses = set()
    async with served(shop(), http=http, lifespan="off") as port:
        for target in TARGETS:
            answer = await exchange(port, request(target))
            if not answer:
                continue  # the server knows no HTTP in it, and says nothing
            statuses.add(status(answer))
            if status(answer) == 200:
                routed, decided = answer.rpartition(b"\r\n\r\n")[2].split()[:2]
                assert routed == decided, (target, answer)
    assert statuses == {200, 400, 404}


@given(st.binary(max_size=30))
@example(b"\x7f")
@example(b"a%7F")
@example(b"%c2%85")
def test_path_that_can_be_read_has_one_reading(raw: bytes) -> None:
    try:
        path = read_path(b"/" + raw)
    except BadTarget:
        return
    segments = path.split("/")[1:]
    assert not {".", ".."} & set(segments)
    assert "" not in segments[:-1]
    assert "\\" not in path
    assert "Cc" not in map(unicodedata.category, path)


async def app_at(scope: dict[str, Any]) -> int:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    basis = {"type": "http", "method": "GET", "query_string": b"", "headers": [], "http_version": "1.1"}
    await shop()({**basis, **scope}, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"path": "/cats", "raw_path": b"/cats"}, 200),
        ({"path": "/cats"}, 200),
        ({"path": "/cats", "raw_path": None}, 200),
        ({"path": "/secret", "raw_path": b"/cats"}, 400),
        ({"path": "/cats", "raw_path": b"/secret"}, 400),
        ({"path": "/cats/../secret", "raw_path": b"/cats"}, 400),
        ({"path": "/cats", "raw_path": b"/cats/%2e"}, 400),
        ({"path": "/cats/a/b", "raw_path": b"/cats/a%2Fb"}, 400),
        ({"path": "/cats/\ud800"}, 400),
        ({"path": "/x/cats", "raw_path": b"/x/cats", "root_path": "/x"}, 200),
        ({"path": "/x/cats", "raw_path": b"/x/cats", "root_path": "/x/"}, 200),
        ({"path": "/x/cats", "root_path": "/x"}, 200),
        ({"path": "/cats", "root_path": "/x"}, 200),
        ({"path": "/xcats", "root_path": "/x"}, 404),
        ({"path": "/x", "root_path": "/x"}, 404),
        ({"path": "/x/x/cats", "root_path": "/x"}, 404),
        ({"path": "/x/../cats", "root_path": "/x"}, 400),
        ({"path": "/shop/cats", "root_path": "/shop"}, 200),
    ],
)  # fmt: skip
async def test_path_has_one_meaning_however_the_server_tells_it(scope: dict[str, Any], expected: int) -> None:
    assert await app_at(scope) == expected


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [("/a/b", "/a", "/b"), ("/a", "/a", ""), ("/ab", "/a", "/ab"), ("/b", "/a", "/b"), ("/a/b", "", "/a/b")],
)
def test_path_below_a_mount(path: str, root: str, expected: str) -> None:
    assert below(path, root) == expected


def test_guarded_app_may_be_mounted() -> None:
    client = TestClient(Starlette(routes=[Mount("/tenants/{tenant}", shop()), Mount("/shop", shop())]))
    assert client.get("/tenants/a/cats").text.startswith("cats cats ")
    assert client.get("/tenants/a/shop/cats").text.startswith("mounted mounted ")
    assert client.get("/shop/cats").text.startswith("cats cats ")
    assert client.get("/tenants/a/secret").status_code == 404
    assert client.get("/shop/cats/%2e%2e/secret").status_code in (400, 404)


REROUTING = [
    "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE", "X-Original-URL: /secret",
    "X-Rewrite-URL: /secret", "X-Original-URI: /secret", "X-Forwarded-Prefix: /secret", "X-Script-Name: /secret",
    "X-Forwarded-Path: /secret", "x_http_method_override: DELETE", "X_Original_URL: /secret", "Content_Length: 9",
]  # fmt: skip


@pytest.mark.parametrize("header", REROUTING)
@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_header_that_asks_for_another_route_does_not_reach_the_app(http: Any, header: str) -> None:
    async with served(shop(), http=http, lifespan="off") as port:
        answer = await exchange(port, request("/cats", header, "X-Other: kept"))
    assert status(answer) == 200
    assert answer.endswith(b"cats cats GET connection, x-other")


async def test_header_that_the_boundary_declares_is_kept() -> None:
    answered = await ask(shop(), "POST", "/cats", headers=[("x-forwarded-prefix", "/a"), ("x-original-url", "/secret")])
    assert answered.body == b"order order POST x-forwarded-prefix"


SMUGGLING = {
    "length and chunks": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "two lengths": ("Content-Length: 5", "Content-Length: 6"),
    "list of lengths": ("Content-Length: 5, 6"),
    "length with a sign": ("Content-Length: +5",),
    "other coding": ("Transfer-Encoding: identity",),
    "coding behind another": ("Transfer-Encoding: gzip, chunked",),
    "folded coding": ("Transfer-Encoding:\r\n chunked", "Content-Length: 5"),
    "bare line feed": ("X: y\nTransfer-Encoding: chunked", "Content-Length: 5"),
    "carriage return": ("X: y\rContent-Length: 5",),
}


@pytest.mark.parametrize("headers", SMUGGLING.values(), ids=SMUGGLING)
@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_body_of_two_lengths_is_refused_and_nothing_behind_it_answered(http: Any, headers: Sequence[str]) -> None:
    headers = [headers] if isinstance(headers, str) else headers
    lines = ["POST /cats HTTP/1.1", "Host: shop", "Content-Type: text/plain", *headers, "", ""]
    hidden = b"0\r\n\r\n" + request("/cats")  # only this one asks for the end of the connection
    async with served(shop(), http=http, lifespan="off") as port:
        answer = await exchange(port, "\r\n".join(lines).encode() + hidden)
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert answer == b"" or status(answer) in (400, 501, 413), answer


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("content-length", "3")], 200),
        ([("content-length", "3 ")], 200),
        ([("content-length", "3"), ("content-length", "3")], 400),
        ([("content-length", "3, 3")], 400),
        ([("content-length", "-3")], 400),
        ([("content-length", "\xb3")], 400),
        ([("content-length", "9" * 30)], 400),
        ([("content-length", "3"), ("transfer-encoding", "chunked")], 400),
        ([("transfer-encoding", "gzip")], 400),
        ([("transfer-encoding", "Chunked")], 200),
    ],
)
async def test_framing_that_a_server_let_pass_is_refused(headers: list[tuple[str, str]], expected: int) -> None:
    assert (await ask(shop(), "POST", "/cats", body=_body(), headers=headers, framed=False)).status == expected


def _body() -> list[bytes]:
    return [b"abc"]
