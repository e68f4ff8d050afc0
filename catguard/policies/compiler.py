"""A policy set made executable: validators, normalizers and rule programs, all built once."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

from catguard.policies.codegen import Check, Generated, generate
from catguard.policies.costs import check_costs
from catguard.policies.expressions import Environments
from catguard.policies.facts import MEDIA_FACTS
from catguard.policies.model import (
    Boundary,
    Fault,
    Phase,
    PhaseName,
    PolicySet,
)
from catguard.policies.parts import CompiledPart, Validators
from catguard.policies.regexes import pattern_faults
from catguard.policies.rules import CompiledRule, CompiledRules, compiling_rules, finished


class CompiledPhase:
    """One phase, ready to be decided.

    `check` and `within` are the functions that `codegen` makes: at load for the component that is guarded
    (`preparing`), else when one of them is first asked.
    """

    __slots__ = (
        "_boundary",
        "bodiless_rules",
        "check",
        "max_bytes",
        "media",
        "parts",
        "places",
        "policy",
        "rules",
        "takes_body",
        "within",
    )
    check: Check
    within: Check

    def __init__(
        self, boundary: Boundary, policy: Phase, parts: Mapping[str, CompiledPart], rules: CompiledRules
    ) -> None:
        self._boundary = boundary
        self.policy = policy
        self.max_bytes = policy.max_bytes
        self.media = frozenset(policy.media) if policy.media is not None else None
        self.parts = parts
        self.rules = rules
        #: Whether a request may have a body at all.
        self.takes_body = "body" in parts or policy.raw or self.media is not None
        #: Those that can be asked where a response rightly has no body: an answer to HEAD.
        self.bodiless_rules = rules.without("response.body", *(f"response.{name}" for name in MEDIA_FACTS))
        #: By a rule's id, the JSON Pointer of the first fact that it reads: what its violation points at.
        self.places = {found.rule.assumption.id: _place(found, policy.phase) for found in rules.rules}

    def generated(self) -> Generated:
        """Return the check with its source, for people who want to read it."""
        return generate(self._boundary, self.policy, self.parts, self.rules)

    def __getattr__(self, name: str) -> Any:
        """Make both checks when one is first asked for; methods that stand in for them would make a phase a cycle."""
        if name not in ("check", "within"):
            raise AttributeError(name)
        made = self.generated()
        self.check, self.within = made.check, made.within
        return getattr(self, name)

    def prepare(self) -> None:
        """Make both checks now, and not in the first exchange."""
        _ = self.check


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

    __slots__ = ("_by_component", "allowance", "boundaries", "candidate", "policies", "revision")

    def __init__(self, policies: PolicySet, boundaries: Mapping[str, CompiledBoundary]) -> None:
        self.policies = policies
        self.revision = policies.revision
        #: The engine's decision that there is nothing to object to, once it made one.
        self.allowance: Any = None
        #: What decides beside it and is only written down; None almost always.
        self.candidate: Any = None
        self.boundaries = boundaries
        self._by_component: dict[str, tuple[CompiledBoundary, ...]] = {
            component: tuple(found for found in boundaries.values() if found.policy.component == component)
            for component in policies.components
        }

    def beside(self, candidate: Any) -> CompiledPolicySet:
        """Return the same policy set with a candidate (`engine.candidate`) that decides beside it."""
        found = CompiledPolicySet(self.policies, self.boundaries)
        found.candidate = candidate
        return found

    def component(self, name: str) -> tuple[CompiledBoundary, ...]:
        """Return the boundaries of a component; raises KeyError for one that is not declared."""
        return self._by_component[name]

    def preparing(self, component: str) -> Generator[None, None, None]:
        """Make the checks of a component's phases, one at each step, so that no exchange has to wait for them."""
        for boundary in self._by_component.get(component, ()):
            for phase in boundary.phases():
                phase.prepare()
                yield


#: Compiles a part or an expression at each `next`, and returns what there is with the faults.
Compiling = Generator[None, None, tuple[CompiledPolicySet, list[Fault]]]


def compile_boundaries(policies: PolicySet) -> tuple[CompiledPolicySet, list[Fault]]:
    """Compile what can be compiled, and return every fault beside it."""
    return finished(compiling(policies))


def compiling(policies: PolicySet) -> Compiling:
    """Compile in steps of a part or an expression, for those who have something else to do in between."""
    faults: list[Fault] = []
    validators, environments = Validators(), Environments()
    boundaries: dict[str, CompiledBoundary] = {}
    for boundary in policies.boundaries():
        request = yield from _compile_phase(boundary, boundary.request, faults, validators, environments)
        responses = {}
        for status, phase in boundary.responses.items():
            responses[status] = yield from _compile_phase(boundary, phase, faults, validators, environments)
        compiled = boundaries[boundary.name] = CompiledBoundary(boundary, request, responses)
        check_costs(boundary, [(phase.policy, phase.rules) for phase in compiled.phases()], faults)
        yield
    ordered = sorted(set(faults), key=lambda fault: (fault.location, fault.message))
    return CompiledPolicySet(policies, boundaries), ordered


def _compile_phase(
    boundary: Boundary, phase: Phase, faults: list[Fault], validators: Validators, environments: Environments
) -> Generator[None, None, CompiledPhase]:
    fill_defaults = boundary.side == "inbound" and phase.phase == "request"
    parts: dict[str, CompiledPart] = {}
    for shape in phase.shapes:
        try:
            parts[shape.part] = CompiledPart(shape, fill_defaults=fill_defaults, validators=validators)
        except ValueError as error:
            if wrong := list(pattern_faults(shape, validators)):
                faults += wrong
                continue
            message = str(error).splitlines()[0]
            faults.append(Fault(shape.location, f"{boundary.name}: the shape of {shape.part} is no schema: {message}"))
        yield
    defaults_applied = boundary.side == "inbound"
    rules = yield from compiling_rules(
        boundary, phase, defaults_applied=defaults_applied, faults=faults, environments=environments
    )
    yield
    return CompiledPhase(boundary, phase, parts, rules)
