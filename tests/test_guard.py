"""The facade as a service developer uses it: each line of the public API, and what is said to one who errs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy

import catguard

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}, store: {team: Store, contact: "#store"}}
components:
  shop:
    owner: shop
    about: Sells cats.
    inbound:
      order:
        http: POST /orders
        from: public
        request:
          body: {type: object, additionalProperties: false, required: [count], properties: {count: {type: integer, maximum: 60, description: a box}, colour: {enum: [black, red], default: black}}}
        response: {200: {media: [application/json]}}
      resize:
        call: resize
        request: {args: {required: [width], properties: {width: {type: integer, maximum: 100, description: memory}}}}
        response: {result: {type: object, additionalProperties: false, required: [width], properties: {width: {type: integer, maximum: 100}}}}
    outbound:
      find:
        to: store.find
        request: {query: {properties: {breed: {type: string, maxLength: 10}}}}
        response: {200: {media: [application/json]}}
      cats: {to: external, sql: SELECT cats, response: {max_rows: 3}}
      make: {to: external, sql: CREATE cats}
  store:
    owner: store
    about: Has cats.
    inbound:
      find:
        http: GET /v1/cats
        from: shop
        request: {query: {properties: {breed: {enum: [siamese, tabby]}}}}
        response: {200: {media: [application/json]}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policies.yaml"
    path.write_text(POLICIES)
    return path


@pytest.fixture
def guard(path: Path) -> catguard.Guard:
    return catguard.Guard.from_file(path, component="shop")


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """An app of no framework: answers what it was given."""
    exchange = catguard.exchange(scope)
    body = json.dumps({"body": exchange.body, "query": exchange.query}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


async def test_asgi_app_of_no_framework_gets_what_was_checked(guard: catguard.Guard) -> None:
    transport = httpx2.ASGITransport(app=guard.asgi(plain))
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
        taken = await client.post("/orders", json={"count": 2.0})
        refused = await client.post("/orders", json={"count": 61})
    assert taken.json()["body"] == {"count": 2, "colour": "black"}
    assert refused.status_code == 422
    assert refused.json()["violations"][0]["assumption"] == "body/count/maximum"


async def test_client_is_refused_at_either_side(path: Path, guard: catguard.Guard) -> None:
    store = catguard.Guard.from_file(path, component="store").asgi(plain)
    async with guard.client("store", base_url="http://store", transport=httpx2.ASGITransport(app=store)) as client:
        assert (await client.get("/v1/cats", params={"breed": "tabby"})).status_code == 200
        with pytest.raises(catguard.CallRefused) as own:
            await client.get("/v1/cats", params={"breed": "tabby" * 3})
        with pytest.raises(catguard.CallRefused) as theirs:
            await client.get("/v1/cats", params={"breed": "lion"})
    assert (own.value.side, own.value.violations[0].boundary) == ("outbound", "shop.outbound.find")
    assert (theirs.value.side, theirs.value.violations[0].boundary) == ("inbound", "store.inbound.find")
    assert theirs.value.violations[0].owner == "Store (#store)"


def test_database_sync_refuses_a_statement_without_its_limit(guard: catguard.Guard) -> None:
    cats = sqlalchemy.Table("cats", sqlalchemy.MetaData(), sqlalchemy.Column("id", sqlalchemy.Integer))
    engine = guard.database(sqlalchemy.create_engine("sqlite://"))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.schema.CreateTable(cats), execution_options={"catguard": "make"})
        assert connection.execute(sqlalchemy.select(cats).limit(3)).all() == []
        with pytest.raises(catguard.CallRefused) as refused:
            connection.execute(sqlalchemy.select(cats))
    engine.dispose()
    assert refused.value.violations[0].assumption == "max_rows"


async def test_call_guards_functions_of_both_kinds_and_takes_extractors(guard: catguard.Guard) -> None:
    @guard.call("resize")
    def now(width: int) -> dict[str, int]:
        return {"width": width}

    @guard.call("resize", args=lambda image: {"width": len(image)}, result=lambda image: {"width": len(image)})
    async def later(image: bytes) -> bytes:
        return image * 2

    assert now(7) == {"width": 7}
    assert await later(b"cat") == b"catcat"
    with pytest.raises(catguard.CallRefused, match="args/width/maximum"):
        now(101)
    with pytest.raises(catguard.CallRefused, match="result/width/maximum"):
        await later(b"x" * 60)


def test_decide_is_pure_and_says_every_violation(guard: catguard.Guard) -> None:
    body = {"count": 61, "colour": "blue"}
    decision = guard.decide("inbound.order", request={"body": body})
    assert not decision.allowed
    assert {found.assumption for found in decision.violations} == {"body/count/maximum", "body/colour/enum"}
    assert decision.revision == guard.engine.snapshot.revision
    assert guard.decide("shop.inbound.order", request={"body": {"count": 1}}).allowed
    assert body == {"count": 61, "colour": "blue"}


def test_reload_swaps_in_whole_or_not_at_all(guard: catguard.Guard, path: Path) -> None:
    path.write_text(POLICIES.replace("maximum: 60", "maximum: 61"))
    revision = guard.reload()
    assert guard.decide("inbound.order", request={"body": {"count": 61}}).allowed
    path.write_text(POLICIES.replace("maximum: 60", "maxium: 6"))
    with pytest.raises(catguard.PolicyError, match="did you mean 'maximum'"):
        guard.reload()
    path.write_text(POLICIES.replace("  shop:\n    owner", "  shoe:\n    owner").replace("from: shop", "from: shoe"))
    with pytest.raises(catguard.ConfigurationError, match="declare no component 'shop'; the old ones stay"):
        guard.reload()
    assert guard.decide("inbound.order", request={"body": {"count": 61}}).revision == revision


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (
            lambda guard: guard.decide("inbound.ordr", request={}),
            "no boundary 'inbound.ordr' (did you mean 'shop.inbound",
        ),
        (lambda guard: guard.decide("inbound.order", request={"boddy": 1}), "has no 'boddy' (did you mean 'body'?)"),
        (lambda guard: guard.decide("inbound.resize", request={"body": 1}), "has no 'body' (known: args, bytes)"),
        (
            lambda guard: guard.decide("inbound.order", request={"body": {"count": 1}}, response={"stats": 200}),
            "the response of shop.inbound.order has no 'stats' (did you mean 'status'?)",
        ),
        (lambda guard: guard.client("stor", base_url="http://store"), "did you mean 'store'?"),
        (
            lambda guard: guard.client("store", base_url="store:8002"),
            "'store:8002' of store is not an address like http",
        ),
        (lambda guard: guard.call("resiz")(len), "did you mean 'resize'?"),
        (lambda guard: catguard.Guard(guard.engine, "shp"), "declare no component 'shp' (did you mean 'shop'?)"),
        (lambda guard: catguard.exchange({"type": "http"}), "wrap the app in guard.asgi(app)"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(
    guard: catguard.Guard, ask: Callable[[catguard.Guard], object], told: str
) -> None:
    with pytest.raises(catguard.ConfigurationError) as caught:
        ask(guard)
    assert told in str(caught.value)
