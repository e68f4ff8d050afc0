"""Notices a caller who leaves while its request is under way, and ends what is being done for it.

The app is cancelled, and with it the calls and the statements that it waits for. Apps that answer at once, nearly all,
cost nothing: somebody listens for the caller only when an answer takes longer than a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from catguard.enforcement.eager import Rest, begin
from catguard.enforcement.reception import Disconnected

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

#: Seconds after which somebody listens; whoever leaves sooner is noticed then.
MOMENT = 0.1


class Presence:
    """The caller of one exchange, as the app hears of it; `left` says that it went away before it was answered.

    Args:
        receive: The server's; what it says of the body is dropped, as that was read and checked before.
    """

    __slots__ = ("_answered", "_listener", "_receive", "_task", "_timer", "_waiting", "left")

    def __init__(self, receive: Receive) -> None:
        self.left = False
        self._receive = receive
        self._waiting = False
        self._listener: asyncio.Task[Message] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def receive(self) -> Message:
        """Give what the server says that is no body."""
        if self._listener is not None:
            # Servers give a message to one listener only. Asked without patience, as by `is_disconnected`, it must
            # answer before it waits.
            return self._listener.result() if self._listener.done() else await asyncio.shield(self._listener)
        self._waiting = True
        try:
            return await self._listen()
        finally:
            self._waiting = False

    async def serve(self, app: Awaitable[None], answered: Callable[[], bool]) -> None:
        """Run the app, as `attend` does."""
        _, rest = begin(app)
        if rest is not None:
            await self.attend(rest, answered)

    async def attend(self, app: Rest[None], answered: Callable[[], bool]) -> None:
        """Run what is left of the app; cancelled when its caller leaves, unless it has `answered` by then.

        Raises:
            Disconnected: When the caller left before it was answered, whatever the app raised on that.
            BaseException: As the app raised it otherwise.
        """
        task = asyncio.current_task()
        if task is None:  # nothing that could be cancelled
            await app
            return
        self._task, self._answered = task, answered
        self._set_timer()
        try:
            await app
        except BaseException:
            if self.left and task.uncancel() == 0:
                raise Disconnected from None
            raise
        else:
            if self.left:  # the app went on in spite of it
                task.uncancel()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._listener is not None:
                self._listener.remove_done_callback(self._heard)
                self._listener.cancel()

    def _set_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(MOMENT, self._look)

    def _look(self) -> None:
        if self._waiting:  # the app listens itself, and knows what to do
            self._set_timer()
            return
        self._timer = None
        self._listener = asyncio.get_running_loop().create_task(self._listen())
        self._listener.add_done_callback(self._heard)

    async def _listen(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                return message

    def _heard(self, listener: asyncio.Task[Message]) -> None:
        if listener.cancelled() or listener.exception() is not None or self._answered():
            return
        self.left = True
        self._task.cancel("the caller left")


class UnreadPresence(Presence):
    """The caller of an exchange whose body nobody read before the app: it is noticed when it leaves, all the same.

    What comes of the body meanwhile is kept for the app, one message ahead: of an app that leaves a long body unread
    the caller is not noticed to leave until it reads on.
    """

    __slots__ = ("_kept",)

    def __init__(self, receive: Receive) -> None:
        super().__init__(receive)
        self._kept: Message | None = None

    async def receive(self) -> Message:
        """Give what the server says, in its order."""
        while True:
            if self._kept is not None:
                message, self._kept = self._kept, None
                return message
            if self._listener is None:
                self._waiting = True
                try:
                    return await self._receive()
                finally:
                    self._waiting = False
            if not self._listener.done():
                await asyncio.shield(self._listener)
            elif self._listener.result()["type"] != "http.request":
                return self._listener.result()
            self._heard(self._listener)

    def _look(self) -> None:
        if self._kept is not None and self._kept.get("more_body", False):
            self._set_timer()
            return
        super()._look()

    async def _listen(self) -> Message:
        return await self._receive()

    def _heard(self, listener: asyncio.Task[Message]) -> None:
        if listener is not self._listener:
            return
        if listener.cancelled() or listener.exception() is not None:
            super()._heard(listener)
        elif listener.result()["type"] == "http.request":
            self._kept = listener.result()
            self._listener = None
            self._set_timer()
        else:
            super()._heard(listener)
