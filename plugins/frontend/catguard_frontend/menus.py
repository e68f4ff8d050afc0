"""The menu of the moment: asked of Cat-o-matic every few seconds, and remembered while Cat-o-matic is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx2

from catguard import CallRefused
from catguard_frontend.kitchen import NothingYet, NotServed, answered
from catguard_frontend.menu import Menu

#: Seconds for which a menu is taken to be true: how long a cat that was imported waits to be offered.
FRESH = 3.0
#: Seconds that whoever has an older menu waits for the new one.
GRACE = 0.5


class Menus:
    """Asks for the menu through the guarded `client`, once for all who need it at the same time."""

    def __init__(self, client: httpx2.AsyncClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._menu: Menu | None = None
        self._asked = 0.0
        self._asking: asyncio.Task[Menu] | None = None

    async def current(self) -> Menu:
        """Return what there is, as it was a few seconds ago, or longer while nobody says anything newer.

        Raises:
            catguard.CallRefused: a guard, ours or Cat-o-matic's, refused the call, and there never was a menu.
            NotServed: there never was a menu, or it has nothing on it; its class says which.
        """
        if self._menu is None or self._clock() - self._asked > FRESH:
            await self._renew()
        menu = self._menu
        if menu is None or not (menu.breeds and menu.scenes):
            raise NothingYet("There is no cat, or no scene to put it in, yet. Try again in a moment.")
        return menu

    async def newest(self) -> Menu:
        """Return what there is, asked after this call: once for all who call while an earlier question is under way.

        Raises:
            catguard.CallRefused: a guard, ours or Cat-o-matic's, refused the call.
            NotServed: nobody told; its class says why.
        """
        earlier = self._asking
        if earlier is not None:
            await asyncio.wait([earlier])
        asking = self._asking or self._begin()
        await asyncio.wait([asking])
        return asking.result()

    async def close(self) -> None:
        """End what is still being asked."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _renew(self) -> None:
        asking = self._asking or self._begin()
        await asyncio.wait([asking], timeout=None if self._menu is None else GRACE)
        if self._menu is None:
            asking.result()

    def _begin(self) -> asyncio.Task[Menu]:
        self._asking = asyncio.create_task(self._ask())
        self._asking.add_done_callback(self._answered)
        return self._asking

    async def _ask(self) -> Menu:
        response = await answered(self._client.get("/v1/menu"))
        self._menu = menu = Menu.from_wire(response.json())
        return menu

    def _answered(self, asking: asyncio.Task[Menu]) -> None:
        self._asking = None
        self._asked = self._clock()  # a failure is not asked about again at once, either
        if not asking.cancelled():
            error = asking.exception()
            if not isinstance(error, CallRefused | NotServed | None):
                raise error
