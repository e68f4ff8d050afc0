"""The tier: the handlers of its operations, and what they are assembled from."""

import os
from collections.abc import Awaitable, Callable
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
from catguard_catomatic.failures import RETRY_AFTER, CallerGone, Failure
from catguard_catomatic.header import NAME, Shown, header
from catguard_catomatic.menu import art, edition, menu
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
        edition=edition(),
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
    handlers = {"render": kitchen.render, "picture": kitchen.picture, "menu": kitchen.menu}
    return context.app({operation: partial(_told, handler) for operation, handler in handlers.items()})


class Kitchen:
    """Cooks recipes: asks the store for what is needed, then leaves the event loop for the pixels."""

    def __init__(
        self, *, store: Store, edition: str, workers: anyio.CapacityLimiter, resize: Resize, encode: Encode
    ) -> None:
        self._store = store
        self._edition = edition
        self._workers = workers
        self._resize = resize
        self._encode = encode

    async def render(self, request: Request) -> Response:
        """`POST /v1/render`: the picture."""
        order = recipe(exchange(request.scope).body)
        await request.body()  # what comes after it can only be that the caller has gone
        if isinstance(order, CloseUpRecipe):
            return await self._close_up(order, request)
        return await self._scene(order, request)

    async def picture(self, request: Request) -> Response:
        """`GET /v1/pictures/{id}`: what a picture is like."""
        record = await self._store.record(exchange(request.scope).params["id"])
        told = {name: record[name] for name in ("id", "breed", "pose", "width", "height")}
        return JSONResponse({**told, "art": art(record)})

    async def menu(self, _: Request) -> Response:
        """`GET /v1/menu`: what can be ordered."""
        return JSONResponse(menu(await self._store.menu(), self._edition), headers={"cache-control": "no-cache"})

    async def _scene(self, order: SceneRecipe, request: Request) -> Response:
        cats, layers = await together((self._store.cats(order.breed, order.seed), self._store.scene(order.scene)))
        chosen = cast(order, cats, layers)
        outlines = await self._store.outlines(chosen.outlined)
        planned = await self._aside(request, partial(plan, chosen, outlines))
        images = await self._store.images(planned.needs)
        data = await self._aside(
            request, lambda: self._encode(compose(planned, images, resize=self._resize), order.format)
        )
        shown = [Shown(cat.stored.picture, cat.place.box.rounded()) for cat in planned.cats]
        return _picture(data, order.format, header(shown, [layer.picture for layer in planned.layers]))

    async def _close_up(self, order: CloseUpRecipe, request: Request) -> Response:
        picture = await self._store.picture(order.picture)
        try:
            view = close_up(order, picture)
        except MissingPart as missing:
            raise Unknown(f"The picture {picture.id} does not show a {missing}.") from missing
        images = await self._store.images([view.source])
        image = images[view.source.key]
        data = await self._aside(request, lambda: self._encode(look(view, image, resize=self._resize), order.format))
        return _picture(data, order.format, header([Shown(picture, view.target)]))

    async def _aside(self, request: Request, work: Callable[[], Result]) -> Result:
        """Run off the event loop, so many at a time as there are processors, if there still is somebody who waits.

        Raises:
            CallerGone: Nobody does, when its turn has come.
        """
        async with self._workers:
            if await request.is_disconnected():
                raise CallerGone("The caller went away before the picture was begun.")
            return await anyio.to_thread.run_sync(work)


async def _told(handler: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """Answer by `handler`, else with a problem: the store has not got what was ordered, or does not answer."""
    try:
        return await handler(request)
    except Unknown as unknown:
        return _problem(HTTPStatus.NOT_FOUND, str(unknown))
    except Failure as failure:
        return _problem(failure.status, str(failure))


def _picture(data: bytes, format: Format, cats: str) -> Response:
    return Response(data, media_type=f"image/{format}", headers={NAME: cats})


def _problem(status: HTTPStatus, detail: str) -> Response:
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    headers = {"cache-control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER)
    return JSONResponse(document, status.value, headers, media_type="application/problem+json")
