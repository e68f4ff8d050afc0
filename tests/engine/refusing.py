"""Refused bodies and queries, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catguard.engine.decision import Violation
from catguard.engine.evaluator import rehearse
from catguard.policies.loader import compile_texts

POLICY = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    inbound:
      order:
        http: POST /order
        from: public
        request: {query: QUERY, body: BODY}
        response: {204: {}}
"""


def refused(
    body: Mapping[str, Any] | None = None, value: Any = None, *, query: Mapping[str, Any] | None = None, **asked: Any
) -> list[Violation]:
    """Return the violations of a value of a schema, or of a query: `query` are the schemas of its members."""
    text = POLICY.replace(
        "BODY", json.dumps(body if body is not None else {"type": "object", "additionalProperties": True})
    )
    text = text.replace("QUERY", json.dumps({"properties": dict(query or {})}))
    request = {"body": value if body is not None else {}, "query": asked}
    return list(rehearse(compile_texts([("p.yaml", text)]), "shop.inbound.order", request).violations)


def told(*arguments: Any, **asked: Any) -> list[tuple[str, str]]:
    """Return where and how each violation is told."""
    return [(found.where, found.message) for found in refused(*arguments, **asked)]
