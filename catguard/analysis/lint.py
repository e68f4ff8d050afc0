"""Findings about a policy set that loads: what is unbounded, unreasoned, idle, deceptive or never shown to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catguard.analysis.catalogue import CATALOGUE
from catguard.analysis.certainties import certainties
from catguard.analysis.conflicts import contradictions, idle, parts_with_paths, powerless, unfit_defaults
from catguard.analysis.findings import Finding
from catguard.analysis.patterns import backtracking
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.diagnostics import quote
from catguard.policies.keywords import NOTHING, subschemas, types_of
from catguard.policies.model import Boundary, Location, PolicySet, SchemaPath, Shape, Switch
from catguard.policies.regexes import patterns_of
from catguard.policies.shapes import OPEN_RECORDS, WITHOUT_REASON

#: Keywords that speak of the same value, so that what stands around them bounds what stands in them.
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "then", "else")
_MEMBERS = ("properties", "patternProperties", "items", "additionalProperties", "unevaluatedProperties", "prefixItems")
#: By type, the keywords of which one bounds it.
_BOUNDS: Mapping[str, str] = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}
#: Keywords that say of which type a value is, or whose branches are asked for it.
_SAYS_TYPE = frozenset(("type", "enum", "const", "anyOf", "oneOf", "then", "else"))
#: Characters of a text for which polynomial time is still short: a million steps for the square of them.
SHORT = 1_000


def lint(compiled: CompiledPolicySet, others: Iterable[Finding] = ()) -> list[Finding]:
    """Return the findings about a policy set, in the order of the text, without those that are switched off.

    Args:
        compiled: The policy set.
        others: Findings from elsewhere, to which the policy's switches apply as well.
    """
    policies = compiled.policies
    found = [Finding("unused-shape", "warning", place, name) for name, place in policies.unused_shapes.items()]
    for surprise in policies.surprises:
        entry = CATALOGUE[surprise.rule]
        found.append(Finding(entry.id, entry.level or "error", surprise.location, surprise.message))
    for boundary in compiled.boundaries.values():
        if not boundary.policy.health:
            found += _of_boundary(boundary)
    kept = _switched(policies, set(found) | set(others))
    return sorted(kept, key=lambda finding: (finding.location, finding.rule, finding.message))


def _of_boundary(compiled: CompiledBoundary) -> Iterator[Finding]:
    boundary = compiled.policy
    yield from _unbounded(boundary)
    yield from _without_reason(boundary)
    yield from _examples(boundary)
    yield from certainties(compiled)
    for phase in boundary.phases():
        for shape in phase.shapes:
            yield from _shape(boundary, shape)


def _switched(policies: PolicySet, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that no switch is about, and the switches that are about none."""
    switches: dict[tuple[str, str], Switch] = {("", rule): switch for rule, switch in policies.lint.items()}
    for boundary in policies.boundaries():
        switches |= {(boundary.name, rule): switch for rule, switch in boundary.lint.items()}
    used = set()
    for finding in found:
        hits = {key for key in (("", finding.rule), (finding.boundary, finding.rule)) if key in switches}
        used |= hits
        if not hits:
            yield finding
    for name, rule in switches.keys() - used:
        message = f"{rule} finds nothing {f'at {name}' if name else 'in these files'}"
        if rule == "unused-switch":
            continue
        idle_switch = Finding("unused-switch", "warning", switches[name, rule].location, message, name)
        if not {("", "unused-switch"), (name, "unused-switch")} & switches.keys():
            yield idle_switch


def _unbounded(boundary: Boundary) -> Iterator[Finding]:
    if boundary.side != "inbound":
        return
    for shape in boundary.request.shapes:
        # The head is bounded as a whole, and what it has beside the headers that are named is nobody's.
        held = frozenset(("maxProperties",)) if shape.part in OPEN_RECORDS else frozenset[str]()
        for path, what in unbounded(shape.schema, held=held):
            message = f"{boundary.name}: {shape.part}{what}"
            yield Finding("unbounded", "error", shape.place(path), message, boundary.name)


def unbounded(
    schema: Any, path: SchemaPath = (), name: str = "", *, held: frozenset[str] = frozenset()
) -> Iterator[tuple[SchemaPath, str]]:
    """Yield where a schema lets in strings, lists or objects of any size.

    Args:
        schema: the schema.
        path: its path in the schema of the part.
        name: the pointer to its value.
        held: the keywords that bound the value from around the schema.
    """
    if schema is True:
        schema = {}
    if not isinstance(schema, dict) or schema == NOTHING:
        return
    parts = [part for _, part in parts_with_paths(schema)]
    held = held.union(*(part.keys() for part in parts))
    types = types_of(schema)
    if not {"enum", "const"} & held:
        for type_, keyword in _BOUNDS.items():
            if type_ in types and keyword not in held and not (type_ == "object" and _is_closed(parts)):
                yield path, f"{name} has no {keyword}"
        if not held & _SAYS_TYPE:
            yield path, f"{name} can be anything: it has no type"
        if "array" in types and "maxItems" in held and _has_unsaid_items(parts, held):
            yield path, f"{name}/* can be anything: there is no items"
    for step, inner in subschemas(schema):
        if step[0] in _SAME_VALUE:
            yield from unbounded(inner, (*path, *step), name, held=held)
        elif step[0] in _MEMBERS:
            yield from unbounded(inner, (*path, *step), f"{name}/{step[-1] if step[0] == 'properties' else '*'}")


def _has_unsaid_items(parts: list[Mapping[str, Any]], held: frozenset[str]) -> bool:
    """Whether a list can have items of which nothing is said."""
    if {"items", "unevaluatedItems"} & held:
        return False
    said = max((len(part.get("prefixItems", ())) for part in parts), default=0)
    return (
        "prefixItems" not in held or min((part["maxItems"] for part in parts if "maxItems" in part), default=0) > said
    )


def _is_closed(parts: list[Mapping[str, Any]]) -> bool:
    """Whether an object has no members but those that are named."""
    return any(
        part.get(keyword) is False and "patternProperties" not in part
        for part in parts
        for keyword in ("additionalProperties", "unevaluatedProperties")
    )


def _without_reason(boundary: Boundary) -> Iterator[Finding]:
    for assumption in boundary.assumptions():
        if assumption.why == WITHOUT_REASON:
            message = f"{boundary.name}: {assumption.id} ({assumption.limit})"
            yield Finding("without-reason", "warning", assumption.location, message, boundary.name)


def _examples(boundary: Boundary) -> Iterator[Finding]:
    def finding(rule: str, place: Location, message: str) -> Finding:
        return Finding(rule, "warning", place, message, boundary.name)

    if not boundary.examples:
        yield finding("without-example", boundary.location, boundary.name)
    shown = {refusal.by for example in boundary.examples for refusal in example.refusals}
    reached = {_status(boundary, example.response) for example in boundary.examples if example.response is not None}
    for phase in boundary.phases():
        for rule in phase.rules:
            message = f"{boundary.name}: {rule.assumption.id}"
            if (rule.assumption.id,) not in shown:
                yield finding("never-refuses", rule.assumption.location, message)
            if boundary.examples and phase.phase == "response" and phase.status not in reached:
                yield finding("never-accepts", rule.assumption.location, message)


def _status(boundary: Boundary, response: Mapping[str, Any]) -> str:
    """Return the key of the phase that an example's response is decided by."""
    status = str(response.get("status", 200))
    return next((key for key in (status, f"{status[0]}XX") if key in boundary.responses), "*")


def _shape(boundary: Boundary, shape: Shape) -> Iterator[Finding]:
    for path, what in contradictions(shape.schema):
        message = f"{boundary.name}: {_name(shape, path)}: {what}"
        yield Finding("contradiction", "error", shape.place(path), message, boundary.name)
    for path, what in unfit_defaults(shape.schema):
        message = f"{boundary.name}: {shape.part}{what}"
        yield Finding("contradiction", "error", shape.place(path), message, boundary.name)
    for path, what in powerless(shape.schema):
        message = f"{boundary.name}: {_name(shape, path)} can never fail: {what}"
        yield Finding("rule-always-true", "error", shape.place(path), message, boundary.name)
    for path, what in idle(shape.schema):
        message = f"{boundary.name}: {_name(shape, path)} is {what}"
        yield Finding("duplicate", "warning", shape.place(path), message, boundary.name)
    for path, pattern, longest in patterns_of(shape.schema):
        how = backtracking(pattern)
        if how == "exponential" or (how == "polynomial" and (longest is None or longest > SHORT)):
            name = f"{boundary.name}: {_name(shape, path)}"
            message = f"{name}: the pattern {quote(pattern)} takes engines that backtrack {how} time"
            yield Finding("backtracking-pattern", "warning", shape.place(path), message, boundary.name)


def _name(shape: Shape, path: SchemaPath) -> str:
    found = shape.assumptions.get(path)
    return found.id if found else shape.part
