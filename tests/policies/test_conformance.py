"""Runs the conformance cases of the CEL specification that stand in a folder beside the repository, and our own."""

from __future__ import annotations

import json
import math
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import UInt64Value

from catguard.errors import EvaluationError
from catguard.policies.arithmetic import OPERATIONS
from catguard.policies.carrying import carried
from catguard.policies.expressions import Evaluator
from catguard.policies.facts import DYNAMIC, FactType, ListOf, MapOf, Scalar
from catguard.policies.pinned import Reads, Value, pinned
from catguard.policies.translation import Translator, Untranslatable

HERE = Path(__file__).parent
#: {file: {"section/name": reason}} of the cases that are not met.
UNMET: dict[str, dict[str, str]] = json.loads((HERE / "conformance_unmet.json").read_text())
VARIABLE = "CATGUARD_CEL_CASES"
FOLDER = Path(os.environ.get(VARIABLE) or HERE.parents[2] / "shared" / "cel")
GIVEN = sorted(FOLDER.glob("*.json"))
#: In the same form: what differs between Python and CEL, with values from outside.
FILES = [*GIVEN, HERE / "conformance_own.json"]
#: How the binding calls types of which the specification has other names.
NAMES = {
    "null_type": "null",
    "google.protobuf.timestamp": "timestamp",
    "google.protobuf.duration": "duration",
    "list": "list<dyn>",
    "map": "map<dyn, dyn>",
}

#: How CEL calls what the bindings are in Python.
KINDS = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null",
    UInt64Value: "uint",
}


def given(tagged: dict[str, Any]) -> Any:
    """Return a binding as facts hold it."""
    ((kind, value),) = tagged.items()
    match kind:
        case "int":
            return int(value)
        case "uint":
            return UInt64Value(value=int(value))  # the only way in for an unsigned integer
        case "double":
            return float(value)
        case "bytes":
            return bytes.fromhex(value)
        case "list":
            return [given(item) for item in value]
        case "map":
            return {_key(key): given(item) for key, item in value}
        case _:
            return value


def _key(tagged: dict[str, Any]) -> Any:
    """Return the key of a map: the binding has no unsigned ones, which are equal to the signed ones."""
    return int(tagged["uint"]) if "uint" in tagged else given(tagged)


def fact(tagged: dict[str, Any]) -> FactType:
    """Return the type of a binding, as far as schemas can say it."""
    ((kind, value),) = tagged.items()
    if kind in ("int", "double", "string", "bool"):
        return Scalar(kind)
    if kind == "list" and len({str(fact(item)) for item in value}) == 1:
        return ListOf(fact(value[0]))
    if kind == "map" and all("string" in key for key, _ in value):
        return MapOf(DYNAMIC)
    return DYNAMIC


def meets(wanted: dict[str, Any], kind: str, value: Any) -> bool:
    """Whether a value of a type is the one that is wanted."""
    ((tag, want),) = wanted.items()
    if tag == "type":
        return bool(value.name().lower() == NAMES.get(want.lower(), want.lower()))
    if tag != kind:
        return False
    match tag:
        case "int" | "uint":
            return int(getattr(value, "value", value)) == int(want)
        case "double":
            return bool(value == float(want) or (math.isnan(value) and math.isnan(float(want))))
        case "bytes":
            return bool(value.hex() == want)
        case "list":
            return len(want) == len(value) and all(meets(one, *other) for one, other in zip(want, value, strict=True))
        case "map":
            return len(want) == len(value) and all(meets(item, *value[_key(key)]) for key, item in want)
        case _:
            return bool(value == want)


evaluator = cache(lambda roots: Evaluator(roots=roots))


def by_cel(case: dict[str, Any]) -> tuple[str, Any] | None:
    """Return type and value by the official evaluator; None for an error."""
    bindings = {name: given(tagged) for name, tagged in case["bindings"].items()}
    try:
        program = evaluator(tuple(bindings)).program(case["expr"], checked=bool(case.get("unchecked")))
        kind, value = _typed(program.prepare().eval(data=carried(bindings)))
    except (RuntimeError, EvaluationError):
        return None
    return None if kind == "error" else (kind, value)


def _typed(result: Any) -> tuple[str, Any]:
    """Return the name of a value's type, and the value: of a list or map with values of this form in it."""
    kind, value = result.type().name().lower(), result.value()
    if isinstance(value, list):
        return "list", [_typed(item) for item in value]
    if isinstance(value, dict):
        return "map", {key: _typed(item) for key, item in value.items()}
    return kind, value


def by_python(case: dict[str, Any]) -> tuple[str, Any] | None:
    """Return type and value where the expression has a Python that has an answer; None elsewhere."""
    names = list(case["bindings"])
    roots: dict[str, Value] = {
        name: pinned(f"given_{number}", fact(case["bindings"][name])) for number, name in enumerate(names)
    }
    try:
        tree = evaluator(tuple(names)).parse(case["expr"])
        found = Translator(roots, Reads()).expression(tree)
    except (RuntimeError, Untranslatable):
        return None
    variables = {f"given_{number}": given(case["bindings"][name]) for number, name in enumerate(names)}
    try:
        value = eval(compile(found.text, "<fast>", "eval"), {**OPERATIONS, **variables})
    except Exception:  # noqa: BLE001 # after any exception the official evaluator is asked
        return None
    if found.kind in ("dyn", "bag"):
        return None
    return _tagged(value)


def _tagged(value: Any) -> tuple[str, Any]:
    """Return a value of Python as the official evaluator tells its own: in lists and maps with their types."""
    match value:
        case list():
            return "list", [_tagged(item) for item in value]
        case dict():
            return "map", {key: _tagged(item) for key, item in value.items()}
        case _:
            return KINDS[type(value)], value


def is_met(case: dict[str, Any]) -> bool:
    want = case["want"]
    official, fast = by_cel(case), by_python(case)
    if "error" in want:
        return official is None and fast is None
    answers = [answer for answer in (official, fast) if answer is not None]
    return official is not None and all(meets(want["value"], *answer) for answer in answers)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_cases_of_the_specification_are_met_or_listed(file: Path) -> None:
    unmet = UNMET.get(file.stem, {})
    wrong = []
    for case in json.loads(file.read_text()):
        name = f"{case['section']}/{case['name']}"
        met = is_met(case)
        if not met and name not in unmet:
            wrong.append(f"{name}: {case['expr']} is {by_cel(case)} or {by_python(case)}, not {case['want']}")
        if met and name in unmet:
            wrong.append(f"{name} is met: strike it off conformance_unmet.json")
    assert not wrong, "\n".join(wrong)


def test_many_cases_are_decided_by_generated_python() -> None:
    cases = [case for file in FILES for case in json.loads(file.read_text())]
    assert sum(by_python(case) is not None for case in cases) >= len(cases) / 5
