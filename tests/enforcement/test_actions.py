"""What a caller is told of violations, by their actions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import catguard
from tests.enforcement.asgi import ask

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      order:
        http: POST /orders
        from: public
        request:
          body: {type: object, additionalProperties: false, required: [count], properties: {count: {type: integer, maximum: 60, description: a box}}}
          assume:
            even: {rule: request.body.count % 2 == 0, why: pairs}
            few: {rule: request.body.count < 10, why: hands, action: audit}
            some: {rule: request.body.count > 4, why: trouble, action: warn}
        response: {200: {media: [application/json]}}
"""


async def plain(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def app(tmp_path: Path) -> Any:
    (tmp_path / "policies.yaml").write_text(POLICIES)
    return catguard.Guard.from_file(tmp_path / "policies.yaml", component="shop").asgi(plain)


async def test_refusal_tells_what_denies_and_warns_and_not_what_is_audited(app: Any) -> None:
    assert (await ask(app, "POST", "/orders", json_body={"count": 11})).ids() == ["even"]
    assert (await ask(app, "POST", "/orders", json_body={"count": 3})).ids() == ["even", "some"]


async def test_warning_is_told_in_a_header_and_an_audited_violation_is_not(app: Any) -> None:
    warned = await ask(app, "POST", "/orders", json_body={"count": 2})
    assert (warned.status, warned.header("catguard-warning")) == (200, '"shop.inbound.order/some"')
    audited = await ask(app, "POST", "/orders", json_body={"count": 12})
    assert (audited.status, audited.header("catguard-warning")) == (200, None)
