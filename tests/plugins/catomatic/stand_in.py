"""A small store of plain shapes, which counts what it is asked for."""

import io
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from catguard_catomatic.pictures import Picture, Stored
from tests.plugins.catomatic import shapes

PICTURES = (
    shapes.cat("tom"),
    shapes.cat("tim", proportion=1.2),
    shapes.photo("portrait", breed="ragdoll"),
    shapes.layer("back"),
    shapes.layer("foreground"),
)


def record(picture: Picture) -> dict[str, Any]:
    """What the store says of a picture."""
    told = {
        "id": picture.id,
        "kind": picture.kind,
        "breed": picture.breed,
        "pose": picture.pose,
        "width": picture.width,
        "height": picture.height,
        "widths": list(picture.widths),
        "anchors": {name: list(point) for name, point in picture.anchors.items()},
        "tags": sorted(picture.tags),
        "licence": "CC0-1.0",
        "author": "Ann Artist",
        "source": "own drawing",
        "digest": picture.digest,
    }
    told |= {"layer": picture.layer} if picture.layer else {}
    return told | ({"opaque": True} if picture.opaque else {})


class StandInStore:
    """Answers like the store; `asked` lists the targets of all calls.

    It has the `pictures`, and says `total` of those that match, if that is not 0.
    """

    def __init__(self) -> None:
        self.reset()
        self.app = Starlette(
            routes=[
                Route("/v1/menu", self.menu),
                Route("/v1/pictures", self.find),
                Route("/v1/pictures/{id}", self.picture),
                Route("/v1/pictures/{id}/image", self.image),
            ]
        )

    def reset(self) -> None:
        self.asked: list[str] = []
        self.pictures = PICTURES
        self.total = 0
        self.gone: set[str] = set()
        self.bytes: bytes | None = None
        self.art = "0" * 16

    def _note(self, request: Request) -> None:
        self.asked.append(f"{request.url.path}?{request.url.query}".rstrip("?"))

    async def menu(self, request: Request) -> Response:
        self._note(request)
        cats = [{"breed": "siamese", "pictures": 2, "art": self.art}]
        return JSONResponse({"cats": cats, "scenes": [{"scene": "garden", "layers": ["back"], "art": "0" * 16}]})

    async def find(self, request: Request) -> Response:
        self._note(request)
        query = request.query_params
        found = [each for each in self.pictures if (each.kind, each.breed) == (query["kind"], query["breed"])]
        found = [each for each in found if query.get("layer") in (None, each.layer)]
        found.sort(key=lambda each: each.id)
        offset = int(query.get("offset", 0))
        part = found[offset : offset + int(query["limit"])]
        return JSONResponse({"pictures": [record(each) for each in part], "total": self.total or len(found)})

    async def picture(self, request: Request) -> Response:
        self._note(request)
        for each in self.pictures:
            if each.id == request.path_params["id"]:
                return JSONResponse(record(each))
        return JSONResponse({"title": "Not Found", "status": 404}, 404, media_type="application/problem+json")

    async def image(self, request: Request) -> Response:
        self._note(request)
        wanted = request.path_params["id"]
        if wanted in self.gone:
            return JSONResponse({"title": "Not Found", "status": 404}, 404, media_type="application/problem+json")
        (picture,) = (each for each in self.pictures if each.id == wanted)
        file = io.BytesIO()
        shapes.image(Stored(picture, int(request.query_params["width"]))).save(file, "webp", lossless=True)
        return Response(self.bytes if self.bytes is not None else file.getvalue(), media_type="image/webp")
