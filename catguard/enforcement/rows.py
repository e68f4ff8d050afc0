"""Reads the rows that a statement returns, and no more of them than its boundary lets in.

Of drivers that hand rows over in pieces no more are taken than the limits allow and one piece beyond: a table that has
grown does not fill the memory before somebody counts. What a driver holds by itself (libpq: the whole result) it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from catguard.policies.compiler import CompiledBoundary

#: Rows of a first piece: most statements are answered by it.
FIRST_PIECE: Final = 16
#: Rows of a later piece, at most.
PIECE: Final = 512
#: Bytes that a value counts which is neither text nor bytes; numbers and times take about that on the wire.
PLAIN_VALUE: Final = 8


@dataclass(frozen=True, slots=True)
class RowLimits:
    """How many rows, and bytes in them, may be read; None where a limit only warns, or is waived."""

    rows: int | None
    size: int

    @classmethod
    def of(cls, boundary: CompiledBoundary) -> RowLimits:
        """Return the limits of what comes back at a boundary."""
        response = boundary.response()
        assert response is not None
        policy = response.policy
        assumption = policy.limits["max_rows"]
        denies = assumption.action == "deny" and (assumption.waiver is None or not assumption.waiver.holds())
        return cls(policy.max_rows if denies else None, policy.max_bytes)

    def exceeded(self, rows: int, size: int) -> bool:
        """Whether nothing more need be read."""
        return size > self.size or (self.rows is not None and rows > self.rows)

    def next_piece(self, rows: int, size: int) -> int:
        """Return how many rows to read next, so that about as many bytes come as may still come."""
        fitting = (self.size - size) * rows // size + 1 if size else PIECE
        return max(1, min(PIECE, fitting))


@dataclass(slots=True)
class _Reading:
    """The rows that were read so far; `piece` is how many to ask for next, 0 when no more are to be read."""

    limits: RowLimits
    rows: list[Any] = field(default_factory=list)
    size: int = 0
    piece: int = FIRST_PIECE

    def take(self, found: list[Any]) -> None:
        self.rows += found
        if len(found) < self.piece:
            self.piece = 0
            return
        self.size += size_of(found)
        exceeded = self.limits.exceeded(len(self.rows), self.size)
        self.piece = 0 if exceeded else self.limits.next_piece(len(self.rows), self.size)


def size_of(rows: Iterable[Sequence[Any]]) -> int:
    """Return the bytes of the values of rows: of texts in UTF-8, of bytes themselves, of others a fixed number."""
    return sum(_size(value) for row in rows for value in row)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes | bytearray | memoryview):
        return memoryview(value).nbytes
    return PLAIN_VALUE


def hold(cursor: Any, limits: RowLimits) -> None:
    """Let an async driver's cursor, which SQLAlchemy reads to its end, read no further than the limits."""
    if isinstance(cursor, AsyncAdapt_dbapi_cursor) and not cursor.server_side and hasattr(cursor._cursor, "fetchmany"):
        cursor._cursor = _Held(cursor, limits)


class _Held:
    """The cursor of an async driver; it takes its own place again when it has read."""

    def __init__(self, adapter: AsyncAdapt_dbapi_cursor, limits: RowLimits) -> None:
        self._adapter = adapter
        self._inner: Any = adapter._cursor
        self._limits = limits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetchall(self) -> list[Any]:
        self._adapter._cursor = self._inner
        reading = _Reading(self._limits)
        while reading.piece:
            reading.take(list(await self._inner.fetchmany(reading.piece)))
        return reading.rows


def fetch(cursor: Any, context: ExecutionContext, limits: RowLimits) -> list[Any]:
    """Return the rows that a sync driver's cursor has, no further than the limits, and hand them on to the result."""
    reading = _Reading(limits)
    while reading.piece:
        reading.take(list(cursor.fetchmany(reading.piece)))
    rows = reading.rows
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, cursor.description, rows)  # type: ignore[attr-defined] # as SQLAlchemy's own dialects do
    return rows


def is_streamed(context: ExecutionContext) -> bool:
    """Whether the code asked for a server-side cursor."""
    return bool(getattr(context, "_is_server_side", False) or context.execution_options.get("stream_results"))
