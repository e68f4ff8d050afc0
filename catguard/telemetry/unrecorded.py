"""Observations where there is no SDK: ids for headers, refusals and calls, and otherwise nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import Token
from typing import TYPE_CHECKING

from opentelemetry import _logs, metrics, trace
from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from opentelemetry.util.types import AttributeValue

from catguard.engine.decision import Decision, Violation
from catguard.telemetry.observation import Observation

if TYPE_CHECKING:
    from catguard.telemetry.spans import Telemetry

#: Providers of these modules are the API's own: they record nothing.
_API = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")
#: Zero ids are invalid. The first bit of each, as the last 56 of a trace id are promised to be random.
_NOT_ZERO = 1 << 191 | 1 << 63


def is_recorded() -> bool:
    """Whether an SDK was set up for the process."""
    providers = (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider())
    return not all(type(provider).__module__.startswith(_API) for provider in providers)


class Unrecorded(Observation):
    """An inbound exchange that nobody records; its ids are drawn."""

    __slots__ = ("traceresponse",)

    def __init__(self, telemetry: Telemetry, random_bits: Callable[[int], int]) -> None:
        self._telemetry = telemetry
        # 32 hex digits of the trace, 16 of the span: both at once, in a third of the time that formatting two takes.
        ids = (random_bits(192) | _NOT_ZERO).to_bytes(24, "big").hex()
        self.trace_id = trace_id = ids[:32]
        # 02: the ids are random; and not sampled, which would claim a record
        self.traceresponse = f"00-{trace_id}-{ids[32:]}-02"  # type: ignore[misc] # known from the beginning here

    def enter(self) -> Token[Context] | None:
        """Make the ids those of the current span, for the calls that are made inside."""
        flags = TraceFlags(TraceFlags.RANDOM_TRACE_ID)
        _, trace_id, span_id, _ = self.traceresponse.split("-")
        span = NonRecordingSpan(SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=flags))
        return contexts.attach(trace.set_span_in_context(span, Context()))

    def set(self, name: str, value: AttributeValue) -> None:
        """Set an attribute of the span."""

    def decided(self, decision: Decision, phase: str) -> None:
        """Tell what was decided of a phase."""

    def violated(self, violations: Iterable[Violation]) -> None:
        """Tell the violations that a callee's guard found."""

    def failed(self, error: BaseException) -> None:
        """Tell the exception that ended the exchange."""

    def end(self, *, status: int | None = None, error_type: str | None = None) -> None:
        """End the span."""
