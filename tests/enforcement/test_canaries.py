"""Secrets stay where they are when something fails: no log record, span, metric or answer repeats a value.

A word of its own is planted in each part of real exchanges, over real sockets and on real databases.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse

import catguard
from catguard.engine.snapshots import Engine
from catguard.failures import MESSAGES
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.enforcement.serving import served
from tests.telemetry.conftest import Memory

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: Sells cats.
    undeclared: {inbound: warn, outbound: audit}
    inbound:
      order:
        http: POST /orders/{place}
        from: public
        request:
          params: {properties: {place: {type: string}}}
          query: {properties: {fail: {type: string}, size: {type: string}}}
          headers: {properties: {x-token: {type: string}}}
          body: {$ref: "#/shapes/Order"}
          assume:
            in-map: {rule: "!has(request.body.notes) || !has(request.body.name) || request.body.notes[request.body.name] != ''", why: told apart, action: audit}
        response:
          200: {media: [application/json], body: {type: object, properties: {ok: {const: true}}}}
          203: {media: [text/plain], stream: true}
      weigh:
        call: weigh
        request: {args: {properties: {name: {type: string, maxLength: 40}}}}
        response: {result: {type: integer}}
    outbound:
      ask:
        http: POST /ask/{what}
        to: external
        request: {params: {properties: {what: {type: string}}}, body: {type: object, properties: {n: {type: integer}}}}
        response: {200: {media: [application/json]}}
      cats: {to: external, sql: SELECT cats, response: {max_rows: 2}}
      add: {to: external, sql: INSERT cats, request: {parameters: {properties: {name: {type: string, maxLength: 60}}}}}
shapes:
  Order:
    type: object
    additionalProperties: false
    properties:
      name: {type: string, maxLength: 40}
      notes: {type: object, additionalProperties: {type: string}}
      count: {type: integer, maximum: 5}
"""
CANARY = "canary7f3a"
#: A secret that could be taken for an index.
DIGITS = "4111111111111111"
CATS = sa.Table(
    "cats",
    sa.MetaData(),
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("breed", sa.String(80), sa.CheckConstraint("breed <> 'none'"), nullable=False),
    sa.Column("age", sa.Integer),
)


class Shop:
    """A guarded app with a guarded database and a guarded client, all of which fail as its caller says."""

    def __init__(self, address: str, memory: Memory) -> None:
        self.words = count(1)
        self.memory = memory
        self.guard = Guard(
            Engine(compile_texts([("shop.yaml", POLICIES)])), "shop", memory.telemetry("shop", exceptions="logs/dup")
        )
        self.engine = self.guard.database(create_async_engine(address))
        self.client = self.guard.client(
            "external", base_url="http://127.0.0.1:9", transport=httpx2.MockTransport(self.peer)
        )

    def word(self) -> str:
        return f"{CANARY}{next(self.words)}"

    def peer(self, request: httpx2.Request) -> httpx2.Response:
        if "unreachable" in request.url.path:
            raise httpx2.ConnectError(f"nobody at {request.url}")
        media = {"content-type": "text/html", "x-secret": self.word()} if "page" in request.url.path else {}
        return httpx2.Response(500 if "status" in request.url.path else 200, json={"n": self.word()}, headers=media)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        name, failure = self.word(), request.query_params.get("fail", "")
        body = await request.body()
        if failure == "stream":
            await StreamingResponse(self.flow(), 203, media_type="text/plain")(scope, receive, send)
        elif failure:
            await getattr(self, failure)(name, body)
        await JSONResponse({"ok": True})(scope, receive, send)

    async def flow(self) -> AsyncIterator[str]:
        yield "well"
        raise ValueError(self.word())

    async def value(self, name: str, body: bytes) -> None:
        raise ValueError(f"{name} sent {body!r}")

    async def chain(self, name: str, body: bytes) -> None:
        try:
            {}[name]
        except KeyError as error:
            error.add_note(f"of {body!r}")
            raise ExceptionGroup(name, [ValueError(name), OSError(2, "no such file", name)]) from error

    async def evaluation(self, name: str, body: bytes) -> None:
        raise catguard.errors.EvaluationError(f"no such key: {name} {body!r}")

    async def task(self, name: str, body: bytes) -> None:
        asyncio.get_running_loop().call_soon(self.broken, name)
        await asyncio.sleep(0)

    def broken(self, name: str) -> None:
        raise ValueError(name)

    async def call(self, name: str, body: bytes) -> None:
        @self.guard.call("weigh")
        def weigh(name: str) -> Any:
            raise ValueError(f"{name} is heavy")

        weigh(name)

    async def result(self, name: str, body: bytes) -> None:
        self.guard.call("weigh")(lambda name: name)(name)

    async def argument(self, name: str, body: bytes) -> None:
        self.guard.call("weigh")(lambda name: 1)(name * 9)

    async def unreachable(self, name: str, body: bytes) -> None:
        await self.client.post(f"/ask/unreachable-{name}", json={"n": 1})

    async def page(self, name: str, body: bytes) -> None:
        await self.client.post(f"/ask/page-{name}", json={"n": 1})

    async def status(self, name: str, body: bytes) -> None:
        response = await self.client.get(f"/elsewhere/status-{name}", params={"q": name})
        response.raise_for_status()

    async def departure(self, name: str, body: bytes) -> None:
        await self.client.post(f"/ask/{name}", json={"n": name})

    async def unique(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            for _ in range(2):
                await connection.execute(sa.insert(CATS), {"name": name, "breed": self.word()})

    async def null(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.insert(CATS), {"name": name, "breed": None})

    async def check(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.insert(CATS), {"name": name, "breed": "none"})

    async def literal(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            statement = sa.text(f"select name from cats where age = cast('{name}' as integer) or name = E'a\\'{name}'")
            await connection.execute(statement.execution_options(catguard="cats"))

    async def unclosed(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            statement = sa.text(f'select "{name}" from cats where name = \'{name}')
            await connection.execute(statement.execution_options(catguard="cats"))

    async def parameters(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.insert(CATS), {"name": name * 6, "breed": name})

    async def rows(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.insert(CATS), [{"name": self.word(), "breed": self.word()} for _ in range(3)])
            await connection.execute(sa.text("select name from cats limit 3").execution_options(catguard="cats"))

    async def undeclared(self, name: str, body: bytes) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.text(f"select '{name}', $${name}$$, nose from cats -- {name}"))


FAILURES = (
    "value", "chain", "evaluation", "task", "call", "result", "argument", "unreachable", "page", "status", "departure", "unique",
    "null", "check", "literal", "unclosed", "parameters", "rows", "undeclared", "stream",
)  # fmt: skip


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return f"sqlite+aiosqlite:///{tmp_path}/cats.db"


@pytest.fixture
async def shop(address: str, memory: Memory) -> AsyncIterator[Shop]:
    engine = sa.create_engine(address.replace("+aiosqlite", ""))
    CATS.metadata.drop_all(engine)
    CATS.metadata.create_all(engine)
    engine.dispose()
    shop = Shop(address, memory)
    yield shop
    await shop.client.aclose()
    await shop.engine.dispose()


@pytest.fixture
def memory() -> Memory:
    return Memory()


async def visit(shop: Shop, *failures: str) -> dict[str, int]:
    """Send every request, over real sockets; returns their statuses, and checks that no answer tells of another."""
    word, statuses = shop.word, {}
    async with served(shop.guard.asgi(shop.handle), lifespan="off") as port, httpx2.AsyncClient() as client:

        async def send(label: str, target: str, body: Any = None, method: str = "POST", **query: str) -> None:
            headers = {"x-token": word(), "cookie": word(), "authorization": word(), "referer": f"http://{word()}/"}
            try:
                answer = await client.request(
                    method, f"http://127.0.0.1:{port}{target}", json=body, params=query or None, headers=headers
                )
            except httpx2.TransportError:
                statuses[label] = 0
                return
            statuses[label] = answer.status_code
            secrets = [*headers.values(), str(body)]
            told = set(re.findall(rf"{CANARY}\d+", answer.text + str(answer.headers)))
            own = f"{target} {query} {re.findall(rf'{CANARY}[0-9]+(?=.:)', json.dumps(body))}"  # what it called things
            assert not told - set(re.findall(rf"{CANARY}\d+", own)), (label, told)
            assert not any(each in answer.text for each in secrets if CANARY in each), label

        await send("accepted", f"/orders/{word()}", {"name": word(), "notes": {word(): word()}}, size=word())
        await send("refused body", f"/orders/{word()}", {"name": word() * 9, "count": word()}, size=word())
        await send("refused query", f"/orders/{word()}", {}, size=word(), colour=word())
        for label, made_up in (
            ("member", 1),
            ("nested", {word(): 1}),
            ("beyond", 10**30),
            ("wrong", {"count": word()}),
        ):
            await send(f"made up: {label}", f"/orders/{word()}", {word(): made_up, "notes": {word(): 5}})
        await send("made up: beyond in notes", f"/orders/{word()}", {"notes": {word(): 10**30}})
        await send("bare query", f"/orders/{word()}?{word()}", {})  # an empty value is an absent one
        await send("made up: query", f"/orders/{word()}?{word()}=1", {})
        await send("made up: digits", f"/orders/{word()}", {"notes": {DIGITS: 10**30}})
        await send("not json", f"/orders/{word()}", word())
        await send("undeclared", f"/{word()}/orders/{word()}", method="PUT", fail="value")
        for failure in failures or FAILURES:
            await send(failure, f"/orders/{word()}", {"name": word()}, fail=failure, size=word())
    return statuses


def kept(shop: Shop, caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    """Everything that is kept: log records as a plain formatter writes them, and telemetry to its last attribute."""
    formatter = logging.Formatter("%(name)s %(message)s")
    names = ("catguard", "uvicorn")
    logs = "\n".join(formatter.format(record) for record in caplog.records if record.name.startswith(names))
    return {
        "logs": logs,
        "spans": "\n".join(span.to_json() for span in shop.memory.spans),
        "records": "\n".join(record.to_json() for record in shop.memory.logs),
        "metrics": str(shop.memory.reader.get_metrics_data()),
    }


@pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)
async def test_no_canary_is_kept_whatever_fails(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        statuses = await visit(shop)
    assert statuses.pop("accepted") == statuses.pop("bare query") == 200
    assert statuses.pop("task") == 200
    assert statuses.pop("stream") == 0
    assert {label: status for label, status in statuses.items() if status < 400} == {}
    for what, text in kept(shop, caplog).items():
        assert text
        assert DIGITS not in text
        leaks = [
            text[max(0, each.start() - 300) : each.end() + 20] for each in re.finditer(CANARY, text, re.IGNORECASE)
        ]
        assert leaks[:3] == [], f"{len(leaks)} in {what}"


async def test_type_place_and_code_of_a_failure_are_told(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    await visit(shop, "value", "chain", "unique")
    told = caplog.text
    assert re.search(
        r"shop.inbound.order failed; trace [0-9a-f]{32}: ValueError at test_canaries.py:\d+ in value", told
    )
    assert "IntegrityError" in told
    assert "raise ValueError(f" in told  # the line of code, without what it made
    assert "KeyError\n\nThe exception above was the direct cause of the following one" in told
    events = [event for span in shop.memory.spans for event in span.events if event.name == "exception"]
    assert {"ValueError", "ExceptionGroup"} <= {str((event.attributes or {})["exception.type"]) for event in events}


async def test_owner_may_ask_for_the_words_of_exceptions(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MESSAGES, "a test database, with no data of anybody")
    await visit(shop, "value")
    assert CANARY in caplog.text
    assert CANARY in "".join(span.to_json() for span in shop.memory.spans)
