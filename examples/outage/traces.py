"""What `catguard up --trace FILE.jsonl` wrote: which boundaries were violated in which trace, and what that did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VIOLATION = "catguard.violation"


def violations_by_trace(path: Path) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the pairs of boundary and action of each trace, in alphabetical order.

    Log records are read beside spans: of a worker that was killed there is no span, and its last records are all
    that is left.

    Args:
        path: OTLP JSON lines.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            for trace_id, attributes in _violations(json.loads(line)):
                pair = (attributes["catguard.boundary.name"], attributes["catguard.action"])
                found.setdefault(trace_id, set()).add(pair)
    return {trace_id: tuple(sorted(pairs)) for trace_id, pairs in found.items()}


def _violations(batch: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for resource in batch.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                for event in span.get("events", ()):
                    if event["name"] == VIOLATION:
                        yield span["traceId"], _texts(event)
    for resource in batch.get("resourceLogs", ()):
        for scope in resource.get("scopeLogs", ()):
            for record in scope.get("logRecords", ()):
                if record.get("eventName") == VIOLATION:
                    yield record.get("traceId", ""), _texts(record)


def _texts(record: dict[str, Any]) -> dict[str, str]:
    return {pair["key"]: pair["value"].get("stringValue", "") for pair in record.get("attributes", ())}
