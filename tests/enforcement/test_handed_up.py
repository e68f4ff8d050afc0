"""What a caller is told of calls that it did not make itself, and of answers: no name and no value of somebody else."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse

import catguard
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.telemetry.conftest import Memory

SECRET = "canary7f3a"
POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
shapes:
  Counts: {type: object, additionalProperties: {type: integer}}
components:
  front:
    owner: shop
    about: Sells.
    inbound:
      visit:
        http: POST /{what}
        from: public
        request: {params: {properties: {what: {type: string}}}, query: {properties: {token: {type: string, maxLength: 8}}}, body: {$ref: "#/shapes/Counts"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Counts"}}}
    outbound:
      ask:
        http: POST /ask
        to: external
        request: {query: {properties: {token: {type: string, maxLength: 8}}}, body: {$ref: "#/shapes/Counts"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Counts"}}}
      find: {to: back.find, request: {query: {properties: {token: {type: string}}}, body: {type: object, additionalProperties: true}}, response: {200: {media: [application/json]}}}
  back:
    owner: shop
    about: Finds.
    inbound:
      find:
        http: POST /find
        from: [front]
        request: {query: {properties: {token: {type: string, maxLength: 8}}}, body: {type: object, additionalProperties: {oneOf: [{type: integer}, {type: object, additionalProperties: {type: integer}}]}}}
        response: {200: {media: [application/json]}}
"""
#: What the handler does with its secret, and where its caller is told that something is wrong.
CALLS = {
    "external: a value of the query": ({"params": {"token": SECRET}, "json": {}}, "/query/token"),
    "external: a name in the query": ({"params": {SECRET: "1"}, "json": {}}, "/query/*"),
    "external: a name in the body": ({"json": {SECRET: "few"}}, "/body/*"),
    "external: a name in the answer": ({"json": {}}, "/body/*"),
    "back: a value of the query": ({"params": {"token": SECRET}, "json": {}}, "/query/token"),
    "back: a name in the body": ({"json": {SECRET: "few"}}, "/body/*"),
    "back: names in a branch": ({"json": {SECRET: {SECRET: "few"}}}, "/body/*/*"),
}


class Front:
    """The app of the front, with a client for each peer."""

    def __init__(self) -> None:
        engine = Engine(compile_texts([("shop.yaml", POLICIES)]))
        front, back = Guard(engine, "front"), Guard(engine, "back")

        async def find(scope: Any, receive: Any, send: Any) -> None:
            await JSONResponse({})(scope, receive, send)

        def ask(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, json={SECRET: SECRET})

        self.peers = {
            "external": ("/ask", front.client("external", base_url="http://e", transport=httpx2.MockTransport(ask))),
            "back": (
                "/find",
                front.client("back", base_url="http://b", transport=httpx2.ASGITransport(back.asgi(find))),
            ),
        }
        self.app = front.asgi(self.handle)
        self.answers_itself = False
        self.told: list[str] = []

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        what = catguard.exchange(scope).params["what"]
        if what == "own":
            await JSONResponse({SECRET: "few"})(scope, receive, send)
            return
        path, client = self.peers[what.partition(":")[0]]
        try:
            await client.post(path, **CALLS[what][0])
        except catguard.CallRefused as refused:
            self.told.append(str(refused))
            if not self.answers_itself:
                raise
            request = type("Request", (), {"scope": scope})
            await catguard.refusal(refused, status=422, request=request)(scope, receive, send)

    async def post(self, what: str, **query: str) -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url="http://f") as client:
            return await client.post(f"/{what}", json={}, params=query)


@pytest.mark.parametrize("itself", [False, True])
@pytest.mark.parametrize("what", CALLS)
async def test_caller_is_not_told_what_the_component_made_up(what: str, itself: bool) -> None:
    front = Front()
    front.answers_itself = itself
    answer = await front.post(what)
    assert answer.status_code == (422 if itself else 502 if what.startswith("back") else 500)
    assert [found["where"] for found in answer.json()["violations"]] == [CALLS[what][1]]
    assert SECRET[:4] not in f"{answer.text} {front.told}"


async def test_names_in_an_own_answer_are_not_told() -> None:
    answer = await Front().post("own")
    assert (answer.status_code, answer.json()["detail"]) == (
        500,
        "the service's own answer is refused: /body/*: a member of the body must be a whole number",
    )
    assert SECRET not in answer.text


async def test_caller_is_told_what_it_sent_itself() -> None:
    answer = await Front().post("own", token=SECRET)
    assert answer.json()["violations"][0]["nearest"] == SECRET[:8]


@pytest.mark.parametrize(("caller", "kept"), [("front", "front"), ("probe", "probe"), (SECRET, "*"), (None, "unknown")])
async def test_span_names_a_caller_that_is_a_component(caller: str | None, kept: str) -> None:
    memory = Memory()
    back = Guard(Engine(compile_texts([("shop.yaml", POLICIES)])), "back", memory.telemetry("back"))

    async def find(scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse({})(scope, receive, send)

    headers = {"catguard-context": f'caller="{caller}"'} if caller else {}
    transport = httpx2.ASGITransport(back.asgi(find))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        await client.post("/find", json={}, headers=headers)
    assert (memory.span.attributes or {})["catguard.caller.component"] == kept
    assert SECRET not in memory.span.to_json()
