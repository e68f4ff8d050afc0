"""A policy set made executable: validators, normalizers and rule programs, all built once."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from catguard.errors import PolicyError
from catguard.policies.codegen import Check, Generated, generate
from catguard.policies.costs import check_costs
from catguard.policies.facts import MEDIA_FACTS
from catguard.policies.keywords import known_properties, limit_text
from catguard.policies.model import Assumption, Boundary, Fault, Phase, PhaseName, PolicySet, SchemaPath, Shape
from catguard.policies.normalform import defaults_in
from catguard.policies.rules import CompiledRule, CompiledRules, compile_rules
from catguard.policies.values import Normalize, RecordReader, normalizer

#: More errors of one value than these are no help to its reader (DESIGN.md section 5).
MAX_ERRORS = 20
#: Of a value with more members and items than these only the first error is looked for: jsonschema-rs makes all of
#: them before it gives any, 1 MiB of wrong items costs 4 s and 300 MB.
MAX_EXPLAINED = 2_000
#: The facts by media type that come with the core.
PROVIDERS = frozenset({"image"})


@dataclass(frozen=True, slots=True)
class ShapeError:
    """One keyword that a value breaks: its assumption, the pointer to the value, and what the message may say more.

    `path` is the keyword's in the schema, `limit` what it allows. Of anyOf and oneOf `alternatives` are the branches,
    and `branches` the errors of each, none of one that fits.
    """

    assumption: Assumption
    pointer: tuple[str | int, ...]
    keyword: str
    path: SchemaPath
    limit: str
    names: tuple[str, ...] = ()
    branches: tuple[tuple[ShapeError, ...], ...] = ()
    alternatives: tuple[Any, ...] = ()


class CompiledPart:
    """The shape of one part, ready to judge values, to read them from the wire and to bring them to their one form."""

    __slots__ = ("_reader", "_validator", "fills_defaults", "is_valid", "normalize", "shape")

    def __init__(self, shape: Shape, *, fill_defaults: bool) -> None:
        """Build the validator of a shape; raises ValueError with what is wrong with the schema."""
        self.shape = shape
        self._validator = jsonschema_rs.Draft202012Validator(
            dict(shape.schema), pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
        )
        #: Whether a value fits.
        self.is_valid: Callable[[Any], bool] = self._validator.is_valid
        self.fills_defaults = fill_defaults and any(True for _ in defaults_in(shape.schema))
        self._reader = RecordReader(shape.schema)
        self.normalize: Normalize | None = normalizer(shape.schema, fill_defaults=fill_defaults)

    @property
    def names(self) -> frozenset[str]:
        """The names that a record declares."""
        return self._reader.names

    def from_wire(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the typed record of name-value pairs; what does not convert stays a string for the shape check."""
        return self._reader.read(pairs)

    def defaults_fit(self) -> bool:
        """Whether each default is a value that its own schema lets pass; filled in, it is not judged again."""
        defaults = defaults_in(self.shape.schema) if self.fills_defaults else ()
        return all(jsonschema_rs.is_valid(dict(schema), default) for schema, default in defaults)

    def errors(self, value: Any) -> list[ShapeError]:
        """Return what a value breaks: at most MAX_ERRORS, of a value larger than MAX_EXPLAINED the first."""
        found = [self._shape_error(error) for error in islice(self._broken(value), MAX_ERRORS)]
        return [error for error in found if not _follows(error, found)]

    def refuses(self, value: Any, where: tuple[str | int, ...]) -> bool:
        """Whether a value is broken in one place, or in what stands there."""
        return any(tuple(error.instance_path)[: len(where)] == where for error in self._broken(value))

    def _shape_error(self, error: jsonschema_rs.ValidationError) -> ShapeError:
        path: SchemaPath = tuple(error.evaluation_path)
        keyword = str(path[-1]) if path else ""
        names: tuple[str, ...] = ()
        if keyword == "required":
            names = (str(getattr(error.kind, "property", "")),)
        elif keyword in ("additionalProperties", "unevaluatedProperties"):
            names = tuple(str(name) for name in getattr(error.kind, "unexpected", ()))
        branches = getattr(error.kind, "context", ()) if keyword in ("anyOf", "oneOf") else ()
        told = tuple(tuple(map(self._shape_error, branch[:MAX_ERRORS])) for branch in branches)
        assumption = self.assumption(path)
        around = self._around(path)
        limit = assumption.limit if path in self.shape.assumptions else limit_text(keyword, around)
        alternatives = tuple(around[keyword]) if told else ()
        return ShapeError(assumption, tuple(error.instance_path), keyword, path, limit, names, told, alternatives)

    def _around(self, path: SchemaPath) -> Mapping[str, Any]:
        """Return the schema that a keyword stands in."""
        schema: Any = self.shape.schema
        for step in path[:-1]:
            schema = schema[step]
        return schema if isinstance(schema, Mapping) else {}

    def _broken(self, value: Any) -> Iterable[jsonschema_rs.ValidationError]:
        if _size(value, MAX_EXPLAINED) <= MAX_EXPLAINED:
            return self._validator.iter_errors(value)
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return (error,)
        return ()

    def assumption(self, path: SchemaPath) -> Assumption:
        """Return the assumption at a schema path, or the nearest one that encloses it."""
        assumptions = self.shape.assumptions
        while path:
            if path in assumptions:
                return assumptions[path]
            path = path[:-1]
        return next(iter(assumptions.values()))

    def range_assumption(self, pointer: tuple[str | int, ...]) -> Assumption:
        """Return the assumption that an integer at a pointer has 64 bits."""
        wanted = "/".join((self.shape.part, *("*" if isinstance(step, int) else step for step in pointer), "range"))
        assumptions = self.shape.assumptions
        return next((found for found in assumptions.values() if found.id == wanted), assumptions[("range",)])


def _follows(error: ShapeError, found: Sequence[ShapeError]) -> bool:
    """Whether members only count as undeclared because the branch that declares them does not fit, which is told."""
    return error.keyword == "unevaluatedProperties" and any(
        other.branches
        and other.pointer == error.pointer
        and other.assumption.action == "deny"
        and set(error.names) <= set(known_properties({other.keyword: other.alternatives}))
        for other in found
    )


def _size(value: Any, most: int) -> int:
    """Count the members and items in a JSON value, hardly further than to `most`."""
    if not isinstance(value, dict | list):
        return 0
    count = len(value)
    for inner in value.values() if isinstance(value, dict) else value:
        if count > most:
            break
        count += _size(inner, most - count)
    return count


class CompiledPhase:
    """One phase, ready to be decided.

    `check` is the function that `codegen` makes, at the first exchange that asks for it.
    """

    __slots__ = ("_boundary", "bodiless_rules", "check", "max_bytes", "media", "parts", "places", "policy", "rules")

    def __init__(
        self, boundary: Boundary, policy: Phase, parts: Mapping[str, CompiledPart], rules: CompiledRules
    ) -> None:
        self._boundary = boundary
        self.check: Check = self._first_check
        self.policy = policy
        self.max_bytes = policy.max_bytes
        self.media = frozenset(policy.media) if policy.media is not None else None
        self.parts = parts
        self.rules = rules
        #: Those that can be asked where a response rightly has no body: an answer to HEAD.
        self.bodiless_rules = rules.without("response.body", *(f"response.{name}" for name in MEDIA_FACTS))
        #: By a rule's id, the JSON Pointer of the first fact that it reads: what its violation points at.
        self.places = {found.rule.assumption.id: _place(found, policy.phase) for found in rules.rules}

    def generated(self) -> Generated:
        """Return the check with its source, for people who want to read it."""
        return generate(self._boundary, self.policy, self.parts, self.rules)

    def _first_check(self, request: Any, response: Any, caller: Any) -> int:
        self.check = self.generated().check
        return self.check(request, response, caller)


def _place(rule: CompiledRule, phase: PhaseName) -> str:
    named = re.search(rf"\b{phase}\.([A-Za-z_][\w.]*)", rule.rule.expression)
    if named:
        return "/" + named[1].replace(".", "/")
    facts = sorted(fact.removeprefix(f"{phase}.") for fact in rule.facts if fact.startswith(f"{phase}."))
    return f"/{facts[0]}" if facts else ""


class CompiledBoundary:
    """One boundary, ready to be decided."""

    __slots__ = ("_by_class", "_by_status", "name", "policy", "recalls_request", "request")

    def __init__(self, policy: Boundary, request: CompiledPhase, responses: Mapping[str, CompiledPhase]) -> None:
        self.policy = policy
        self.name = policy.name
        self.request = request
        self._by_status = {int(status): phase for status, phase in responses.items() if status.isdigit()}
        self._by_class = {int(status[0]): phase for status, phase in responses.items() if status.endswith("XX")}
        if "*" in responses:
            self._by_class[0] = responses["*"]
        facts = (fact for phase in responses.values() for rule in phase.rules.rules for fact in rule.facts)
        #: Whether a rule over a response reads the request too.
        self.recalls_request = any(fact.partition(".")[0] == "request" for fact in facts)

    def response(self, status: int = 0) -> CompiledPhase | None:
        """Return the phase of a status, the exact one before its class; None when the status is not declared."""
        return self._by_status.get(status) or self._by_class.get(status // 100)

    def phases(self) -> list[CompiledPhase]:
        """Return the request phase and each response phase once."""
        return [self.request, *self._by_status.values(), *self._by_class.values()]


class CompiledPolicySet:
    """All boundaries of a policy set; immutable, so that a reference to it is a snapshot."""

    __slots__ = ("_by_component", "boundaries", "derived", "policies", "revision")

    def __init__(self, policies: PolicySet, boundaries: Mapping[str, CompiledBoundary]) -> None:
        self.policies = policies
        self.revision = policies.revision
        #: What others derive from this snapshot, and want to keep for as long as it is in use.
        self.derived: dict[str, Any] = {}
        self.boundaries = boundaries
        self._by_component: dict[str, tuple[CompiledBoundary, ...]] = {
            component: tuple(found for found in boundaries.values() if found.policy.component == component)
            for component in policies.components
        }

    def component(self, name: str) -> tuple[CompiledBoundary, ...]:
        """Return the boundaries of a component; raises KeyError for one that is not declared."""
        return self._by_component[name]


#: Compiles a phase at each `next`, and returns what there is with the faults.
Compiling = Generator[None, None, tuple[CompiledPolicySet, list[Fault]]]


def compile_policies(policies: PolicySet, *, providers: frozenset[str] = PROVIDERS) -> CompiledPolicySet:
    """Compile a policy set.

    Args:
        policies: What was loaded.
        providers: The facts by media type that can be had, e.g. "image".

    Raises:
        PolicyError: With every fault in shapes and rules.
    """
    compiled, faults = compile_boundaries(policies, providers=providers)
    if faults:
        raise PolicyError(faults)
    return compiled


def compile_boundaries(policies: PolicySet, *, providers: frozenset[str]) -> tuple[CompiledPolicySet, list[Fault]]:
    """Compile what can be compiled, and return every fault beside it."""
    steps = compiling(policies, providers=providers)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: tuple[CompiledPolicySet, list[Fault]] = done.value
            return result


def compiling(policies: PolicySet, *, providers: frozenset[str]) -> Compiling:
    """Compile in steps of a phase each, for those who have something else to do in between."""
    faults: list[Fault] = []
    boundaries: dict[str, CompiledBoundary] = {}
    for boundary in policies.boundaries():
        request = _compile_phase(boundary, boundary.request, providers, faults)
        yield
        responses = {}
        for status, phase in boundary.responses.items():
            responses[status] = _compile_phase(boundary, phase, providers, faults)
            yield
        compiled = boundaries[boundary.name] = CompiledBoundary(boundary, request, responses)
        check_costs(boundary, [(phase.policy, phase.rules) for phase in compiled.phases()], faults)
        yield
    ordered = sorted(set(faults), key=lambda fault: (fault.location, fault.message))
    return CompiledPolicySet(policies, boundaries), ordered


def _compile_phase(boundary: Boundary, phase: Phase, providers: frozenset[str], faults: list[Fault]) -> CompiledPhase:
    fill_defaults = boundary.side == "inbound" and phase.phase == "request"
    parts: dict[str, CompiledPart] = {}
    for shape in phase.shapes:
        try:
            parts[shape.part] = CompiledPart(shape, fill_defaults=fill_defaults)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            message = str(error).splitlines()[0]
            faults.append(Fault(shape.location, f"{boundary.name}: the shape of {shape.part} is no schema: {message}"))
    defaults_applied = boundary.side == "inbound"
    rules = compile_rules(boundary, phase, providers=providers, defaults_applied=defaults_applied, faults=faults)
    return CompiledPhase(boundary, phase, parts, rules)
