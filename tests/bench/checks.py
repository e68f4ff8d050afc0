"""A rule, and a whole check of a seven-field body with three rules, by catguard and by its peers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs

from catguard.engine.evaluator import decide_request
from catguard.policies.codegen import ALLOWED
from catguard.policies.expressions import shared_evaluator
from catguard.policies.loader import load_compiled
from tests.bench.measure import Timed
from tests.policies.cases import pair

HERE = Path(__file__).parent
ORDER = {
    "breed": "siamese",
    "scene": "rose-garden",
    "count": 3,
    "width": 480,
    "height": 620,
    "format": "webp",
    "seed": 7,
}
BODY = json.dumps(ORDER).encode()
RULE = "request.body.width * request.body.height <= 4000000"


def repeated(call: Callable[[], Any], times: int) -> Timed:
    """Return what times a call over many."""

    def run() -> float:
        started = time.thread_time()
        for _ in range(times):
            call()
        return (time.thread_time() - started) / times

    return run


def order_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body."""
    (boundary,) = load_compiled([HERE / "policies.yaml"]).boundaries.values()
    return dict(boundary.request.parts["body"].shape.schema)


def rules() -> dict[str, Timed]:
    """Return who evaluates one rule on the same dict."""
    facts = {"request": {"body": ORDER}}
    found = pair(RULE, order_schema())
    assert found is not None
    assert found.fast is not None
    fast, request = found.fast, facts["request"]
    official = shared_evaluator().program(RULE)
    assert fast(request) is True
    assert official.holds(facts)
    contenders = {
        "compiled rule": repeated(lambda: fast(request), 20_000),
        "cel-expr-python": repeated(lambda: official.holds(facts), 4_000),
    }
    try:
        import cel
    except ImportError:
        pass
    else:
        program = cel.compile(RULE)
        assert program.execute(facts) is True
        contenders["common-expression-language"] = repeated(lambda: program.execute(facts), 2_000)
    try:
        import celpy
    except ImportError:
        pass
    else:
        environment = celpy.Environment()
        runner = environment.program(environment.compile(RULE))
        assert runner.evaluate(celpy.json_to_cel(facts))
        contenders["cel-python"] = repeated(lambda: runner.evaluate(celpy.json_to_cel(facts)), 100)
    return contenders


def whole_checks() -> dict[str, Timed]:
    """Return who checks a body with all that is assumed of it."""
    snapshot = load_compiled([HERE / "policies.yaml"])
    (boundary,) = snapshot.boundaries.values()
    valid = jsonschema_rs.Draft202012Validator(
        order_schema(), pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
    ).is_valid
    body = dict(ORDER)
    facts = {
        "method": "POST",
        "path": "/echo",
        "params": {},
        "query": {},
        "headers": {},
        "body": body,
        "bytes": len(BODY),
    }
    caller = {"component": "public", "verified": False}
    assert valid(body)
    assert decide_request(snapshot, boundary, facts, caller=caller, exact=True).allowed
    check = boundary.request.check  # what the enforcement points ask first
    assert check(facts, None, caller) == ALLOWED
    contenders = {
        "jsonschema-rs alone": repeated(lambda: valid(body), 10_000),
        "whole check": repeated(lambda: check(facts, None, caller), 10_000),
        "whole check and decision": repeated(
            lambda: decide_request(snapshot, boundary, facts, caller=caller, exact=True), 10_000
        ),
    }
    try:
        from pydantic import TypeAdapter

        from tests.bench.models import RuledOrder
    except ImportError:
        return contenders
    adapter = TypeAdapter(RuledOrder)
    adapter.validate_python(body)
    contenders["pydantic with a rule"] = repeated(lambda: adapter.validate_python(body), 10_000)
    return contenders
