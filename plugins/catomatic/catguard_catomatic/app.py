"""The tier: the handlers of its operations, and what they are assembled from."""

import os
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from catguard import TierContext, exchange
from catguard_catomatic import pixels
from catguard_catomatic.closeup import MissingPart, close_up, look
from catguard_catomatic.compose import compose
from catguard_catomatic.header import NAME, Shown, header
from catguard_catomatic.pixels import Encode, Resize
from catguard_catomatic.plan import cast, plan
from catguard_catomatic.recipe import CloseUpRecipe, Format, SceneRecipe, recipe
from catguard_catomatic.store import Store, Unknown, together

Result = TypeVar("Result")


def app(context: TierContext) -> ASGIApp:
    """Build the tier's app: once in each worker."""
    workers = anyio.CapacityLimiter(len(os.sched_getaffinity(0)))
    kitchen = Kitchen(
        store=Store(context.client("store"), workers=workers),
        workers=workers,
        resize=context.call(
            "resize",
            args=lambda image, width, height, **_: {
                "width": image.width,
                "height": image.height,
                "to_width": width,
                "to_height": height,
            },
            result=lambda image: {"width": image.width, "height": image.height},
        )(pixels.resize),
        encode=context.call(
            "encode",
            args=lambda image, format: {"width": image.width, "height": image.height, "format": format},
        )(pixels.encode),
    )
    return context.app({"render": kitchen.render, "picture": kitchen.picture})


class Kitchen:
    """Cooks recipes: asks the store for what is needed, then leaves the event loop for the pixels."""

    def __init__(self, *, store: Store, workers: anyio.CapacityLimiter, resize: Resize, encode: Encode) -> None:
        self._store = store
        self._workers = workers
        self._resize = resize
        self._encode = encode

    async def render(self, request: Request) -> Response:
        """`POST /v1/render`: the picture, or a problem document where the store has not got what was ordered."""
        order = recipe(exchange(request.scope).body)
        try:
            if isinstance(order, CloseUpRecipe):
                return await self._close_up(order)
            return await self._scene(order)
        except Unknown as unknown:
            return _problem(HTTPStatus.NOT_FOUND, str(unknown))

    async def picture(self, request: Request) -> Response:
        """`GET /v1/pictures/{id}`: what a picture is like, or a problem document where the store has not got it."""
        try:
            picture = await self._store.picture(exchange(request.scope).params["id"])
        except Unknown as unknown:
            return _problem(HTTPStatus.NOT_FOUND, str(unknown))
        return JSONResponse({name: getattr(picture, name) for name in ("id", "breed", "pose", "width", "height")})

    async def _scene(self, order: SceneRecipe) -> Response:
        cats, layers = await together((self._store.cats(order.breed), self._store.scene(order.scene)))
        chosen = cast(order, cats, layers)
        outlines = await self._store.outlines(chosen.outlined)
        planned = await self._aside(partial(plan, chosen, outlines))
        images = await self._store.images(planned.needs)
        data = await self._aside(lambda: self._encode(compose(planned, images, resize=self._resize), order.format))
        shown = [Shown(cat.stored.picture, cat.place.box.rounded()) for cat in planned.cats]
        return _picture(data, order.format, header(shown, [layer.picture for layer in planned.layers]))

    async def _close_up(self, order: CloseUpRecipe) -> Response:
        picture = await self._store.picture(order.picture)
        try:
            view = close_up(order, picture)
        except MissingPart as missing:
            raise Unknown(f"The picture {picture.id} does not show a {missing}.") from missing
        images = await self._store.images([view.source])
        image = images[view.source.key]
        data = await self._aside(lambda: self._encode(look(view, image, resize=self._resize), order.format))
        return _picture(data, order.format, header([Shown(picture, view.target)]))

    async def _aside(self, work: Callable[[], Result]) -> Result:
        """Run off the event loop, so many at a time as there are processors."""
        return await anyio.to_thread.run_sync(work, limiter=self._workers)


def _picture(data: bytes, format: Format, cats: str) -> Response:
    return Response(data, media_type=f"image/{format}", headers={NAME: cats})


def _problem(status: HTTPStatus, detail: str) -> Response:
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return JSONResponse(document, status.value, media_type="application/problem+json")
