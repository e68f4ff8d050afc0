"""Closes a connection without destroying the answer that is on its way.

Closing a socket while bytes are unread makes the kernel send a reset, on which many callers throw away an answer that
they have not read yet (RFC 9112, section 9.6). So the side that sends is closed first, and what the caller still sends
is read and dropped, within bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

# Enough for a caller that notices an answer only between its writes (socket buffers are at most a few MiB), too
# little to be worth an attack.
LINGER_BYTES = 1024 * 1024
LINGER_SECONDS = 1.0


class LingeringTransport(asyncio.Transport):
    """A transport whose `close` lingers while the caller may still be sending.

    Args:
        transport: The event loop's transport; everything but closing is passed on to it.
        loop: Its event loop.
        unread: Answers, at the time of closing, whether the caller may still be sending.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, unread: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._unread = unread
        self._timer: asyncio.TimerHandle | None = None
        self._dropped = 0
        self.write = transport.write  # type: ignore[method-assign]  # on every answer's way: no call in between

    @property
    def lingering(self) -> bool:
        return self._timer is not None

    def drop(self, size: int) -> None:
        """Take note of bytes that came after the last answer; too many end the connection."""
        self._dropped += size
        if self._dropped > LINGER_BYTES:
            self._transport.close()

    def close(self) -> None:
        if self.is_closing():
            return
        if not self._unread():
            self._transport.close()
            return
        self._timer = self._loop.call_later(LINGER_SECONDS, self._transport.close)
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def closed(self) -> None:
        """The connection is gone: nothing is waited for any more."""
        if self._timer is not None:
            self._timer.cancel()

    def is_closing(self) -> bool:
        return self.lingering or self._transport.is_closing()

    def pause_reading(self) -> None:
        if not self.lingering:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def write_eof(self) -> None:
        self._transport.write_eof()

    def abort(self) -> None:
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()
