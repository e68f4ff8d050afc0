"""Findings about a policy set that loads: what is unbounded, unreasoned or never shown to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catguard.policies.keywords import subschemas, types_of
from catguard.policies.model import Boundary, Location, PolicySet, SchemaPath, Shape
from catguard.policies.shapes import WITHOUT_REASON

Level = Literal["error", "warning"]

#: What each finding is about, and what to write instead.
CATALOGUE: Mapping[str, str] = {
    "unbounded": "a string or list at an inbound boundary has no bound: add maxLength, maxItems or an enum",
    "without-reason": "an assumption says no why: add `why`, or a `description` beside the keyword",
    "never-refuses": "no example is refused by this rule alone: add one under `refuse`",
    "without-example": "a boundary has no example of an exchange that it lets through",
    "unused-shape": "no boundary uses the shape",
    "waiver-expired": "a waiver's last day is over: keep to the assumption, or agree with its owner on another day",
    "waiver-expires-soon": "a waiver ends within 14 days: mend what it is for",
    "waiver-unused": "nothing shows what a waiver is for: add an example that it lets through, or remove it",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `rule` is a key of the catalogue."""

    rule: str
    level: Level
    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.level} {self.rule}: {self.message}"


def lint(policies: PolicySet) -> list[Finding]:
    """Return the findings about a policy set, in the order of the text."""
    found = [Finding("unused-shape", "warning", place, name) for name, place in policies.unused_shapes.items()]
    for boundary in policies.boundaries():
        if boundary.health:
            continue
        found += _unbounded(boundary)
        found += _without_reason(boundary)
        found += _examples(boundary)
    return sorted(set(found), key=lambda finding: (finding.location, finding.rule, finding.message))


def _unbounded(boundary: Boundary) -> Iterator[Finding]:
    if boundary.side != "inbound":
        return
    for shape in boundary.request.shapes:
        for path, what in unbounded(shape.schema):
            yield Finding("unbounded", "error", _place(shape, path), f"{boundary.name}: {shape.part}{what}")


def unbounded(schema: Any, path: SchemaPath = (), name: str = "") -> Iterator[tuple[SchemaPath, str]]:
    """Yield where a schema lets in strings or lists of any length."""
    if not isinstance(schema, dict):
        return
    types = types_of(schema)
    closed = {"enum", "const"} & schema.keys()
    if "string" in types and not closed and "maxLength" not in schema and "format" not in schema:
        yield path, f"{name} has no maxLength"
    if "array" in types and not closed and "maxItems" not in schema:
        yield path, f"{name} has no maxItems"
    for step, inner in subschemas(schema):
        if step[0] in ("properties", "items", "additionalProperties", "allOf", "prefixItems"):
            inner_name = f"{name}/{step[-1]}" if step[0] == "properties" else f"{name}/*"
            yield from unbounded(inner, (*path, *step), inner_name)


def _place(shape: Shape, path: SchemaPath) -> Location:
    for at, assumption in shape.assumptions.items():
        if at[: len(path)] == path and path:
            return assumption.location
    return shape.location


def _without_reason(boundary: Boundary) -> Iterator[Finding]:
    for assumption in boundary.assumptions():
        if assumption.why == WITHOUT_REASON:
            message = f"{boundary.name}: {assumption.id} ({assumption.limit})"
            yield Finding("without-reason", "warning", assumption.location, message)


def _examples(boundary: Boundary) -> Iterable[Finding]:
    if not boundary.examples:
        yield Finding("without-example", "warning", boundary.location, boundary.name)
    shown = {refusal.by for example in boundary.examples for refusal in example.refusals}
    for phase in boundary.phases():
        for rule in phase.rules:
            if (rule.assumption.id,) not in shown:
                message = f"{boundary.name}: {rule.assumption.id}"
                yield Finding("never-refuses", "warning", rule.assumption.location, message)
