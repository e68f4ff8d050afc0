"""A supervisor process over `worker.py`, one tier per argument: what the tests start, kill and read.

Each argument is a JSON object: {"tier", "start", "prepare", "fill", "memory", "drain"}; the first line of standard output is
the addresses, then come the events, one a line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from catguard.supervisor.events import Event
from catguard.supervisor.processes import WorkerSpec
from catguard.supervisor.sockets import bind, url_of
from catguard.supervisor.workers import Supervisor

WORKER = str(Path(__file__).with_name("worker.py"))


def main() -> int:
    drain, *tiers = (json.loads(argument) for argument in sys.argv[1:])
    specs = [
        WorkerSpec(
            tier=tier["tier"],
            command=(sys.executable, WORKER, "--start", tier.get("start", "serve"), "--drain", str(drain)),
            socket=bind("127.0.0.1", 0, tier=tier["tier"]),
            memory=tier.get("memory"),
            prepare=(sys.executable, WORKER, "--start", tier["prepare"]) if "prepare" in tier else None,
            fill=(sys.executable, WORKER, "--start", tier["fill"]) if "fill" in tier else None,
        )
        for tier in tiers
    ]
    print(json.dumps([url_of(spec.socket) for spec in specs]), flush=True)

    def report(event: Event) -> None:
        print(f"{type(event).__name__}: {event}", flush=True)

    return Supervisor(specs, drain=drain, report=report, closing=1.0).run()


if __name__ == "__main__":
    sys.exit(main())
