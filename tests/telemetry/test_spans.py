from __future__ import annotations

import asyncio
import dataclasses
import logging
import re

import pytest
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from catguard.engine.decision import CallRefused
from catguard.telemetry import Telemetry, known_method, names
from catguard.telemetry.spans import Kind
from tests.telemetry.conftest import CALLER, RENDER, SPAN, TRACEPARENT, VIOLATION, Memory, allowed, denied, start


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("inbound", SpanKind.SERVER),
        ("outbound", SpanKind.CLIENT),
        ("database", SpanKind.CLIENT),
        ("call", SpanKind.INTERNAL),
    ],
)
def test_start_kind_is_that_of_the_enforcement_point(
    telemetry: Telemetry, memory: Memory, kind: Kind, expected: SpanKind
) -> None:
    start(telemetry, kind).end()
    assert memory.span.kind is expected


def test_start_attributes_are_on_the_span(telemetry: Telemetry, memory: Memory) -> None:
    start(telemetry, attributes={names.HTTP_ROUTE: "/v1/render", names.URL_SCHEME: None}).end(status=200)
    assert dict(memory.span.attributes or {}) == {
        names.COMPONENT: "catomatic",
        names.REVISION: "r1",
        names.BOUNDARY_NAME: RENDER,
        names.BOUNDARY_SIDE: "inbound",
        names.HTTP_ROUTE: "/v1/render",
        names.HTTP_RESPONSE_STATUS_CODE: 200,
    }


def test_start_undeclared_request_has_no_boundary(telemetry: Telemetry, memory: Memory) -> None:
    start(telemetry, boundary=None).end(status=404)
    assert names.BOUNDARY_NAME not in (memory.span.attributes or {})


def test_start_unknown_method_is_other(telemetry: Telemetry, memory: Memory) -> None:
    start(telemetry, attributes={names.HTTP_REQUEST_METHOD: "BREW"}).end(status=405)
    attributes = memory.span.attributes or {}
    assert (attributes[names.HTTP_REQUEST_METHOD], attributes[names.HTTP_REQUEST_METHOD_ORIGINAL]) == ("_OTHER", "BREW")
    assert known_method("GET") == "GET"


def test_start_long_text_is_cut(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry, attributes={names.URL_PATH: "/" * 5000})
    observation.set(names.HTTP_ROUTE, "x" * 5000)
    observation.end()
    attributes = memory.span.attributes or {}
    assert len(str(attributes[names.URL_PATH])) == len(str(attributes[names.HTTP_ROUTE])) == 1024


def test_inbound_caller_inside_the_system_is_the_parent(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry, headers={"traceparent": TRACEPARENT, "tracestate": "cat=1"})
    observation.end()
    assert observation.trace_id == CALLER
    parent = memory.span.parent
    assert parent is not None
    assert trace.format_span_id(parent.span_id) == SPAN
    assert parent.trace_state["cat"] == "1"


def test_inbound_unsampled_caller_inside_the_system_is_obeyed(telemetry: Telemetry, memory: Memory) -> None:
    start(telemetry, headers={"traceparent": TRACEPARENT[:-1] + "0"}).end()
    assert memory.spans == ()


def test_inbound_public_caller_is_linked_and_not_adopted(telemetry: Telemetry, memory: Memory) -> None:
    headers = {"traceparent": TRACEPARENT[:-1] + "0", "tracestate": "cat=1"}
    observation = start(telemetry, headers=headers, public=True)
    observation.end()
    assert observation.trace_id != CALLER
    assert memory.span.parent is None
    (link,) = memory.span.links
    assert trace.format_trace_id(link.context.trace_id) == CALLER
    assert len(link.context.trace_state) == 0


@pytest.mark.parametrize(
    "value",
    ["", "00-x", f"00-{'0' * 32}-{SPAN}-01", f"{TRACEPARENT}-{'x' * 600}", f"ff{TRACEPARENT[2:]}"],
    ids=["empty", "short", "zero", "long", "version"],
)
@pytest.mark.parametrize("public", [False, True])
def test_inbound_bad_traceparent_is_ignored(telemetry: Telemetry, memory: Memory, value: str, public: bool) -> None:
    start(telemetry, headers={"traceparent": value}, public=public).end()
    assert memory.span.parent is None
    assert memory.span.links == ()


def test_inbound_span_is_no_child_of_the_current_one(telemetry: Telemetry, memory: Memory) -> None:
    with start(telemetry, "outbound").active():
        callee = start(telemetry, headers={})
    callee.end()
    assert memory.span.parent is None


def test_active_makes_calls_children_and_resets(telemetry: Telemetry, memory: Memory) -> None:
    before = contexts.get_current()
    outer = start(telemetry)
    with outer.active():
        start(telemetry, "outbound", "catomatic.outbound.find").end()
    assert contexts.get_current() == before
    outer.end()
    inner_span, outer_span = memory.spans
    assert inner_span.parent is not None
    assert outer_span.context is not None
    assert inner_span.parent.span_id == outer_span.context.span_id


def test_active_resets_when_the_exchange_raises(telemetry: Telemetry) -> None:
    before = contexts.get_current()
    observation = start(telemetry)

    def broken_exchange() -> None:
        with observation.active():
            raise RuntimeError("handler")

    with pytest.raises(RuntimeError, match="handler"):
        broken_exchange()
    assert contexts.get_current() == before
    observation.end()


def test_active_drops_what_the_caller_had_in_its_context(telemetry: Telemetry) -> None:
    token = contexts.attach(contexts.set_value("leaked", 1))
    try:
        with start(telemetry).active():
            assert contexts.get_value("leaked") is None
    finally:
        contexts.detach(token)


def test_inject_passes_the_span_on(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry, headers={"traceparent": TRACEPARENT, "tracestate": "cat=1"})
    headers: dict[str, str] = {}
    observation.inject(headers)
    observation.end()
    assert memory.span.context is not None
    own = trace.format_span_id(memory.span.context.span_id)
    assert headers == {"traceparent": f"00-{CALLER}-{own}-01", "tracestate": "cat=1"}


def test_traceresponse_names_trace_and_span(telemetry: Telemetry) -> None:
    observation = start(telemetry)
    assert re.fullmatch(rf"00-{observation.trace_id}-[0-9a-f]{{16}}-0[13]", observation.traceresponse)


def test_decided_denial_is_told(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry)
    observation.decided(denied(VIOLATION), "request")
    observation.end(status=422)
    attributes = memory.span.attributes or {}
    assert attributes[names.DECISION] == "deny"
    assert attributes[names.POLICY_SET] == "policies.yaml"
    assert attributes[names.PHASE] == "request"
    (event,) = memory.span.events
    assert event.name == "catguard.violation"
    assert dict(event.attributes or {}) == {
        "catguard.assumption": "picture-area",
        "catguard.boundary.name": RENDER,
        "catguard.boundary.side": "inbound",
        "catguard.phase": "request",
        "catguard.where": "/body/width",
        "catguard.rule.limit": "variables.area <= 4000000",
        "catguard.owner": "Cat-o-matic (#catomatic-oncall)",
        "catguard.policy": "policies.yaml:31:17",
        "catguard.action": "deny",
    }


def test_decided_denial_is_not_undone_by_a_later_phase(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry)
    observation.decided(denied(VIOLATION), "request")
    observation.decided(allowed(), "response")
    observation.end(status=422)
    assert (memory.span.attributes or {})[names.DECISION] == "deny"


def test_decided_allowed_with_a_response_denied_is_a_denial(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry)
    observation.decided(allowed(), "request")
    observation.decided(denied(dataclasses.replace(VIOLATION, phase="response")), "response")
    observation.end(status=500)
    attributes = memory.span.attributes or {}
    assert (attributes[names.DECISION], attributes[names.PHASE]) == ("deny", "response")


def test_violated_callees_are_events_and_counted_only_there(memory: Memory) -> None:
    observation = start(memory.telemetry("frontend"), "outbound", "frontend.outbound.render")
    observation.violated([VIOLATION])
    observation.end(status=422)
    (event,) = memory.span.events
    assert (event.attributes or {})[names.BOUNDARY_NAME] == RENDER
    assert memory.points(names.METRIC_VIOLATIONS) == []
    assert memory.logs == ()


@pytest.mark.parametrize(
    ("kind", "status", "outcome", "error_type"),
    [
        ("inbound", 200, StatusCode.UNSET, None),
        ("inbound", 404, StatusCode.UNSET, None),
        ("inbound", 500, StatusCode.ERROR, "500"),
        ("inbound", 503, StatusCode.ERROR, "503"),
        ("outbound", 304, StatusCode.UNSET, None),
        ("outbound", 404, StatusCode.ERROR, "404"),
        ("outbound", 502, StatusCode.ERROR, "502"),
        ("database", None, StatusCode.UNSET, None),
        ("call", None, StatusCode.UNSET, None),
    ],
)
def test_end_status_of_the_span(
    telemetry: Telemetry, memory: Memory, kind: Kind, status: int | None, outcome: StatusCode, error_type: str | None
) -> None:
    start(telemetry, kind).end(status=status)
    assert memory.span.status.status_code is outcome
    assert (memory.span.attributes or {}).get(names.ERROR_TYPE) == error_type


def test_end_refused_inbound_is_unset_and_refused_outbound_an_error(telemetry: Telemetry, memory: Memory) -> None:
    inbound = start(telemetry)
    inbound.decided(denied(VIOLATION), "request")
    inbound.end(status=422)
    outbound = start(telemetry, "outbound")
    outbound.decided(denied(VIOLATION), "request")
    outbound.end()
    first, second = memory.spans
    assert first.status.status_code is StatusCode.UNSET
    assert names.ERROR_TYPE not in (first.attributes or {})
    assert second.status.status_code is StatusCode.ERROR
    assert (second.attributes or {})[names.ERROR_TYPE] == "catguard.refused"


def test_end_twice_counts_once(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry)
    observation.end(status=200)
    observation.end(status=500)
    assert memory.span.status.status_code is StatusCode.UNSET
    (point,) = memory.points(names.METRIC_SERVER_DURATION)
    assert point.count == 1


def test_failed_exception_is_recorded(telemetry: Telemetry, memory: Memory) -> None:
    observation = start(telemetry)
    observation.failed(KeyError("nose"))
    observation.end(status=500)
    assert (memory.span.attributes or {})[names.ERROR_TYPE] == "KeyError"
    (event,) = memory.span.events
    assert event.name == "exception"


@pytest.mark.parametrize(("signals", "events", "records"), [("logs", 0, 1), ("logs/dup", 1, 1), ("", 1, 0)])
def test_failed_exception_goes_where_the_environment_says(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, signals: str, events: int, records: int
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", signals)
    observation = start(memory.telemetry())
    observation.failed(KeyError("nose"))
    observation.end(status=500)
    assert len(memory.span.events) == events
    assert [record.log_record.event_name for record in memory.logs] == ["http.server.request.exception"] * records


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (CallRefused("frontend.outbound.render", "outbound", (VIOLATION,)), "catguard.refused"),
        (asyncio.CancelledError(), "asyncio.exceptions.CancelledError"),
    ],
)
def test_failed_refusal_or_cancellation_is_no_exception_event(
    telemetry: Telemetry, memory: Memory, error: BaseException, expected: str
) -> None:
    observation = start(telemetry, "outbound")
    observation.failed(error)
    observation.end()
    assert memory.span.events == ()
    assert (memory.span.attributes or {})[names.ERROR_TYPE] == expected
    assert memory.span.status.status_code is StatusCode.ERROR


class BrokenTracer(Tracer):
    def start_span(self, *args, **options):
        raise OSError("no span today")

    def start_as_current_span(self, *args, **options):
        raise NotImplementedError


class BrokenProvider(trace.TracerProvider):
    def get_tracer(self, *args, **options) -> Tracer:
        return BrokenTracer()


def test_broken_tracer_is_told_once_and_the_exchange_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    telemetry = Telemetry("catomatic", tracer_provider=BrokenProvider())
    with caplog.at_level(logging.WARNING, "catguard.telemetry"):
        for _ in range(3):
            observation = start(telemetry)
            with observation.active():
                observation.decided(denied(VIOLATION), "request")
            observation.end(status=422)
    assert re.fullmatch(r"[0-9a-f]{32}", observation.trace_id)
    (record,) = caplog.records
    assert record.name == "catguard.telemetry"
    assert "could not start a span: OSError at test_spans.py" in record.getMessage()


@pytest.mark.parametrize(
    "use",
    [
        lambda observation: observation.set(names.CALLER_COMPONENT, "frontend"),
        lambda observation: observation.decided(denied(VIOLATION), "request"),
        lambda observation: observation.violated([VIOLATION]),
        lambda observation: observation.failed(KeyError("nose")),
        lambda observation: observation.end(status=500),
    ],
    ids=["set", "decided", "violated", "failed", "end"],
)
def test_broken_span_never_raises_into_the_exchange(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, use
) -> None:
    observation = start(telemetry)

    def broken(*args, **options):
        raise OSError("span")

    for method in ("set_attribute", "add_event", "record_exception", "set_status", "end"):
        monkeypatch.setattr(observation._span, method, broken, raising=True)
    use(observation)
    assert {record.name for record in caplog.records} == {"catguard.telemetry"}
