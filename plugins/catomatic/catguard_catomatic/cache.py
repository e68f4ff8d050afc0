"""A bounded cache of what is dear to make: oldest use out first, and one making at a time for each key."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Keeps values up to a total size. Use it on one event loop.

    Args:
        limit: The sum of the sizes to keep; a value larger than that is handed out and not kept.
        size: The size of a value, in the unit of `limit`.
    """

    def __init__(self, *, limit: int, size: Callable[[Value], int]) -> None:
        self.limit = limit
        self.used = 0
        self._size = size
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._made: dict[Key, asyncio.Task[Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value of `key`: kept, or being made for somebody else, or made now.

        What `make` raises reaches everybody who waits for it, and is not kept. A caller that is cancelled leaves the
        making to the others.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._made:
            self._made[key] = asyncio.create_task(self._make(key, make))
            self._made[key].add_done_callback(_retrieve)
        return await asyncio.shield(self._made[key])

    async def _make(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        try:
            value = await make()
        finally:
            del self._made[key]
        self._keep(key, value)
        return value

    def _keep(self, key: Key, value: Value) -> None:
        if self._size(value) > self.limit:
            return
        self._kept[key] = value
        self.used += self._size(value)
        while self.used > self.limit:
            _, oldest = self._kept.popitem(last=False)
            self.used -= self._size(oldest)


def _retrieve(task: asyncio.Task[Value]) -> None:
    """Look at the error of a making that all of its callers have left, so that asyncio does not log it."""
    if not task.cancelled():
        task.exception()
