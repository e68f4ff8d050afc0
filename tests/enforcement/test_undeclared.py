"""What becomes of calls that no boundary declares, at each side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy
from click.testing import CliRunner

import catguard
from catguard.cli.main import cli
from catguard.errors import ConfigurationError
from catguard.policies.loader import compile_texts
from catguard.telemetry import names
from tests.enforcement.asgi import ask
from tests.telemetry.conftest import Memory

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
defaults: {inbound: {undeclared: warn}, outbound: {undeclared: audit}}
components:
  shop:
    owner: shop
    about: Sells cats.
    UNDECLARED
    inbound:
      order:
        http: POST /orders
        from: public
        request: {body: {type: object, additionalProperties: false}}
        response: {200: {media: [application/json]}}
    outbound:
      find: {to: store.find, response: {200: {media: [application/json]}}}
      cats: {to: external, sql: SELECT cats}
  store:
    owner: shop
    about: Has cats.
    undeclared: deny
    inbound:
      find: {http: GET /cats, from: shop, response: {200: {media: [application/json]}}}
"""
DENY = "undeclared: {inbound: deny, outbound: deny}"


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """Answers anything, with what it was asked."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
    body = scope["path"].encode() + b"?" + scope["query_string"] + message["body"]
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def guard(tmp_path: Path, memory: Memory) -> Any:
    def make(component: str = "shop", undeclared: str = "", actions: tuple[str, ...] = ()) -> catguard.Guard:
        path = tmp_path / "policies.yaml"
        path.write_text(POLICIES.replace("UNDECLARED", undeclared))
        return catguard.Guard.from_file(
            path, component=component, telemetry=memory.telemetry(component), actions=actions
        )

    return make


async def test_undeclared_path_that_warns_reaches_the_app_and_is_told(guard: Any, memory: Memory) -> None:
    answer = await ask(guard().asgi(plain), "PUT", "/nowhere?x=1", body=b"text")
    assert (answer.status, answer.body) == (200, b"/nowhere?x=1text")
    assert answer.header("catguard-warning") == '"shop.inbound/undeclared"'
    span = memory.span
    assert span.attributes
    assert span.attributes[names.ACTION] == "warn"
    assert span.attributes[names.HTTP_RESPONSE_STATUS_CODE] == 200
    (point,) = memory.points(names.METRIC_UNDECLARED)
    assert point.attributes == {names.COMPONENT: "shop", names.HTTP_REQUEST_METHOD: "PUT", names.ACTION: "warn"}


async def test_undeclared_method_that_is_audited_reaches_the_app_and_says_nothing(guard: Any) -> None:
    answer = await ask(guard(undeclared="undeclared: audit").asgi(plain), "DELETE", "/orders")
    assert (answer.status, answer.header("catguard-warning")) == (200, None)


async def test_declared_path_is_checked_all_the_same(guard: Any) -> None:
    assert (await ask(guard().asgi(plain), "POST", "/orders", json_body={"x": 1})).status == 422


@pytest.mark.parametrize("target", ["/a//b", "/a/../b", "/%00", "/a%2fb"])
async def test_ambiguous_path_is_refused_whatever_the_action(guard: Any, target: str) -> None:
    assert (await ask(guard().asgi(plain), "GET", target)).status == 400


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("DELETE", 405)])
async def test_undeclared_is_refused_where_it_is_denied(guard: Any, method: str, status: int) -> None:
    target = "/nowhere" if status == 404 else "/orders"
    assert (await ask(guard(undeclared=DENY).asgi(plain), method, target)).status == status


async def websocket(app: Any) -> str:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await app({"type": "websocket", "path": "/chat", "headers": []}, receive, send)
    return str(sent[0]["type"])


async def test_websocket_is_refused_unless_what_is_undeclared_passes(guard: Any) -> None:
    assert await websocket(guard(undeclared=DENY).asgi(plain)) == "websocket.close"
    assert await websocket(guard().asgi(plain)) == "websocket.accept"


async def test_undeclared_call_is_sent_unchecked_and_told(guard: Any, memory: Memory) -> None:
    inner = httpx2.ASGITransport(app=plain)  # type: ignore[arg-type] # an ASGI app
    async with guard().client("store", base_url="http://store/api", transport=inner) as client:
        answer = await client.get("/dogs")
        assert (answer.status_code, answer.text) == (200, "/api/dogs?")
        assert [found.action for found in answer.extensions["catguard.violations"]] == ["audit"]
        assert "traceparent" in answer.request.headers
        with pytest.raises(catguard.CallRefused, match="one address only"):
            await client.get("http://elsewhere/dogs")
        with pytest.raises(catguard.CallRefused, match="dot segment"):
            await client.get("/a/%2e%2e/b")
    span = memory.spans[0]
    assert span.attributes
    assert span.events[0].attributes
    assert span.attributes[names.HTTP_RESPONSE_STATUS_CODE] == 200
    assert span.events[0].attributes[names.ASSUMPTION] == "undeclared"


async def test_undeclared_call_is_refused_where_it_is_denied(guard: Any) -> None:
    inner = httpx2.ASGITransport(app=plain)  # type: ignore[arg-type] # an ASGI app
    denying = guard(undeclared=DENY)
    async with denying.client("store", base_url="http://store", transport=inner) as client:
        with pytest.raises(catguard.CallRefused, match="GET /cats"):
            await client.get("/dogs")
    with pytest.raises(ConfigurationError, match="no outbound call to barn"):
        denying.client("barn", base_url="http://barn")


def test_undeclared_statement_runs_but_never_several_in_one_text(guard: Any) -> None:
    engine = guard().database(sqlalchemy.create_engine("sqlite://"))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("create table dogs (id integer)"))
        assert connection.execute(sqlalchemy.text("select * from dogs")).all() == []
        with pytest.raises(catguard.CallRefused, match="several statements"):
            connection.execute(sqlalchemy.text("select 1; select 2"))
    engine.dispose()


async def test_override_of_undeclared_needs_its_name(guard: Any) -> None:
    boundaries_only = guard("store", actions=("store.*=audit",)).asgi(plain)
    assert (await ask(boundaries_only, "GET", "/nowhere")).status == 404
    named = guard("store", actions=("store.inbound/undeclared=audit",)).asgi(plain)
    assert (await ask(named, "GET", "/nowhere")).status == 200


def test_explain_says_what_becomes_of_undeclared_calls(tmp_path: Path) -> None:
    path = tmp_path / "policies.yaml"
    path.write_text(POLICIES.replace("UNDECLARED", ""))
    told = {
        name: " ".join(CliRunner().invoke(cli, ["explain", name, "--policies", str(path)]).output.split())
        for name in ("shop", "store")
    }
    assert "undeclared calls: inbound warn, outbound audit" in told["shop"]
    assert "undeclared calls" not in told["store"]


def test_revision_tells_what_becomes_of_undeclared_calls() -> None:
    texts = [POLICIES.replace("UNDECLARED", written) for written in ("", DENY)]
    assert len({compile_texts([("policies.yaml", text)]).revision for text in texts}) == 2
