"""Spans for people: one aligned line each, with what was decided and which assumptions broke.

12:01:33.120 4bf92f35 catomatic in   POST /v1/render                      1.9 ms 422 deny  ! picture-area at /body ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TextIO

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, format_trace_id

from catguard.telemetry import names
from catguard.telemetry.failsafe import Failsafe

#: Columns of the span's name; longer ones are cut.
NAME_WIDTH = 36
TIER_WIDTH = 10
#: Characters of one violation; what another tier sent may be longer.
VIOLATION_WIDTH = 240


class SpanLineExporter(SpanExporter):
    """Writes a line for each span, in one write for each batch."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._failsafe = Failsafe()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write a batch."""
        with self._failsafe("write spans to the console"):
            self._stream.write("".join(f"{span_line(span)}\n" for span in spans))
            self._stream.flush()
            return SpanExportResult.SUCCESS
        return SpanExportResult.FAILURE


def span_line(span: ReadableSpan) -> str:
    """Return the line of a span, without its end; local time, duration in milliseconds."""
    attributes = span.attributes or {}
    start, end = span.start_time or 0, span.end_time or 0
    context = span.context
    columns = (
        f"{datetime.fromtimestamp(start / 1e9):%H:%M:%S.%f}"[:-3],
        format_trace_id(context.trace_id)[:8] if context else "-" * 8,
        f"{span.resource.attributes.get(names.SERVICE_NAME, '')!s:<{TIER_WIDTH}}",
        f"{_kind(span):<4}",
        f"{_printable(span.name)[:NAME_WIDTH]:<{NAME_WIDTH}}",
        f"{(end - start) / 1e6:>9.1f} ms",
        f"{attributes.get(names.HTTP_RESPONSE_STATUS_CODE, '')!s:>3}",
        f"{attributes.get(names.DECISION, '')!s:<5}",
        "  ".join(_remarks(span)),
    )
    return " ".join(columns).rstrip()


def _kind(span: ReadableSpan) -> str:
    if span.kind is SpanKind.SERVER:
        return "in"
    if span.kind is SpanKind.CLIENT:
        return "sql" if names.DB_SYSTEM_NAME in (span.attributes or {}) else "out"
    return "call"


def _remarks(span: ReadableSpan) -> Iterator[str]:
    """Yield the violations, and the error where no violation says it."""
    told = False
    for event in span.events:
        if event.name == names.EVENT_VIOLATION:
            told = True
            found = event.attributes or {}
            text = (
                f"! {found.get(names.ASSUMPTION)} at {found.get(names.WHERE)} of {found.get(names.BOUNDARY_NAME)} "
                f"({found.get(names.ACTION)}; {found.get(names.OWNER)}, {found.get(names.POLICY)})"
            )
            yield _printable(text)[:VIOLATION_WIDTH]
    error = (span.attributes or {}).get(names.ERROR_TYPE)
    if error is not None and not told:
        yield _printable(f"! {error}")


def _printable(text: str) -> str:
    """Return a text that cannot move the cursor: part of it may come from another tier."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
