"""The providers of the OpenTelemetry SDK for each way to export; imported only when somebody traces."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from catguard.supervisor.tracefile import LogFileExporter, SpanFileExporter, TraceFile
from catguard.supervisor.tracelines import SpanLineExporter
from catguard.telemetry import names

#: `service.namespace` of every tier.
NAMESPACE: Final = "catguard"
#: Milliseconds that spans wait for others: what a killed process loses, and a person waits for on the console.
BATCH_DELAY: Final = 200

#: Tracers, meters, loggers, and what ends them.
Set = tuple[TracerProvider, MeterProvider | None, LoggerProvider | None, tuple[Callable[[], None], ...]]


def resource_of(service: str, instance: str | None) -> Resource:
    """Return whose telemetry it is; OTEL_RESOURCE_ATTRIBUTES may add to it."""
    attributes = {names.SERVICE_NAME: service, names.SERVICE_NAMESPACE: NAMESPACE}
    if instance is not None:
        attributes[names.SERVICE_INSTANCE_ID] = instance
    return Resource.create(attributes, names.SCHEMA_URL)


def to_console(resource: Resource) -> Set:
    """One line a span on stderr; violations stand in the line."""
    tracers = _tracers(resource, BatchSpanProcessor(SpanLineExporter(sys.stderr), schedule_delay_millis=BATCH_DELAY))
    return tracers, None, None, (tracers.shutdown,)


def to_file(resource: Resource, path: Path) -> Set:
    """Spans and log records as OTLP JSON lines, appended to one file."""
    file = TraceFile(path)
    file.append(b"")  # says at start what is wrong with the path
    tracers = _tracers(resource, BatchSpanProcessor(SpanFileExporter(file), schedule_delay_millis=BATCH_DELAY))
    loggers = LoggerProvider(resource, shutdown_on_exit=False)
    loggers.add_log_record_processor(BatchLogRecordProcessor(LogFileExporter(file), schedule_delay_millis=BATCH_DELAY))
    return tracers, None, loggers, (tracers.shutdown, loggers.shutdown)


def to_collector(resource: Resource) -> Set:
    """Spans, metrics and log records over OTLP/HTTP, as the standard OTEL_* environment variables say."""
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    for exporter in (OTLPSpanExporter, OTLPMetricExporter, OTLPLogExporter):
        logger = logging.getLogger(exporter.__module__)
        if not any(isinstance(each, _Once) for each in logger.filters):  # tiers may share a process
            logger.addFilter(_Once())
    tracers = _tracers(resource, BatchSpanProcessor(OTLPSpanExporter()))
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource, shutdown_on_exit=False)
    loggers = LoggerProvider(resource, shutdown_on_exit=False)
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    return tracers, meters, loggers, (tracers.shutdown, meters.shutdown, loggers.shutdown)


class _Once(logging.Filter):
    """Lets one line of an exporter through: a collector that is down is told, not at every batch and retry again."""

    def __init__(self) -> None:
        super().__init__()
        self._told = False

    def filter(self, record: logging.LogRecord) -> bool:
        if self._told:
            return False
        self._told = True
        record.msg, record.args = f"{record.getMessage()}; exchanges go on, further failures are not told", ()
        return True


def _tracers(resource: Resource, processor: SpanProcessor) -> TracerProvider:
    # Every trace is recorded unless OTEL_TRACES_SAMPLER says otherwise. The SDK's own default would follow a caller
    # inside the system that runs without an SDK and whose ids are, truthfully, not sampled.
    sampler = None if "OTEL_TRACES_SAMPLER" in os.environ else ALWAYS_ON
    provider = TracerProvider(sampler, resource, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider
