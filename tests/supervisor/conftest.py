"""Supervisors and bounded servers as real processes, on real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from catguard.supervisor.sockets import bind

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}


class Call(threading.Thread):
    """A request in a thread of its own; `answer` is None if the connection broke."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.answer: httpx2.Response | None = None
        self.start()

    def run(self) -> None:
        with contextlib.suppress(httpx2.TransportError):
            self.answer = httpx2.get(self.url, timeout=60)

    def result(self) -> httpx2.Response | None:
        self.join()
        return self.answer


class Supervised:
    """A supervisor process and what it prints."""

    def __init__(self, tiers: list[dict[str, Any]], drain: float) -> None:
        command = [sys.executable, str(HERE / "supervised.py"), str(drain), *map(json.dumps, tiers)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, start_new_session=True
        )
        assert self.process.stdout is not None
        self.lines = self.process.stdout
        self.urls: list[str] = json.loads(self.lines.readline())
        self.seen: list[str] = []

    def until(self, start: str) -> str:
        """Read events up to the next that starts so."""
        for line in self.lines:
            self.seen.append(line.rstrip())
            if line.startswith(start):
                return self.seen[-1]
        raise AssertionError(f"no event {start!r} in {self.seen}")

    def get(self, path: str, tier: int = 0) -> httpx2.Response:
        return httpx2.get(self.urls[tier] + path, timeout=20)

    def calling(self, path: str, tier: int = 0) -> Call:
        """Start a request to a path that sleeps, and wait until it is at hand."""
        call = Call(self.urls[tier] + path)
        while self.get("/asleep", tier).text == "0":
            time.sleep(0.05)
        return call

    def broken(self, path: str) -> None:
        """Ask for what ends the worker before it answers."""
        with pytest.raises(httpx2.RemoteProtocolError):
            self.get(path)

    def worker(self, tier: int = 0) -> int:
        return int(self.get("/pid", tier).text)

    def end(self) -> int:
        """Wait for the end; the rest of the events are in `seen`."""
        self.seen += [line.rstrip() for line in self.lines]
        return self.process.wait()


@pytest.fixture
def supervised() -> Iterator[Callable[..., Supervised]]:
    """Start a supervisor over tiers of `worker.py`; ended after the test."""
    started: list[Supervised] = []

    def start(*tiers: dict[str, Any], drain: float = 5.0) -> Supervised:
        started.append(Supervised(list(tiers) or [{"tier": "a"}], drain))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate(timeout=30)  # fails if a worker outlives it


class Server:
    """One worker on its own, spoken to by raw bytes."""

    def __init__(self, stderr: Path, *options: str) -> None:
        self.listener = bind("127.0.0.1", 0)
        self.stderr = stderr
        reading, writing = os.pipe()
        fds = [self.listener.fileno(), writing]
        command = [sys.executable, str(HERE / "worker.py"), "--fd", str(fds[0]), "--status", str(fds[1]), *options]
        with stderr.open("w") as log:
            self.process = subprocess.Popen(command, pass_fds=fds, stderr=log, env=ENVIRONMENT)
        os.close(writing)
        assert os.read(reading, 5) == b"ready"
        os.close(reading)
        self.url = "http://{}:{}".format(*self.listener.getsockname())

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname, address.port), timeout=30)

    def exchange(self, *sent: bytes) -> bytes:
        """Send, and return all that comes until the server closes; a reset while sending is a close as well."""
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):
                for part in sent:
                    connection.sendall(part)
            return everything(connection)

    def rss(self) -> int:
        return int(httpx2.get(self.url + "/rss").text)


def everything(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def one_answer(connection: socket.socket) -> bytes:
    """Read one answer that says its length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1)
    size = int(received.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while size > 0:
        part = connection.recv(size)
        assert part
        received, size = received + part, size - len(part)
    return received


def _serve(stderr: Path, *options: str) -> Iterator[Server]:
    one = Server(stderr, *options)
    yield one
    one.process.send_signal(signal.SIGKILL)
    one.process.wait()
    one.listener.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _serve(tmp_path_factory.mktemp("server") / "stderr")


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for a head, a body or the next request for half a second, and for a body of 100 kB one more."""
    yield from _serve(tmp_path_factory.mktemp("impatient") / "stderr", "--patience", "0.5")
