from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from catguard.engine.decision import Violation
from catguard.errors import ConfigurationError
from catguard.supervisor.exporters import Providers, configure
from catguard.telemetry import names
from tests.supervisor.telling import VIOLATION, lines_of, refuse, spans_of, telemetry_of


def test_configure_nothing_makes_no_sdk_objects() -> None:
    code = (
        "import sys; from catguard.supervisor.exporters import configure, Providers\n"
        "assert configure(None, service='store') == Providers()\n"
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("value", ["", "Console", "trace.json", "http://127.0.0.1:4318"])
def test_configure_unknown_destination_says_which_there_are(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"give console, otlp, or a path that ends in \.jsonl"):
        configure(value, service="store")


def test_configure_without_the_sdk_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "catguard.supervisor.sdk", raising=False)
    monkeypatch.delattr("catguard.supervisor.sdk", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'catguard\[host\]'"):
        configure("console", service="store")


def test_console_line_tells_decision_and_violation(capfd: pytest.CaptureFixture[str]) -> None:
    providers = configure("console", service="catomatic")
    trace_id = refuse(telemetry_of(providers))
    providers.shutdown()
    inner, outer = capfd.readouterr().err.splitlines()
    assert trace_id[:8] in inner
    assert " catomatic  call resize " in inner
    assert f" {trace_id[:8]} catomatic  in   POST /v1/render " in outer
    assert " 422 deny  ! picture-area at /body of catomatic.inbound.render (deny; Cat-o-matic " in outer
    assert outer.endswith("policies.yaml:31:17)")
    assert inner.index(" ms") == outer.index(" ms")


def test_console_line_of_another_tiers_text_cannot_move_the_cursor(capfd: pytest.CaptureFixture[str]) -> None:
    providers = configure("console", service="frontend")
    observation = telemetry_of(providers).start("outbound", None, name="POST /v1/render", attributes={}, revision="r1")
    hostile = Violation(
        **{**{slot: getattr(VIOLATION, slot) for slot in VIOLATION.__slots__}, "where": "/\x1b[2J\n\u202e"}
    )
    observation.violated([hostile])
    observation.end(status=422)
    providers.shutdown()
    (line,) = capfd.readouterr().err.splitlines()
    assert "/?[2J??" in line


def test_console_that_is_closed_fails_open(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    closed = open(os.devnull, "w")  # noqa: SIM115 - closed in the next line, on purpose
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    providers = configure("console", service="catomatic")
    refuse(telemetry_of(providers))
    providers.shutdown()
    assert [record.name for record in caplog.records] == ["catguard.telemetry"]


@pytest.mark.parametrize(("sampler", "expected"), [(None, 1), ("parentbased_always_on", 0)])
def test_sampler_is_always_on_unless_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampler: str | None, expected: int
) -> None:
    monkeypatch.delenv("OTEL_TRACES_SAMPLER", raising=False)
    if sampler is not None:
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    path = tmp_path / "trace.jsonl"
    providers = configure(str(path), service="catomatic")
    headers = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02"}
    telemetry = telemetry_of(providers)
    telemetry.start("inbound", None, name="x", attributes={}, headers=headers, revision="r1").end()
    providers.shutdown()
    assert len(spans_of(lines_of(path))) == expected


class Collector(BaseHTTPRequestHandler):
    """Takes OTLP/HTTP requests and keeps their paths and bodies."""

    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bytes]]]:
    received: list[tuple[str, bytes]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (Collector,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


def test_otlp_sends_traces_metrics_and_logs(collector: list[tuple[str, bytes]]) -> None:
    providers = configure("otlp", service="catomatic")
    refuse(telemetry_of(providers))
    providers.shutdown()
    bodies = dict(collector)
    assert set(bodies) == {"/v1/traces", "/v1/metrics", "/v1/logs"}
    spans = ExportTraceServiceRequest.FromString(bodies["/v1/traces"]).resource_spans[0].scope_spans[0].spans
    assert {span.name for span in spans} == {"POST /v1/render", "resize"}
    metrics = ExportMetricsServiceRequest.FromString(bodies["/v1/metrics"]).resource_metrics[0].scope_metrics[0].metrics
    assert {metric.name for metric in metrics} == {names.METRIC_VIOLATIONS, names.METRIC_SERVER_DURATION}
    logs = ExportLogsServiceRequest.FromString(bodies["/v1/logs"]).resource_logs[0].scope_logs[0].log_records
    assert [record.event_name for record in logs] == ["catguard.violation"]


def test_otlp_without_a_collector_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    exporter = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    monkeypatch.setattr(exporter, "filters", [])
    configure("otlp", service="store").shutdown()
    providers = configure("otlp", service="catomatic")
    refuse(telemetry_of(providers))
    assert providers.tracer_provider is not None
    with caplog.at_level(logging.WARNING):
        providers.tracer_provider.force_flush()  # type: ignore[attr-defined] # of the SDK's
    providers.shutdown()
    told = [record.getMessage() for record in caplog.records if record.name == exporter.name]
    assert len(told) == 1
    assert told[0].count("further failures are not told") == 1


def test_shutdown_waits_no_longer_than_its_timeout(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(60)

    Providers(closing=(hang,)).shutdown(timeout=0.05)
    assert not release.is_set()
    release.set()
    assert "could not be flushed within 0.05 s" in caplog.text


def test_shutdown_that_fails_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError("no")

    Providers(closing=(fail,)).shutdown()
    assert "telemetry could not be flushed: OSError at test_exporters.py" in caplog.text


def test_providers_are_not_made_global(tmp_path: Path) -> None:
    before = trace.get_tracer_provider()
    configure(str(tmp_path / "trace.jsonl"), service="a").shutdown()
    assert trace.get_tracer_provider() is before
