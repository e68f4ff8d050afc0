"""A telemetry whose SDK keeps everything in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from catguard.engine.decision import Decision, Violation
from catguard.telemetry import Telemetry, names
from catguard.telemetry.spans import Kind

VIOLATION = Violation(
    assumption="picture-area",
    boundary="catomatic.inbound.render",
    side="inbound",
    phase="request",
    where="/body/width",
    limit="variables.area <= 4000000",
    message="the rule does not hold",
    why="nobody looks at more than a 4K screen",
    owner="Cat-o-matic (#catomatic-oncall)",
    policy="policies.yaml:31:17",
    kind="rule",
)


def allowed(*violations: Violation) -> Decision:
    return Decision(True, violations, "r1", "policies.yaml")


def denied(*violations: Violation) -> Decision:
    return Decision(False, violations, "r1", "policies.yaml")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Memory:
    """What the SDK kept."""

    clock: Clock = field(default_factory=Clock)
    span_exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)
    log_exporter: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)

    def __post_init__(self) -> None:
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.span_exporter))
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.loggers = LoggerProvider(shutdown_on_exit=False)
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self.log_exporter))

    def telemetry(self, component: str = "catomatic", *, exceptions: str | None = None) -> Telemetry:
        return Telemetry(
            component,
            tracer_provider=self.tracers,
            meter_provider=self.meters,
            logger_provider=self.loggers,
            clock=self.clock,
            exceptions=exceptions,
        )

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.span_exporter.get_finished_spans()

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.spans
        return span

    @property
    def logs(self) -> tuple[ReadableLogRecord, ...]:
        return self.log_exporter.get_finished_logs()

    def points(self, name: str) -> list:
        """Return the data points of a metric."""
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def memory() -> Iterator[Memory]:
    memory = Memory()
    yield memory
    memory.tracers.shutdown()
    memory.meters.shutdown()
    memory.loggers.shutdown()


@pytest.fixture
def telemetry(memory: Memory) -> Telemetry:
    return memory.telemetry()


CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
TRACEPARENT = f"00-{CALLER}-{SPAN}-01"
RENDER = "catomatic.inbound.render"


def start(telemetry: Telemetry, kind: Kind = "inbound", boundary: str | None = RENDER, **options):
    attributes = options.pop("attributes", {names.HTTP_REQUEST_METHOD: "POST"})
    return telemetry.start(kind, boundary, name="POST /v1/render", attributes=attributes, revision="r1", **options)
