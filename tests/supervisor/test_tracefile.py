from __future__ import annotations

import logging
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from catguard.supervisor.exporters import configure
from catguard.supervisor.tracefile import TraceFile
from catguard.telemetry import names
from tests.supervisor.telling import VIOLATION, lines_of, refuse, spans_of, telemetry_of


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
