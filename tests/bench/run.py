"""Measures what the guard costs, as ratios in one run on one machine, contenders interleaved, held against targets.

    python tests/bench/run.py [--rounds 7] [--only hop] [--long] [--json]

In process: one rule, a whole check of a seven-field body with three rules, a POST with request and response checked,
the same with tracing and metrics. Over loopback: a keep-alive POST through the supervisor's sockets and bounded
protocol. The hop is measured thrice: with the very handler of the bare app, which reads the body once more; with one
that takes what was checked, as handlers do at frameworks with models, so that each contender reads the body once; and
as a tier. Loading: 1,000 boundaries with 5,000 assumptions, and how it grows; what a reload of as many costs requests.
Each figure is the median of the rounds; the spread is that of the middle half. In process it is time of the processor,
which others on the machine disturb less. Peers that are not installed are left out, and said: requirements-bench.txt
lists them. Nothing is installed by this script. It ends with 1 if a target falls short.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import logging
import multiprocessing
import os
import socket
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvicorn
from rich.console import Console
from rich.table import Table

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[2]))

from catguard.supervisor import serving, sockets
from tests.bench.checks import BODY, rules, whole_checks
from tests.bench.hops import BARE, GUARDED, UNCHANGED, bare, hops, traced
from tests.bench.loading import load
from tests.bench.measure import Figure, Target, Timed, measure
from tests.bench.reloads import stalls

LOOPBACK_CALLS = 400
RULE, CHECK, HOP, TRACED, LOADING = "a rule", "a whole check", "hop in process", "hop in process, traced", "loading"
SECONDS, MEMORY, GROWTH = "1,000 boundaries, s", "memory, kB a boundary", "10 times as many, by boundary"
RELOADING, STALL = "reloading 1,000 boundaries", "a request in 100 waits longer by"

#: Times and ratios that the guard is built to keep, on two cores.
TARGETS = (
    Target(RULE, "compiled rule", 1 / 10, "cel-expr-python"),
    Target(RULE, "compiled rule", 1 / 40, "common-expression-language"),
    Target(RULE, "compiled rule", 1 / 800, "cel-python"),
    Target(CHECK, "whole check", 2, "jsonschema-rs alone"),
    Target(CHECK, "whole check", 1, "pydantic with a rule"),
    Target(HOP, GUARDED, 1.5, BARE),
    Target(HOP, GUARDED, 1 / 2, "FastAPI with models"),
    Target(HOP, GUARDED, 1, "Litestar with msgspec"),
    Target(HOP, UNCHANGED, 1 / 10, "connexion"),
    Target(HOP, UNCHANGED, 1 / 100, "openapi-core"),
    Target(TRACED, "guarded and traced", 0.6, "OpenTelemetry's instrumentation"),
    Target(LOADING, SECONDS, 2),
    Target(LOADING, MEMORY, 32),
    Target(LOADING, GROWTH, 1.25),
    Target(RELOADING, STALL, 5),
)


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


def loopback(rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    with running(serve_plain) as plain_port, running(serve_supervised) as supervised_port:
        over = {
            "uvicorn, plain": lambda: over_loopback(plain_port),
            "uvicorn, supervisor's sockets": lambda: over_loopback(supervised_port),
        }
        over_loopback(plain_port)
        over_loopback(supervised_port)
        return measure("keep-alive POST over loopback", over, rounds, progress)


def loading(most: int, progress: Callable[[str], None]) -> list[Figure]:
    """Load 1,000 boundaries, and a tenth of `most` and `most`, to see how it grows."""
    progress("loading 1,000 boundaries, three times")
    loads = [load(1_000) for _ in range(3)]
    seconds, memory = (statistics.median(values) for values in zip(*loads, strict=True))
    progress(f"loading {most // 10:,} and {most:,} boundaries")
    small, large = load(most // 10)[0], load(most)[0]
    return [
        Figure(LOADING, SECONDS, seconds, 0, 1, "s"),
        Figure(LOADING, MEMORY, memory, 0, 1, "kB"),
        Figure(LOADING, GROWTH, large / small / 10, 0, 1, "times"),
    ]


def reloading(progress: Callable[[str], None]) -> list[Figure]:
    """Serve while 1,000 boundaries are loaded anew; a longest wait of one request is told beside."""
    progress("reloading 1,000 boundaries beside requests, three times")
    found = stalls(1_000)
    return [
        Figure(RELOADING, STALL, (found.during - found.without) * 1e3, 0, 1, "ms"),
        Figure(RELOADING, "the longest wait of all", found.longest * 1e3, 0, 1, "ms"),
    ]


def all_figures(options: argparse.Namespace, progress: Callable[[str], None]) -> list[Figure]:
    """Measure what was asked for."""
    in_process: dict[str, Callable[[], dict[str, Timed]]] = {
        RULE: rules,
        CHECK: whole_checks,
        HOP: lambda: hops(progress),
        TRACED: lambda: traced(progress),
    }
    figures: list[Figure] = []
    for name, contenders in in_process.items():
        if options.only in name and (found := contenders()):
            figures += measure(name, found, options.rounds, progress)
    if options.only in "keep-alive POST over loopback":
        figures += loopback(options.rounds, progress)
    if options.only in LOADING:
        figures += loading(10_000 if options.long else 1_000, progress)
    if options.only in RELOADING:
        figures += reloading(progress)
    return figures


def show(figures: list[Figure], rounds: int) -> None:
    """Print the figures as a table."""
    table = Table(title=f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {rounds} rounds")
    for column in ("measurement", "contender", "figure", "±", "ratio"):
        table.add_column(column, justify="left" if column in ("measurement", "contender") else "right")
    for found in figures:
        numbers = (f"{found.value:.2f} {found.unit}", f"{found.spread:.2f}", f"{found.ratio:.2f}")
        table.add_row(found.measurement, found.contender, *numbers)
    Console().print(table)


def judge(figures: list[Figure]) -> bool:
    """Print each target with what became of it; returns whether all that were measured are met."""
    everything = True
    for target in TARGETS:
        found = target.judge(figures)
        if found is not None:
            value, met = found
            everything &= met
            shown = f"{1 / value:.1f} times faster" if target.at_most < 0.6 and value < 1 else f"{value:.2f}"
            print(f"{'met  ' if met else 'SHORT'}  {target}: {shown}")
    return everything


def main() -> int:
    """Measure, and print tables or JSON."""
    parser = argparse.ArgumentParser(description="Measures what the guard costs, as ratios, against its targets.")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each measurement (default 7)")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="measurements whose name has this in it: hop, loading"
    )
    parser.add_argument("--long", action="store_true", help="load 10,000 boundaries too: takes minutes")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the tables")
    options = parser.parse_args()
    console = Console(stderr=True)
    warnings.simplefilter("ignore")  # of peers
    logging.disable(logging.WARNING)  # likewise

    def progress(text: str) -> None:
        console.print(text, style="dim")

    figures = all_figures(options, progress)
    if options.json:
        judged = [{"target": str(target), "found": target.judge(figures)} for target in TARGETS]
        report = {"cores": os.cpu_count(), "figures": [asdict(found) for found in figures], "targets": judged}
        json.dump(report, sys.stdout, indent=2)
        return 0
    show(figures, options.rounds)
    return 0 if judge(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
