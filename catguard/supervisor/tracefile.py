"""OTLP JSON lines: batches of spans and of log records, appended by several processes to one file.

Each line is an ExportTraceServiceRequest or an ExportLogsServiceRequest in the JSON encoding of OTLP 1.x: names in
lowerCamelCase, enums as numbers, 64-bit integers as strings, trace and span ids in hexadecimal and not in base64.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from catguard.telemetry.failsafe import Failsafe

_IDS = ("traceId", "spanId", "parentSpanId")


class TraceFile:
    """A file that is opened for each batch, so that one that was full, missing or moved away is written again later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failsafe = Failsafe()

    def append(self, line: bytes) -> bool:
        """Append a line, whole or not at all; returns whether it was. A failure is told once for each kind."""
        with self._failsafe(f"write {self.path}"):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)
            return True
        return False


def _append(descriptor: int, line: bytes) -> None:
    """Write in one call; what a full disk took of a line is cut off again, else it would spoil a neighbour's next one.

    One O_APPEND write lands in one piece even without a lock; the lock is for the cut.
    """
    regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if regular:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # released by close
    end = os.fstat(descriptor).st_size
    written = os.write(descriptor, line)
    if written != len(line):
        if regular:
            os.ftruncate(descriptor, end)
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {written} of {len(line)} bytes were written")


class SpanFileExporter(SpanExporter):
    """Appends each batch of spans to a file as one line."""

    def __init__(self, file: TraceFile) -> None:
        self._file = file

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append a batch."""
        written = self._file.append(json_line(encode_spans(spans)))
        return SpanExportResult.SUCCESS if written else SpanExportResult.FAILURE


class LogFileExporter(LogRecordExporter):
    """Appends each batch of log records to a file as one line."""

    def __init__(self, file: TraceFile) -> None:
        self._file = file

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Append a batch."""
        written = self._file.append(json_line(encode_logs(batch)))
        return LogRecordExportResult.SUCCESS if written else LogRecordExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is held back here."""
        return True

    def shutdown(self) -> None:
        """Nothing is held open."""


def json_line(request: Message) -> bytes:
    """Return an export request as a line of OTLP JSON."""
    message = MessageToDict(request, use_integers_for_enums=True)
    for record in _records(message):
        for name in _IDS:
            if name in record:
                record[name] = base64.b64decode(record[name]).hex()
    # ASCII: a path that a caller made up could hold U+2028, which ends a line for some readers, or move a cursor.
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def _records(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield everything in a request that has ids: spans, their links, log records."""
    for resource in message.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                yield span
                yield from span.get("links", ())
    for resource in message.get("resourceLogs", ()):
        for scope in resource.get("scopeLogs", ()):
            yield from scope.get("logRecords", ())
