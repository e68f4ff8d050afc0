"""A shop with an app that answers as a test tells it, and its inbound guard."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from catguard.enforcement.inbound import InboundGuard
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


def guarded(shop: Any, actions: tuple[tuple[str, Any], ...] = ()) -> InboundGuard:
    engine = Engine(compile_texts([("shop.yaml", POLICIES)], actions=actions))
    return Guard(engine, "shop").asgi(shop)


async def order(app: Any, body: Any, target: str = "/orders/3", **options: Any) -> Answered:
    return await ask(app, "POST", target, json_body=body, headers=[KIOSK], **options)
