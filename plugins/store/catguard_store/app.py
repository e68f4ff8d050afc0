"""The store's HTTP side: four handlers over the repository, with validators for caches."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import catguard
from catguard_store.menu import Menu
from catguard_store.repository import Repository

log = logging.getLogger("catguard.store")

REVALIDATE = "public, max-age=60"
"""What is known of a picture may change when it is drawn anew; a minute is how long that may go unseen."""

FOR_EVER = "public, max-age=31536000, immutable"
"""Another image has another picture id: ids are made from what pictures are made from."""


class Handlers:
    """Answers find, picture, image and menu; everything asked comes checked and typed from the exchange."""

    def __init__(self, repository: Repository, menu: Callable[[], Awaitable[Menu]]) -> None:
        self._repository = repository
        self._menu = menu
        self._warned = False

    async def find(self, request: Request) -> Response:
        query = catguard.exchange(request.scope).query
        limit, offset = query["limit"], query["offset"]
        filters = {name: query.get(name) for name in ("tag", "kind", "breed", "pose", "layer")}
        found = await self._repository.find(limit=limit, offset=offset, **filters)
        total = offset + len(found)
        if len(found) == limit or (offset and not found):  # else this was the end of all that match
            counted = await self._repository.count(**filters)
            total = max(total, counted) if found else counted  # one may have been taken out between the two statements
        return JSONResponse(
            {"pictures": [picture.as_json() for picture in found], "total": total},
            headers={"cache-control": REVALIDATE},
        )

    async def picture(self, request: Request) -> Response:
        exchange = catguard.exchange(request.scope)
        picture = await self._repository.picture(exchange.params["id"])
        if picture is None:
            return _unknown(exchange.params["id"])
        content = picture.as_json()
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        headers = _validators(hashlib.sha256(canonical).hexdigest(), REVALIDATE)
        if _matches(exchange.headers, headers["etag"]):
            return Response(status_code=304, headers=headers)
        return JSONResponse(content, headers=headers)

    async def image(self, request: Request) -> Response:
        exchange = catguard.exchange(request.scope)
        image = await self._repository.image(exchange.params["id"], exchange.query["width"])
        if image is None:
            return _unknown(exchange.params["id"])
        headers = _validators(image.digest, FOR_EVER)
        if _matches(exchange.headers, headers["etag"]):
            return Response(status_code=304, headers=headers)
        return Response(image.bytes, media_type=image.media, headers=headers)

    async def menu(self, _: Request) -> Response:
        found = await self._menu()
        if found.warning is not None and not self._warned:
            self._warned = True
            log.warning("%s", found.warning)
        return JSONResponse(found.as_json(), headers={"cache-control": "no-cache"})


def _validators(digest: str, caching: str) -> dict[str, str]:
    return {"etag": f'"{digest}"', "cache-control": caching}


def _matches(headers: Mapping[str, Any], etag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison, with each of a list, or `*` for anything that exists."""
    asked = str(headers.get("if-none-match", ""))
    return asked.strip() == "*" or etag in (candidate.strip().removeprefix("W/") for candidate in asked.split(","))


def _unknown(identifier: str) -> Response:
    problem = {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"no picture {identifier} is stored: GET /v1/pictures finds those that are",
    }
    headers = {"cache-control": "no-store"}
    return JSONResponse(problem, status_code=404, headers=headers, media_type="application/problem+json")
