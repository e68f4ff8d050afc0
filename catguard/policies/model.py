"""The policy set as frozen data: what was written, checked for form, with the place of everything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from catguard.policies.clock import Clock, days_left

Action = Literal["deny", "warn", "audit"]
FailurePolicy = Literal["fail", "ignore"]
Side = Literal["inbound", "outbound"]
Kind = Literal["http", "call", "sql"]
PhaseName = Literal["request", "response"]
AssumptionKind = Literal["shape", "rule", "limit"]
JsonSchema = Mapping[str, Any]
SchemaPath = tuple[str | int, ...]

EXTERNAL = "external"
#: A parameter in the template of a path, with its name.
PARAMETER = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
#: Classes of callers that are no components.
CALLER_CLASSES = ("public", "probe", "supervisor")


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a policy file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the policy files."""

    location: Location
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True, order=True)
class Surprise:
    """Something in a policy text that a reader can mistake; `rule` is the id of its entry in the linter's catalogue."""

    location: Location
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for assumptions, and where they are reached."""

    name: str
    team: str
    contact: str

    def __str__(self) -> str:
        return f"{self.team} ({self.contact})"


@dataclass(frozen=True, slots=True)
class Waiver:
    """A dated, owned exception to one assumption: until the end of the day `expires`, in UTC, it does not deny.

    `clock` is what the enforcement points read; it is no part of what was written.
    """

    boundary: str
    assumption: str
    owner: Owner
    why: str
    expires: date
    location: Location
    clock: Clock = field(compare=False, repr=False)

    def holds(self) -> bool:
        """Whether the waiver is in force at this moment."""
        return days_left(self.expires, self.clock()) >= 0

    def __str__(self) -> str:
        return f"until {self.expires} by {self.owner}: {self.why}"


@dataclass(frozen=True, slots=True)
class Switch:
    """A rule of the linter that is switched off, and why."""

    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing relied on in one phase of a boundary.

    `id` is unique in the boundary and phase: a rule's key, part/pointer/keyword of a shape, or a limit's key.
    `status` is the response's key in the policy ("200", "4XX", "*") or None for a request.
    `limit` is what is allowed, as a text for people: a bound, a list, a rule. `waiver` may have expired.
    """

    id: str
    boundary: str
    phase: PhaseName
    status: str | None
    kind: AssumptionKind
    why: str
    action: Action
    owner: Owner
    location: Location
    limit: str
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression that must hold; `location` is that of its first character.

    `failure_policy` says what it means that the expression cannot be evaluated: "fail" counts it as broken, with the
    assumption's own action, "ignore" tells telemetry only.
    """

    assumption: Assumption
    expression: str
    location: Location
    failure_policy: FailurePolicy = "fail"


@dataclass(frozen=True, slots=True)
class Variable:
    """A named CEL expression of a boundary, evaluated at most once a phase."""

    name: str
    expression: str
    location: Location


@dataclass(frozen=True, slots=True)
class Shape:
    """The JSON Schema of one part of a request or response.

    In `schema` every $ref is inlined and records are closed; `assumptions` maps the path of each keyword in it to the
    assumption which that keyword is; `silent` has the places of the schemas in it that say nothing.
    """

    part: str
    schema: JsonSchema
    assumptions: Mapping[SchemaPath, Assumption]
    location: Location
    silent: Mapping[SchemaPath, Location] = field(default_factory=dict)

    def place(self, path: SchemaPath) -> Location:
        """Return where the first keyword is written at or below a path of the schema, else of what encloses it."""
        inside = (found.location for at, found in self.assumptions.items() if path and at[: len(path)] == path)
        above = (path[:length] for length in range(len(path), 0, -1))
        around = (self.silent.get(at) or self.assumptions[at].location for at in above if self._is_placed(at))
        return next(inside, None) or next(around, self.location)

    def _is_placed(self, path: SchemaPath) -> bool:
        return path in self.silent or path in self.assumptions


@dataclass(frozen=True, slots=True)
class Phase:
    """What is assumed of a request, or of a response with one status.

    `max_bytes` counts the bytes of the body, of a call's result, or of a statement's rows, if `limits` has it; `media`
    None means that there is no body, or in a request that is `raw` any type; `raw` delivers the body's own bytes.
    `max_rows` is of a statement; where it is written it `binds_statement`: its LIMIT too, and the rows it changes.
    """

    phase: PhaseName
    status: str | None
    location: Location
    max_bytes: int
    limits: Mapping[str, Assumption]
    media: tuple[str, ...] | None = None
    shapes: tuple[Shape, ...] = ()
    rules: tuple[Rule, ...] = ()
    stream: bool = False
    raw: bool = False
    max_rows: int | None = None
    binds_statement: bool = False

    def shape(self, part: str) -> Shape | None:
        """Return the shape of a part, if one is declared."""
        return next((shape for shape in self.shapes if shape.part == part), None)

    def assumptions(self) -> Iterator[Assumption]:
        """Yield every assumption of the phase: limits, shapes, rules."""
        yield from self.limits.values()
        for shape in self.shapes:
            yield from {assumption.id: assumption for assumption in shape.assumptions.values()}.values()
        for rule in self.rules:
            yield rule.assumption


@dataclass(frozen=True, slots=True)
class Refusal:
    """A JSON Merge Patch of an example that breaks just the assumptions in `by`."""

    by: tuple[str, ...]
    request: Any
    response: Any
    location: Location


@dataclass(frozen=True, slots=True)
class Example:
    """A named exchange that a boundary lets through, with the refusals derived from it."""

    name: str
    request: Mapping[str, Any]
    response: Mapping[str, Any] | None
    refusals: tuple[Refusal, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Sql:
    """What an SQL boundary is about: one operation on a set of base tables."""

    operation: str
    tables: frozenset[str]

    def __str__(self) -> str:
        return f"{self.operation} {', '.join(sorted(self.tables))}"


@dataclass(frozen=True, slots=True)
class Boundary:
    """One operation at one side of a component, with all that is assumed there.

    `statuses` is the assumption that only declared statuses come back, `permitted` that only those in `from` call.
    """

    name: str
    component: str
    side: Side
    operation: str
    kind: Kind
    owner: Owner
    about: str
    action: Action
    location: Location
    request: Phase
    responses: Mapping[str, Phase]
    statuses: Assumption
    permitted: Assumption
    method: str | None = None
    path: str | None = None
    callers: tuple[str, ...] = ()
    to: str | None = None
    call: str | None = None
    sql: Sql | None = None
    variables: tuple[Variable, ...] = ()
    examples: tuple[Example, ...] = ()
    health: bool = False
    lint: Mapping[str, Switch] = field(default_factory=dict)

    @property
    def public(self) -> bool:
        """Whether anybody may call."""
        return "public" in self.callers

    @property
    def callee(self) -> str:
        """The component that it calls, "external" for what is outside of the system; "" where it calls none."""
        return (self.to or "").partition(".")[0]

    def phases(self) -> Iterator[Phase]:
        """Yield the request phase, then each response."""
        yield self.request
        yield from self.responses.values()

    def assumptions(self) -> Iterator[Assumption]:
        """Yield every assumption of the boundary."""
        for phase in self.phases():
            yield from phase.assumptions()


@dataclass(frozen=True, slots=True)
class Component:
    """A box of the system.

    `undeclared` is what becomes of calls that no boundary declares, by side.
    """

    name: str
    owner: Owner
    about: str
    location: Location
    needs: tuple[str, ...] = ()
    inbound: Mapping[str, Boundary] = field(default_factory=dict)
    outbound: Mapping[str, Boundary] = field(default_factory=dict)
    undeclared: Mapping[Side, Action] = field(default_factory=lambda: {"inbound": "deny", "outbound": "deny"})

    def boundaries(self) -> Iterator[Boundary]:
        """Yield inbound boundaries, then outbound ones."""
        yield from self.inbound.values()
        yield from self.outbound.values()


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All that the policy files say; `revision` is the sha256 of their canonical content and the action overrides.

    Where `complete` is false, shapes whose form is wrong were left out: then there are faults, and rules mean nothing.
    """

    system: str
    owners: Mapping[str, Owner]
    components: Mapping[str, Component]
    files: tuple[str, ...]
    revision: str
    actions: tuple[tuple[str, Action], ...] = ()
    complete: bool = True
    unused_shapes: Mapping[str, Location] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    surprises: tuple[Surprise, ...] = ()
    lint: Mapping[str, Switch] = field(default_factory=dict)

    def boundaries(self) -> Iterator[Boundary]:
        """Yield every boundary of every component."""
        for component in self.components.values():
            yield from component.boundaries()

    def boundary(self, name: str) -> Boundary:
        """Return a boundary by its full name, e.g. "catomatic.inbound.render"; raises KeyError."""
        component, side, operation = name.split(".", 2)
        found = self.components[component]
        boundaries = {"inbound": found.inbound, "outbound": found.outbound}[side]
        return boundaries[operation]
