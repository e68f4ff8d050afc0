from __future__ import annotations

import pytest

from catguard.enforcement.reception import Head, Reception
from catguard.engine.decision import Violation
from catguard.engine.evaluator import decide_request
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts

POLICIES = """
catguard: 1
system: toy
owners: {toys: {team: Toys, contact: "#toys"}}
components:
  shop:
    owner: toys
    about: Sells.
    inbound:
      list:
        http: GET /toys
        about: Lists toys.
        from: public
        action: audit
        request:
          query:
            properties:
              kind: {enum: [ball, mouse], description: what cats like}
              limit: {type: integer, minimum: 1, maximum: 9, description: a page}
              tag: {type: array, maxItems: 3, items: {type: string, maxLength: 9}, description: a few}
        response: {200: {media: [text/html]}}
"""


@pytest.fixture(scope="module")
def snapshot() -> CompiledPolicySet:
    return compile_texts([("toy.yaml", POLICIES)])


def found(snapshot: CompiledPolicySet, query: bytes) -> tuple[Violation, ...]:
    """What is wrong with a query."""
    boundary = snapshot.boundaries["shop.inbound.list"]
    reception = Reception(boundary, Head([]))
    reception.read_head("GET", "/toys", [], query)
    decided = () if reception.refused else decide_request(snapshot, boundary, reception.facts).violations
    return (*reception.violations, *decided)


@pytest.mark.parametrize("query", [b"kind=%ff", b"kind=%00", b"kind%00=ball", b"kind=%zz", b"kind=%c0%af"])
def test_query_that_cannot_be_read_is_refused_even_where_the_boundary_only_audits(
    snapshot: CompiledPolicySet, query: bytes
) -> None:
    (violation,) = found(snapshot, query)
    assert (violation.assumption, violation.where, violation.status) == ("query/readable", "/query", 400)
    assert violation.action == "deny"
    assert violation.limit == "percent-encoded UTF-8 without NUL"


def test_query_that_is_too_long_is_told_its_limit(snapshot: CompiledPolicySet) -> None:
    (violation,) = found(snapshot, b"kind=" + b"a" * 8192)
    assert (violation.assumption, violation.limit) == ("query/max_bytes", "at most 8Ki bytes")


@pytest.mark.parametrize("query", [b"limit=3&limit=4", b"kind=ball&kind=ball", b"limit=3&l%69mit=4"])
def test_parameter_that_is_repeated_is_told_so(snapshot: CompiledPolicySet, query: bytes) -> None:
    (violation,) = found(snapshot, query)
    name = query[:4].decode() if query.startswith(b"kind") else "limit"
    assert (violation.where, violation.message) == (f"/query/{name}", f"{name} must come once")


def test_parameter_that_may_be_repeated_is_a_list(snapshot: CompiledPolicySet) -> None:
    assert found(snapshot, b"tag=red&tag=soft") == ()
