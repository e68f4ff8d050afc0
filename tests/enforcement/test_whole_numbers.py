"""5.0 where a shape says `integer` is the int 5, and 5 where it says `number` the double 5.0, at every enforcement point.

Each rule holds for numbers of its own type only: 5 / 2 is 2, 5.0 / 2.0 is 2.5, and an int divided by a double is an error.
"""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.enforcement.asgi import ask

POLICY = """
catguard: 1
system: mill
owners: {mill: {team: Mill, contact: "#mill"}}
shapes:
  Sack: {type: object, additionalProperties: false, required: [n, x], properties: {n: {type: integer}, x: {type: number}}}
components:
  mill:
    owner: mill
    about: grinds
    inbound:
      grind:
        http: POST /grind
        from: public
        request:
          query: {properties: {q: {type: integer}}}
          body: {$ref: "#/shapes/Sack"}
          assume:
            whole: {rule: request.body.n / 2 == 2, why: w}
            double: {rule: request.body.x / 2.0 == 2.5, why: w}
            query: {rule: "!has(request.query.q) || request.query.q / 2 == 2", why: w}
        response:
          200:
            media: [application/json]
            body: {$ref: "#/shapes/Sack"}
            assume:
              whole: {rule: response.body.n / 2 == 2, why: w}
              double: {rule: response.body.x / 2.0 == 2.5, why: w}
      weigh:
        call: weigh
        request:
          args: {required: [n, x], properties: {n: {type: integer}, x: {type: number}}}
          assume:
            whole: {rule: request.args.n / 2 == 2, why: w}
            double: {rule: request.args.x / 2.0 == 2.5, why: w}
        response: {result: {type: integer}, assume: {whole: {rule: response.result / 2 == 2, why: w}}}
    outbound:
      bake:
        to: oven.bake
        request:
          body: {$ref: "#/shapes/Sack"}
          assume:
            whole: {rule: request.body.n / 2 == 2, why: w}
            double: {rule: request.body.x / 2.0 == 2.5, why: w}
        response:
          200:
            media: [application/json]
            body: {$ref: "#/shapes/Sack"}
            assume:
              whole: {rule: response.body.n / 2 == 2, why: w}
              double: {rule: response.body.x / 2.0 == 2.5, why: w}
      keep:
        to: external
        sql: INSERT sacks
        request:
          parameters: {required: [n, x], properties: {n: {type: integer}, x: {type: number}}}
          assume:
            whole: {rule: request.parameters.n / 2 == 2, why: w}
            double: {rule: request.parameters.x / 2.0 == 2.5, why: w}
  oven:
    owner: mill
    about: bakes
    inbound:
      bake:
        http: POST /bake
        from: [mill]
        request: {body: {$ref: "#/shapes/Sack"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Sack"}}}
"""
WRITTEN = b'{"n": 5.0, "x": 5}'
MEANT = {"n": 5, "x": 5.0}


@pytest.fixture
def guard() -> Guard:
    return Guard(Engine(compile_texts([("mill.yaml", POLICY)])), "mill")


def same(value: Any) -> bool:
    return repr(value) == repr(MEANT)


async def test_request_and_answer_of_a_server_have_their_one_form(guard: Guard) -> None:
    seen: list[bytes] = []

    async def mill(scope: Any, receive: Any, send: Any) -> None:
        seen.extend((scope["query_string"], (await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": WRITTEN})

    answered = await ask(
        guard.asgi(mill), "POST", "/grind?q=5.0", body=WRITTEN, headers=[("content-type", "application/json")]
    )

    assert answered.status == 200, answered.body
    assert seen[0] == b"q=5"
    assert same(json.loads(seen[1]))
    assert same(answered.json())


async def test_request_and_answer_of_a_client_have_their_one_form(guard: Guard) -> None:
    seen: list[bytes] = []

    def oven(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.content)
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=WRITTEN)

    async with httpx2.AsyncClient(
        transport=guard.transport(httpx2.MockTransport(oven), to="oven", base_url="http://oven"), base_url="http://oven"
    ) as client:
        answer = await client.post("/bake", content=WRITTEN, headers={"content-type": "application/json"})

    assert same(json.loads(seen[0]))
    assert same(answer.json())


def test_arguments_and_result_of_a_call_have_their_one_form(guard: Guard) -> None:
    seen: dict[str, Any] = {}

    @guard.call("weigh")
    def weigh(n: Any, x: Any) -> Any:
        seen.update(n=n, x=x)
        return 5.0

    assert repr(weigh(5.0, 5)) == "5"
    assert same(seen)


def test_rules_over_bound_parameters_see_their_one_form(guard: Guard) -> None:
    engine = guard.database(sa.create_engine("sqlite://"))
    sacks = sa.Table("sacks", sa.MetaData(), sa.Column("n", sa.Integer), sa.Column("x", sa.Float))
    with engine.connect() as connection:
        connection.connection.cursor().execute("CREATE TABLE sacks (n INTEGER, x REAL)")
        connection.execute(sa.insert(sacks).values(n=5.0, x=5))
        with pytest.raises(CallRefused) as refused:
            connection.execute(sa.insert(sacks).values(n=7.0, x=7))
        rows = connection.connection.cursor().execute("SELECT n, x FROM sacks").fetchall()
    assert [violation.assumption for violation in refused.value.violations] == ["whole", "double"]
    assert repr(rows) == "[(5, 5.0)]"


@pytest.mark.parametrize("number", ["5.5", "1e300", "-1e19", '"5"', "true"])
async def test_number_that_is_not_whole_within_64_bits_is_none(guard: Guard, number: str) -> None:
    answered = await ask(
        guard.asgi(None), "POST", "/grind", body=b'{"n": %s, "x": 5}' % number.encode(),
        headers=[("content-type", "application/json")],
    )  # fmt: skip
    assert answered.status == 422
    assert answered.ids() in (["body/n/type"], ["body/n/range"])
