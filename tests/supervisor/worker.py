"""A worker process with tiny applications: what the tests of the supervisor run instead of `catguard worker`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from catguard.supervisor import protocol, serving, sockets
from catguard.supervisor.processes import READY

asleep = 0


async def sleep(seconds: float) -> None:
    """Sleep, counted in `asleep`, so that a test knows that its request is at hand."""
    global asleep
    asleep += 1
    await asyncio.sleep(seconds)


async def answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Any) -> int:
    """Read the body; return its size, or what came of it before the caller was gone."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    return size


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Does what the path says."""
    if scope["type"] != "http":
        raise NotImplementedError
    match scope["path"].split("/")[1:]:
        case ["pid"]:
            await answer(send, 200, str(os.getpid()).encode())
        case ["exit", code]:
            os._exit(int(code))
        case ["sleep", seconds]:
            await sleep(float(seconds))
            await answer(send, 200, b"slept")
        case ["asleep"]:
            await answer(send, 200, str(asleep).encode())
        case ["eat", mebibytes]:
            eaten = b"x" * (int(mebibytes) * 2**20)
            await asyncio.sleep(2)
            await answer(send, 200, str(len(eaten)).encode())
        case ["large", mebibytes]:
            await answer(send, 200, b"x" * (int(mebibytes) * 2**20))
        case ["raise"]:
            raise ValueError("the application is broken")
        case ["refuse"]:
            await answer(send, 413, b"too large")
        case ["read"]:
            size = await read(receive)
            await answer(send, 200, f"{size} {len(scope['headers'])}".encode())
        case ["slowly", seconds]:
            await asyncio.sleep(float(seconds))
            await answer(send, 200, str(await read(receive)).encode())
        case ["rss"]:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            await answer(send, 200, str(pages * os.sysconf("SC_PAGE_SIZE")).encode())
        case _:
            await answer(send, 404, b"no such thing")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int)
    parser.add_argument("--lifeline", type=int)
    parser.add_argument("--status", type=int)
    parser.add_argument("--drain", type=float, default=10.0)
    parser.add_argument("--start", default="serve", help="what to do at first: see below")
    parser.add_argument("--patience", type=float, help="seconds for a head, a body and the next request")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    match options.start.split(":"):
        case ["exit", code]:
            sys.exit(int(code))
        case ["once", path, code]:  # serves in the first process, ends before it is ready in the later ones
            if Path(path).exists():
                sys.exit(int(code))
            Path(path).touch()
        case ["prepare", path, code]:
            with Path(path).open("a") as log:
                log.write("prepared\n")
            sys.exit(int(code))
        case ["killed", path, times]:  # a process that is killed so many times, and then gets to its end
            with Path(path).open("a") as log:
                log.write(f"{os.getpid()}\n")
            if len(Path(path).read_text().split()) <= int(times):
                os.kill(os.getpid(), signal.SIGKILL)
            sys.exit(0)
        case ["leaves", path]:  # a process that is killed once, and leaves another one behind
            if Path(path).exists():
                sys.exit(0)
            Path(path).write_text(str(subprocess.Popen(["sleep", "3600"]).pid))
            os.kill(os.getpid(), signal.SIGKILL)
        case ["slow"]:
            time.sleep(3600)

    if options.patience is not None:
        protocol.HEAD_SECONDS = protocol.BODY_SECONDS = serving.KEEP_ALIVE_SECONDS = options.patience
        protocol.BODY_RATE = 100_000

    def ready() -> None:
        os.write(options.status, READY)

    listener = sockets.adopt(options.fd)
    serving.run(serving.serve(app, listener, lifeline=options.lifeline, on_ready=ready, drain=options.drain))


if __name__ == "__main__":
    main()
