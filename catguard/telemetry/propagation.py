"""Trace context on the wire: whose trace an inbound request continues, and what an outgoing one carries along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

#: Longest `traceparent` that is looked at, in characters; version 00 has 55, later ones may append.
_MAX_TRACEPARENT: Final = 128
#: Longest `tracestate` that is passed on, in characters: what W3C Trace Context, section 3.3.1.5, asks for at least.
_MAX_TRACESTATE: Final = 512

_propagator = TraceContextTextMapPropagator()


def caller_of(headers: Mapping[str, str], *, public: bool) -> tuple[Context, tuple[Link, ...]]:
    """Return the context in which the span of an inbound request starts, and its links.

    The context is always a fresh one: a caller in the same process leaks its own into the callee's task, and what was
    not in a header did not cross the boundary.

    Args:
        headers: of the request, lower-case.
        public: whether anybody may call. A stranger's span is linked: neither its trace id nor its sampled flag is
            adopted, else strangers choose what we record and muddle our traces.
    """
    traceparent = headers.get("traceparent")
    if traceparent is None or len(traceparent) > _MAX_TRACEPARENT:
        return Context(), ()
    carrier = {"traceparent": traceparent}
    if public:
        caller = trace.get_current_span(_propagator.extract(carrier, Context())).get_span_context()
        return Context(), (Link(caller),) if caller.is_valid else ()
    tracestate = headers.get("tracestate")
    if tracestate is not None and len(tracestate) <= _MAX_TRACESTATE:
        carrier["tracestate"] = tracestate
    return _propagator.extract(carrier, Context()), ()


def drawn_ids(random_bits: Callable[[int], int]) -> SpanContext:
    """Return new ids for an exchange that nobody records; `random_bits` draws an integer of so many random bits."""
    return SpanContext(
        trace_id=random_bits(128) or 1,  # zero ids are invalid
        span_id=random_bits(64) or 1,
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.RANDOM_TRACE_ID),  # and not sampled: that would claim a record
    )


def inject(headers: MutableMapping[str, str], context: Context) -> None:
    """Write `traceparent`, and `tracestate` if there is one, into the headers of an outgoing request."""
    _propagator.inject(headers, context)
