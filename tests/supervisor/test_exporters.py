from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry import trace
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from catguard.engine.decision import Decision, Violation
from catguard.errors import ConfigurationError
from catguard.supervisor.exporters import Providers, configure
from catguard.supervisor.tracefile import TraceFile
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
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'catguard\[host\]'"):
        configure("console", service="store")


def test_file_lines_are_otlp_requests_with_hexadecimal_ids(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    providers = configure(str(path), service="catomatic", instance="catomatic-1")
    trace_id = refuse(telemetry_of(providers))
    providers.shutdown()
    lines = lines_of(path)
    spans = spans_of(lines)
    assert {span["name"] for span in spans} == {"POST /v1/render", "resize"}
    assert {span["traceId"] for span in spans} == {trace_id}
    inner, outer = spans
    assert inner["parentSpanId"] == outer["spanId"]
    assert len(outer["spanId"]) == 16
    assert outer["kind"] == 2
    assert outer["links"][0]["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert outer["events"][0]["name"] == "catguard.violation"
    (record,) = [
        record
        for line in lines
        for found in line.get("resourceLogs", ())
        for scope in found["scopeLogs"]
        for record in scope["logRecords"]
    ]
    assert record["eventName"] == "catguard.violation"
    assert record["traceId"] == trace_id
    assert record["spanId"] == outer["spanId"]


@pytest.mark.parametrize("letter", ["\n", "\u2028", "\x85", "\x9b", "\x1b", "\x1c"])
def test_file_lines_are_one_line_for_every_reader(tmp_path: Path, letter: str) -> None:
    path = tmp_path / "trace.jsonl"
    providers = configure(str(path), service="catomatic")
    where = f"/body/a{letter}b"
    refuse(telemetry_of(providers), replace(VIOLATION, where=where))
    providers.shutdown()
    assert letter not in path.read_text().replace("}\n", "}")
    told = [
        attribute["value"]["stringValue"]
        for span in spans_of(lines_of(path))
        for event in span.get("events", ())
        for attribute in event["attributes"]
        if attribute["key"] == names.WHERE
    ]
    assert told == [where]


def test_file_lines_name_the_tier(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    providers = configure(str(path), service="catomatic", instance="catomatic-1")
    refuse(telemetry_of(providers))
    providers.shutdown()
    for line in lines_of(path):
        (found,) = line.get("resourceSpans") or line["resourceLogs"]
        attributes = {item["key"]: item["value"].get("stringValue") for item in found["resource"]["attributes"]}
        assert attributes["service.name"] == "catomatic"
        assert attributes["service.namespace"] == "catguard"
        assert attributes["service.instance.id"] == "catomatic-1"


def test_file_lines_parse_as_the_messages_of_otlp(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    providers = configure(str(path), service="catomatic")
    refuse(telemetry_of(providers))
    providers.shutdown()
    for line in lines_of(path):
        message = ExportTraceServiceRequest() if "resourceSpans" in line else ExportLogsServiceRequest()
        ParseDict(line, message)  # raises on an unknown name; hexadecimal digits pass as base64


def test_file_is_written_without_a_shutdown_after_the_batch_delay(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    providers = configure(str(path), service="catomatic")
    refuse(telemetry_of(providers))
    patience = time.monotonic() + 20
    while len(spans_of(lines_of(path))) < 2 and time.monotonic() < patience:
        time.sleep(0.02)
    assert len(spans_of(lines_of(path))) == 2
    providers.shutdown()


def test_file_shared_by_processes_has_no_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    code = (
        "import sys; from catguard.supervisor.exporters import configure; from catguard.telemetry import Telemetry\n"
        "providers = configure(sys.argv[1], service=sys.argv[2])\n"
        "telemetry = Telemetry(sys.argv[2], tracer_provider=providers.tracer_provider)\n"
        "for number in range(400):\n"
        "    telemetry.start('call', None, name=f'{number}', attributes={'pad': 'x' * 900}, revision='r1').end()\n"
        "    number % 50 or providers.tracer_provider.force_flush()\n"
        "providers.shutdown()\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path), tier]) for tier in ("a", "b", "c")]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(spans_of(lines_of(path))) == 1200


def test_file_full_disk_is_told_once_and_nothing_raises(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "full.jsonl"
    path.symlink_to("/dev/full")
    providers = configure(str(path), service="catomatic")
    telemetry = telemetry_of(providers)
    for _ in range(3):
        refuse(telemetry)
        providers.tracer_provider.force_flush()  # type: ignore[union-attr]  # an SDK provider
    providers.shutdown()
    told = [record for record in caplog.records if record.name == "catguard.telemetry"]
    assert len(told) == 1
    assert "No space left on device" in told[0].getMessage()


def test_file_unwritable_path_is_told_at_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    providers = configure(str(tmp_path / "nowhere" / "trace.jsonl"), service="catomatic")
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("catguard.telemetry", logging.WARNING)
    assert "nowhere/trace.jsonl: FileNotFoundError" in record.getMessage()
    refuse(telemetry_of(providers))
    providers.shutdown()
    assert len(caplog.records) == 1


def test_file_moved_away_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    file = TraceFile(path)
    assert file.append(b"1\n")
    path.rename(tmp_path / "yesterday.jsonl")
    assert file.append(b"2\n")
    assert path.read_bytes() == b"2\n"


def test_file_line_that_does_not_fit_is_left_out_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "trace.jsonl"
    file = TraceFile(path)
    assert file.append(b"first\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))  # a write beyond is cut short, as on a full disk
        assert not file.append(b"second\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.append(b"third\n")
    assert path.read_bytes() == b"first\nthird\n"
    assert len(caplog.records) == 1


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
