from __future__ import annotations

from opentelemetry import trace
from opentelemetry.context import Context

from catguard.telemetry.propagation import caller_of, drawn_ids, inject

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def parent(headers: dict[str, str]) -> trace.SpanContext:
    context, _ = caller_of(headers, public=False)
    return trace.get_current_span(context).get_span_context()


def test_caller_of_later_version_is_read_up_to_a_length() -> None:
    later = f"cc{TRACEPARENT[2:]}-"
    assert parent({"traceparent": later + "x" * (128 - len(later))}).is_valid
    assert not parent({"traceparent": later + "x" * (129 - len(later))}).is_valid


def test_caller_of_tracestate_is_read_up_to_a_length() -> None:
    members = [f"k{number}={'v' * 95}" for number in range(5)]
    fits, longer = ",".join(members), ",".join([*members, "k5=" + "v" * 95])
    assert len(fits) <= 512 < len(longer)
    assert len(parent({"traceparent": TRACEPARENT, "tracestate": fits}).trace_state) == 5
    assert len(parent({"traceparent": TRACEPARENT, "tracestate": longer}).trace_state) == 0


def test_drawn_ids_are_valid_and_claim_no_record() -> None:
    drawn = drawn_ids(lambda bits: 0)
    assert drawn.is_valid
    assert not drawn.trace_flags.sampled
    assert drawn_ids(lambda bits: 2**bits - 1).trace_id == 2**128 - 1


def test_inject_without_a_span_writes_nothing() -> None:
    headers: dict[str, str] = {}
    inject(headers, Context())
    assert headers == {}
