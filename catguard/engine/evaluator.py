"""Decides exchanges: limits, then shapes, then rules; pure functions over compiled boundaries and plain facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any

from catguard.engine.codec import Unreadable, dumps, pointer
from catguard.engine.decision import Decision, Violation, violated
from catguard.engine.exchange import Caller
from catguard.engine.explanation import shape_violation, subject_of, violation_of
from catguard.engine.masking import failure_text, without_name, without_names
from catguard.engine.nearest import Trial, nearest_values
from catguard.policies.codegen import ALLOWED, RULES, SHAPES
from catguard.policies.compiler import CompiledBoundary, CompiledPhase, CompiledPolicySet
from catguard.policies.values import OutOfRange, out_of_range

Facts = dict[str, Any]

#: Who calls where nobody can be asked.
UNKNOWN_CALLER: Mapping[str, Any] = Caller().facts()
_STATUS_OF_LIMIT = {"max_bytes": 413, "media": 415, "content-encoding": 415}


def decide_request(
    snapshot: CompiledPolicySet,
    boundary: CompiledBoundary,
    request: Facts,
    *,
    caller: Mapping[str, Any] = UNKNOWN_CALLER,
    noted: Sequence[Violation] = (),
    exact: bool = False,
) -> Decision:
    """Decide a request; checked values (typed, defaults filled in) are written into `request`.

    Args:
        snapshot: The policies.
        boundary: Of them.
        request: The facts.
        caller: The facts of who calls.
        noted: The violations that were found while it was read; where one of them denies, nothing else is asked.
        exact: Whether the facts are just what the types of Python say: from our own reader, with no subclass of int or
            str and no lone surrogate among them. Then the generated check may speak first.
    """
    if snapshot.candidate is not None:
        decision: Decision = snapshot.candidate.decide_request(
            boundary, request, caller=caller, noted=noted, exact=exact
        )
        return decision
    phase = boundary.request
    stage = phase.check(request, None, caller) if exact and not noted else SHAPES
    if stage >= ALLOWED:
        return snapshot.allowance or allowance(snapshot)
    return _decide(snapshot, boundary, phase, {"request": request, "caller": caller}, noted, rules_only=stage == RULES)


def allowance(snapshot: CompiledPolicySet) -> Decision:
    """Return the decision that there is nothing to object to: the same for all exchanges of a snapshot."""
    found: Decision | None = snapshot.allowance
    if found is None:
        found = snapshot.allowance = conclude(snapshot, ())
    return found


def recalled(boundary: CompiledBoundary, request: Facts) -> Facts:
    """Return the checked facts of a request for the rules over its response, whatever the code does to its own."""
    return deepcopy(request) if boundary.recalls_request else request


def decide_response(
    snapshot: CompiledPolicySet,
    boundary: CompiledBoundary,
    request: Facts,
    response: Facts,
    *,
    caller: Mapping[str, Any] = UNKNOWN_CALLER,
    noted: Sequence[Violation] = (),
    exact: bool = False,
) -> Decision:
    """Decide a response to a request that was decided before, as `decide_request` does that.

    `exact` promises of the request too that its facts are exact, and that none of its assumptions was broken.
    """
    if snapshot.candidate is not None:
        decision: Decision = snapshot.candidate.decide_response(
            boundary, request, response, caller=caller, noted=noted, exact=exact
        )
        return decision
    phase = boundary.response(response.get("status", 0))
    if phase is None:
        message = f"the status {response['status']} is not declared"
        found = violated(boundary.policy.statuses, boundary.policy.side, where="/status", message=message, status=500)
        return conclude(snapshot, (*noted, found))
    stage = phase.check(request, response, caller) if exact and not noted else SHAPES
    if stage >= ALLOWED:
        return snapshot.allowance or allowance(snapshot)
    facts: Facts = {"request": request, "response": response, "caller": caller}
    return _decide(snapshot, boundary, phase, facts, noted, rules_only=stage == RULES)


def rehearse(
    snapshot: CompiledPolicySet,
    name: str,
    request: Mapping[str, Any],
    response: Mapping[str, Any] | None = None,
    *,
    exact: bool = False,
) -> Decision:
    """Decide an exchange that is written down, e.g. an example: typed values, nothing sent, the input unchanged.

    What is not given is what it most plainly would be: a response has the first media type declared for its status, a
    body the bytes of its JSON text. When the request is denied, its decision is returned, else that of the response.

    Args:
        snapshot: The policies.
        name: Of the boundary.
        request: The facts.
        response: Likewise, if it is to be decided.
        exact: As for `decide_request`, of both; and that they are copies, of which nobody else knows.

    Raises:
        KeyError: When there is no boundary of this name.
    """
    if snapshot.candidate is not None:
        snapshot = snapshot.candidate.live  # what was not sent is not counted
    boundary = snapshot.boundaries[name]
    policy = boundary.policy
    facts: Facts = dict(request) if exact else deepcopy(dict(request))
    if exact:
        for part in boundary.request.parts:
            if part != "body":
                facts.setdefault(part, {})
    if policy.kind == "http":
        facts.setdefault("method", policy.method or "GET")
        facts.setdefault("path", policy.path or "/")
        if facts.get("body") is not None:
            facts.setdefault("bytes", _size(facts["body"]))
    elif policy.sql is not None:
        facts.setdefault("operation", policy.sql.operation)
        facts.setdefault("tables", sorted(policy.sql.tables))
        facts.setdefault("rows", 1)
    decision = decide_request(snapshot, boundary, facts, exact=exact)
    if response is None or not decision.allowed:
        return decision
    answer: Facts = dict(response) if exact else deepcopy(dict(response))
    if policy.kind == "http":
        answer.setdefault("status", 200)
        phase = boundary.response(answer["status"])
        answer.setdefault("media", next(iter(phase.policy.media or ()), None) if phase else None)
        answer.setdefault("headers", {})
        answer.setdefault("bytes", _size(answer["body"]) if "body" in answer else 0)
        answer.setdefault("bodiless", answer["status"] in (204, 304))
    after = decide_response(snapshot, boundary, facts, answer, exact=exact and not decision.violations)
    if not (decision.violations or after.violations):
        return after
    return conclude(snapshot, (*decision.violations, *after.violations))


def _size(value: Any) -> int:
    """Return the bytes of a value's JSON text; what has none (an integer beyond 64 bits) is for the shape to refuse."""
    try:
        return len(dumps(value))
    except TypeError:
        return 0


def conclude(snapshot: CompiledPolicySet, violations: tuple[Violation, ...]) -> Decision:
    """Return the decision that violations amount to."""
    allowed = not any(violation.action == "deny" for violation in violations)
    return Decision(allowed, violations, snapshot.revision, ", ".join(snapshot.policies.files))


def limit_violation(boundary: CompiledBoundary, phase: CompiledPhase, key: str, message: str, where: str) -> Violation:
    """Return the violation of one of a phase's limits, for enforcement points that see it before there are facts."""
    status = _STATUS_OF_LIMIT.get(key, 400) if phase.policy.phase == "request" else 500
    return violated(phase.policy.limits[key], boundary.policy.side, where=where, message=message, status=status)


def unreadable(boundary: CompiledBoundary, phase: CompiledPhase, part: str, error: Unreadable) -> Violation:
    """Return the violation that a part holds what no JSON text can say, for values that the code hands over."""
    assumption = phase.policy.limits[f"{part}/readable"]
    if error.beyond_range and part in phase.parts:
        assumption = phase.parts[part].range_assumption(tuple(error.where.split("/")[1:]))
    status = 422 if assumption.phase == "request" else 500
    where, text = pointer(part) + error.where, str(error)
    hidden = without_names(where, phase.parts[part].words if part in phase.parts else ())
    return violated(assumption, boundary.policy.side, where=where, message=text, status=status, masked=(hidden, text))


def _decide(
    snapshot: CompiledPolicySet,
    boundary: CompiledBoundary,
    phase: CompiledPhase,
    facts: Facts,
    noted: Sequence[Violation],
    *,
    rules_only: bool,
) -> Decision:
    violations = list(noted)
    for stage in (_rules,) if rules_only else (_limits, _shapes, _rules):
        if any(violation.action == "deny" for violation in violations):
            break
        stage(boundary, phase, facts, violations)
    return conclude(snapshot, tuple(violations))


def _limits(boundary: CompiledBoundary, phase: CompiledPhase, facts: Facts, violations: list[Violation]) -> None:
    message = facts[phase.policy.phase]

    def note(key: str, text: str, where: str) -> None:
        violations.append(limit_violation(boundary, phase, key, text, where))

    count = message.get("bytes")
    if count is not None and count > phase.max_bytes and "max_bytes" in phase.policy.limits:
        what = "rows" if boundary.policy.kind == "sql" else "body"
        note("max_bytes", f"the {what} must have {phase.policy.limits['max_bytes'].limit}", "/bytes")
    if "media" in message and message["media"] not in (phase.media or (None,)):
        note("media", f"the media type must be {phase.policy.limits['media'].limit}", "/media")
    if boundary.policy.kind == "sql":
        _row_limits(boundary, phase, message, violations)


def _row_limits(boundary: CompiledBoundary, phase: CompiledPhase, message: Facts, violations: list[Violation]) -> None:
    """Hold LIMIT and rows against max_rows, which stands in the response phase but binds the statement too."""
    response = boundary.response()
    limits = response.policy.limits if response else {}
    if response is None or response.policy.max_rows is None or boundary.policy.sql is None:
        return
    max_rows, side, binds = response.policy.max_rows, boundary.policy.side, response.policy.binds_statement
    if phase.policy.phase == "response":
        # Where nobody wrote a limit it is for what comes back, which alone has bytes.
        if not binds and "bytes" not in message:
            return
        if message.get("rows", 0) > max_rows:
            text = f"the statement must return {limits['max_rows'].limit}"
            violations.append(violated(limits["max_rows"], side, where="/rows", message=text))
    elif binds and boundary.policy.sql.operation == "SELECT":
        limit = message.get("limit")
        # A negative LIMIT is none to SQLite.
        if limit is None or not 0 <= limit <= max_rows:
            hint = "; write it with .limit(): what stands in text() is not read" if limit is None else ""
            text = f"the statement must have a LIMIT of {limits['max_rows'].limit}{hint}"
            violations.append(violated(limits["max_rows"], side, where="/limit", message=text))


def _shapes(boundary: CompiledBoundary, phase: CompiledPhase, facts: Facts, violations: list[Violation]) -> None:
    message, side = facts[phase.policy.phase], boundary.policy.side
    trial = Trial(phase, facts)
    for name, part in phase.parts.items():
        if name in message:
            value = message[name]
        elif name in ("body", "result"):
            if name == "body" and not _bodiless(phase, message):
                text = "a body must be sent"
                violations.append(violated(phase.policy.limits["body/required"], side, where="/body", message=text))
            continue
        else:
            value = message[name] = {}
        fits = part.is_valid(value)
        delivered = value
        if fits:
            with suppress(OutOfRange):  # told below
                delivered = part.rounded(value)
                fits = delivered is value or part.is_valid(delivered)
        if not fits:
            errors = part.errors(delivered)
            nearest = nearest_values(errors, part, delivered, trial)
            told = zip(errors, nearest, strict=True)
            violations.extend(shape_violation(error, part, side, delivered, near) for error, near in told)
            if any(violation.action == "deny" for violation in violations):
                continue
        if part.normalize is not None:
            try:
                message[name] = part.normalize(value)
            except OutOfRange:
                # It may have left the range on its way through several forms: then all of the part is told.
                for where in out_of_range(value) or [()]:
                    assumption = part.range_assumption(where)
                    at = tuple(without_name(step, part.words) for step in where)
                    text, masked = (f"{subject_of(name, each)} must be an integer of 64 bits" for each in (where, at))
                    violations.append(violation_of(assumption, name, where, text, side, hidden=(at, masked)))
    if "body" in message and "body" not in phase.parts and not phase.policy.raw and phase.media is None:
        text = "no body is declared"
        violations.append(violated(phase.policy.limits["body/undeclared"], side, where="/body", message=text))


def _bodiless(phase: CompiledPhase, message: Facts) -> bool:
    """Whether a response rightly has no body to look at: an answer to HEAD, or a stream that is not held back."""
    return phase.policy.stream or bool(message.get("bodiless"))


def _rules(boundary: CompiledBoundary, phase: CompiledPhase, facts: Facts, violations: list[Violation]) -> None:
    bodiless = phase.policy.phase == "response" and facts["response"].get("bodiless")
    for rule, outcome in (phase.bodiless_rules if bodiless else phase.rules).run(facts):
        assumption = rule.assumption
        broke = "" if outcome is False else f"; it could not be evaluated: {failure_text(outcome, rule.expression)}"
        text = f"{assumption.why}{broke}"
        status = 422 if assumption.phase == "request" else 500
        violations.append(
            violated(
                assumption,
                boundary.policy.side,
                where=phase.places[assumption.id],
                message=text,
                status=status,
                unevaluated=rule.failure_policy if broke else None,
            )
        )
