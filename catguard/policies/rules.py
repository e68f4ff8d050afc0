"""The rules of a phase, compiled: checked over typed facts once, then decided on plain dicts in one call."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from catguard.errors import EvaluationError
from catguard.policies.complaints import Complaint
from catguard.policies.expressions import Checked, Checker, Environments, Evaluator, Program, shared_evaluator
from catguard.policies.facts import Record, facts_of
from catguard.policies.model import Boundary, Fault, Location, Phase, Rule
from catguard.policies.syntax import Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its program, its checked tree, and the facts that it reads, variables seen through."""

    rule: Rule
    program: Program
    tree: Node
    facts: frozenset[str]
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledVariable:
    """A variable with its program and its checked tree."""

    name: str
    program: Program
    tree: Node
    facts: frozenset[str]
    variables: frozenset[str]


#: The facts of a phase without rules: nobody asks for them.
NO_FACTS = Record({})
#: A rule that does not hold: it is false, or cannot be evaluated.
Broken: TypeAlias = tuple[Rule, Literal[False] | EvaluationError]


class CompiledRules:
    """The rules of one phase, the variables that they read, and the types of their facts; asked by CEL's evaluator.

    Where every rule holds, one evaluation of all of them together says so; only otherwise is each asked on its own.
    """

    __slots__ = ("_all", "_evaluator", "facts", "needed", "rules", "variables")

    def __init__(
        self,
        rules: Sequence[CompiledRule],
        variables: Sequence[CompiledVariable],
        evaluator: Evaluator,
        facts: Record = NO_FACTS,
    ) -> None:
        self.rules = tuple(rules)
        self.variables = tuple(variables)
        self.facts = facts
        self._evaluator = evaluator
        needed = {name for rule in rules for name in rule.variables}
        #: The variables that a rule reads, itself or through another.
        self.needed = tuple(variable for variable in variables if variable.name in needed)
        self._all: Program | None = None

    def run(self, facts: Mapping[str, Any]) -> Sequence[Broken]:
        """Return the rules that do not hold on {"request": ..., "response": ..., "caller": ...}, in their order."""
        if not self.rules:
            return ()
        if self._all is None:
            self._all = _conjunction(self.rules, self._evaluator)
        errors: dict[str, EvaluationError] = {}
        if self.needed:
            facts = {**facts, "variables": self._values(facts, errors)}
        if self._all.holds(facts):
            return ()
        try:
            activation = self._evaluator.activation(facts)
        except EvaluationError as error:
            return [(rule.rule, error) for rule in self.rules]
        broken: list[Broken] = []
        for rule in self.rules:
            try:
                if rule.program.evaluate_shared(activation) is not True:
                    broken.append((rule.rule, False))
            except EvaluationError as error:
                cause = next((errors[name] for name in sorted(rule.variables) if name in errors), error)
                broken.append((rule.rule, cause))
        return broken

    def without(self, *parts: str) -> CompiledRules:
        """Return the rules that read none of the facts named, e.g. "response.body", for exchanges without them."""
        kept = [rule for rule in self.rules if not rule.facts.intersection(parts)]
        return self if len(kept) == len(self.rules) else self.only(kept)

    def only(self, kept: Sequence[CompiledRule]) -> CompiledRules:
        """Return some of the rules, with the variables that they read."""
        return CompiledRules(kept, self.variables, self._evaluator, self.facts)

    def _values(self, facts: Mapping[str, Any], errors: dict[str, EvaluationError]) -> dict[str, Any]:
        """Evaluate each variable once. One that cannot be evaluated stays out: only what reads it fails."""
        values: dict[str, Any] = {}
        known = {**facts, "variables": values}
        for variable in self.needed:
            try:
                values[variable.name] = variable.program.evaluate(known)
            except EvaluationError as error:
                cause = next((errors[name] for name in sorted(variable.variables) if name in errors), None)
                errors[variable.name] = cause or EvaluationError(f"variables.{variable.name}: {error}")
        return values


def _conjunction(rules: Sequence[CompiledRule], evaluator: Evaluator) -> Program:
    """Return the program that is true where all rules are."""
    if len(rules) == 1:
        return rules[0].program
    try:
        # A line break ends a comment in which a rule may end.
        return evaluator.program(" && ".join(f"({rule.rule.expression}\n)" for rule in rules))
    except RuntimeError:
        # Together they are nested too deeply for the parser; a constant makes each be asked on its own.
        return evaluator.program("false")


def finished(steps: Generator[None, None, T]) -> T:
    """Return what steps come to, taken without a break."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


def compiling_rules(
    boundary: Boundary,
    phase: Phase,
    *,
    defaults_applied: bool,
    faults: list[Fault],
    environments: Environments | None = None,
) -> Generator[None, None, CompiledRules]:
    """Check and compile the rules of a phase, and the variables of its boundary, in steps of one expression each.

    Args:
        boundary: the boundary; its request gives the types of `request` in every phase.
        phase: its request or one of its responses.
        defaults_applied: defaults in the request are filled in before its rules.
        faults: gets every fault; a fault of a variable once, though each phase compiles it.
        environments: those of the policy set, to be shared.

    Returns:
        The rules that have no fault.
    """
    evaluator = shared_evaluator()
    if not phase.rules and not (boundary.variables and phase is boundary.request):
        return CompiledRules((), (), evaluator)
    facts = facts_of(boundary, phase, defaults_applied=defaults_applied)
    checker = Checker(facts, evaluator, environments=environments)

    def check(expression: str, location: Location, *, rule: bool) -> Checked | None:
        checked, complaints = checker.check(expression, rule=rule)
        found = [_fault(complaint, expression, location) for complaint in complaints]
        faults.extend(fault for fault in found if fault not in faults)
        return checked

    variables: dict[str, CompiledVariable] = {}
    for variable in boundary.variables:
        checked = check(variable.expression, variable.location, rule=False)
        checker.declare(variable.name, checked)
        if checked:
            read, parts = _see_through(checked.facts, variables)
            program = evaluator.later(variable.expression)
            variables[variable.name] = CompiledVariable(variable.name, program, checked.tree, parts, read)
        yield
    rules = []
    for rule in phase.rules:
        checked = check(rule.expression, rule.location, rule=True)
        if checked:
            read, parts = _see_through(checked.facts, variables)
            rules.append(CompiledRule(rule, evaluator.later(rule.expression), checked.tree, parts, read))
        yield
    return CompiledRules(rules, tuple(variables.values()), evaluator, facts)


def _see_through(facts: frozenset[str], known: Mapping[str, CompiledVariable]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the variables behind some facts, and the facts with those that the variables read."""
    names = {name for fact in facts if (name := fact.removeprefix("variables.")) in known and fact != name}
    read = frozenset(names).union(*(known[name].variables for name in names))
    parts = facts.union(*(known[name].facts for name in names))
    return read, frozenset(part for part in parts if not part.startswith("variables."))


def _fault(complaint: Complaint, expression: str, location: Location) -> Fault:
    """Give a complaint its place in the file; the lines of a block stand below each other."""
    before = expression[: complaint.position]
    line = before.count("\n")
    column = location.column + len(before) - (before.rfind("\n") + 1)
    place = Location(location.file, location.line + line, column)
    return Fault(place, complaint.message, complaint.hint)
