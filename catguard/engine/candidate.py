"""A candidate: a policy set that decides beside the one in force, and whose word is only written down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeVar

from catguard.engine.decision import Decision, Violation, violated
from catguard.engine.evaluator import Facts, decide_request, decide_response
from catguard.engine.exchange import UNKNOWN
from catguard.engine.explanation import HEAD_PARTS
from catguard.failures import report
from catguard.policies.actions import UNDECLARED
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.model import PhaseName
from catguard.policies.values import to_wire

log = logging.getLogger("catguard.candidate")

T = TypeVar("T")
#: What the candidate does otherwise: it refuses what passes, passes what is refused, or tells other violations.
Outcome = Literal["refuses", "passes", "differs"]
#: Most members of an object, and items of a list, that an example shows.
MAX_SHOWN: Final = 20
#: Facts whose members the other side names; those of others are our own, or the code's.
_NAMED: Final = (*HEAD_PARTS, "body", "args", "result")
#: Facts of a message that are no values of its sender.
_OWN_FACTS: Final = ("method", "media", "bytes", "status", "operation", "tables", "rows", "bodiless")
#: Facts that repeat what others say, values included.
_LEFT_OUT: Final = ("path",)
#: Who called where nobody was asked: of such a caller nothing can be said at a boundary that asks.
_UNASKED: Final = ("public", UNKNOWN)


@dataclass(slots=True)
class Difference:
    """How often the candidate decided otherwise, for one reason, and what that looked like the first time.

    Attributes:
        boundary: its full name.
        phase: in which the decisions part.
        assumption: the reason: broken in one of the two policy sets, or with another action.
        outcome: what the candidate does otherwise.
        count: how often.
        where: a JSON Pointer.
        message: what the refusal says, or would say.
        example: the facts of the first such message, every value masked.
    """

    boundary: str
    phase: PhaseName
    assumption: str
    outcome: Outcome
    count: int
    where: str
    message: str
    example: Mapping[str, Any]


@dataclass(slots=True)
class Comparison:
    """What was compared so far; there is one difference at most for each assumption, phase and outcome.

    Attributes:
        live: the revision in force.
        candidate: the revision beside it.
        decided: how many messages both decided, by boundary.
        unjudged: how many of them the candidate could not judge, as the live policies had refused to read them.
        failed: how often the candidate broke.
        differences: by boundary, phase, assumption and outcome.
    """

    live: str
    candidate: str
    decided: dict[str, int] = field(default_factory=dict)
    unjudged: int = 0
    failed: int = 0
    differences: dict[tuple[str, str, str, str], Difference] = field(default_factory=dict)


class Candidate:
    """Decides beside the policies in force; nothing that happens here touches an exchange.

    Args:
        compiled: The candidate's policies.
        live: Those in force.
        tell: Called with each difference as it is counted.
    """

    def __init__(
        self, compiled: CompiledPolicySet, live: CompiledPolicySet, tell: Callable[[Difference], None]
    ) -> None:
        self.compiled = compiled
        self.comparison = Comparison(live.revision, compiled.revision)
        self.live = live
        self._tell = tell

    def decide_request(
        self,
        boundary: CompiledBoundary,
        request: Facts,
        *,
        caller: Mapping[str, Any],
        noted: Sequence[Violation],
        exact: bool,
    ) -> Decision:
        """Return what the live policies say of a request, and note where the candidate says otherwise."""
        # First the candidate, on a copy: the live policies write what they checked into the facts.
        judged = self._judge(lambda: self._request(boundary.name, request, caller, noted))
        decision = decide_request(self.live, boundary, request, caller=caller, noted=noted, exact=exact)
        self._judge(lambda: self._compare(boundary.name, "request", judged, decision))
        return decision

    def decide_response(
        self,
        boundary: CompiledBoundary,
        request: Facts,
        response: Facts,
        *,
        caller: Mapping[str, Any],
        noted: Sequence[Violation],
        exact: bool,
    ) -> Decision:
        """As `decide_request`, of a response."""
        judged = self._judge(lambda: self._response(boundary.name, request, response, caller, noted))
        decision = decide_response(self.live, boundary, request, response, caller=caller, noted=noted, exact=exact)
        self._judge(lambda: self._compare(boundary.name, "response", judged, decision))
        return decision

    def _judge(self, question: Callable[[], T]) -> T | None:
        """Ask something of the candidate; whatever goes wrong is counted, and told once."""
        try:
            return question()
        except Exception as error:  # noqa: BLE001 # whatever a candidate does, the live policies decide
            self.comparison.failed += 1
            if self.comparison.failed == 1:
                report(log, error, "the candidate broke; exchanges go on, and further failures are only counted")
            return None

    def _request(
        self, boundary: str, request: Facts, caller: Mapping[str, Any], noted: Sequence[Violation]
    ) -> Judged | None:
        if any(found.action == "deny" and found.assumption != "from" for found in noted):
            self.comparison.unjudged += 1
            return None
        found = self.compiled.boundaries.get(boundary)
        words = _words(self.live.boundaries.get(boundary), found)
        if found is None:
            return Judged(None, masked(request, words))
        facts = deepcopy(request)
        _read_anew(found, facts)
        own = [*_permission(found, caller), *_translated(found, noted)]
        return Judged(decide_request(self.compiled, found, facts, caller=caller, noted=own), masked(request, words))

    def _response(
        self,
        boundary: str,
        request: Facts,
        response: Facts,
        caller: Mapping[str, Any],
        noted: Sequence[Violation],
    ) -> Judged | None:
        found = self.compiled.boundaries.get(boundary)
        if found is None:
            return None  # told of its request
        if any(each.action == "deny" for each in noted):
            self.comparison.unjudged += 1
            return None
        own = _translated(found, noted)
        facts = deepcopy(response)
        decision = decide_response(self.compiled, found, deepcopy(request), facts, caller=caller, noted=own)
        return Judged(decision, masked(response, _words(self.live.boundaries.get(boundary), found)))

    def _compare(self, boundary: str, phase: PhaseName, judged: Judged | None, live: Decision) -> None:
        if judged is None:
            return
        self.comparison.decided[boundary] = self.comparison.decided.get(boundary, 0) + 1
        for violation, outcome in differences(live, judged.decision):
            self._count(boundary, phase, violation, outcome, judged.shown)

    def _count(
        self, boundary: str, phase: PhaseName, violation: Violation | None, outcome: Outcome, shown: Mapping[str, Any]
    ) -> None:
        assumption = violation.assumption if violation else UNDECLARED
        key = (boundary, phase, assumption, outcome)
        known = self.comparison.differences.get(key)
        if known is None:
            where, message = violation.kept if violation else ("", "the candidate declares no such boundary")
            known = Difference(boundary, phase, assumption, outcome, 0, where, message, shown)
            self.comparison.differences[key] = known
        known.count += 1
        self._tell(known)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a candidate says of a message; None where it does not declare the boundary. `shown` is masked."""

    decision: Decision | None
    shown: Mapping[str, Any]


def differences(live: Decision, candidate: Decision | None) -> list[tuple[Violation | None, Outcome]]:
    """Return each assumption because of which two decisions differ, once, with what the candidate does otherwise."""
    if candidate is None:
        return [(None, "refuses")] if live.allowed else []
    if live.allowed != candidate.allowed:
        outcome: Outcome = "refuses" if live.allowed else "passes"
        reasons = candidate.denied if live.allowed else live.denied
        return [(found, outcome) for found in {each.assumption: each for each in reasons}.values()]
    before = {(found.assumption, found.action): found for found in live.violations}
    after = {(found.assumption, found.action): found for found in candidate.violations}
    parted = {key: found for key, found in (before | after).items() if (key in before) != (key in after)}
    return [(found, "differs") for found in {each.assumption: each for each in parted.values()}.values()]


def masked(facts: Mapping[str, Any], words: Collection[str] = ()) -> dict[str, Any]:
    """Return facts with every value of the exchange replaced by what kind of value it is.

    Names that are not among `words`, those of the policies, are replaced as well: they may be data.
    """
    return {
        name: value if name in _OWN_FACTS else _mask(value, words if name in _NAMED else None)
        for name, value in facts.items()
        if name not in _LEFT_OUT
    }


def _words(*boundaries: CompiledBoundary | None) -> set[str]:
    """Return the names that boundaries declare."""
    phases = [phase for found in boundaries if found for phase in found.phases()]
    return {word for phase in phases for part in phase.parts.values() for word in part.words}


def _mask(value: Any, words: Collection[str] | None) -> Any:
    if isinstance(value, dict):
        members = list(value.items())[:MAX_SHOWN]
        shown = {
            name if words is None or name in words else f"<name of {len(name)}>": _mask(inner, words)
            for name, inner in members
        }
        return shown if len(value) <= MAX_SHOWN else {**shown, "...": f"{len(value)} members"}
    if isinstance(value, list | tuple):
        items = [_mask(inner, words) for inner in value[:3]]
        return items if len(value) <= len(items) else [*items, f"... {len(value)} items"]
    if isinstance(value, str):
        return f"<text of {len(value)}>"
    if isinstance(value, bool) or value is None:
        return "<true or false>" if isinstance(value, bool) else None
    return "<integer>" if isinstance(value, int) else "<number>" if isinstance(value, float) else "<bytes>"


def _read_anew(boundary: CompiledBoundary, facts: Facts) -> None:
    """Convert what came as text by the candidate's own schemas; the live ones may have other types."""
    for name in HEAD_PARTS:
        part = boundary.request.parts.get(name)
        if part is not None and isinstance(facts.get(name), dict):
            facts[name] = part.from_wire(to_wire(facts[name]))


def _permission(boundary: CompiledBoundary, caller: Mapping[str, Any]) -> list[Violation]:
    policy, component = boundary.policy, caller.get("component")
    if policy.side == "outbound" or policy.kind != "http" or policy.public:
        return []
    if component in policy.callers or component in _UNASKED:
        return []
    message = "the caller is not among those that may call"
    return [violated(policy.permitted, policy.side, where="/caller", message=message, status=403)]


def _translated(boundary: CompiledBoundary, noted: Sequence[Violation]) -> list[Violation]:
    """Return what was noted on reading with the actions that the candidate gives to it."""
    known = {found.id: found for phase in boundary.policy.phases() for found in phase.limits.values()}
    return [
        replace(found, action=known[found.assumption].action if found.assumption in known else found.action)
        for found in noted
        if found.assumption != "from"
    ]
