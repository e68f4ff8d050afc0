"""Speaks ASGI to an app by hand, so that every message can be as bad as a test wants it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answered:
    """What an app sent."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        return json.loads(self.body)

    def ids(self) -> list[str]:
        return [violation["assumption"] for violation in self.json().get("violations", ())]


async def ask(
    app: Any,
    method: str,
    target: str,
    *,
    body: bytes | Iterable[bytes] | AsyncIterator[bytes] = b"",
    headers: Iterable[tuple[str, str]] = (),
    server: tuple[str, int] | None = ("127.0.0.1", 80),
    json_body: Any = None,
    framed: bool = True,
) -> Answered:
    """Send one request to an ASGI app and return the answer; `framed` says how long the body is, as servers do."""
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    if json_body is not None:
        body = json.dumps(json_body).encode()
        sent.append((b"content-type", b"application/json"))
    if not framed:
        pass
    elif isinstance(body, bytes) and body:
        sent.append((b"content-length", str(len(body)).encode()))
    elif not isinstance(body, bytes):
        sent.append((b"transfer-encoding", b"chunked"))
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": sent,
        "server": server,
        "client": ("127.0.0.1", 1),
        "extensions": {"http.response.pathsend": {}},
    }

    async def chunks() -> AsyncIterator[bytes]:
        if isinstance(body, bytes):
            yield body
        elif isinstance(body, AsyncIterator):
            async for chunk in body:
                yield chunk
        else:
            for chunk in body:
                yield chunk

    async def messages() -> AsyncIterator[dict[str, Any]]:
        async for chunk in chunks():
            yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()

    stream = messages()
    answered = Answered()

    async def receive() -> dict[str, Any]:
        return await anext(stream)

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert answered.status == 0, "answered twice"
            answered.status = message["status"]
            answered.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            assert answered.status, "a body before its head"
            assert not answered.complete, "a body after its end"
            answered.body += message.get("body", b"")
            answered.complete = not message.get("more_body", False)

    await app(scope, receive, send)
    return answered
