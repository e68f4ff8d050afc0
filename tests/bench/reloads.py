"""What a reload costs the requests that are served meanwhile: in a process of its own, one request after the other.

The loop never idles, so that everything else that runs in it stands between two answers. A request that arrives at any
moment waits for the answer that is under way and for its own: from how long each took follows how long the slowest of a
hundred would have waited, one pause of 100 ms not less than a hundred of 1 ms. It is time of the processor, of this thread.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catguard import Guard
from tests.bench.loading import policies

BODY = b'{"width":640,"name":"three cats"}'
#: The reloads of one measurement; the boundaries are called once around each, and once more when it is over.
RELOADS = 3


@dataclass(frozen=True)
class Stalls:
    """How long requests wait, in seconds: the slowest of a hundred without a reload and during one, and the longest."""

    without: float
    during: float
    longest: float


def waited(laps: Sequence[float], share: float = 0.01) -> float:
    """Return the time that a share of the requests wait longer than, if they arrive evenly over laps of such lengths."""
    total, low, high = sum(laps), 0.0, max(laps)
    for _ in range(40):
        middle = (low + high) / 2
        beyond = sum(lap - middle for lap in laps if lap > middle)
        low, high = (middle, high) if beyond > share * total else (low, middle)
    return high


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class _Caller:
    """Calls one boundary after the other, and notes how long each lap of the loop takes."""

    def __init__(self, app: Any, count: int) -> None:
        self.app = app
        self.numbers = itertools.cycle(range(count))

    async def lap(self) -> float:
        started = time.thread_time()
        status = 0
        path = f"/v1/take-{next(self.numbers)}"

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": BODY, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)

        await self.app(_scope(path), receive, send)
        assert status == 204, status
        await asyncio.sleep(0)
        return time.thread_time() - started

    async def laps(self, numbers: Iterable[int]) -> list[float]:
        return [await self.lap() for _ in numbers]


def _scope(path: str) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    return {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http"},
        **{"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers},
        **{"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1)},
    }


async def _measure(count: int) -> Stalls:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policies.yaml"
        path.write_text(policies(count))
        guard = Guard.from_file(path, component="bench")
        caller = _Caller(guard.asgi(_answer), count)
        await caller.laps(range(2 * count))
        gc.freeze()  # as `catguard up` does: else the collector walks over the first policies, and reloads look cheap
        without, during = await caller.laps(range(10 * count)), []
        for number in range(RELOADS):
            path.write_text(policies(count).replace("an order is short", f"an order is short {number}"))
            reload = asyncio.create_task(guard.reload_apart())
            while not reload.done():
                during.append(await caller.lap())
            await reload
            during += await caller.laps(range(2 * count))
    return Stalls(waited(without), waited(during), max(during))


def _run(count: int, result: Any) -> None:
    result.send(asyncio.run(_measure(count)))


def stalls(count: int) -> Stalls:
    """Return what reloads of so many boundaries cost requests."""
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(count, child))
    process.start()
    child.close()  # so that a process that dies is told
    found: Stalls = parent.recv()
    process.join()
    return found
