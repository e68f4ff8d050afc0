"""Postcards with a cat on them: a tier that the cat service knows nothing of."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from catguard import Tier, TierContext, exchange, hookimpl

if TYPE_CHECKING:
    from starlette.types import ASGIApp

SIZE, CAT, MARGIN = (400, 480), 360, 20
PAPER, INK = (252, 248, 240), (70, 50, 40)


def card(picture: bytes, greeting: str) -> bytes:
    """Return the PNG of a card: the picture in a frame of paper, the greeting centred below."""
    canvas = Image.new("RGB", SIZE, PAPER)
    with Image.open(BytesIO(picture), formats=("PNG",)) as cat:
        canvas.paste(cat.convert("RGB"), (MARGIN, MARGIN))
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((MARGIN - 2, MARGIN - 2, MARGIN + CAT + 1, MARGIN + CAT + 1), outline=INK)
    size = min(36.0, 700 / len(greeting))
    middle = (SIZE[0] / 2, (MARGIN + CAT + SIZE[1]) / 2)
    pen.text(middle, greeting, fill=INK, font=ImageFont.load_default(size), anchor="mm")
    buffer = BytesIO()
    canvas.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def app(context: TierContext) -> ASGIApp:
    """Build the tier's app."""
    client = context.client("catomatic")

    async def answer(request: Request) -> Response:
        query = exchange(request.scope).query
        order = {"scene": "meadow", "count": 1, "width": CAT, "height": CAT, "format": "png"}
        cat = await client.post("/v1/render", json={**order, "breed": query["breed"], "seed": query["seed"]})
        if cat.status_code == 404:
            problem = {"title": "Not Found", "status": 404, "detail": f"there is no {query['breed']} cat"}
            return JSONResponse(problem, 404, media_type="application/problem+json")
        return Response(await asyncio.to_thread(card, cat.content, query["greeting"]), media_type="image/png")

    return context.app({"card": answer})


@hookimpl
def catguard_tier() -> Tier:
    """Serve `postcards`."""
    return Tier("postcards", app=app)
