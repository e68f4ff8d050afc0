"""The picture cache: pictures by the digest of their bytes, and the picture of each recipe that was cooked before.

A tag names a recipe together with the art that it is cooked from (`Recipe.tag`): what was cooked from other art is not
found any more, and leaves in its turn.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from catguard_frontend.files import Files
from catguard_frontend.recipes import Picture, Recipe
from catguard_frontend.timing import Timing

#: What pictures and their recipes may take on disk.
LIMIT = 256 * 1024 * 1024
#: Renders that go on though nobody waits just now: as many as two pages have under way.
UNATTENDED = 16

#: Cats or credits, as `Picture` has them.
Told = tuple[dict[str, Any], ...]


class _Flight:
    """One render that is under way, how many wait for it, and whether somebody was told to come again for it."""

    def __init__(self, task: asyncio.Task[Picture]) -> None:
        self.task = task
        self.waiting = 0
        self.promised = False


class PictureCache:
    """Keeps pictures in `files`. Equal tags give equal pictures, so each is cooked once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._flights: dict[str, _Flight] = {}

    async def get(
        self, tag: str, cook: Callable[[], Awaitable[Picture]], *, timing: Timing, until: float | None = None
    ) -> Picture:
        """Return the picture of `tag`; if it is not here, `cook` it, once for all who ask at the same time.

        Cooking ends when all who waited have gone. Where one of them ran out of time it goes on, `UNATTENDED` at a time
        at most: who comes again finds what came of it.

        Args:
            tag: of the picture.
            cook: makes and keeps it, in a time that it bounds itself; what it raises, each of those who wait is told.
            timing: is told whether it was here and how long it took.
            until: the time of the event loop at which the caller waits no longer.

        Raises:
            TimeoutError: it was not here `until` then.
        """
        clock = asyncio.get_running_loop().time
        with timing.measure("cache"):
            found = await self.find(tag)
        if found is not None:
            timing.describe("cache", "hit")
            return found
        flight = self._flights.get(tag)
        timing.describe("cache", "miss" if flight is None else "shared")
        if flight is None:
            if until is not None and until <= clock():
                raise TimeoutError
            flight = _Flight(asyncio.ensure_future(cook()))
            self._flights[tag] = flight
            flight.task.add_done_callback(lambda _: self._land(tag, flight))
        flight.waiting += 1
        try:
            with timing.measure("render"):
                await asyncio.wait([flight.task], timeout=None if until is None else until - clock())
            if not flight.task.done():
                flight.promised = True
                raise TimeoutError
            return flight.task.result()
        finally:
            flight.waiting -= 1
            if not (flight.waiting or flight.task.done() or (flight.promised and self._unattended() <= UNATTENDED)):
                flight.task.cancel()  # nobody is left to show it to
                self._land(tag, flight)  # and nobody who comes now may wait for it

    async def close(self) -> None:
        """End the renders that are still under way."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _unattended(self) -> int:
        return sum(not flight.waiting for flight in self._flights.values())

    def _land(self, tag: str, flight: _Flight) -> None:
        if self._flights.get(tag) is flight:
            del self._flights[tag]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # seen, so that it is not logged as never retrieved

    async def find(self, tag: str) -> Picture | None:
        """Return the picture that was kept as `tag`, if it is still here."""
        return await asyncio.to_thread(self._find, tag)

    async def keep(self, tag: str | None, recipe: Recipe, image: bytes, cats: Told, credits: Told) -> Picture:
        """Keep `image` as what came of `recipe`, under its `tag`; without one it is found by its digest alone.

        Raises:
            OSError: the disk is full.
        """
        return await asyncio.to_thread(self._keep, tag, recipe, image, cats, credits)

    async def image(self, digest: str, image_format: str) -> bytes | None:
        """Return the bytes of a kept picture, or None."""
        return await asyncio.to_thread(self._image, digest, image_format)

    def _find(self, tag: str) -> Picture | None:
        record = _record(self._files.read(f"{tag}.recipe"))
        if record is None:
            return None
        try:
            picture = Picture(**{**record, "cats": tuple(record["cats"]), "credits": tuple(record["credits"])})
        except (KeyError, TypeError):
            return None  # written by another version of this tier
        return picture if self._files.touch(f"{picture.digest}.{picture.format}") else None

    def _keep(self, tag: str | None, recipe: Recipe, image: bytes, cats: Told, credits: Told) -> Picture:
        digest = hashlib.sha256(image).hexdigest()
        picture = Picture(digest, recipe.format, recipe.width, recipe.height, cats, credits, kept=tag is not None)
        self._files.write(f"{digest}.{recipe.format}", image)
        if tag is not None:
            self._files.write(f"{tag}.recipe", json.dumps(asdict(picture)).encode())
        return picture

    def _image(self, digest: str, image_format: str) -> bytes | None:
        name = f"{digest}.{image_format}"
        image = self._files.read(name)
        if image is not None and hashlib.sha256(image).hexdigest() != digest:
            # A power cut can leave a whole name on half a file; browsers would keep that half for a year.
            self._files.remove(name)
            return None
        return image


def _record(data: bytes | None) -> Mapping[str, Any] | None:
    """Return the object in `data`; None where there is none, or half of one."""
    if data is None:
        return None
    try:
        record = json.loads(data)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
