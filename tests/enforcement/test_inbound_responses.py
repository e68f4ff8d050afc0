from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

import catguard
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.enforcement.shop import JSON, KIOSK, Shop, guarded, order

from .asgi import ask


@pytest.fixture
def shop() -> Shop:
    return Shop()


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


async def test_a_stream_begins_once(shop: Shop) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        await send(head)
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({**head, "status": 404})
        await send({"type": "http.response.body", "body": b"b" * 100})

    shop.answer = answer
    answered = await ask(guarded(shop), "GET", "/log")
    assert (answered.status, answered.body, answered.complete) == (200, b"a", False)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
@pytest.mark.parametrize("more", [True, False])
async def test_an_answer_may_be_any_bytes_that_servers_take(shop: Shop, kind: Any, more: bool) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": kind(b'{ "ok": true }'), "more_body": more})
        await send({"type": "http.response.body"})

    shop.answer = answer
    answered = await order(guarded(shop), {"count": 2})
    assert (answered.status, answered.json()) == (200, {"ok": True})


async def test_a_raw_body_is_delivered_byte_for_byte(shop: Shop) -> None:
    shop.answer = Shop.data(b"", None, 204)
    app = guarded(shop)
    body = b'{ "b": 1.0,\n "a": 2 }'
    assert (await ask(app, "PUT", "/upload", body=body, headers=[JSON])).status == 204
    assert shop.calls[0][1] == body
    assert (await ask(app, "PUT", "/upload", body=b'{"a": 1, "a": 2}', headers=[JSON])).ids() == ["body/readable"]
    assert (await ask(app, "PUT", "/upload", body=b"x" * 60, headers=[("content-type", "text/plain")])).status == 413


async def test_head_is_decided_as_get_and_has_no_body(shop: Shop) -> None:
    shop.answer = Shop.data(png(4), "image/png")
    answered = await ask(guarded(shop), "HEAD", "/picture", headers=[KIOSK])
    assert (answered.status, answered.body) == (200, b"")
    assert answered.header("content-length") == str(len(png(4)))
    shop.answer = Shop.data(png(40), "image/png")
    assert (await ask(guarded(shop), "HEAD", "/picture", headers=[KIOSK])).status == 500


NUMBERS = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: counts
    inbound:
      count:
        http: GET /count
        from: public
        response:
          200: {media: [application/json], max_bytes: 12, body: {type: array, maxItems: 5, items: {type: number}}}
"""


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize(
    ("body", "status"), [(b"[1.5,2.5]", 200), (b"[1,2]", 200), (b"[1,1,1,1,1]", 500), (b"[1e15]", 500)]
)
async def test_what_is_sent_is_within_the_limit_as_it_is_written(body: bytes, status: int, pieces: int) -> None:
    async def count(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        for end in range(1, pieces + 1):
            part = body if end == pieces else b""
            await send({"type": "http.response.body", "body": part, "more_body": end < pieces})

    engine = Engine(compile_texts([("shop.yaml", NUMBERS)]))
    answered = await ask(Guard(engine, "shop").asgi(count), "GET", "/count")
    assert answered.status == status
    assert status == 500 or len(answered.body) <= 12


async def test_answer_of_two_types_is_not_sent(shop: Shop) -> None:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        types = [(b"content-type", b"application/json; a=1"), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": types})
        await send({"type": "http.response.body", "body": b'{"ok": true}'})

    shop.answer = answer
    assert (await order(guarded(shop), {"count": 2})).status == 500
