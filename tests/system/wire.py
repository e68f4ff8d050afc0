"""HTTP by hand, over raw sockets: what no well-behaved client would send."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

# Seconds; nobody is hurried, the machine may be busy.
PATIENCE = 60.0
#: What a refusal may never repeat.
CANARY = "canary7f3a9"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; names of headers are in lower case. `closed`: nothing can follow on this connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool

    @property
    def problem(self) -> dict[str, Any]:
        """The document of a refusal, held to what each of them promises."""
        assert self.headers["content-type"] == "application/problem+json", self
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["title"]
        assert document["detail"]
        for violation in document.get("violations", ()):
            violation.pop("nearest", None)  # of its own query a caller is told how it would pass
        assert CANARY not in json.dumps(document), "a value of the request is repeated"
        return document


def head(target: str, *headers: str, method: str = "GET") -> bytes:
    """The head of a request; bytes beyond ASCII are written as Latin-1."""
    lines = [f"{method} {target} HTTP/1.1", "Host: cats", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def post(target: str, body: bytes, *headers: str, media: str | None = "application/json") -> bytes:
    """A request with a body that has the length it says."""
    about = [f"Content-Length: {len(body)}", *headers] + ([f"Content-Type: {media}"] if media else [])
    return head(target, *about, method="POST") + body


def connect(url: str) -> socket.socket:
    """A connection to a tier."""
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=PATIENCE)


def send(connection: socket.socket, pieces: Iterable[bytes]) -> int:
    """Send until the other side has had enough; returns how many bytes went out."""
    count = 0
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for piece in pieces:
            connection.sendall(piece)
            count += len(piece)
    return count


def reset(connection: socket.socket) -> None:
    """Close with a reset in place of a good-bye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read(connection: socket.socket, *, bodiless: bool = False) -> Reply | None:
    """Read one answer; None when the connection was closed without one."""
    with connection.makefile("rb") as stream:
        return _read(stream, bodiless=bodiless)


def read_all(connection: socket.socket) -> list[Reply]:
    """Read answers until the connection is closed."""
    replies = []
    with connection.makefile("rb") as stream:
        while reply := _read(stream, bodiless=False):
            replies.append(reply)
    return replies


def _read(stream: BinaryIO, *, bodiless: bool) -> Reply | None:
    """Read one answer, skipping 1xx."""
    try:
        while True:
            line = stream.readline()
            if not line:
                return None
            status = int(line.split()[1])
            headers: dict[str, str] = {}
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode("latin-1").partition(":")
                assert name.lower() not in headers or name.lower() == "vary", f"{name} stands twice in an answer"
                headers[name.lower()] = value.strip()
            if status >= 200:
                break
        length = 0 if bodiless or status in (204, 304) else int(headers["content-length"])
        body = stream.read(length)
        assert len(body) == length, "the answer was cut off"
        return Reply(status, headers, body, headers.get("connection", "").lower() == "close")
    except ConnectionResetError:
        return None


def ask(url: str, request: bytes) -> Reply:
    """Send one request on a connection of its own; the answer."""
    with connect(url) as connection:
        send(connection, [request])
        reply = read(connection, bodiless=request.startswith(b"HEAD "))
    assert reply is not None, "closed without an answer"
    return reply


def refused(url: str, request: bytes) -> Reply:
    """Send one request that must be refused, with a problem document."""
    reply = ask(url, request)
    assert 400 <= reply.status < 500, reply
    assert reply.problem
    return reply
