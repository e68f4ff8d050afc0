"""Measures what the guard costs, as ratios in one run on one machine, contenders interleaved.

    python tests/bench/run.py [--rounds 7] [--json]

In process: a POST with a seven-field body and three rules, request and response checked, against the same starlette app
bare. Over loopback: a keep-alive POST through the supervisor's sockets and bounded protocol against plain uvicorn.
Each figure is the median of the rounds; the spread is that of the middle half.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvicorn
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from catguard import Guard
from catguard.supervisor import serving, sockets

HERE = Path(__file__).parent
ORDER = {
    "breed": "siamese",
    "scene": "rose-garden",
    "count": 3,
    "width": 480,
    "height": 620,
    "format": "webp",
    "seed": 7,
}
BODY = json.dumps(ORDER).encode()
IN_PROCESS_CALLS = 2_000
LOOPBACK_CALLS = 400

App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Figure:
    """One contender of one measurement: microseconds a call, and the ratio to the first contender."""

    measurement: str
    contender: str
    microseconds: float
    spread: float
    ratio: float


async def echo(request: Request) -> Response:
    """Answer with the body."""
    return JSONResponse(await request.json())


def bare() -> App:
    return Starlette(routes=[Route("/echo", echo, methods=["POST"])])


def guarded() -> App:
    guard = Guard.from_file(HERE / "policies.yaml", component="bench")
    return guard.asgi(bare())


def scope() -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }


async def call(app: App) -> int:
    """Send one request in process and return its status."""
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope(), receive, send)
    return status


def in_process(app: App) -> float:
    """Return the seconds of one call, over many."""

    async def run() -> float:
        assert await call(app) == 200
        started = time.perf_counter()
        for _ in range(IN_PROCESS_CALLS):
            await call(app)
        return (time.perf_counter() - started) / IN_PROCESS_CALLS

    return asyncio.run(run())


def serve_plain(port: Any) -> None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    port.send(listener.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(bare(), access_log=False, log_level="warning", lifespan="off"))
    asyncio.run(server.serve(sockets=[listener]))


def serve_supervised(port: Any) -> None:
    listener = sockets.bind("127.0.0.1", 0)
    port.send(listener.getsockname()[1])
    asyncio.run(serving.serve(bare(), listener, lifeline=None, on_ready=lambda: None, drain=1.0))


@contextmanager
def running(target: Callable[[Any], None]) -> Iterator[int]:
    """Run a server in a process of its own; yields its port."""
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=target, args=(child,))
    process.start()
    try:
        port: int = parent.recv()
        yield port
    finally:
        process.kill()
        process.join()


def over_loopback(port: int) -> float:
    """Return the seconds of one keep-alive POST, over many."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    headers = {"content-type": "application/json"}

    def post() -> None:
        connection.request("POST", "/echo", BODY, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200

    post()
    started = time.perf_counter()
    for _ in range(LOOPBACK_CALLS):
        post()
    seconds = (time.perf_counter() - started) / LOOPBACK_CALLS
    connection.close()
    return seconds


def measure(
    name: str, contenders: dict[str, Callable[[], float]], rounds: int, progress: Callable[[str], None]
) -> list[Figure]:
    """Run every contender once a round, in turn; the first is what the others are compared to."""
    seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
    for number in range(rounds):
        progress(f"{name}: round {number + 1} of {rounds}")
        for contender, run in contenders.items():
            seconds[contender].append(run())
    first = statistics.median(next(iter(seconds.values())))
    figures = []
    for contender, values in seconds.items():
        quarters = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
        median = statistics.median(values)
        figures.append(Figure(name, contender, median * 1e6, (quarters[2] - quarters[0]) * 1e6, median / first))
    return figures


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measures what the guard costs, as ratios.")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each measurement (default 7)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    console = Console(stderr=True)

    def progress(text: str) -> None:
        console.print(text, style="dim")

    plain, checked = bare(), guarded()
    contenders = {"starlette, bare": lambda: in_process(plain), "starlette, guarded": lambda: in_process(checked)}
    figures = measure("hop in process", contenders, options.rounds, progress)
    with running(serve_plain) as plain_port, running(serve_supervised) as supervised_port:
        over = {
            "uvicorn, plain": lambda: over_loopback(plain_port),
            "uvicorn, supervisor's sockets": lambda: over_loopback(supervised_port),
        }
        over_loopback(plain_port)
        over_loopback(supervised_port)
        figures += measure("keep-alive POST over loopback", over, options.rounds, progress)
    if options.json:
        json.dump({"cores": os.cpu_count(), "figures": [asdict(figure) for figure in figures]}, sys.stdout, indent=2)
        return
    table = Table(title=f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {options.rounds} rounds")
    for column in ("measurement", "contender", "µs a call", "± µs", "ratio"):
        table.add_column(column, justify="left" if column in ("measurement", "contender") else "right")
    for figure in figures:
        numbers = (f"{figure.microseconds:.1f}", f"{figure.spread / 2:.1f}", f"{figure.ratio:.2f}")
        table.add_row(figure.measurement, figure.contender, *numbers)
    Console().print(table)


if __name__ == "__main__":
    main()
