"""Counters and durations: broken assumptions, undeclared requests, and how long exchanges take."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.context import Context
from opentelemetry.metrics import Meter
from opentelemetry.util.types import AttributeValue

from catguard.engine.candidate import Difference
from catguard.engine.decision import Violation
from catguard.policies.model import Action
from catguard.telemetry import names


class Metrics:
    """The instruments of one component; every attribute of theirs has few values."""

    def __init__(self, meter: Meter, component: str) -> None:
        self._component = component
        self._violations = meter.create_counter(
            names.METRIC_VIOLATIONS, unit="{violation}", description="Broken assumptions, by boundary and action."
        )
        self._undeclared = meter.create_counter(
            names.METRIC_UNDECLARED, unit="{request}", description="Requests that no boundary declares."
        )
        self._candidate = meter.create_counter(
            names.METRIC_CANDIDATE,
            unit="{decision}",
            description="Decisions that the candidate policy would have taken otherwise.",
        )
        server = meter.create_histogram(
            names.METRIC_SERVER_DURATION,
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS,
        )
        client = meter.create_histogram(
            names.METRIC_CLIENT_DURATION,
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS,
        )
        self._durations = {
            "inbound": (server, names.SERVER_DURATION_ATTRIBUTES),
            "outbound": (client, names.CLIENT_DURATION_ATTRIBUTES),
        }

    def violation(self, violation: Violation, context: Context) -> None:
        """Count an own violation; those that a callee tells are counted where they were found."""
        attributes: dict[str, AttributeValue] = {
            names.ASSUMPTION: violation.assumption,
            names.BOUNDARY_NAME: violation.boundary,
            names.BOUNDARY_SIDE: violation.side,
            names.PHASE: violation.phase,
            names.ACTION: violation.action,
        }
        if violation.waiver is not None:
            attributes[names.WAIVED] = True
        self._violations.add(1, attributes, context)

    def undeclared(self, method: str, action: Action, context: Context) -> None:
        """Count a request that no boundary declares; `method` is a known one or `_OTHER`."""
        attributes = {names.COMPONENT: self._component, names.HTTP_REQUEST_METHOD: method, names.ACTION: action}
        self._undeclared.add(1, attributes, context)

    def candidate_differs(self, difference: Difference, context: Context) -> None:
        """Count a decision that the candidate policy would have taken otherwise."""
        attributes: dict[str, AttributeValue] = {
            names.BOUNDARY_NAME: difference.boundary,
            names.PHASE: difference.phase,
            names.ASSUMPTION: difference.assumption,
            names.CANDIDATE_OUTCOME: difference.outcome,
        }
        self._candidate.add(1, attributes, context)

    def duration(self, kind: str, seconds: float, attributes: Mapping[str, AttributeValue], context: Context) -> None:
        """Record how long an exchange took, if its kind has a duration; of `attributes` only those with few values."""
        if kind not in self._durations:
            return
        histogram, among = self._durations[kind]
        histogram.record(seconds, {name: attributes[name] for name in among if name in attributes}, context)
