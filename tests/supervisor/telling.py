"""A refused exchange to export, and how to read what was written of it."""

from __future__ import annotations

import json
from pathlib import Path

from catguard.engine.decision import Decision, Violation
from catguard.supervisor.exporters import Providers
from catguard.telemetry import Telemetry, names

VIOLATION = Violation(
    assumption="picture-area",
    boundary="catomatic.inbound.render",
    side="inbound",
    phase="request",
    where="/body",
    limit="variables.area <= 4000000",
    message="too large",
    why="nobody looks at more than a 4K screen",
    owner="Cat-o-matic (#catomatic-oncall)",
    policy="policies.yaml:31:17",
)


def telemetry_of(providers: Providers, component: str = "catomatic") -> Telemetry:
    return Telemetry(
        component,
        tracer_provider=providers.tracer_provider,
        meter_provider=providers.meter_provider,
        logger_provider=providers.logger_provider,
    )


def refuse(telemetry: Telemetry, violation: Violation = VIOLATION) -> str:
    """Run a refused exchange with a call inside; returns the trace id."""
    observation = telemetry.start(
        "inbound",
        violation.boundary,
        name="POST /v1/render",
        attributes={names.HTTP_REQUEST_METHOD: "POST", names.HTTP_ROUTE: "/v1/render"},
        headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"},
        public=True,
        revision="r1",
    )
    with observation.active():
        telemetry.start("call", "catomatic.inbound.resize", name="resize", attributes={}, revision="r1").end()
    observation.decided(Decision(False, (violation,), "r1", "policies.yaml"), "request")
    observation.end(status=422)
    return observation.trace_id


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def spans_of(lines: list[dict]) -> list[dict]:
    return [
        span
        for line in lines
        for found in line.get("resourceSpans", ())
        for scope in found["scopeSpans"]
        for span in scope["spans"]
    ]
