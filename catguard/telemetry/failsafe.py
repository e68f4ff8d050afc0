"""Keeps what goes wrong in telemetry away from the exchange, and says it: loudly, once for each kind of failure."""

from __future__ import annotations

import logging
from types import TracebackType

from catguard import failures

#: Kinds of failure that are told before the last line says that no more will be; a kind is an operation and an error.
MAX_KINDS = 64

_logger = logging.getLogger("catguard.telemetry")


class Failsafe:
    """Remembers which failures were told already.

    Example:
        >>> failsafe = Failsafe()
        >>> with failsafe("end a span"):
        ...     span.end()
    """

    __slots__ = ("_told",)

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def __call__(self, operation: str) -> _Attempt:
        """Return a context manager that swallows and tells an `Exception`; `operation` is an infinitive."""
        return _Attempt(self, operation)

    def tell(self, operation: str, error: Exception) -> None:
        """Log a failure, unless one of its kind was logged before."""
        kind = (operation, type(error).__qualname__)
        if kind in self._told or len(self._told) >= MAX_KINDS:
            return
        self._told.add(kind)
        _logger.warning(
            "telemetry could not %s: %s; exchanges go on without it, further failures of this kind are not told\n%s",
            operation,
            failures.summary(error),
            failures.stack(error),
        )


class _Attempt:
    """One operation of telemetry that may fail."""

    __slots__ = ("_failsafe", "_operation")

    def __init__(self, failsafe: Failsafe, operation: str) -> None:
        self._failsafe = failsafe
        self._operation = operation

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._failsafe.tell(self._operation, error)
        return True
