"""Runs the examples of a policy set: what they show is allowed, and each refusal breaks just what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catguard.engine.evaluator import rehearse
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.model import Boundary, Example, Location, Refusal


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example or one refusal of it, run.

    `expected` and `found` are ids of broken assumptions, `waived` those of them that a waiver lets through.
    """

    boundary: str
    example: str
    kind: Literal["accept", "refuse"]
    expected: tuple[str, ...]
    found: tuple[str, ...]
    messages: tuple[str, ...]
    location: Location
    waived: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it broke what it should, and nothing else; what is accepted may break what is waived."""
        return self.expected == self.found or (self.kind == "accept" and self.found == self.waived)

    def __str__(self) -> str:
        what = "must be accepted" if self.kind == "accept" else f"must break just {', '.join(self.expected)}"
        pairs = zip(self.found, self.messages, strict=True)
        broke = "; ".join(f"{assumption}: {message}" for assumption, message in pairs) or "nothing"
        return f"{self.location}: example {self.example} of {self.boundary} {what}, but breaks {broke}"


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch (RFC 7396, section 2); neither argument is changed."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def run_examples(compiled: CompiledPolicySet) -> Iterator[ExampleResult]:
    """Run every example of every boundary through the engine."""
    for boundary in compiled.policies.boundaries():
        for example in boundary.examples:
            yield _run(compiled, boundary, example, None)
            for refusal in example.refusals:
                yield _run(compiled, boundary, example, refusal)


def _run(compiled: CompiledPolicySet, boundary: Boundary, example: Example, refusal: Refusal | None) -> ExampleResult:
    request, response = example.request, example.response
    if refusal is not None:
        request = merge_patch(request, refusal.request) if refusal.request is not None else request
        response = merge_patch(response or {}, refusal.response) if refusal.response is not None else response
    violations = rehearse(compiled, boundary.name, request, response).violations
    told = {violation.assumption: violation.message for violation in reversed(violations)}  # of each the first
    return ExampleResult(
        boundary=boundary.name,
        example=example.name,
        kind="refuse" if refusal else "accept",
        expected=tuple(sorted(set(refusal.by))) if refusal else (),
        found=tuple(sorted(told)),
        messages=tuple(told[assumption] for assumption in sorted(told)),
        location=refusal.location if refusal else example.location,
        waived=tuple(sorted({violation.assumption for violation in violations if violation.waiver is not None})),
    )
