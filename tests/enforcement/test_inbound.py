from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import catguard
from catguard.enforcement import reception
from catguard.enforcement.problem import prefers_html
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.enforcement.shop import JSON, KIOSK, POLICIES, Shop, guarded, order

from .asgi import ask


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_good_request_is_delivered_as_it_was_checked(shop: Shop) -> None:
    answered = await order(guarded(shop), {"count": 4.0}, "/orders/3?fast=true")
    assert (answered.status, answered.json()) == (200, {"ok": True})
    ((scope, body),) = shop.calls
    assert json.loads(body) == {"count": 4, "note": "hi"}
    assert b"4.0" not in body
    exchange = catguard.exchange(scope)
    assert (exchange.params, exchange.query, exchange.body) == ({"id": 3}, {"fast": True}, {"count": 4, "note": "hi"})
    assert dict(scope["headers"])[b"content-length"] == str(len(body)).encode()
    assert scope["query_string"] == b"fast=true"
    assert scope["extensions"] == {}


async def test_body_that_is_announced_too_large_is_not_asked_for(shop: Shop) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the caller was told to send it")
        yield b""

    headers = [KIOSK, JSON, ("content-length", "201")]
    answered = await ask(guarded(shop), "POST", "/orders/3", body=body(), headers=headers, framed=False)
    assert (answered.status, answered.ids()) == (413, ["max_bytes"])


async def test_defaults_reach_query_and_query_string(shop: Shop) -> None:
    await order(guarded(shop), {"count": 2})
    scope, _ = shop.calls[0]
    assert catguard.exchange(scope).query == {"fast": False}
    assert scope["query_string"] == b"fast=false"


@pytest.mark.parametrize(
    ("target", "body", "status", "ids"),
    [
        ("/orders/3", {"count": 13}, 422, ["body/count/maximum"]),
        ("/orders/3", {"count": 0, "x": 1}, 422, ["body/additionalProperties", "body/count/minimum"]),
        ("/orders/3", {}, 422, ["body/required"]),
        ("/orders/3", {"count": 3}, 422, ["even"]),
        ("/orders/3", {"count": True}, 422, ["body/count/type"]),
        ("/orders/3", [], 422, ["body/type"]),
        ("/orders/0", {"count": 2}, 400, ["params/id/minimum"]),
        ("/orders/x", {"count": 2}, 400, ["params/id/type"]),
        ("/orders/3?nosuch=1", {"count": 2}, 400, ["query/unevaluatedProperties"]),
        ("/orders/3?fast=1", {"count": 2}, 400, ["query/fast/type"]),
        ("/orders/3?fast=true&fast=true", {"count": 2}, 400, ["query/fast/type"]),
        ("/orders/x", {"count": 13}, 400, ["body/count/maximum", "params/id/type"]),
    ],
)
async def test_a_broken_assumption_is_refused_before_the_app_sees_it(
    shop: Shop, target: str, body: Any, status: int, ids: list[str]
) -> None:
    answered = await order(guarded(shop), body, target)
    assert (answered.status, sorted(answered.ids())) == (status, ids)
    assert answered.header("content-type") == "application/problem+json"
    assert answered.header("catguard-refusal") == "1"
    assert shop.calls == []


async def test_a_refusal_names_everything_and_no_value(shop: Shop) -> None:
    answered = await order(guarded(shop), {"count": 4711})
    (violation,) = answered.json()["violations"]
    assert violation["where"] == "/body/count"
    assert violation["limit"] == "at most 12"
    assert violation["owner"] == "Shop (#shop)"
    assert violation["policy"].startswith("shop.yaml:29:")
    assert violation["side"] == "inbound"
    assert violation["phase"] == "request"
    assert violation["trace_id"] in (answered.header("traceresponse") or "")
    assert b"4711" not in answered.body


@pytest.mark.parametrize(
    ("body", "headers", "status", "identity"),
    [
        (b'{"count": 2', [JSON], 400, "body/readable"),
        (b'{"count": 2, "count": 4}', [JSON], 400, "body/readable"),
        (b'{"count": NaN}', [JSON], 400, "body/readable"),
        (b'{"count": 2, "note": "\xff"}', [JSON], 400, "body/readable"),
        (b'{"count": 2, "note": "\\ud800"}', [JSON], 400, "body/readable"),
        (b"[" * 80 + b"]" * 80, [JSON], 400, "body/readable"),
        (b'{"count": 99999999999999999999}', [JSON], 422, "body/count/range"),
        (b'{"count": 2}', [("content-type", "text/plain")], 415, "media"),
        (b'{"count": 2}', [], 415, "media"),
        (b'{"count": 2}', [JSON, JSON], 415, "media"),
        (b'{"count": 2}', [("content-type", "application/json; charset=utf-7")], 415, "media"),
        (b'{"count": 2}', [JSON, ("content-encoding", "gzip")], 415, "content-encoding"),
        (b'{"note": "' + b"a" * 300 + b'"}', [JSON], 413, "max_bytes"),
        ([b'{"note": "', b"a" * 300, b'"}'], [JSON], 413, "max_bytes"),
        (b'{"count": 2}', [JSON, ("x-colour", "green")], 400, "headers/x-colour/enum"),
        (b"", [], 422, "body/required"),
    ],
)
async def test_bad_bodies_and_heads_are_refused(
    shop: Shop, body: Any, headers: list[tuple[str, str]], status: int, identity: str
) -> None:
    answered = await ask(guarded(shop), "POST", "/orders/3", body=body, headers=[KIOSK, *headers])
    assert (answered.status, answered.ids()) == (status, [identity])
    assert shop.calls == []


async def test_a_slow_body_is_refused_in_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception.Reception.__init__, "__kwdefaults__", {"seconds": 0.05})

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    answered = await ask(guarded(shop), "POST", "/orders/3", body=slow(), headers=[KIOSK, JSON])
    assert answered.status == 408
    assert shop.calls == []


async def test_a_body_where_none_is_declared_is_refused(shop: Shop) -> None:
    answered = await ask(guarded(shop), "GET", "/picture", body=b"x", headers=[KIOSK])
    assert (answered.status, answered.ids()) == (400, ["body/undeclared"])


@pytest.mark.parametrize(
    ("headers", "server", "status"),
    [
        ([KIOSK], ("10.0.0.1", 80), 200),
        ([("catguard-context", "caller=stranger")], ("127.0.0.1", 80), 403),
        ([], ("127.0.0.1", 80), 200),
        ([], ("::1", 80), 200),
        ([], ("10.0.0.1", 80), 403),
        ([], None, 403),
        ([("catguard-context", "garbage((")], ("10.0.0.1", 80), 403),
    ],
)
async def test_only_known_callers_call(
    shop: Shop, headers: list[tuple[str, str]], server: tuple[str, int] | None, status: int
) -> None:
    answered = await ask(guarded(shop), "POST", "/orders/3", json_body={"count": 2}, headers=headers, server=server)
    assert answered.status == status
    if status == 200:
        caller = catguard.exchange(shop.calls[0][0]).caller
        assert (caller.component, caller.verified) == ("kiosk" if headers else "unknown", False)
    else:
        assert answered.ids() == ["from"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/nosuch", 404),
        ("/orders/3/", 404),
        ("/orders//3", 400),
        ("/orders/%2e%2e", 400),
        ("/orders/../x", 400),
        ("/orders/a%2Fb", 400),
        ("/orders/%00", 400),
        ("/orders/%zz", 400),
        ("/orders/%ff", 400),
        ("/orders\\3", 400),
        ("/" + "a" * 5000, 400),
    ],
)
async def test_what_is_not_declared_is_not_found(shop: Shop, target: str, status: int) -> None:
    answered = await ask(guarded(shop), "POST", target, json_body={"count": 2}, headers=[KIOSK])
    assert answered.status == status
    assert answered.header("content-type") == "application/problem+json"
    assert shop.calls == []


async def test_other_methods_are_told_what_is_allowed(shop: Shop) -> None:
    app = guarded(shop)
    refused = await ask(app, "DELETE", "/picture")
    assert (refused.status, refused.header("allow")) == (405, "GET, HEAD, OPTIONS")
    options = await ask(app, "OPTIONS", "/orders/3")
    assert (options.status, options.header("allow"), options.body) == (204, "OPTIONS, POST, PUT", b"")
    assert options.header("traceresponse"), "every answer tells its trace"
    assert shop.calls == []


async def test_methods_of_one_path_name_its_parameters_each_for_itself(shop: Shop) -> None:
    app = guarded(shop)
    await order(app, {"count": 2})
    await ask(app, "PUT", "/orders/seven", body=b"any type of body", headers=[("content-type", "text/anything")])
    assert [catguard.exchange(scope).params for scope, _ in shop.calls] == [{"id": 3}, {"name": "seven"}]


async def test_what_nobody_declares_is_refused_inside_the_system_only(shop: Shop) -> None:
    assert (await ask(guarded(shop), "GET", "/nosuch")).header("catguard-refusal") == "1"
    outside = POLICIES.replace("from: [kiosk]", "from: public")
    app = Guard(Engine(compile_texts([("shop.yaml", outside)])), "shop").asgi(shop)
    assert (await ask(app, "GET", "/nosuch")).header("catguard-refusal") is None


async def test_method_override_headers_do_not_change_the_route(shop: Shop) -> None:
    answered = await ask(guarded(shop), "GET", "/orders/3", headers=[KIOSK, ("x-http-method-override", "POST")])
    assert answered.status == 405


async def test_public_callers_are_told_what_concerns_them_only(shop: Shop) -> None:
    answered = await ask(guarded(shop), "GET", "/log?x=1")
    (violation,) = answered.json()["violations"]
    assert sorted(violation) == ["assumption", "boundary", "limit", "message", "where"]
    assert answered.header("catguard-refusal") is None


async def test_people_get_the_page_and_machines_the_document(shop: Shop) -> None:
    engine = Engine(compile_texts([("shop.yaml", POLICIES)]))
    app = Guard(engine, "shop").asgi(shop, render=lambda page: f"<h1>{page.status} {page.violations[0].message}</h1>")
    page = await ask(app, "GET", "/log?x=1", headers=[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert page.body.startswith(b"<h1>400")
    document = await ask(app, "GET", "/log?x=1", headers=[("accept", "*/*")])
    assert document.header("content-type") == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("text/html", True),
        ("*/*", False),
        ("", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0.9, application/json;q=0.8", True),
        ("text/html;q=x", False),
        ("Text/HTML, application/xhtml+xml;q=0.9, */*;Q=0.8", True),
        ("text/html, */*", True),
        ("text/html;q=0.2, */*", False),
        ("text/html;q=0.2, application/*;q=0.5, */*;q=0.1", False),
        ("text/html;q=0.8, application/json;q=0.1, */*", True),
        ("text/html, application/json", False),
        ("text/html;q=0, */*;q=0", False),
        ("text/html;q=inf, application/json", False),
    ],
)
def test_prefers_html(accept: str, html: bool) -> None:
    assert prefers_html(accept) is html


async def test_a_websocket_is_refused(shop: Shop) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await guarded(shop)({"type": "websocket", "path": "/orders/3", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert shop.calls == []


@pytest.mark.parametrize(
    ("upgrade", "connection", "status"),
    [
        ("websocket", "Upgrade", 403),
        ("h2c, WebSocket", "keep-alive, upgrade", 403),
        ("h2c", "Upgrade", 404),
        ("websocket", "close", 404),  # it asks the server before for one (RFC 9110, section 7.8)
    ],
)
async def test_a_websocket_that_the_server_does_not_know_is_refused(
    shop: Shop, upgrade: str, connection: str, status: int
) -> None:
    headers = [("upgrade", upgrade), ("connection", connection), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]
    answer = await ask(guarded(shop), "GET", "/nowhere", headers=headers)
    assert answer.status == status
    assert answer.header("content-type") == "application/problem+json"
    assert ("websocket" in answer.json()["detail"]) == (status == 403)
    assert shop.calls == []


async def test_an_exchange_keeps_the_snapshot_that_it_began_with(shop: Shop) -> None:
    app = guarded(shop)

    async def swap(scope: Any, receive: Any, send: Any) -> None:
        app.engine.swap(
            compile_texts(
                [("shop.yaml", POLICIES.replace("is-ok: {rule: response.body.ok", "is-ok: {rule: '!response.body.ok'"))]
            )
        )
        await Shop.json({"ok": True})(scope, receive, send)

    shop.answer = swap
    assert (await order(app, {"count": 2})).status == 200
    assert (await order(app, {"count": 2})).status == 500
