"""What browsers fetch beside a page: the pictures by their digest, and the files of the look."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

import catguard
from catguard_frontend.answers import problem
from catguard_frontend.cache import PictureCache
from catguard_frontend.conditional import FOR_EVER, FOR_NOW, has, kept, not_modified
from catguard_frontend.pages import Pages, for_people
from catguard_frontend.words import Excuse

_GONE = Excuse("No such picture", ("It was never made here, or made room for newer ones. Order it again.",), 404)
_MEDIA = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of this package, with the digest of its bytes."""

    data: bytes
    digest: str
    media: str


class Assets:
    """Serves `GET /pictures/{digest}.{ext}` and `GET /static/{name}`."""

    def __init__(self, cache: PictureCache, pages: Pages) -> None:
        self._pages = pages
        self._cache = cache
        self._static = {
            entry.name: Asset(data, hashlib.sha256(data).hexdigest(), _MEDIA[entry.name.rpartition(".")[2]])
            for entry in files("catguard_frontend").joinpath("static").iterdir()
            for data in (entry.read_bytes(),)
        }

    async def picture(self, request: Request) -> Response:
        """Answer with a picture that was made here, or 304 where the browser has it."""
        exchange = catguard.exchange(request.scope)
        digest, image_format = exchange.params["digest"], exchange.params["ext"]
        image = await self._cache.image(digest, image_format)
        if image is None and for_people(exchange):
            return self._pages.instead(_GONE, request)
        if image is None:
            return problem(_GONE.status, _GONE.title, _GONE.reasons[0])
        if has(exchange.headers, digest):
            return not_modified(kept(digest, FOR_EVER))
        return _whole(Asset(image, digest, f"image/{image_format}"), FOR_EVER)

    async def static(self, request: Request) -> Response:
        """Answer with a style sheet, a script or an icon."""
        exchange = catguard.exchange(request.scope)
        asset = self._static.get(exchange.params["name"])
        if asset is None:
            return problem(404, "No such file", f"There is {' and '.join(sorted(self._static))}.")
        if has(exchange.headers, asset.digest):
            return not_modified(kept(asset.digest, FOR_NOW))
        return _whole(asset, FOR_NOW)


def _whole(asset: Asset, keep: str) -> Response:
    return Response(asset.data, headers=kept(asset.digest, keep), media_type=asset.media)
