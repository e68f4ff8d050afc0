"""An app on a real socket, for the tests of what calls it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from catguard.supervisor import sockets


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve an app on a real socket; the value is its address."""
    listener = sockets.bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield sockets.url_of(listener)
    finally:
        server.should_exit = True
        await task
