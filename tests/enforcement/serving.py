"""Serves apps on real sockets by uvicorn alone, as those do who bring a server of their own; speaks to them in bytes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from typing import Any

import uvicorn

#: Seconds; far more than is needed, since the machine may be busy.
PATIENCE = 30.0


class Server(uvicorn.Server):
    """A server that leaves the signals of the test process alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@contextlib.asynccontextmanager
async def served(app: Any, **options: Any) -> AsyncIterator[int]:
    """Serve an app; yields the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5, **options)
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def exchange(port: int, request: bytes) -> bytes:
    """Send bytes, and return all that comes until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    return answer


def request(target: str, *headers: str, method: str = "GET") -> bytes:
    """The head of a request after which the connection is closed."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: shop", *headers, "Connection: close", "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])
