"""What is told of each kind of refusal, at each enforcement point: status, headers and words, kept in tests/texts."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
import sqlalchemy as sa
from click.testing import CliRunner
from starlette.responses import JSONResponse, PlainTextResponse, Response

import catguard
from catguard.analysis.catalogue import CATALOGUE
from catguard.cli.lint import lint
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from catguard.telemetry import ConfigLoaded
from tests.enforcement.asgi import Answered, ask
from tests.telemetry.conftest import Memory
from tests.test_texts import TEXTS, pinned

JSON = ("content-type", "application/json")
ANSWERS: dict[str, Callable[[], Response]] = {
    "media": lambda: PlainTextResponse("9"),
    "status": lambda: JSONResponse({"baked": 9}, 201),
    "shape": lambda: JSONResponse({"baked": 10, "burnt": 1}),
    "unreadable": lambda: Response(b'{"baked": 9', media_type="application/json"),
    "too long": lambda: JSONResponse({"baked": "9" * 2000}),
    "empty": lambda: Response(b"", media_type="application/json"),
}
Ask = tuple[str, str, dict[str, Any]]
ASKS: dict[str, Ask] = {
    "nothing at this path": ("GET", "/nowhere", {}),
    "nothing with this method": ("DELETE", "/orders/hall", {}),
    "what a path takes": ("OPTIONS", "/orders/hall", {}),
    "a head alone": ("HEAD", "/page?size=small", {}),
    "path that is read in two ways": ("POST", "/orders/%2e%2e", {"json_body": {}}),
    "path with an escaped slash": ("POST", "/orders/a%2Fb", {"json_body": {}}),
    "path that is too long": ("GET", f"/{'x' * 5000}", {}),
    "parameter of the path": ("POST", "/orders/cellar", {"json_body": {}}),
    "query that is too long": ("POST", f"/orders/hall?size={'x' * 9000}", {"json_body": {}}),
    "query with a broken escape": ("POST", "/orders/hall?size=%zz", {"json_body": {}}),
    "query that is no UTF-8": ("POST", "/orders/hall?size=%ff", {"json_body": {}}),
    "query that repeats": ("POST", "/orders/hall?size=small&size=large", {"json_body": {}}),
    "query that is a word beside": ("POST", "/orders/hall?size=lrge", {"json_body": {}}),
    "query that is misspelled": ("POST", "/orders/hall?szie=large", {"json_body": {}}),
    "header": ("POST", "/orders/hall", {"json_body": {}, "headers": [("x-till", "five")]}),
    "no body": ("POST", "/orders/hall", {}),
    "a body where none is declared": ("GET", "/page", {"body": b"{}", "headers": [JSON]}),
    "media type": ("POST", "/orders/hall", {"body": b"<a/>", "headers": [("content-type", "text/xml")]}),
    "compressed": ("POST", "/orders/hall", {"json_body": {}, "headers": [("content-encoding", "br")]}),
    "too long": ("POST", "/orders/hall", {"json_body": {"a": "x" * 2000}}),
    "too long, length not told": ("POST", "/orders/hall", {"body": [b"x" * 999] * 3, "headers": [JSON]}),
    "no JSON": ("POST", "/orders/hall", {"body": b'{"a": nul}', "headers": [JSON]}),
    "a name twice": ("POST", "/orders/hall", {"body": b'{"a": 1, "a": 2}', "headers": [JSON]}),
    "a number beyond 64 bits": ("POST", "/orders/hall", {"body": b'{"a": 99999999999999999999}', "headers": [JSON]}),
    "nested too deep": ("POST", "/orders/hall", {"body": b'{"a":' * 70 + b"1" + b"}" * 70, "headers": [JSON]}),
    "length that is none": ("POST", "/orders/hall", {"body": b"", "headers": [JSON, ("content-length", "x")]}),
    "caller that is not known": ("POST", "/bake", {"json_body": {}, "headers": [("catguard-context", 'caller="till"')]}),
    "caller that does not say who it is": ("POST", "/bake", {"json_body": {}, "server": ("10.0.0.1", 80)}),
    "query with a NUL": ("POST", "/orders/hall?size=%00", {"json_body": {}}),
    "websocket": ("GET", "/page", {"headers": [("connection", "upgrade"), ("upgrade", "websocket")]}),
    "rule without an answer": ("POST", "/orders/hall", {"json_body": {"loaves": 3, "boxes": 0}}),
    "own answer: picture": ("GET", "/picture", {}),
    "own answer: media": ("POST", "/orders/hall", {"json_body": {"answer": "media"}}),
    "own answer: status": ("POST", "/orders/hall", {"json_body": {"answer": "status"}}),
    "own answer: shape": ("POST", "/orders/hall", {"json_body": {"answer": "shape"}}),
    "own answer: unreadable": ("POST", "/orders/hall", {"json_body": {"answer": "unreadable"}}),
    "own answer: too long": ("POST", "/orders/hall", {"json_body": {"answer": "too long"}}),
    "own answer: empty": ("POST", "/orders/hall", {"json_body": {"answer": "empty"}}),
    "the app fails": ("POST", "/orders/hall", {"json_body": {"answer": "nothing that there is"}}),
    "the app says nothing": ("POST", "/orders/hall", {"json_body": {"answer": None}}),
}  # fmt: skip


async def handle(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/picture":
        await Response(b"GIF89a", media_type="image/png")(scope, receive, send)
        return
    body = catguard.exchange(scope).body
    if body["answer"] is not None:
        await ANSWERS[body["answer"]]()(scope, receive, send)


def wire() -> CompiledPolicySet:
    """The policies by a name that is as long in every folder: lengths of answers are told, too."""
    return compile_texts([("wire.yaml", (TEXTS / "wire.yaml").read_text())])


def shown(label: str, asked: Ask, answered: Answered) -> str:
    """A request and its answer, without what differs each time."""
    method, target, _ = asked
    headers = [f"{name}: {value}" for name, value in answered.headers if name != "content-security-policy"]
    document = json.dumps(json.loads(answered.body), indent=1) if answered.body else ""
    text = "\n".join((f"== {label}: {method} {target[:40]}", str(answered.status), *headers, document))
    text = re.sub(r"00-[0-9a-f-]{49}-0\d", "00-...", text)
    return re.sub(r'"trace_id": "[0-9a-f]{32}"', '"trace_id": "..."', text)


async def test_what_is_answered_over_http() -> None:
    engine = Engine(wire())
    counter, oven = (Guard(engine, name).asgi(handle) for name in ("counter", "oven"))
    told = []
    for label, asked in ASKS.items():
        method, target, options = asked
        answered = await ask(oven if target == "/bake" else counter, method, target, **options)
        told.append(shown(label, asked, answered))
    pinned("answers-over-http", "\n".join(told))


async def test_what_the_code_that_calls_is_told() -> None:
    compiled = wire()
    guard, told = Guard(Engine(compiled), "counter"), []
    oven = Guard(Engine(compiled), "oven").asgi(handle)
    inside = guard.client("oven", base_url="http://oven", transport=httpx2.ASGITransport(oven))
    answers = iter((httpx2.Response(404), httpx2.Response(200, text="rye"), httpx2.Response(200, json=["rye"] * 9)))
    outside = guard.client(
        "external", base_url="http://mill/v1", transport=httpx2.MockTransport(lambda _: next(answers))
    )
    database = guard.database(sa.create_engine("sqlite://"))
    weigh = guard.call("weigh")(lambda grams: "heavy" * grams)

    recipes = sa.table("recipes", sa.column("kind"))
    read = sa.select(recipes.c.kind)

    async def run(statement: Any, name: str | None = None, **parameters: Any) -> None:
        with database.connect() as connection:
            connection.execute(statement.execution_options(catguard=name) if name else statement, parameters)

    calls: dict[str, Callable[[], Any]] = {
        "no such path": lambda: inside.post("/backe", json={}),
        "no such method": lambda: inside.delete("/bake"),
        "another address": lambda: inside.post("http://mill/bake", json={}),
        "shape": lambda: inside.post("/bake", json={"count": 41, "kind": "rye"}),
        "refused by the callee": lambda: inside.post("/bake", json={"count": 30}),
        "answer: status": lambda: outside.get("/flour/rye"),
        "answer: media": lambda: outside.get("/flour/rye"),
        "answer: too long": lambda: outside.get("/flour/rye"),
        "arguments": lambda: asyncio.to_thread(weigh, 0),
        "result": lambda: asyncio.to_thread(weigh, 9),
        "no limit": lambda: run(read),
        "limit in a text": lambda: run(sa.text("select kind from recipes limit 5"), "read"),
        "limit too large": lambda: run(read.limit(6)),
        "parameter": lambda: run(read.where(recipes.c.kind == sa.bindparam("kind")).limit(5), kind="oats"),
        "another statement": lambda: run(sa.text("delete from recipes"), "read"),
        "nothing declared": lambda: run(sa.delete(recipes)),
        "no name": lambda: run(sa.text("select 1")),
    }  # fmt: skip
    for label, call in calls.items():
        try:
            await call()
        except CallRefused as refused:
            told.append(f"== {label}\n{refused}")
        else:
            told.append(f"== {label}\nlet through")
    await inside.aclose()
    await outside.aclose()
    pinned("refused-calls", "\n".join(told))


def test_what_the_linter_says_of_each_rule() -> None:
    texts = [CliRunner(env={"COLUMNS": "120"}).invoke(lint, ["--explain", rule]).output for rule in CATALOGUE]
    pinned("lint-explains-each-rule", "\n".join(texts))


def test_what_the_visitor_reads_of_what_failed() -> None:
    from catguard_frontend import kitchen
    from catguard_frontend.words import RULES, excuse

    kinds = (kitchen.NotPossible, kitchen.Unreachable, kitchen.TooSlow, kitchen.NothingYet, kitchen.NotKept)
    excuses = [excuse(kind("a detail"), {}) for kind in (*kinds, kitchen.NotServed)]
    told = [f"{found.status} {found.title}: {' '.join(found.reasons)}" for found in excuses]
    pinned("excuses", "\n".join((*told, *(f"{rule}: {words}" for rule, words in RULES.items()))))


def test_what_the_owner_reads_of_policies_and_of_the_undeclared() -> None:
    memory = Memory()
    telemetry = memory.telemetry("oven")
    telemetry.undeclared("GET", "/backe/*")
    for result, reason in (("applied", None), ("kept", "the text is the same"), ("rejected", "oven.yaml:1:1: no")):
        telemetry.config_loaded(ConfigLoaded(result, "file", "4f" * 32, "3e" * 32, reason, int(result == "rejected")))
    pinned("telemetry-of-policies", "\n".join(str(record.log_record.body) for record in memory.logs))
