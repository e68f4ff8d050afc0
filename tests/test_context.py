import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from schemathesis import Config, GenerationMode
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from catguard import CallRefused, ConfigurationError, Guard, TierContext, exchange
from catguard.engine.snapshots import Engine
from catguard.policies.loader import compile_texts
from tests.serving import served

POLICY = """
catguard: 1
system: cats
owners: {shop: {team: Shop, contact: "#shop"}, barn: {team: Barn, contact: "#barn"}}
components:
  shop:
    owner: shop
    about: Sells.
    health: {needs: [barn]}
    inbound:
      list:
        http: GET /v1/toys
        about: Lists toys.
        from: public
        request:
          query:
            required: [kind]
            properties:
              kind: {enum: [ball, mouse], description: what cats like}
              limit: {type: integer, minimum: 1, maximum: 9, default: 5, description: a page}
          assume: {few-mice: {rule: "request.query.kind != 'mouse' || request.query.limit < 3", why: mice are rare}}
        response:
          200:
            media: [application/json]
            body:
              type: object
              additionalProperties: false
              required: [toys]
              properties: {toys: {type: array, maxItems: 9, items: {type: string, maxLength: 9}}}
      newest: {http: GET /v1/toys/newest, about: The newest toy., from: public, response: {204: {}}}
      toy:
        http: GET /v1/toys/{id}
        about: One toy.
        from: public
        request: {params: {properties: {id: {type: integer, minimum: 1, maximum: 99, description: a shelf}}}}
        response: {200: {media: [application/json], body: {type: integer}}, 404: {}}
      buy:
        http: POST /v1/toys/{id}
        about: Buys a toy.
        from: public
        request:
          params: {properties: {id: {type: integer, minimum: 1, maximum: 99, description: a shelf}}}
          body:
            type: object
            additionalProperties: false
            required: [paid]
            properties: {paid: {type: number, minimum: 0, maximum: 9, description: toys are cheap}}
        response: {201: {}}
      wrap:
        call: wrap
        about: Wraps.
        request: {args: {properties: {size: {type: integer, maximum: 9, minimum: 1, description: paper}}}}
    outbound:
      hay: {to: barn.hay, about: Hay., response: {200: {media: [application/json], body: {type: integer}}}}
      select: {to: external, about: Reads., sql: SELECT toys, response: {max_rows: 3}}
  barn:
    owner: barn
    about: Keeps.
    health: {}
    inbound:
      hay: {http: GET /hay, about: Hay., from: [shop], response: {200: {media: [application/json], body: {type: integer}}}}
"""
SHOP = Engine(compile_texts([("policies.yaml", POLICY)]))


async def toys(request: Request) -> Response:
    return JSONResponse({"toys": ["toy"] * exchange(request.scope).query["limit"]})


async def newest(_: Request) -> Response:
    return Response(status_code=204)


async def toy(request: Request) -> Response:
    return JSONResponse(exchange(request.scope).params["id"])


async def buy(_: Request) -> Response:
    return Response(status_code=201)


HANDLERS = {"list": toys, "newest": newest, "toy": toy, "buy": buy}


def shop(tmp_path: Path, *, barn: str | None = "http://127.0.0.1:9") -> TierContext:
    addresses = {"barn": barn} if barn else {}
    return TierContext(Guard(SHOP, "shop"), data=tmp_path, settings={}, addresses=addresses)


def client_of(context: TierContext, handlers: Mapping[str, Any] = HANDLERS) -> httpx2.AsyncClient:
    app = Guard(SHOP, "shop").asgi(context.app(handlers))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop")


async def hay(_: Request) -> Response:
    return JSONResponse(7)


def barn(tmp_path: Path) -> Any:
    guard = Guard(SHOP, "barn")
    return guard.asgi(TierContext(guard, data=tmp_path, settings={}, addresses={}).app({"hay": hay}))


async def test_app_answers_by_the_routes_of_the_policy(tmp_path: Path) -> None:
    async with client_of(shop(tmp_path)) as client:
        assert (await client.get("/v1/toys?kind=ball&limit=2")).json() == {"toys": ["toy", "toy"]}
        assert (await client.get("/v1/toys/7")).json() == 7
        assert (await client.post("/v1/toys/7", json={"paid": 1})).status_code == 201
        assert (await client.get("/v1/toys/newest")).status_code == 204


async def test_app_serves_head_with_get(tmp_path: Path) -> None:
    async with client_of(shop(tmp_path)) as client:
        answer = await client.head("/v1/toys/7")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "1")


def test_app_routes_without_the_guard_too(tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    client = TestClient(shop(tmp_path).app(HANDLERS))
    assert client.get("/v1/toys/newest").status_code == 204
    assert client.get("/v1/toys/newest/", follow_redirects=False).status_code == 404
    assert client.get("/healthz").json() == {"status": "ok", "component": "shop"}


def test_app_lists_every_missing_and_every_superfluous_handler(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        shop(tmp_path).app({"lst": toys, "toy": toy, "wrap": toy, "newest": newest})
    text = str(caught.value)
    assert "`list` (GET /v1/toys, policies.yaml:" in text
    assert "`buy` (POST /v1/toys/{id}, policies.yaml:" in text
    assert "the handler `lst` has no inbound http boundary" in text
    assert "list" in text.partition("`lst`")[2], "says what was probably meant"
    assert "the handler `wrap` has no inbound http boundary" in text


async def test_healthz_is_built_in(tmp_path: Path) -> None:
    async with client_of(shop(tmp_path)) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "component": "shop"})


async def test_readyz_asks_the_neighbours_healthz(tmp_path: Path) -> None:
    asked: list[str] = []
    app = barn(tmp_path)

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await app(scope, receive, send)

    async with served(noting) as address:
        context = shop(tmp_path, barn=address)
        async with client_of(context) as client:
            answer = await client.get("/readyz")
        await context.close()
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "component": "shop"})
    assert asked == ["/healthz"]


async def test_readyz_names_who_does_not_answer(tmp_path: Path) -> None:
    context = shop(tmp_path)
    async with client_of(context) as client:
        answer = await client.get("/readyz")
    await context.close()
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("barn does not answer")


async def test_readyz_does_not_believe_what_is_no_healthz(tmp_path: Path) -> None:
    async def other(scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse({"status": "fine"})(scope, receive, send)

    async with served(other) as address:
        context = shop(tmp_path, barn=address)
        async with client_of(context) as client:
            answer = await client.get("/readyz")
        await context.close()
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("barn does not answer as assumed")


async def test_readyz_does_not_believe_another_status_where_the_policy_lets_it_through(tmp_path: Path) -> None:
    async def other(scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse({"status": "ok", "component": "barn"}, 201)(scope, receive, send)

    softened = Engine(compile_texts([("policies.yaml", POLICY)], actions=[("shop.outbound.*", "audit")]))
    async with served(other) as address:
        context = TierContext(Guard(softened, "shop"), data=tmp_path, settings={}, addresses={"barn": address})
        async with client_of(context) as client:
            answer = await client.get("/readyz")
        await context.close()
    assert (answer.status_code, answer.json()["detail"]) == (503, "barn answers 201")


async def test_client_calls_through_both_guards_and_is_closed(tmp_path: Path) -> None:
    async with served(barn(tmp_path)) as address:
        context = shop(tmp_path, barn=address)
        client = context.client("barn")
        assert (await client.get("/hay")).json() == 7
        with pytest.raises(CallRefused):
            await client.get("/straw")
        await context.close()
        assert client.is_closed


def test_client_of_a_component_that_may_not_be_called_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"lets shop make no call to bran \(did you mean .*barn"):
        shop(tmp_path).client("bran")


def test_client_without_an_address_is_an_error_that_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--address barn=http://"):
        shop(tmp_path, barn=None).client("barn")


async def test_database_is_guarded_and_disposed_of(tmp_path: Path) -> None:
    context = shop(tmp_path)
    engine = context.database(f"sqlite+aiosqlite:///{tmp_path}/toys.db")
    table = sa.Table("toys", sa.MetaData(), sa.Column("id", sa.Integer))
    async with engine.connect() as connection:
        with pytest.raises(CallRefused, match="max_rows"):
            await connection.execute(sa.select(table))
    disposed: list[Any] = []
    sa.event.listen(engine.sync_engine, "engine_disposed", disposed.append)
    await context.close()
    assert len(disposed) == 1


def test_database_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot open a database at nosuch"):
        shop(tmp_path).database("nosuch://")


def test_call_is_guarded(tmp_path: Path) -> None:
    wrap = shop(tmp_path).call("wrap")(lambda size: None)
    with pytest.raises(CallRefused):
        wrap(10)


def test_undeclared_call_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="wrp"):
        shop(tmp_path).call("wrp")(lambda size: None)


@pytest.mark.parametrize("name", ["inbound.list", "shop.inbound.list"])
def test_boundary_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    assert shop(tmp_path).boundary(name).path == "/v1/toys"


@pytest.mark.parametrize("name", ["inbound.lst", "barn.inbound.hay", "list"])
def test_boundary_that_is_not_own_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="shop has no boundary"):
        shop(tmp_path).boundary(name)


def test_openapi_is_that_of_the_tier(tmp_path: Path) -> None:
    document = shop(tmp_path).openapi()
    assert list(document["paths"]["/v1/toys/{id}"]) == ["get", "post"]
    json.dumps(document)


async def test_close_runs_in_reverse_and_past_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    closed: list[str] = []

    async def first() -> None:
        closed.append("first")

    async def broken() -> None:
        raise OSError("gone")

    async def last() -> None:
        closed.append("last")

    context = shop(tmp_path)
    for callback in (first, broken, last):
        context.on_close(callback)
    with caplog.at_level(logging.ERROR):
        await context.close()
    assert closed == ["last", "first"]
    assert "gone" in caplog.text
    await context.close()
    assert closed == ["last", "first"]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_openapi_describes_what_the_guarded_app_does(tmp_path: Path, mode: GenerationMode) -> None:
    """Every check of schemathesis, with requests that the document allows and with others."""
    context = shop(tmp_path)
    document = context.openapi()
    del document["paths"]["/readyz"]  # asks a neighbour that is not there
    # What a rule refuses is 422: OpenAPI cannot say rules.
    accepted = {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "422"]}}}
    schema = schemathesis.openapi.from_dict(document, config=Config.from_dict(accepted))
    schema.app = Guard(SHOP, "shop").asgi(context.app(HANDLERS))
    statuses: set[int] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()):
            continue  # nothing that could be wrong

        @given(operation.as_strategy(mode))
        @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case) -> None:
            statuses.add(case.call_and_validate().status_code)

        check()
    assert statuses & ({200, 201, 422} if mode is GenerationMode.POSITIVE else {400, 422})
