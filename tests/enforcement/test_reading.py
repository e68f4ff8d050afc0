from __future__ import annotations

import pytest

from catguard.enforcement.head import Head
from catguard.enforcement.reading import head_facts, read_body
from catguard.policies.compiler import CompiledBoundary, CompiledPhase
from catguard.policies.loader import compile_texts

POLICY = """
catguard: 1
system: cats
owners: {catomatic: {team: Cat-o-matic, contact: "#catomatic"}}
components:
  catomatic:
    owner: catomatic
    about: Composes.
    inbound:
      render:
        http: GET /v1/render
        from: public
        about: Renders.
        action: ACTION
        response:
          200:
            media: {limit: [application/json], why: programs read it}
            headers: {properties: {x-cats: {type: integer, minimum: 0, maximum: 60, description: counted}}}
            body: {type: object, description: an object}
          204: {}
"""


def read(action: str, media: str | None, body: bytes, *, status: int = 200) -> tuple[dict[str, object], list[str]]:
    """Return the facts of a response and the assumptions that could not be read."""
    boundary, phase = phase_of(action, status)
    head = Head([(b"content-type", media.encode())] if media else [])
    facts = head_facts(phase, status, head)
    return facts, [found.assumption for found in read_body(boundary, phase, facts, head, body)]


def phase_of(action: str, status: int) -> tuple[CompiledBoundary, CompiledPhase]:
    (boundary,) = compile_texts([("policies.yaml", POLICY.replace("ACTION", action))]).component("catomatic")
    phase = boundary.response(status)
    assert phase is not None
    return boundary, phase


def test_read_body_of_the_declared_type_is_a_fact() -> None:
    facts, unread = read("deny", "Application/JSON; charset=utf-8", b'{"a": 1}')
    assert unread == []
    assert facts == {"status": 200, "headers": {}, "media": "application/json", "bytes": 8, "body": {"a": 1}}


@pytest.mark.parametrize("media", ["text/html", None])
def test_read_body_of_another_type_is_not_looked_at(media: str | None) -> None:
    facts, unread = read("audit", media, b"<html>")
    assert unread == []  # the engine tells a wrong type itself
    assert "body" not in facts
    assert facts["bodiless"] is True


def test_read_body_where_none_is_declared() -> None:
    assert read("deny", None, b"", status=204)[1] == []
    assert read("deny", None, b"x", status=204)[1] == ["body/undeclared"]


def test_read_body_encoded() -> None:
    boundary, phase = phase_of("deny", 200)
    head = Head([(b"content-type", b"application/json"), (b"content-encoding", b"br")])
    facts = head_facts(phase, 200, head)
    assert [found.assumption for found in read_body(boundary, phase, facts, head, b"{}")] == ["content-encoding"]


def test_head_facts_are_typed_where_the_policy_declares_them() -> None:
    _, phase = phase_of("deny", 200)
    facts = head_facts(phase, 200, Head([(b"X-Cats", b"3"), (b"x-other", b"1"), (b"content-type", b"text/html")]))
    assert facts == {"status": 200, "headers": {"x-cats": 3}, "media": "text/html"}
    assert "media" not in head_facts(phase, 200, Head([(b"content-type", b"text/html")]), bodiless=True)
