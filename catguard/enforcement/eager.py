"""Takes at once what is there already: an awaitable that need not wait costs no timeout and no turn of the loop."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from types import CoroutineType
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


def begin(awaitable: Awaitable[Found]) -> tuple[Any, Rest[Found] | None]:
    """Run an awaitable up to where it has to wait.

    Returns:
        Its result and None if it did not have to; else something and the rest, which is to be awaited.
    """
    try:
        if type(awaitable) is CoroutineType:  # nearly always; asked directly it needs no iterator
            return None, Rest(awaitable, awaitable.send(None))
        iterator = awaitable.__await__()
        return None, Rest(iterator, next(iterator))
    except StopIteration as stop:
        return stop.value, None


def start(awaitable: Awaitable[Found]) -> Rest[Found] | None:
    """Run an awaitable whose result nobody needs up to where it has to wait; returns the rest, None if it did not."""
    if type(awaitable) is not CoroutineType:
        return begin(awaitable)[1]
    try:
        return Rest(awaitable, awaitable.send(None))
    except StopIteration:
        return None


class Rest(Generic[Found]):
    """What is left of an awaitable that was begun and has to wait: to be awaited once."""

    __slots__ = ("_begun", "_yielded")

    def __init__(self, begun: Any, yielded: Any) -> None:
        self._begun = begun
        self._yielded = yielded

    def __await__(self) -> Generator[Any, Any, Found]:
        """Wait for it; what is thrown in, a cancellation, reaches the awaitable."""
        try:
            yield self._yielded
        except BaseException as error:  # noqa: BLE001 # a cancellation too is for the awaitable to answer
            try:
                self._yielded = self._begun.throw(error)
            except StopIteration as stop:
                swallowed: Found = stop.value
                return swallowed
            return (yield from self.__await__())
        begun = self._begun
        found: Found = yield from begun.__await__() if type(begun) is CoroutineType else begun
        return found
