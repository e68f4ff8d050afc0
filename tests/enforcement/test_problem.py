from __future__ import annotations

import json
from typing import Any

import pytest

from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from catguard.policies.phases import PROBLEM_BYTES, title_of

from .asgi import ask

POLICY = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      prices:
        http: POST /prices
        from: public
        request:
          body:
            type: object
            additionalProperties:
              type: object
              additionalProperties: {enum: [NAMES]}
        response: {204: {}}
"""
JSON = ("content-type", "application/json")


async def refused(body: bytes, names: str = "cent") -> dict[str, Any]:
    """Return the problem document that answers a body."""
    engine = Engine(compile_texts([("shop.yaml", POLICY.replace("NAMES", names))]))
    answered = await ask(Guard(engine, "shop").asgi(never), "POST", "/prices", body=body, headers=[JSON])
    assert answered.status == 422
    assert len(answered.body) <= PROBLEM_BYTES
    document: dict[str, Any] = answered.json()
    return document


async def never(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("a refused request got through")


async def test_refusal_does_not_grow_with_the_names_of_a_request() -> None:
    prices = {"n" * 30_000: {str(number): "euro" for number in range(100)}}
    document = await refused(json.dumps(prices).encode())
    assert len(document["violations"]) == 20
    assert all(len(violation["where"]) < 100 for violation in document["violations"])


async def test_refusal_does_not_grow_with_the_name_of_a_number_beyond_range() -> None:
    (violation,) = (await refused(b'{"a": {"' + b"n" * 60_000 + b'": 99999999999999999999}}'))["violations"]
    assert len(violation["where"]) < 100


async def test_refusal_tells_as_many_violations_as_its_size_allows() -> None:
    prices = {"a": {str(number): "euro" for number in range(9)}}
    document = await refused(json.dumps(prices).encode(), ", ".join(f"{number:09}x" for number in range(700)))
    assert 0 < len(document["violations"]) < 9
    assert document["detail"].endswith(f"(shown {len(document['violations'])} of 9)")


@pytest.mark.parametrize(
    ("status", "title"), [(404, "Not Found"), (413, "Content Too Large"), (422, "Unprocessable Content")]
)
def test_titles_are_those_of_rfc_9110_in_every_python(status: int, title: str) -> None:
    assert title_of(status) == title
