"""What rules cost at worst: estimated at load, limited, and told with the bound that is missing.

One unit is about one operation of the official evaluator. An operator, a function or a read is one; a text costs one
more for each ten characters that are gone through, a search by pattern that times a quarter of the pattern; all(),
exists(), map() and filter() cost what stands in them, and one, for each item. How many items and characters there can
be, maxItems, maxLength and maxProperties say, and where they do not, the limit of bytes around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from catguard.policies.estimates import CHARACTERS_PER_UNIT, Estimate, Size
from catguard.policies.estimator import HEAD_BYTES, Estimator
from catguard.policies.model import Boundary, Fault, Location, Phase, SchemaPath, Shape
from catguard.policies.pinned import Path
from catguard.policies.rules import CompiledRule, CompiledRules
from catguard.policies.syntax import Call, Comprehension, ListNode, Literal, children, walk
from catguard.policies.translation import MAX_STEPS

#: Units of one rule, and of all rules that one exchange can meet at a boundary. A unit takes the official evaluator up
#: to 0.3 us and generated Python a tenth of that, so that a rule that nobody would write takes 30 ms at most.
MAX_RULE: Final = 100_000
MAX_BOUNDARY: Final = 500_000
#: Types of values that take no longer the larger they are.
_SHORT = frozenset(("bool", "int", "uint", "double", "null", "message"))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a rule costs at worst: units, steps of comprehensions, and the texts and lists that it goes through."""

    rule: CompiledRule
    estimate: Estimate
    sizes: tuple[Size, ...]


def costs_of(boundary: Boundary, phase: Phase, rules: CompiledRules) -> Iterator[Cost]:
    """Yield the cost of each rule of a phase, the variables that it reads included."""
    if not rules.rules:
        return
    estimator = Estimator(boundary, phase, rules.facts)
    for variable in rules.needed:
        estimator.declare(variable.name, variable.tree)
    of_variables = tuple(estimator.sizes)
    for rule in rules.rules:
        estimator.sizes = list(of_variables) if rule.variables else []
        yield Cost(rule, estimator.estimate(rule.tree), tuple(estimator.sizes))


def check_costs(boundary: Boundary, phases: Sequence[tuple[Phase, CompiledRules]], faults: list[Fault]) -> None:
    """Find the rules that cost too much.

    Args:
        boundary: the boundary.
        phases: its request, then each of its responses, of which an exchange meets one.
        faults: gets what costs too much, with the bound to add.
    """
    if all(_is_cheap(phase, rules) for phase, rules in phases):
        return
    totals: list[tuple[int, list[Cost], Phase]] = []
    for phase, rules in phases:
        costs = list(costs_of(boundary, phase, rules))
        faults.extend(fault for cost in costs if (fault := _fault(boundary, phase, cost)))
        totals.append((sum(cost.estimate.cost for cost in costs), costs, phase))
    most, costs, phase = max(totals[1:], key=lambda total: total[0], default=(0, [], boundary.request))
    if totals[0][0] + most > MAX_BOUNDARY:
        dearest = max((*totals[0][1], *costs), key=lambda cost: cost.estimate.cost)
        total = f"{totals[0][0] + most:,} units for one exchange, of which {MAX_BOUNDARY:,} are allowed"
        name = dearest.rule.rule.assumption.id
        message = f"the rules of {boundary.name} cost up to {total}; most of it is {name}, {dearest.estimate.cost:,}"
        faults.append(Fault(boundary.location, message, _advice(boundary, phase, dearest.sizes)))


def _is_cheap(phase: Phase, rules: CompiledRules) -> bool:
    """Whether no rule can cost much, however large the facts are: a glance at the trees, for most policies are so."""
    trees = [rule.tree for rule in rules.rules] + [variable.tree for variable in rules.needed]
    nodes = [node for tree in trees for node in walk(tree)]
    calls = [node for node in nodes if isinstance(node, Call)]
    if len(calls) < len(nodes) and any(isinstance(node, Comprehension) for node in nodes):
        return False
    if any(node.function == "matches" or (node.function == "@in" and _is_long(node)) for node in calls):
        return False
    room = max(phase.max_bytes, HEAD_BYTES) // CHARACTERS_PER_UNIT
    return len(nodes) + sum(map(_is_long, calls)) * room < MAX_RULE


def _is_long(call: Call) -> bool:
    """Whether a call may go through something whose length is not written in the rule."""
    return any(part.type.kind not in _SHORT and not isinstance(part, Literal | ListNode) for part in children(call))


def _fault(boundary: Boundary, phase: Phase, cost: Cost) -> Fault | None:
    rule, estimate = cost.rule.rule, cost.estimate
    if estimate.steps > MAX_STEPS:
        message = (
            f"{rule.assumption.id} goes through up to {estimate.steps:,} items; CEL gives up after {MAX_STEPS:,}, "
            "and the rule would be broken by what it should accept"
        )
    elif estimate.cost > MAX_RULE:
        message = f"{rule.assumption.id} costs up to {estimate.cost:,} units, of which {MAX_RULE:,} are allowed"
    else:
        return None
    return Fault(rule.location, message, _advice(boundary, phase, cost.sizes))


def _advice(boundary: Boundary, phase: Phase, sizes: Sequence[Size]) -> str:
    """Say which bound to add or to lower: of those that nobody wrote the largest, else the largest."""
    if not sizes:
        return "split the rule, or compare less"
    size = max(sizes, key=lambda found: (not found.stated, found.most))
    place = place_of(boundary, phase, size.path)
    at = f", declared at {place}" if place else ""
    if size.stated:
        return f"lower {size.keyword} of {size}{at}: it is {size.most:,}"
    return f"add {size.keyword} to {size}{at}: without it there can be {size.most:,}"


def place_of(boundary: Boundary, phase: Phase, path: Path) -> Location | None:
    """Return where the fact at a path is declared, e.g. ("request", "body", "tags")."""
    if len(path) < 2:
        return None
    shape = (boundary.request if path[0] == "request" else phase).shape(path[1])
    if shape is None:
        return None
    return next((_location(shape, found) for found in _paths(shape.schema, path[2:])), shape.location)


def _paths(schema: Any, path: Path) -> Iterator[SchemaPath]:
    """Yield the places in a schema that speak of the value at a path."""
    if not isinstance(schema, Mapping):
        return
    if not path:
        yield ()
        return
    inner: list[tuple[SchemaPath, Any, Path]] = []
    if path[0] in schema.get("properties", {}):
        inner.append((("properties", path[0]), schema["properties"][path[0]], path[1:]))
    keyword = "items" if path[0] == "*" else "additionalProperties"
    if keyword in schema:
        inner.append(((keyword,), schema[keyword], path[1:]))
    inner += [(("allOf", index), part, path) for index, part in enumerate(schema.get("allOf", ()))]
    for step, part, rest in inner:
        for found in _paths(part, rest):
            yield (*step, *found)


def _location(shape: Shape, path: SchemaPath) -> Location:
    inside = (assumption for at, assumption in shape.assumptions.items() if path and at[: len(path)] == path)
    found = next(inside, None)
    return found.location if found else shape.location
