"""The whole system as its users start it: `catguard up` in a directory of its own, every tier a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2]
TIERS = ("frontend", "catomatic", "store")
# Seconds; far more than is needed, since the machine may be busy. Drawing the first pictures takes longest.
START, STOP, PATIENCE = 280.0, 60.0, 60.0
# Of what the store can draw, what these systems begin with: every breed in the pose drawn most quickly, and some scenes.
DRAWINGS = {"CATGUARD_STORE_DRAWINGS": "*/sleeping, beach, meadow, rose-garden, snow"}
_SERVES = re.compile(r"^(\w+)\[(\d+)\] serves (http://\S+) after", re.MULTILINE)
_COMPLETE = re.compile(r"^store\[\d+\] is complete after", re.MULTILINE)
_DIED = re.compile(r"^(\w+)\[(\d+)\] died.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the trace file; times are nanoseconds since the epoch, ids hexadecimal, `parent` "" for a root.

    `process` is what its tier's worker drew for itself when it started.
    """

    trace: str
    id: str
    parent: str
    tier: str
    process: str
    name: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Any]
    events: tuple[tuple[str, dict[str, Any]], ...]
    links: tuple[str, ...]
    status: dict[str, Any] = field(default_factory=dict)


class System:
    """`catguard up` with any free ports; what it says is kept in files."""

    def __init__(
        self,
        place: Path,
        *,
        tiers: Sequence[str] = TIERS,
        options: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        data: Path | None = None,
        complete: bool = True,
    ) -> None:
        """Start it and wait until all tiers serve.

        Args:
            place: Where it may write; empty.
            tiers: Those that are to serve.
            options: For `catguard up`, beside those for ports, data and the trace.
            variables: Of its environment, beside those of this process that are not about catguard.
            data: What it begins with; it gets a copy.
            complete: Whether to wait until the store, if it is among the tiers, has all its pictures.
        """
        self.place = place
        self.trace = place / "trace.jsonl"
        self._stderr = place / "stderr"
        self._stdout = place / "stdout"
        self._killed: set[int] = set()
        self._spans: list[Span] = []
        self._read = 0
        self.data = place / "data"
        if data is not None:
            shutil.copytree(data, self.data)
        arguments = ["up", "--data", str(self.data), "--trace", str(self.trace), *options]
        for tier in tiers:
            arguments += ["--bind", f"{tier}=127.0.0.1:0"]
        others = {name: value for name, value in os.environ.items() if not name.startswith(("CATGUARD_", "OTEL_"))}
        with self._stderr.open("w") as stderr, self._stdout.open("w") as stdout:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "catguard", *arguments],
                cwd=ROOT,
                env={**others, **DRAWINGS, **(variables or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        try:
            self._await(lambda: self._stdout.read_text().startswith("ready "), START)
            if complete and "store" in tiers:
                self.until_complete()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.addresses: dict[str, str] = {tier: url for tier, _, url in _SERVES.findall(self.log())}

    @property
    def pids(self) -> dict[str, int]:
        """The process of each tier's newest worker."""
        return {tier: int(pid) for tier, pid, _ in _SERVES.findall(self.log())}

    def log(self) -> str:
        """What was written on standard error so far, by the supervisor and all workers."""
        return self._stderr.read_text(errors="replace")

    def until_complete(self) -> None:
        """Wait until the store has all its pictures."""
        self._await(lambda: _COMPLETE.search(self.log()) is not None, START)

    def trace_lines(self) -> list[Span]:
        """Every span that had ended when this was called.

        Spans leave a process in the order in which they ended, in batches: once the span of a request that is made now
        is there, so are those before.
        """
        last = {self._healthz_trace(tier) for tier in self.addresses}
        self._await(lambda: last <= {span.trace for span in self._all_spans()}, PATIENCE)
        return [span for span in self._spans if span.trace not in last]

    def spans_of(self, trace: str) -> list[Span]:
        """The spans of one trace, those that began first before the others."""
        return sorted((span for span in self.trace_lines() if span.trace == trace), key=lambda span: span.start)

    def kill(self, tier: str) -> None:
        """Kill a tier's worker, as the kernel would; returns when a new one serves."""
        pid = self.pids[tier]
        self._killed.add(pid)
        os.kill(pid, signal.SIGKILL)
        self._await(lambda: self.pids[tier] != pid, PATIENCE)

    def deaths(self) -> list[str]:
        """The supervisor's lines about workers that died, but for those that were killed here."""
        return [found[0] for found in _DIED.finditer(self.log()) if int(found[2]) not in self._killed]

    def stop(self) -> int:
        """Drain; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def _healthz_trace(self, tier: str) -> str:
        answer = httpx2.get(f"{self.addresses[tier]}/healthz", timeout=PATIENCE)
        return str(answer.headers["traceresponse"].split("-")[1])

    def _all_spans(self) -> Sequence[Span]:
        """Every span that was written so far; only those that are new are read."""
        with self.trace.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                self._spans += _spans(line)
        return self._spans

    def _await(self, condition: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the system ended with {self.process.returncode}: {self.log()}")
            if time.monotonic() > until:
                raise AssertionError(f"nothing came of it within {seconds:g} s: {self.log()[-4000:]}")
            time.sleep(0.05)


@contextmanager
def nowhere() -> Iterator[str]:
    """An address at which nobody answers, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def trace_of(answer: httpx2.Response) -> str:
    """The trace id that an answer tells."""
    return str(answer.headers["traceresponse"].split("-")[1])


def _spans(line: bytes) -> Iterator[Span]:
    for resource in json.loads(line).get("resourceSpans", ()):
        service = _plain(resource["resource"]["attributes"])
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield _span(service, span)


def _span(service: dict[str, Any], span: dict[str, Any]) -> Span:
    return Span(
        trace=span["traceId"],
        id=span["spanId"],
        parent=span.get("parentSpanId", ""),
        tier=service["service.name"],
        process=service["service.instance.id"],
        name=span["name"],
        kind=span["kind"],
        start=int(span["startTimeUnixNano"]),
        end=int(span["endTimeUnixNano"]),
        attributes=_plain(span.get("attributes", [])),
        events=tuple((event["name"], _plain(event.get("attributes", []))) for event in span.get("events", [])),
        links=tuple(link["traceId"] for link in span.get("links", [])),
        status=span.get("status", {}),
    )


def _plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {attribute["key"]: _value(attribute["value"]) for attribute in attributes}


def _value(value: dict[str, Any]) -> Any:
    """A value of OTLP's JSON, in which 64 bit integers are strings."""
    kind, found = next(iter(value.items()))
    if kind == "intValue":
        return int(found)
    return [_value(item) for item in found.get("values", [])] if kind == "arrayValue" else found
