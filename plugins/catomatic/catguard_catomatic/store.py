"""The picture store as Cat-o-matic sees it: what it asks for, and the decoded pictures that it keeps."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import httpx2
from PIL import Image

from catguard_catomatic.cache import Cache
from catguard_catomatic.deal import HAND, deal
from catguard_catomatic.failures import StoreBroken, answered
from catguard_catomatic.outlines import outline_bytes, outline_of
from catguard_catomatic.pictures import Picture, Stored
from catguard_catomatic.pixels import UnusablePicture, decode, decoded_bytes
from catguard_catomatic.plan import LAYERS

Result = TypeVar("Result")

# Layers that are looked up at a time: a scene has three, of which there may be several by one name.
SHEAF = 8
# Decoded pictures: about 60 cats at 768 pixels.
CACHE_BYTES = 128 * 1024 * 1024
# Outlines of 9 KiB: some 900 cats.
OUTLINE_BYTES = 8 * 1024 * 1024


class Unknown(LookupError):
    """The store has no such picture, breed or scene; the message is for the person who asked."""


class Store:
    """Asks the store, through the guarded client, for no more than a render needs.

    All of it raises `Failure` where the store does not answer, or not with what is needed.
    """

    def __init__(self, client: httpx2.AsyncClient, *, workers: anyio.CapacityLimiter) -> None:
        self._client = client
        self._workers = workers
        self._decoded: Cache[tuple[str, int], Image.Image] = Cache(limit=CACHE_BYTES, size=decoded_bytes)
        self._outlines: Cache[str, Image.Image] = Cache(limit=OUTLINE_BYTES, size=outline_bytes)

    async def menu(self) -> Mapping[str, Any]:
        """What there is, as the store tells it."""
        found: Mapping[str, Any] = (await answered(self._client.get("/v1/menu"))).json()
        return found

    async def cats(self, breed: str, seed: int) -> tuple[Picture, ...]:
        """Cats of a breed, at least one, with the one that the seed shows first in front. Raises `Unknown`.

        Of a breed with more than are looked up at a time, those around that one; it takes a second call.
        """
        found, total = await self._find("cat", breed, HAND)
        if not found:
            raise Unknown(f"We have no cats of the breed “{breed}”.")
        dealt = deal(total, seed)
        if dealt.offset:
            others, _ = await self._find("cat", breed, HAND, offset=dealt.offset)
            found = others or found  # none, where cats have been taken out since they were counted
        return dealt.arranged(found)

    async def scene(self, name: str) -> tuple[Picture, ...]:
        """The layers of a scene: a back and at most one of each other name, the first by id. Raises `Unknown`.

        Where there are more than are looked up at a time, those that were not among them are asked for by name.
        """
        found, total = await self._find("scene", name, SHEAF)
        if not found:
            raise Unknown(f"We have no scene called “{name}”.")
        layers = {layer.layer: layer for layer in reversed(found)}
        if total > len(found):
            missing = [layer for layer in LAYERS if layer not in layers]
            for further, _ in await together(self._find("scene", name, 1, layer=layer) for layer in missing):
                layers |= {layer.layer: layer for layer in further}
        if "back" not in layers:
            raise Unknown(f"The scene “{name}” has no background to put cats before yet.")
        return tuple(layers[layer] for layer in LAYERS if layer in layers)

    async def _find(
        self, kind: str, breed: str, limit: int, *, offset: int = 0, layer: str | None = None
    ) -> tuple[tuple[Picture, ...], int]:
        """So many pictures at most, in the order of their ids, and how many there are in all."""
        wanted = httpx2.QueryParams({"kind": kind, "breed": breed, "limit": limit})
        if offset:
            wanted = wanted.set("offset", offset)
        if layer is not None:
            wanted = wanted.set("layer", layer)
        answer = (await answered(self._client.get("/v1/pictures", params=wanted))).json()
        return tuple(Picture.from_wire(record) for record in answer["pictures"]), answer["total"]

    async def picture(self, identifier: str) -> Picture:
        """One picture. Raises `Unknown`."""
        return Picture.from_wire(await self.record(identifier))

    async def record(self, identifier: str) -> Mapping[str, Any]:
        """All that the store tells of one picture. Raises `Unknown`."""
        answer = await answered(self._client.get(f"/v1/pictures/{identifier}"))
        if answer.status_code == httpx2.codes.NOT_FOUND:
            raise Unknown(f"We have no picture {identifier}.")
        found: Mapping[str, Any] = answer.json()
        return found

    async def images(self, needs: Iterable[Stored]) -> dict[tuple[str, int], Image.Image]:
        """The decoded pictures, by key; those that are not kept are fetched together. Raises `Unknown`."""
        wanted = tuple(needs)
        images = await together(self._image(stored) for stored in wanted)
        return {stored.key: image for stored, image in zip(wanted, images, strict=True)}

    async def outlines(self, needs: Iterable[Stored]) -> dict[str, Image.Image]:
        """What pictures hide of those behind them, by digest. Raises `Unknown`."""
        wanted = tuple(needs)
        outlines = await together(
            self._outlines.get(each.picture.digest, partial(self._outline, each)) for each in wanted
        )
        return {stored.picture.digest: outline for stored, outline in zip(wanted, outlines, strict=True)}

    async def _outline(self, stored: Stored) -> Image.Image:
        return outline_of(await self._image(stored))

    async def _image(self, stored: Stored) -> Image.Image:
        return await self._decoded.get(stored.key, lambda: self._fetch(stored))

    async def _fetch(self, stored: Stored) -> Image.Image:
        path = f"/v1/pictures/{stored.picture.id}/image"
        answer = await answered(self._client.get(path, params={"width": stored.width}))
        if answer.status_code == httpx2.codes.NOT_FOUND:  # taken out since it was found
            raise Unknown(f"We have no picture {stored.picture.id} any more.")
        try:
            return await anyio.to_thread.run_sync(decode, answer.content, limiter=self._workers)
        except UnusablePicture as error:
            raise StoreBroken(f"The picture {stored.picture.id} cannot be used: {error}.") from error


async def together(work: Iterable[Coroutine[object, object, Result]]) -> list[Result]:
    """Run concurrently; the first failure ends the rest and is raised itself, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
