"""Rules that are certain to hold, certain to fail, or settled by one another: intervals over the checked trees.

Only what is certain is said. Where a shape is softened or waived, values beyond its bounds reach the rules, and nothing
is certain; so it is where a default does not fit its own shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from catguard.analysis.catalogue import CATALOGUE
from catguard.analysis.findings import Finding
from catguard.policies.compiler import CompiledBoundary, CompiledPhase
from catguard.policies.costs import costs_of, estimator_of
from catguard.policies.estimator import Estimator
from catguard.policies.intervals import INTEGERS, Interval
from catguard.policies.model import Assumption
from catguard.policies.rules import CompiledRule
from catguard.policies.syntax import Call, Literal, Node

#: How strict an action is.
_STRICTNESS = {"audit": 0, "warn": 1, "deny": 2}
_MIRRORED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_", "_==_": "_==_"}
_NEGATED = {"_<_": "_>=_", "_<=_": "_>_", "_>_": "_<=_", "_>=_": "_<_", "_==_": "_!=_", "_!=_": "_==_"}

#: Terms, e.g. request.body.width, with the integers that a rule lets them be.
Terms: TypeAlias = Mapping[Node, Interval]


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a rule says of single terms; `whole` where it says nothing else."""

    rule: CompiledRule
    terms: Terms
    whole: bool

    @property
    def assumption(self) -> Assumption:
        return self.rule.rule.assumption

    @property
    def decides(self) -> bool:
        """Whether nothing passes that it does not hold of."""
        denies = self.assumption.action == "deny" and self.assumption.waiver is None
        return denies and self.rule.rule.failure_policy == "fail"


def certainties(boundary: CompiledBoundary) -> Iterator[Finding]:
    """Yield what is certain of the rules of a boundary."""
    phases = boundary.phases()
    for phase in phases:
        estimator = estimator_of(boundary.policy, phase.policy, phase.rules)
        claims = [_claim(rule, estimator) for rule in phase.rules.rules]
        yield from _duplicates(boundary, claims)
        if not all(_is_firm(part) for part in {id(part): part for part in (phases[0], phase)}.values()):
            continue
        settled = set()
        for cost in costs_of(boundary.policy, phase.policy, phase.rules):
            assumption = cost.rule.rule.assumption
            name = f"{boundary.name}: {assumption.id}"
            because = "the shapes leave nothing else" if cost.rule.facts else "it reads nothing of the exchange"
            if not cost.estimate.always_true and all(_covers(part, estimator) for part in _conjuncts(cost.rule.tree)):
                settled.add(assumption.id)
                yield _finding(
                    "rule-always-true", assumption, f"{name} can never fail: its own parts leave nothing out"
                )
            elif cost.estimate.always_true:
                settled.add(assumption.id)
                yield _finding("rule-always-true", assumption, f"{name} can never fail: {because}")
            elif cost.estimate.never_true:
                settled.add(assumption.id)
                yield _finding("rule-always-false", assumption, f"{name} can never pass: {because}")
        yield from _contradictions(boundary, [claim for claim in claims if claim.assumption.id not in settled])


def _finding(rule: str, assumption: Assumption, message: str) -> Finding:
    return Finding(rule, CATALOGUE[rule].level or "error", assumption.location, message, assumption.boundary)


def _is_firm(phase: CompiledPhase) -> bool:
    """Whether nothing reaches the rules of a phase but what its shapes let in."""
    found = (assumption for shape in phase.policy.shapes for assumption in shape.assumptions.values())
    firm = all(assumption.action == "deny" and assumption.waiver is None for assumption in found)
    return firm and all(part.defaults_fit() for part in phase.parts.values())


def _claim(rule: CompiledRule, estimator: Estimator) -> _Claim:
    terms: dict[Node, Interval] = {}
    whole = True
    for part in _conjuncts(rule.tree):
        found = _bound(part)
        if found is None or (base := estimator.estimate(found[0])).kind != "int" or base.nullable:
            whole = False
            continue
        term, allowed = found
        terms[term] = _meet(terms.get(term, base.interval), allowed)
    return _Claim(rule, terms, whole)


def _conjuncts(node: Node, joined: str = "_&&_", parted: str = "_||_") -> Iterator[Node]:
    """Yield what must hold all together, or with the operators exchanged what is enough alone (De Morgan)."""
    match node:
        case Call(function, _, (left, right)) if function == joined:
            yield from _conjuncts(left, joined, parted)
            yield from _conjuncts(right, joined, parted)
        case Call("!_", _, (Call("!_", _, (inner,)),)):
            yield from _conjuncts(inner, joined, parted)
        case Call("!_", _, (Call(function, _, (left, right)),)) if function == parted:
            yield from _conjuncts(Call("!_", None, (left,)), joined, parted)
            yield from _conjuncts(Call("!_", None, (right,)), joined, parted)
        case _:
            yield node


def _covers(node: Node, estimator: Estimator) -> bool:
    """Whether comparisons of one term, of which one is enough, leave out no integer that it can be."""
    allowed: dict[Node, list[Interval]] = {}
    for part in _conjuncts(node, "_||_", "_&&_"):
        if (found := _bound(part)) is not None:
            allowed.setdefault(found[0], []).append(found[1])
    for term, intervals in allowed.items():
        base = estimator.estimate(term)
        if base.kind != "int" or base.nullable or base.fails:
            continue
        reached = base.interval.low - 1
        for interval in sorted(intervals, key=lambda each: each.low):
            if interval.low <= reached + 1:
                reached = max(reached, interval.high)
        if reached >= base.interval.high:
            return True
    return False


def _bound(node: Node) -> tuple[Node, Interval] | None:
    """Return the term and the integers of a comparison with a number that is written out."""
    match node:
        case Call("!_", _, (Call(function, _, operands),)) if function in _NEGATED:
            return _bound(Call(_NEGATED[function], None, operands))
        case Call(function, _, (Literal(int(), "int") as number, term)) if function in _MIRRORED:
            return _bound(Call(_MIRRORED[function], None, (term, number)))
        case Call(function, _, (term, Literal(int(number), "int"))) if function in _MIRRORED:
            low, high = INTEGERS.low, INTEGERS.high
            allowed = {
                "_<_": (low, number - 1),
                "_<=_": (low, number),
                "_>_": (number + 1, high),
                "_>=_": (number, high),
                "_==_": (number, number),
            }[function]
            return term, Interval(*allowed)
    return None


def _meet(one: Interval, other: Interval) -> Interval:
    """Return what two intervals have in common; empty ones have a low end above the high one."""
    return Interval(max(one.low, other.low), min(one.high, other.high))


def _is_empty(interval: Interval) -> bool:
    return interval.low > interval.high


def _contradictions(boundary: CompiledBoundary, claims: Sequence[_Claim]) -> Iterator[Finding]:
    """Yield rules that leave no value to a term: alone, or one together with another."""
    firm = [claim for claim in claims if claim.decides]
    alone = {claim.assumption.id for claim in firm if any(map(_is_empty, claim.terms.values()))}
    for claim in firm:
        if claim.assumption.id in alone:
            message = f"{boundary.name}: {claim.assumption.id} can never pass: its own parts leave no value"
            yield _finding("rule-always-false", claim.assumption, message)
    for one, other in combinations([claim for claim in firm if claim.assumption.id not in alone], 2):
        shared = one.terms.keys() & other.terms.keys()
        empty = any(_is_empty(_meet(one.terms[term], other.terms[term])) for term in shared)
        if empty or _are_opposite(one.rule.tree, other.rule.tree):
            first, second = one.assumption, other.assumption
            message = f"{boundary.name}: nothing fits both {second.id} and {first.id} ({first.location})"
            yield _finding("contradiction", second, message)


def _are_opposite(one: Node, other: Node) -> bool:
    """Whether a part of one rule is, as it is written, the opposite of a part of another."""
    parts = list(_conjuncts(other))
    return any(_opposite(part) in parts or any(_opposite(each) == part for each in parts) for part in _conjuncts(one))


def _opposite(node: Node) -> Node:
    match node:
        case Call("!_", _, (inner,)):
            return inner
        case Call(function, _, operands) if function in _NEGATED:
            return Call(_NEGATED[function], None, operands)
        case _:
            return Call("!_", None, (node,))


def _duplicates(boundary: CompiledBoundary, claims: Sequence[_Claim]) -> Iterator[Finding]:
    """Yield rules that another rule says, or says more of, at least as strictly."""
    told: set[str] = set()
    for one, other in combinations(claims, 2):
        for spare, kept in ((other, one), (one, other)):
            if told.isdisjoint((spare.assumption.id, kept.assumption.id)) and _is_said(spare, kept):
                told.add(spare.assumption.id)
                name = f"{kept.assumption.id} ({kept.assumption.location})"
                message = f"{boundary.name}: {spare.assumption.id} refuses nothing that {name} lets through"
                yield _finding("duplicate", spare.assumption, message)


def _is_said(spare: _Claim, kept: _Claim) -> bool:
    """Whether a rule refuses nothing that another, at least as strict, lets through."""
    one, other = spare.assumption, kept.assumption
    if _STRICTNESS[other.action] < _STRICTNESS[one.action] or other.waiver is not None:
        return False
    if spare.rule.tree == kept.rule.tree:
        return True
    return spare.whole and all(
        term in kept.terms and _meet(kept.terms[term], allowed) == kept.terms[term]
        for term, allowed in spare.terms.items()
    )
