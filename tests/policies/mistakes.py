"""One small policy with room for a rule anywhere, for the tests of the CEL front end."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from catguard.policies.loader import build
from catguard.policies.model import Fault, Location, PolicySet, Variable
from catguard.policies.rules import CompiledRules, compiling_rules, finished

#: Marks in a rule where its fault is expected.
MARK = "¦"

TEXT = """\
catguard: 1
system: try
owners: {us: {team: Us, contact: "#us"}}
components:
  shop:
    owner: us
    about: Sells cats.
    inbound:
      order:
        http: POST /orders/{id}
        from: public
        variables: {VARIABLES}
        request:
          params: {properties: {id: {type: string}}}
          query: {properties: {page: {type: integer, default: 1}, sort: {enum: [up, down]}}}
          headers: {required: [x-kind], properties: {etag: {type: string}, x-kind: {enum: [cat, dog]}, x-size: {type: integer}}}
          body:
            type: object
            additionalProperties: false
            required: [width, height, count, format, tags, parts, anchors, box, note, ratio]
            properties:
              width: {type: integer}
              height: {type: integer}
              count: {type: integer, enum: [1, 2, 3]}
              ratio: {type: number}
              format: {enum: [webp, png, jpeg]}
              breed: {type: string}
              note: {type: [string, "null"]}
              tags: {type: array, items: {enum: [small, large]}}
              parts: {type: array, items: {type: object, additionalProperties: false, required: [kind], properties: {kind: {enum: [paw, nose]}, layer: {type: integer}}}}
              anchors: {type: object, required: [nose], additionalProperties: {type: array, items: {type: number}}}
              box: {type: object, additionalProperties: false, required: [x], properties: {x: {type: integer}, y: {type: integer}}}
              lid: {type: object, additionalProperties: false, required: [x], properties: {x: {type: integer}}}
              free: {type: object, additionalProperties: true}
              mixed: {type: [integer, string]}
              first-name: {type: string}
          assume: {REQUEST}
        response:
          200: {media: [image/webp, image/png], headers: {required: [etag], properties: {etag: {type: string}, cache-control: {type: string}}}, assume: {IMAGE}}
          201: {body: {type: object, additionalProperties: false, required: [id], properties: {id: {type: string}}}, assume: {BODY}}
          202: {stream: true, body: {type: object, additionalProperties: false}, assume: {STREAM}}
      look: {http: GET /look, from: public, request: {assume: {BARE}}, response: {200: {media: [image/png, text/html], max_bytes: 1Ki, assume: {PAGE}}}}
      pack: {call: pack, request: {args: {required: [n], properties: {n: {type: integer}}}, assume: {ARGS}}, response: {result: {required: [m], properties: {m: {type: integer}}}, assume: {RESULT}}}
    outbound:
      order:
        to: external
        http: POST /orders
        request: {query: {properties: {page: {type: integer}}}, assume: {OUTBOUND}}
        response: {200: {}}
      rows:
        to: external
        sql: SELECT cats
        request: {parameters: {properties: {kind: {enum: [cat, dog]}}}, assume: {SQL}}
        response: {max_rows: 9, assume: {ROWS}}
"""

#: Facts that fit the request of `order`.
REQUEST: Mapping[str, Any] = {
    "method": "POST",
    "path": "/orders/7",
    "params": {"id": "7"},
    "query": {"page": 1},
    "headers": {"x-kind": "cat"},
    "bytes": 100,
    "body": {
        "width": 480,
        "height": 620,
        "count": 3,
        "ratio": 0.5,
        "format": "webp",
        "note": None,
        "tags": ["small"],
        "parts": [{"kind": "paw", "layer": 1}, {"kind": "nose"}],
        "anchors": {"nose": [0.5, 0.25]},
        "box": {"x": 1},
    },
}
CALLER: Mapping[str, Any] = {"component": "public", "verified": False}


PLACES = {
    "REQUEST": ("shop.inbound.order", None),
    "IMAGE": ("shop.inbound.order", "200"),
    "BODY": ("shop.inbound.order", "201"),
    "STREAM": ("shop.inbound.order", "202"),
    "BARE": ("shop.inbound.look", None),
    "PAGE": ("shop.inbound.look", "200"),
    "ARGS": ("shop.inbound.pack", None),
    "RESULT": ("shop.inbound.pack", "*"),
    "OUTBOUND": ("shop.outbound.order", None),
    "SQL": ("shop.outbound.rows", None),
    "ROWS": ("shop.outbound.rows", "*"),
}


@cache
def policies() -> PolicySet:
    """Return the policy with the rule `true` at every place."""
    text = TEXT.replace("{VARIABLES}", "{}")
    for place in PLACES:
        text = text.replace(f"{{{place}}}", "{r: {rule: true == true, why: w}}")
    found, faults = build([("try.yaml", text)])
    assert found is not None
    assert [str(fault) for fault in faults] == []
    return found


def compiled(
    place: str,
    expressions: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
) -> tuple[CompiledRules, list[Fault], Location]:
    """Compile rules r0, r1, ... at a place; returns them, the faults, and where each of them begins."""
    name, status = PLACES[place]
    boundary = policies().boundary(name)
    phase = boundary.request if status is None else boundary.responses[status]
    (rule,) = phase.rules
    rules = tuple(
        replace(rule, expression=expression, assumption=replace(rule.assumption, id=f"r{number}"))
        for number, expression in enumerate(expressions)
    )
    phase = replace(phase, rules=rules)
    named = tuple(Variable(name, expression, rule.location) for name, expression in (variables or {}).items())
    boundary = replace(boundary, variables=named, request=phase if status is None else boundary.request)
    faults: list[Fault] = []
    built = finished(compiling_rules(boundary, phase, defaults_applied=boundary.side == "inbound", faults=faults))
    return built, faults, rule.location


def faults_of(place: str, marked: str, **options: Any) -> tuple[list[Fault], Location]:
    """Return the faults of a rule, and where the mark in it stands."""
    _, faults, location = compiled(place, [marked.replace(MARK, "")], **options)
    return faults, replace(location, column=location.column + max(marked.find(MARK), 0))


def request(**body: Any) -> dict[str, Any]:
    """Return facts that fit, but for these members of the body."""
    facts = copy.deepcopy(dict(REQUEST))
    facts["body"].update(body)
    return {"request": facts, "caller": dict(CALLER)}
