"""What a caller is told of violations, by their actions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import catguard
from catguard.enforcement.problem import problem_document
from catguard.engine.decision import Violation
from catguard.policies.model import Action
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
    both = await ask(app, "POST", "/orders", json_body={"count": 3})
    assert both.ids() == ["even", "some"]
    assert both.json()["detail"] == "/body/count: pairs"
    assert [found.get("action") for found in both.json()["violations"]] == [None, "warn"]


def violation(action: Action, message: str) -> Violation:
    return Violation(message, "a.inbound.b", "inbound", "request", "/body", "", message, "", "", "", action)


def test_warnings_stand_behind_what_refused_and_take_no_place_from_it() -> None:
    warnings = [violation("warn", f"warn {number}") for number in range(30)]
    found = (*warnings, violation("audit", "secret"), violation("deny", "no"))
    document = json.loads(problem_document(422, found, public=False))
    assert document["detail"] == "/body: no (shown 20 of 31)"
    assert [each["action"] for each in document["violations"]] == ["deny", *["warn"] * 19]
    error = catguard.CallRefused("a.inbound.b", "inbound", found)
    assert str(error).count("/body") == 1
    assert error.violations[0].message == "no"
    assert len(error.violations) == 32


def test_detail_says_where_there_may_be_more_violations_than_are_told() -> None:
    document = json.loads(problem_document(422, [violation("deny", "no")] * 20, public=False))
    assert document["detail"].endswith("; /body: no (no more than 20 are told)")
    assert "told" not in json.loads(problem_document(422, [violation("deny", "no")] * 19, public=False))["detail"]


async def test_page_of_a_refusal_tells_what_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "policies.yaml").write_text(POLICIES)
    guard = catguard.Guard.from_file(tmp_path / "policies.yaml", component="shop")
    app = guard.asgi(plain, render=lambda page: ",".join(found.assumption for found in page.violations))
    answer = await ask(app, "POST", "/orders", json_body={"count": 3}, headers=[("accept", "text/html")])
    assert answer.body == b"even"


async def test_warning_is_told_in_a_header_and_an_audited_violation_is_not(app: Any) -> None:
    warned = await ask(app, "POST", "/orders", json_body={"count": 2})
    assert (warned.status, warned.header("catguard-warning")) == (200, '"shop.inbound.order/some"')
    audited = await ask(app, "POST", "/orders", json_body={"count": 12})
    assert (audited.status, audited.header("catguard-warning")) == (200, None)


async def test_header_of_a_warning_holds_whatever_a_member_is_called(tmp_path: Path) -> None:
    members = json.dumps({'"\r\nX-Evil: "größe': {"maximum": 5}})
    text = POLICIES.replace("{count: {type: integer", f"{members[:-1]}, count: {{type: integer")
    action = "      order:\n        action: warn\n"
    (tmp_path / "policies.yaml").write_text(text.replace("      order:\n", action))
    app = catguard.Guard.from_file(tmp_path / "policies.yaml", component="shop").asgi(plain)
    warned = await ask(app, "POST", "/orders", json_body={'"\r\nX-Evil: "größe': 6, "count": 12})
    assert warned.status == 200
    assert warned.header("catguard-warning") == '"shop.inbound.order/body/???X-Evil: ?gr??e/maximum"'
