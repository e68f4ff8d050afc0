from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import catguard
from catguard.enforcement import reception
from catguard.enforcement.inbound import InboundGuard
from catguard.enforcement.problem import prefers_html
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts

from .asgi import Answered, ask

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  kiosk:
    owner: shop
    about: orders
    outbound:
      order: {to: shop.order, request: {params: {properties: {id: {type: integer}}}, body: {type: object}}, response: {200: {media: [application/json]}}}
      picture: {to: shop.picture, response: {200: {media: [image/png]}}}
  shop:
    owner: shop
    about: sells
    inbound:
      order:
        http: POST /orders/{id}
        from: [kiosk]
        request:
          max_bytes: {limit: 200, why: an order is short}
          params: {properties: {id: {type: integer, minimum: 1, maximum: 100}}}
          query: {properties: {fast: {type: boolean, default: false}}}
          headers: {properties: {x-colour: {enum: [red, blue]}}}
          body:
            type: object
            additionalProperties: false
            required: [count]
            properties:
              count: {type: integer, minimum: 1, maximum: 12}
              note: {type: string, maxLength: 10, default: hi}
          assume:
            even: {rule: request.body.count % 2 == 0, why: they come in pairs}
            few-fast: {rule: "!request.query.fast || request.body.count < 5", why: hands are slow, action: warn}
        response:
          200:
            media: [application/json]
            max_bytes: 100
            headers: {properties: {x-shelf: {type: string, maxLength: 3}}}
            body: {type: object, additionalProperties: false, required: [ok], properties: {ok: {type: boolean}, n: {type: integer}}}
            assume:
              is-ok: {rule: response.body.ok, why: the kiosk shows it}
          204: {}
          422: {}
      picture:
        http: GET /picture
        from: [kiosk]
        response:
          200: {media: [image/png], max_bytes: 1000, assume: {small: {rule: response.image.width <= 10, why: thumbs}}}
      log:
        http: GET /log
        from: public
        response:
          200: {media: [text/plain], max_bytes: 20, stream: true}
      upload:
        http: PUT /upload
        from: public
        request: {max_bytes: 50, media: [application/json, text/plain], body: raw}
        response: {204: {}}
      rename:
        http: PUT /orders/{name}
        from: public
        request: {params: {properties: {name: {type: string, maxLength: 9}}}, max_bytes: 50, body: raw}
        response: {200: {media: [application/json]}}
"""
JSON = ("content-type", "application/json")
KIOSK = ("catguard-context", "caller=kiosk")


class Shop:
    """An ASGI app that answers as a test tells it, and keeps what it got."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, Any], bytes]] = []
        self.answer: Callable[..., Any] = self.json({"ok": True})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        self.calls.append((scope, message["body"]))
        await self.answer(scope, receive, send)

    @staticmethod
    def json(value: Any, status: int = 200, **headers: str) -> Callable[..., Any]:
        return Shop.data(json.dumps(value).encode(), "application/json", status, **headers)

    @staticmethod
    def data(body: bytes, media: str | None, status: int = 200, **headers: str) -> Callable[..., Any]:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
            raw += [(b"content-type", media.encode())] if media else []
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": body})

        return answer


@pytest.fixture
def shop() -> Shop:
    return Shop()


def guarded(shop: Any, actions: tuple[tuple[str, Any], ...] = ()) -> InboundGuard:
    engine = Engine(compile_texts([("shop.yaml", POLICIES)], actions=actions))
    return Guard(engine, "shop").asgi(shop)


async def order(app: Any, body: Any, target: str = "/orders/3", **options: Any) -> Answered:
    return await ask(app, "POST", target, json_body=body, headers=[KIOSK], **options)


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


async def test_head_is_decided_as_get_and_has_no_body(shop: Shop) -> None:
    shop.answer = Shop.data(png(4), "image/png")
    answered = await ask(guarded(shop), "HEAD", "/picture", headers=[KIOSK])
    assert (answered.status, answered.body) == (200, b"")
    assert answered.header("content-length") == str(len(png(4)))
    shop.answer = Shop.data(png(40), "image/png")
    assert (await ask(guarded(shop), "HEAD", "/picture", headers=[KIOSK])).status == 500


def png(width: int) -> bytes:
    return picture("PNG", width)


def jpeg() -> bytes:
    return picture("JPEG", 2)


def picture(form: str, width: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (width, 2)).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("answer", "identity"),
    [
        (Shop.json({"ok": False}), "is-ok"),
        (Shop.json({"ok": "yes"}), "body/ok/type"),
        (Shop.json({"ok": True, "secret": 1}), "body/additionalProperties"),
        (Shop.json({"ok": True}, 201), "status"),
        (Shop.data(b'{"ok": true}', "text/html"), "media"),
        (Shop.data(b'{"ok": true}', None), "media"),
        (Shop.data(b'{"ok": true, "ok": true}', "application/json"), "body/readable"),
        (Shop.data(b'{"ok": true' + b" " * 200 + b"}", "application/json"), "max_bytes"),
        (Shop.json({"ok": True}, x_shelf="too long"), "headers/x-shelf/maxLength"),
        (Shop.json({"ok": True}, content_encoding="gzip"), "content-encoding"),
        (Shop.data(b"surprise", None, 204), "body/undeclared"),
        (Shop.data(b"oops", "text/plain", 422), "media"),
    ],
)
async def test_a_broken_response_is_not_sent(
    shop: Shop, answer: Any, identity: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.answer = answer
    with caplog.at_level(logging.WARNING):
        answered = await order(guarded(shop), {"count": 2})
    assert (answered.status, answered.ids()) == (500, [identity])
    assert "surprise" not in answered.body.decode()
    assert identity in caplog.text


async def test_a_broken_picture_is_not_sent(shop: Shop) -> None:
    shop.answer = Shop.data(b"no picture", "image/png")
    answered = await ask(guarded(shop), "GET", "/picture", headers=[KIOSK])
    assert (answered.status, answered.ids()) == (500, ["response/image"])
    shop.answer = Shop.data(jpeg(), "image/png")
    assert (await ask(guarded(shop), "GET", "/picture", headers=[KIOSK])).ids() == ["response/image"]
    shop.answer = Shop.data(png(11), "image/png")
    assert (await ask(guarded(shop), "GET", "/picture", headers=[KIOSK])).ids() == ["small"]


async def test_a_problem_document_of_the_app_passes_where_its_status_is_declared(shop: Shop) -> None:
    shop.answer = Shop.data(b'{"title": "no"}', "application/problem+json", 422)
    answered = await order(guarded(shop), {"count": 2})
    assert (answered.status, answered.json()) == (422, {"title": "no"})


async def test_an_app_that_fails_answers_500_without_details(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"Traceback: password is hunter2"})
        raise RuntimeError("hunter2")

    shop.answer = fail
    answered = await order(guarded(shop), {"count": 2})
    assert answered.status == 500
    assert answered.header("content-type") == "application/problem+json"
    assert b"hunter2" not in answered.body
    assert "shop.inbound.order failed" in caplog.text


async def test_an_app_that_says_nothing_answers_500(shop: Shop) -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    shop.answer = silent
    assert (await order(guarded(shop), {"count": 2})).status == 500


@pytest.mark.parametrize(
    ("boundary", "side", "status"),
    [
        ("shop.outbound.far", "outbound", 500),
        ("shop.outbound.far", "inbound", 502),
        ("shop.inbound.cut", "inbound", 500),
    ],
)
async def test_a_refused_call_that_the_handler_lets_through_keeps_its_violations(
    shop: Shop, boundary: str, side: Any, status: int
) -> None:
    violation = catguard.Violation(
        "body/width/maximum", "far.inbound.render", side, "request", "/body/width", "at most 9", "m", "w", "o", "p:1:1"
    )

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        raise catguard.CallRefused(boundary, side, (violation,))

    shop.answer = refuse
    answered = await order(guarded(shop), {"count": 2})
    assert (answered.status, answered.ids()) == (status, ["body/width/maximum"])
    assert answered.json()["violations"][0]["boundary"] == "far.inbound.render"


async def test_a_handler_tells_a_refused_call_by_itself(shop: Shop) -> None:
    violation = catguard.Violation("even", "far.inbound.x", "inbound", "request", "/body", "l", "m", "w", "o", "p:1:1")

    async def tell(scope: Any, receive: Any, send: Any) -> None:
        class Request:
            pass

        request = Request()
        request.scope = scope  # type: ignore[attr-defined] # what starlette's request has
        refused = catguard.CallRefused("shop.outbound.far", "inbound", (violation,))
        await catguard.refusal(refused, status=409, request=request)(scope, receive, send)

    shop.answer = tell
    answered = await order(guarded(shop), {"count": 2})
    assert (answered.status, answered.ids(), answered.header("catguard-refusal")) == (409, ["even"], "1")


async def test_the_mark_of_a_refusal_stays_inside_the_system(shop: Shop) -> None:
    shop.answer = Shop.data(b'{"title": "no"}', "application/problem+json", 422, catguard_refusal="1")
    public = await ask(guarded(shop), "GET", "/log")
    assert (public.status, public.header("catguard-refusal")) == (422, None)
    inside = await ask(guarded(shop), "GET", "/picture", headers=[KIOSK])
    assert (inside.status, inside.header("catguard-refusal")) == (422, "1")


async def test_warnings_are_let_through_and_told(shop: Shop) -> None:
    answered = await order(guarded(shop), {"count": 6}, "/orders/3?fast=true")
    assert answered.status == 200
    assert answered.header("catguard-warning") == '"shop.inbound.order/few-fast"'


async def test_audit_lets_through_what_deny_refuses_but_never_too_many_bytes(shop: Shop) -> None:
    app = guarded(shop, (("shop.*", "audit"),))
    assert (await order(app, {"count": 4711})).status == 200
    assert json.loads(shop.calls[0][1])["count"] == 4711
    unreadable = await ask(app, "POST", "/orders/3", body=b"{{", headers=[KIOSK, JSON])
    assert unreadable.status == 200
    assert shop.calls[1][1] == b"{{"
    assert (await order(app, {"note": "a" * 300})).status == 413
    stranger = await ask(app, "POST", "/orders/3", json_body={"count": 2}, headers=[("catguard-context", "caller=x")])
    assert stranger.status == 200


async def test_a_stream_is_passed_on_and_cut_where_it_breaks_its_limit(shop: Shop) -> None:
    def stream(*chunks: bytes) -> Callable[..., Any]:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            head = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        return answer

    app = guarded(shop)
    shop.answer = stream(b"aaaa", b"bbbb")
    answered = await ask(app, "GET", "/log")
    assert (answered.body, answered.complete) == (b"aaaabbbb", True)
    shop.answer = stream(b"a" * 15, b"b" * 15, b"c")
    answered = await ask(app, "GET", "/log")
    assert (answered.status, answered.body, answered.complete) == (200, b"a" * 15, False)
    shop.answer = Shop.data(b"<script>", "text/html")
    assert (await ask(app, "GET", "/log")).ids() == ["media"]


async def test_a_raw_body_is_delivered_byte_for_byte(shop: Shop) -> None:
    shop.answer = Shop.data(b"", None, 204)
    app = guarded(shop)
    body = b'{ "b": 1.0,\n "a": 2 }'
    assert (await ask(app, "PUT", "/upload", body=body, headers=[JSON])).status == 204
    assert shop.calls[0][1] == body
    assert (await ask(app, "PUT", "/upload", body=b'{"a": 1, "a": 2}', headers=[JSON])).ids() == ["body/readable"]
    assert (await ask(app, "PUT", "/upload", body=b"x" * 60, headers=[("content-type", "text/plain")])).status == 413


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
