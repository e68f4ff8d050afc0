"""What rules cost at worst: estimated at load, limited, and told with the bound that is missing.

One unit is about one operation of the official evaluator. An operator, a function or a read is one; a text costs one
more for each ten characters that are gone through or made, a search by pattern that times a quarter of the pattern;
== of lists and objects one for each value in them; all() and exists() cost what stands in them, and one, for each
item; map() and filter() half the square of the items more, as they copy their result for each. How many items and
characters there can be, maxItems, maxLength and maxProperties say, and where they do not, the limit of bytes around
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from catguard.policies.complaints import EXPANDED
from catguard.policies.estimates import CHARACTERS_PER_UNIT, UNLIMITED, Estimate, Size
from catguard.policies.estimator import HEAD_BYTES, Estimator
from catguard.policies.model import Boundary, Fault, Location, Phase, SchemaPath
from catguard.policies.pinned import Path
from catguard.policies.rules import CompiledRule, CompiledRules
from catguard.policies.syntax import Call, Comprehension, ListNode, Literal, children, walk
from catguard.policies.texts import GROWING
from catguard.policies.translation import MAX_STEPS

#: Units of one rule, and of all rules that one exchange can meet at a boundary. A unit takes the official evaluator up
#: to 0.1 us (measured: all() 0.05, filter() 0.04, `in` 0.1, matches() 0.01), so that they take 10 and 50 ms at worst.
MAX_RULE: Final = 100_000
MAX_BOUNDARY: Final = 500_000
#: Types of values that take no longer the larger they are.
_SHORT = frozenset(("bool", "int", "uint", "double", "null", "message"))
#: Operations that may cost more than to go once through what a message holds, or give more than that.
_DEAR = GROWING | {"@in", *EXPANDED}
#: Types of values that hold others, which == goes through one by one.
_WHOLE = frozenset(("list", "map", "message", "dyn"))

Phases: TypeAlias = Sequence[tuple[Phase, CompiledRules]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a rule costs at worst: units, steps of comprehensions, and the texts and lists that it goes through."""

    rule: CompiledRule
    estimate: Estimate
    sizes: tuple[Size, ...]


def estimator_of(boundary: Boundary, phase: Phase, rules: CompiledRules) -> Estimator:
    """Return the estimator of a phase, which knows the variables that its rules read."""
    estimator = Estimator(boundary, phase, rules.facts)
    for variable in rules.needed:
        estimator.declare(variable.name, variable.tree)
    return estimator


def costs_of(boundary: Boundary, phase: Phase, rules: CompiledRules) -> Iterator[Cost]:
    """Yield the cost of each rule of a phase, the variables that it reads included."""
    if not rules.rules:
        return
    estimator = estimator_of(boundary, phase, rules)
    of_variables = tuple(estimator.sizes)
    for rule in rules.rules:
        estimator.sizes = list(of_variables) if rule.variables else []
        yield Cost(rule, estimator.estimate(rule.tree), tuple(estimator.sizes))


def worst_exchange(boundary: Boundary, phases: Phases) -> list[Cost]:
    """Return the costs of all rules that the dearest exchange meets: those of the request, and of one response."""
    totals = [list(costs_of(boundary, phase, rules)) for phase, rules in phases]
    return [*totals[0], *max(totals[1:], key=units, default=[])]


def units(costs: Sequence[Cost]) -> int:
    """Return what some rules cost together."""
    return sum(cost.estimate.cost for cost in costs)


def check_costs(boundary: Boundary, phases: Phases, faults: list[Fault]) -> None:
    """Find the rules that cost too much.

    Args:
        boundary: the boundary.
        phases: its request, then each of its responses, of which an exchange meets one.
        faults: gets what costs too much, with the bound to add.
    """
    if all(_is_cheap(boundary.request, phase, rules) for phase, rules in phases):
        return
    dear = [(phase, cost) for phase, rules in phases for cost in costs_of(boundary, phase, rules)]
    found = [fault for phase, cost in dear if (fault := _fault(boundary, phase, cost))]
    costs = worst_exchange(boundary, phases)
    if not found and units(costs) > MAX_BOUNDARY:
        dearest = max(costs, key=lambda cost: cost.estimate.cost)
        assumption = dearest.rule.rule.assumption
        phase = next(phase for phase, rules in phases if dearest.rule in rules.rules)
        total = f"{units(costs):,} units for one exchange, of which {MAX_BOUNDARY:,} are allowed"
        message = f"the rules of {boundary.name} cost up to {total}; {assumption.id} alone {dearest.estimate.cost:,}"
        found.append(Fault(boundary.location, message, _advice(boundary, phase, dearest.sizes)))
    faults += found


def _is_cheap(request: Phase, phase: Phase, rules: CompiledRules) -> bool:
    """Whether no rule can cost much, however large the facts are: a glance at the trees, for most policies are so."""
    trees = [rule.tree for rule in rules.rules] + [variable.tree for variable in rules.needed]
    nodes = [node for tree in trees for node in walk(tree)]
    calls = [node for node in nodes if isinstance(node, Call)]
    if len(calls) < len(nodes) and any(isinstance(node, Comprehension) for node in nodes):
        return False
    if any((node.function in _DEAR and _is_long(node)) or _compares_wholes(node) for node in calls):
        return False
    limits = [found.max_bytes if "max_bytes" in found.limits else UNLIMITED for found in (request, phase)]
    room = max(HEAD_BYTES, *limits) // CHARACTERS_PER_UNIT
    return len(nodes) + sum(map(_is_long, calls)) * room < MAX_RULE


def _is_long(call: Call) -> bool:
    """Whether a call may go through something whose length is not written in the rule."""
    return any(part.type.kind not in _SHORT and not isinstance(part, Literal | ListNode) for part in children(call))


def _compares_wholes(call: Call) -> bool:
    """Whether a call holds two values with all that is in them against each other."""
    parts = children(call)
    return call.function in ("_==_", "_!=_") and all(
        part.type.kind in _WHOLE and not isinstance(part, ListNode) for part in parts
    )


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
    return next((shape.place(found) for found in _paths(shape.schema, path[2:])), shape.location)


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
