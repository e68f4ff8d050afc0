"""Bounds a request before ASGI: how large its head may be, how long head and body may take, and what a refusal is.

uvicorn's httptools protocol bounds none of that: 100 MB of headers cost it 390 MB of memory, and half a request line
holds a connection for ever.
"""

from __future__ import annotations

import asyncio
import functools
import http
import json
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from catguard.supervisor.lingering import LingeringTransport

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

# Request line and headers together; nginx takes 4 times 8 KiB as well.
HEAD_BYTES = 32 * 1024
# As Apache's LimitRequestFields; trailers count with them.
HEADER_COUNT = 100
HEAD_SECONDS = 10.0
# A body may take 10 s, and longer while it comes at this rate (bytes a second), the rule and the rate of Apache's
# mod_reqtimeout: a fixed time alone would cut off honest slow uploads, and none would let one byte a minute pass.
BODY_SECONDS = 10.0
BODY_RATE = 500
# Bytes of framing (chunk sizes, extensions, trailers) that a byte of body may cost; chunks of one byte cost 5.
FRAMING_PER_BYTE = 16
# 0.9 has neither headers nor a status, and what calls itself 2.0 in a request line is none.
VERSIONS = ("1.0", "1.1")
# Requests that a caller may send ahead of their answers; without a bound, 14,000 of 18 bytes fit in one read.
PIPELINE = 16

_TOO_LARGE = f"request line and headers are larger than {HEAD_BYTES} bytes together"
_TOO_MANY = f"more than {HEADER_COUNT} headers"
_GARBAGE = "this is not an HTTP/1.1 request"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds; set as `uvicorn.Config(http=BoundedProtocol)`.

    A request beyond a bound is answered by 431 (too large), 408 (too slow) or 400 (not HTTP) with a problem document,
    and the connection is closed. An answer that is given before the request's body was read closes it as well.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._link: LingeringTransport = None  # type: ignore[assignment]  # set by connection_made, as in the base
        self._running: RequestResponseCycle | None = None
        self._in_head = True
        self._idle_bytes = 0  # fed to the parser since it last got on: since the head began, or beyond the body
        self._head_bytes = 0
        self._header_count = 0
        self._body_bytes = 0
        self._verdict: tuple[int, str] | None = None  # why a callback stopped the parser
        self._deaf = False  # what still comes is not parsed
        self._timer: asyncio.TimerHandle | None = None
        self._timed: str | None = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base says
        super().connection_made(transport)
        self._link = LingeringTransport(transport, self.loop, self._unread)
        self.transport = self._link
        self._time("head")

    def connection_lost(self, exc: Exception | None) -> None:
        self._time(None)
        self._link.closed()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._link.lingering:
            self._link.drop(len(data))
            return
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade:
            # Nothing to upgrade to is offered, and where the next request would begin is unknown: answer this one only.
            self._hear_no_more()
        except httptools.HttpParserError:
            self._refuse(*(self._verdict or (400, _GARBAGE)))
        else:
            if self._in_head:
                self._time("head" if self._idle_bytes else None)
            else:
                self._time("body")

    def _feed(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            piece = rest[: HEAD_BYTES + 1 - self._idle_bytes] if self._in_head else rest
            self._idle_bytes += len(piece)
            if not self._in_head:
                self._body_bytes += len(piece)
            self.parser.feed_data(piece)
            if self._idle_bytes > HEAD_BYTES:
                self._stop(431, _TOO_LARGE) if self._in_head else self._stop(400, "a body with too much framing")
            rest = rest[len(piece) :]

    def _stop(self, status: int, detail: str) -> None:
        self._verdict = (status, detail)
        raise httptools.HttpParserError(detail)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = len(b"GET  HTTP/1.1\r\n\r\n")
        self._header_count = 0
        self._idle_bytes = self._idle_bytes or 1  # a head that begins in the read in which the last request ended

    def on_url(self, url: bytes) -> None:
        if b"#" in url:  # a fragment is not sent (RFC 9112, section 3.2); the base would drop it, a proxy may not
            self._stop(400, "the request target has a fragment")
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._head_bytes += len(name) + len(value) + 4
        if self._header_count > HEADER_COUNT:
            self._stop(431, _TOO_MANY)
        if self._head_bytes > HEAD_BYTES:
            self._stop(431, _TOO_LARGE)
        if self._in_head:  # a trailer is dropped (RFC 9110, section 6.5.1): the base would add it to the headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers]
        version = self.parser.get_http_version()
        if version not in VERSIONS:
            self._stop(400, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        if names.count(b"host") != 1 and version == "1.1":
            self._stop(400, "a request carries exactly one Host header (RFC 9112, section 3.2)")
        if b"transfer-encoding" in names and (version == "1.0" or self._codings() != [b"chunked"]):
            # The parser reads the chunks and leaves other codings on, which nobody behind it would take off.
            self._stop(400, "the only transfer coding is chunked, of HTTP/1.1 (RFC 9112, section 6.1)")
        if self.parser.should_upgrade() and (b"content-length" in names or b"transfer-encoding" in names):
            self._stop(400, "a request that asks for another protocol carries no body")
        if len(self.pipeline) >= PIPELINE:
            self._stop(400, f"more than {PIPELINE} requests sent ahead of their answers")
        super().on_headers_complete()
        self._in_head = False
        self._idle_bytes = self._body_bytes = 0

    def _codings(self) -> list[bytes]:
        return [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]

    def on_body(self, body: bytes) -> None:
        self._idle_bytes = max(0, self._idle_bytes - FRAMING_PER_BYTE * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._idle_bytes = 0

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, functools.partial(_answer, app, cycle))

    def _unread(self) -> bool:
        return self._deaf or (self.cycle is not None and self.cycle.more_body and self.cycle.response_started)

    def _time(self, what: str | None) -> None:
        """Start the clock of a head or a body, unless it is running."""
        if what == self._timed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timed = what
        if what is not None:
            self._since = self.loop.time()
            self._timer = self.loop.call_later(HEAD_SECONDS if what == "head" else BODY_SECONDS, self._time_is_up)

    def _time_is_up(self) -> None:
        what, self._timed = self._timed, None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is not the caller who keeps us waiting
            self._time(what)
        elif what == "head" and not self._idle_bytes:
            self.transport.close()
        elif what == "head":
            self._refuse(408, f"request line and headers took longer than {HEAD_SECONDS:g} s")
        else:
            left = self._since + BODY_SECONDS + self._body_bytes / BODY_RATE - self.loop.time()
            if left > 0:
                self._timed = what
                self._timer = self.loop.call_later(left, self._time_is_up)
            else:
                self._refuse(408, f"the body came at less than {BODY_RATE} bytes a second")

    def _refuse(self, status: int, detail: str) -> None:
        """Answer in the application's place, or after it, and close."""
        self._time(None)
        running = self._running
        if running is None or running.response_complete:
            self._deaf = True
        elif running is self.cycle and running.more_body:
            # The application is told that its caller is gone, which is how ASGI says it.
            self._deaf = running.disconnected = True
            running.message_event.set()
            if running.response_started:
                self.transport.close()
                return
        else:
            # Answers go out in the order of the requests: the one before the bad one is still owed.
            self.pipeline.clear()
            self.cycle = running
            self._hear_no_more()
            return
        self.transport.write(_problem(status, detail))
        self.transport.close()

    def _hear_no_more(self) -> None:
        self._deaf = True
        self._time(None)
        self.cycle.keep_alive = False


async def _answer(
    app: ASGI3Application,
    cycle: RequestResponseCycle,
    scope: Scope,
    receive: ASGIReceiveCallable,
    send: ASGISendCallable,
) -> None:
    """Run the application; announce the close that follows an early answer; answer for one that is cancelled."""

    async def announce(message: ASGISendEvent) -> None:
        if cycle.more_body and not cycle.response_started:
            cycle.keep_alive = False
        await send(message)

    try:
        await app(scope, receive, announce)
    except asyncio.CancelledError:
        # uvicorn cancels what outlasts the drain, and would log the traceback of an innocent application.
        if not cycle.response_started:
            cycle.keep_alive = False
            headers = [
                (b"content-type", b"application/problem+json"),
                (b"cache-control", b"no-store"),
                (b"retry-after", b"1"),
            ]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": _document(503, "the service is being stopped")})


def _problem(status: int, detail: str) -> bytes:
    body = _document(status, detail)
    head = (
        f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\ncontent-type: application/problem+json\r\n"
        f"cache-control: no-store\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def _document(status: int, detail: str) -> bytes:
    """A problem document of RFC 9457."""
    title = http.HTTPStatus(status).phrase
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode("ascii")
