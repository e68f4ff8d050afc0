"""Serves one application, or several, on sockets that are already open, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from typing import Any, TypeVar

import uvicorn

from catguard.supervisor.exporters import SHUTDOWN
from catguard.supervisor.protocol import BoundedProtocol
from catguard.supervisor.terminal import mask_loop

T = TypeVar("T")
#: An ASGI application; each library has its own type for what is in its messages.
App = Callable[..., Awaitable[None]]

# Longer than the 5 s that httpx2 keeps an idle connection: if both gave up at the same moment, a call would now and
# then be sent into a connection that is being closed.
KEEP_ALIVE_SECONDS = 20
# What a process may take to end after its drain: the last batch of traces, and a moment for the application.
CLOSING_SECONDS = SHUTDOWN + 1.0
# A signal that comes again so soon is the same wish: timeout(1) sends it to the process and to its group.
SAME_WISH_SECONDS = 0.1

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals alone and says when it serves.

    uvicorn's own handlers end a drained process by raising the signal again, so that a clean stop looks like a death.
    """

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    def drain(self, seconds: float) -> None:
        """Take no more requests, answer those at hand within so many seconds, then end."""
        # Given to asyncio.wait_for, which takes fractions.
        self.config.timeout_graceful_shutdown = max(0.0, seconds)  # type: ignore[assignment]
        self.should_exit = True


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in uvloop where it is installed (it halves the cost of a call over loopback)."""
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with contextlib.suppress(ModuleNotFoundError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        mask_loop(runner.get_loop())
        return runner.run(main)


async def serve(
    app: App,
    listener: socket.socket,
    *,
    lifeline: int | None = None,
    on_ready: Callable[[], None] = lambda: None,
    drain: float = 10.0,
) -> None:
    """Serve in a worker until SIGTERM comes or the supervisor is gone, then drain.

    Args:
        app: What to serve.
        listener: An open listening socket.
        lifeline: The read end of a pipe whose write end only the supervisor has: when it closes, the supervisor is
            gone, however it died, and the worker drains and ends.
        on_ready: Called once, when the socket is really served.
        drain: Seconds that requests at hand may still take.

    Raises:
        SystemExit: With code 3, when the application refuses to start.
    """
    server = _server(app, on_ready)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.drain, drain)
    if lifeline is not None:
        loop.add_reader(lifeline, _abandoned, loop, lifeline, server, drain)
    try:
        await server.serve(sockets=[listener])
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        if lifeline is not None:
            loop.remove_reader(lifeline)


async def serve_all(
    served: Sequence[tuple[App, socket.socket]],
    *,
    on_ready: Callable[[], None] = lambda: None,
    on_drain: Callable[[signal.Signals], None] = lambda received: None,
    drain: float = 10.0,
) -> None:
    """Serve several applications in one event loop, under one signal handler for all of them.

    The first SIGTERM or SIGINT drains them one after the other, from the last to the first: callers before those whom
    they call, so that the requests at hand can still be finished. The second ends the process at once, by that signal.

    Args:
        served: Applications with their open listening sockets, those who are called first.
        on_ready: Called once, when all sockets are really served.
        on_drain: Called with the first signal.
        drain: Seconds that requests at hand may still take, in all servers together.

    Raises:
        SystemExit: With code 3, when an application refuses to start.
    """
    loop = asyncio.get_running_loop()
    waiting = len(served)
    asked = asyncio.Event()
    asked_at = 0.0

    def started() -> None:
        nonlocal waiting
        waiting -= 1
        if waiting == 0:
            on_ready()

    def handle(received: signal.Signals) -> None:
        nonlocal asked_at
        if asked.is_set() and loop.time() - asked_at >= SAME_WISH_SECONDS:
            signal.signal(received, signal.SIG_DFL)
            signal.raise_signal(received)
        if not asked.is_set():
            asked.set()
            asked_at = loop.time()
            on_drain(received)

    async def drain_in_order() -> None:
        await asked.wait()
        end = loop.time() + drain
        for server, task in reversed(list(zip(servers, tasks, strict=True))):
            server.drain(end - loop.time())
            await asyncio.wait([task])

    servers = [_server(app, started) for app, _ in served]
    for received in _STOP_SIGNALS:
        loop.add_signal_handler(received, handle, received)
    try:
        tasks = [
            loop.create_task(server.serve(sockets=[listener]))
            for server, (_, listener) in zip(servers, served, strict=True)
        ]
        drainer = loop.create_task(drain_in_order())
        await asyncio.gather(*tasks)
        drainer.cancel()
    finally:
        for received in _STOP_SIGNALS:
            loop.remove_signal_handler(received)


def _server(app: App, on_started: Callable[[], None]) -> QuietServer:
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return QuietServer(config, on_started)


def _abandoned(loop: asyncio.AbstractEventLoop, lifeline: int, server: QuietServer, drain: float) -> None:
    loop.remove_reader(lifeline)
    server.drain(drain)
    # Nobody is left to kill a worker that does not end by itself.
    timer = threading.Timer(drain + CLOSING_SECONDS, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()
