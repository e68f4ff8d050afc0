"""Takes at once what is there already: an awaitable that need not wait costs no timeout and no turn of the loop."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


class Attempt(Generic[Found]):
    """An awaitable that was started: `value` is its result when it is `done`, else it is to be awaited."""

    __slots__ = ("_iterator", "_yielded", "done", "value")

    def __init__(self, awaitable: Awaitable[Found]) -> None:
        self._iterator = awaitable.__await__()
        self.value: Any = None
        try:
            self._yielded = next(self._iterator)
        except StopIteration as stop:
            self.value = stop.value
            self.done = True
        else:
            self.done = False

    def __await__(self) -> Generator[Any, Any, Found]:
        """Wait for the rest; what is thrown in, a cancellation, reaches the awaitable."""
        try:
            yield self._yielded
        except BaseException as error:  # noqa: BLE001 # a cancellation too is for the awaitable to answer
            try:
                self._yielded = self._iterator.throw(error)
            except StopIteration as stop:
                swallowed: Found = stop.value
                return swallowed
            return (yield from self.__await__())
        return (yield from self._iterator)
