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


class _Flight:
    """One render that is under way, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Picture]) -> None:
        self.task = task
        self.waiting = 0


class PictureCache:
    """Keeps pictures in `files`. Equal tags give equal pictures, so each is cooked once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._flights: dict[str, _Flight] = {}

    async def get(self, tag: str, cook: Callable[[], Awaitable[Picture]], *, timing: Timing) -> Picture:
        """Return the picture of `tag`; if it is not here, `cook` it, once for all who ask at the same time.

        Raises what `cook` raises, to each of those who wait. `timing` is told whether it was here and how long it took.
        """
        with timing.measure("cache"):
            found = await self.find(tag)
        if found is not None:
            timing.describe("cache", "hit")
            return found
        flight = self._flights.get(tag)
        timing.describe("cache", "miss" if flight is None else "shared")
        if flight is None:
            flight = _Flight(asyncio.ensure_future(cook()))
            self._flights[tag] = flight
            flight.task.add_done_callback(lambda _: self._land(tag, flight))
        flight.waiting += 1
        try:
            with timing.measure("render"):
                return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()  # nobody is left to show it to
                self._land(tag, flight)  # and nobody who comes now may wait for it

    def _land(self, tag: str, flight: _Flight) -> None:
        if self._flights.get(tag) is flight:
            del self._flights[tag]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # seen, so that it is not logged as never retrieved

    async def find(self, tag: str) -> Picture | None:
        """Return the picture that was kept as `tag`, if it is still here."""
        return await asyncio.to_thread(self._find, tag)

    async def keep(
        self, tag: str | None, recipe: Recipe, image: bytes, cats: tuple[dict[str, Any], ...], credits: tuple[str, ...]
    ) -> Picture:
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

    def _keep(
        self, tag: str | None, recipe: Recipe, image: bytes, cats: tuple[dict[str, Any], ...], credits: tuple[str, ...]
    ) -> Picture:
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
