from __future__ import annotations

import dataclasses

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context

from catguard.engine.decision import Violation
from catguard.telemetry import Telemetry, names
from catguard.telemetry.events import UNDECLARED_SAMPLES, UNDECLARED_WINDOW, Events, severity, violation_attributes
from tests.telemetry.conftest import VIOLATION, Memory, allowed, denied


def test_violation_is_a_log_record_of_the_span(telemetry: Telemetry, memory: Memory) -> None:
    observation = telemetry.start("inbound", VIOLATION.boundary, name="x", attributes={}, revision="r1")
    observation.decided(denied(VIOLATION), "request")
    observation.end(status=422)
    (log,) = memory.logs
    record = log.log_record
    assert record.event_name == "catguard.violation"
    assert record.severity_number is SeverityNumber.WARN
    assert dict(record.attributes or {}) == violation_attributes(VIOLATION)
    assert memory.span.context is not None
    assert (record.trace_id, record.span_id) == (memory.span.context.trace_id, memory.span.context.span_id)
    assert record.body == (
        "catomatic.inbound.render: the request breaks picture-area at /body/width: variables.area <= 4000000 "
        "(deny; Cat-o-matic (#catomatic-oncall), policies.yaml:31:17)"
    )


def test_violation_attributes_hold_no_message() -> None:
    # A message is written for the caller; it may grow to quote a value, telemetry must not.
    quoted = dataclasses.replace(VIOLATION, message="secret", why="secret")
    assert "secret" not in str(violation_attributes(quoted))


def test_violation_of_another_tier_is_cut() -> None:
    long = dataclasses.replace(VIOLATION, where="/" + "x" * 2000, limit="y" * 2000)
    assert max(len(str(value)) for value in violation_attributes(long).values()) == 1024


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, SeverityNumber.WARN),
        ({"action": "warn"}, SeverityNumber.WARN),
        ({"action": "audit"}, SeverityNumber.INFO),
        ({"phase": "response"}, SeverityNumber.ERROR),
        ({"phase": "response", "action": "audit"}, SeverityNumber.INFO),
        ({"phase": "response", "side": "outbound"}, SeverityNumber.WARN),
    ],
)
def test_severity_own_broken_promise_is_an_error(change: dict[str, str], expected: SeverityNumber) -> None:
    assert severity(Violation(**{**dataclasses.asdict(VIOLATION), **change})) is expected


def test_violation_audited_is_told_though_allowed(telemetry: Telemetry, memory: Memory) -> None:
    observation = telemetry.start("inbound", VIOLATION.boundary, name="x", attributes={}, revision="r1")
    observation.decided(allowed(dataclasses.replace(VIOLATION, action="audit")), "request")
    observation.end(status=200)
    assert (memory.span.attributes or {})[names.DECISION] == "allow"
    assert [event.name for event in memory.span.events] == ["catguard.violation"]
    assert len(memory.logs) == 1


def test_undeclared_samples_are_bounded(memory: Memory) -> None:
    events = Events(memory.loggers.get_logger("catguard"), "frontend", clock=memory.clock)
    for number in range(1000):
        events.undeclared("GET", f"/scan/{number}", "deny", Context())
    assert len(memory.logs) == UNDECLARED_SAMPLES
    memory.clock.now += UNDECLARED_WINDOW
    events.undeclared("_OTHER", "/later", "deny", Context())
    last = memory.logs[-1].log_record
    assert last.event_name == "catguard.undeclared"
    assert dict(last.attributes or {}) == {
        "catguard.component": "frontend",
        "http.request.method": "_OTHER",
        "url.path": "/later",
        "catguard.action": "deny",
        "catguard.undeclared.count": 1000 - UNDECLARED_SAMPLES + 1,
    }


def test_undeclared_path_is_cut(telemetry: Telemetry, memory: Memory) -> None:
    telemetry.undeclared("GET", "/" * 30_000)
    (log,) = memory.logs
    assert len(str((log.log_record.attributes or {})["url.path"])) == 1024


def test_exception_record_names_the_exception(memory: Memory) -> None:
    observation = memory.telemetry(exceptions="logs").start("outbound", None, name="x", attributes={}, revision="r1")
    observation.failed(ValueError("broken"))
    observation.end()
    (log,) = memory.logs
    attributes = log.log_record.attributes or {}
    assert log.log_record.event_name == "http.client.request.exception"
    assert attributes["exception.type"] == "ValueError"
    assert attributes["exception.stacktrace"] == "ValueError"
    assert "exception.message" not in attributes
