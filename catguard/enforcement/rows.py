"""Reads the rows that a statement returns, and no more of them than its boundary lets in.

Of drivers that hand rows over in pieces no more are taken than the limits allow and one piece beyond: a table that has
grown does not fill the memory before somebody counts. What a driver holds by itself (libpq: the whole result) it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(slots=True)
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
        rows: list[Any] = []
        size, piece = 0, FIRST_PIECE
        while not self._limits.exceeded(len(rows), size):
            found = list(await self._inner.fetchmany(piece))
            rows += found
            if len(found) < piece:
                break
            size += size_of(found)
            piece = self._limits.next_piece(len(rows), size)
        return rows


def fetch(cursor: Any, context: ExecutionContext, limits: RowLimits) -> list[Any]:
    """Return the rows that a sync driver's cursor has, no further than the limits, and hand them on to the result."""
    rows: list[Any] = []
    size, piece = 0, FIRST_PIECE
    while not limits.exceeded(len(rows), size):
        found = list(cursor.fetchmany(piece))
        rows += found
        if len(found) < piece:
            break
        size += size_of(found)
        piece = limits.next_piece(len(rows), size)
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, cursor.description, rows)  # type: ignore[attr-defined] # as SQLAlchemy's own dialects do
    return rows


def is_streamed(context: ExecutionContext) -> bool:
    """Whether the code asked for a server-side cursor."""
    return bool(getattr(context, "_is_server_side", False) or context.execution_options.get("stream_results"))
