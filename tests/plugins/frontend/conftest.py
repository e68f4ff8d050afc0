"""The frontend as the host builds it, with the policies that ship, and a small Cat-o-matic that does as it is told."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from catguard import Guard, TierContext
from catguard.engine.snapshots import Engine
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import load_compiled
from catguard_frontend import tier
from catguard_frontend.menu import BREEDS, PARTS, SCENES
from catguard_frontend.pages import Pages

Order = dict[str, Any]
Answer = Callable[[Order], Awaitable[Response]]


def picture(order: Order) -> Response:
    """Return what Cat-o-matic answers: a picture of one colour and the cats that would be in it."""
    image = Image.new("RGB", (order["width"], order["height"]), (order.get("seed", 0) % 256, 120, 90))
    data = io.BytesIO()
    image.save(data, order["format"])
    cat = {
        "picture": order.get("picture", "0123456789abcdef"),
        "breed": order.get("breed", "siamese"),
        "pose": "sitting",
        "box": {"x": 0, "y": 0, "width": 30, "height": 40},
        "parts": PARTS,
    }
    cats = json.dumps({"cats": [cat] * order["count"], "credits": [{"licence": "CC0", "sources": ["own drawings"]}]})
    return Response(data.getvalue(), media_type=f"image/{order['format']}", headers={"Catomatic-Cats": cats})


async def willing(order: Order) -> Response:
    return picture(order)


def problem(status: int, detail: str) -> Response:
    content = {"type": "about:blank", "title": "No", "status": status, "detail": detail}
    return JSONResponse(content, status, media_type="application/problem+json")


class CatOMatic:
    """Answers orders by `answer`, and remembers them and how many were under way at once.

    Pictures are as `original` says, but for those that are `gone`; `asked` are the ids that somebody asked about. The
    menu has `breeds` and `scenes` with their art, unless `menus` answers instead.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.answer: Answer = willing
        self.orders: list[Order] = []
        self.original: dict[str, Any] = {
            "breed": "siamese",
            "pose": "sitting",
            "width": 300,
            "height": 401,
            "art": "0" * 16,
            "parts": PARTS,
        }
        self.gone: set[str] = set()
        self.breeds: dict[str, str] = dict.fromkeys(BREEDS, "0" * 16)
        self.scenes: dict[str, str] = dict.fromkeys(SCENES, "0" * 16)
        self.layers = ["back", "foreground"]
        self.menus: Callable[[], Response] | None = None
        self.menus_told = 0
        self.asked: list[str] = []
        self.under_way = 0
        self.most = 0

    async def render(self, request: Request) -> Response:
        order = json.loads(await request.body())
        self.orders.append(order)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await self.answer(order)
        finally:
            self.under_way -= 1

    async def picture(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        self.asked.append(wanted)
        if wanted in self.gone:
            return problem(404, f"We have no picture {wanted}.")
        return JSONResponse({"id": wanted, **self.original})

    async def menu(self, _: Request) -> Response:
        self.menus_told += 1
        if self.menus is not None:
            return self.menus()
        cats = [{"breed": breed, "pictures": 5, "art": art} for breed, art in self.breeds.items()]
        scenes = [{"scene": scene, "layers": self.layers, "art": art} for scene, art in self.scenes.items()]
        return JSONResponse({"edition": "0" * 16, "cats": cats, "scenes": scenes})


def listening() -> socket.socket:
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    place.bind(("127.0.0.1", 0))
    return place


@pytest.fixture(scope="session")
def policies() -> Path:
    return Path(__file__).parents[3] / "policies.yaml"


@pytest.fixture(scope="session")
def compiled(policies: Path) -> CompiledPolicySet:
    return load_compiled([policies])


@pytest.fixture(scope="session")
def _catomatic() -> Iterator[tuple[CatOMatic, str]]:
    catomatic = CatOMatic()
    app = Starlette(
        routes=[
            Route("/v1/render", catomatic.render, methods=["POST"]),
            Route("/v1/pictures/{id}", catomatic.picture),
            Route("/v1/menu", catomatic.menu),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with listening() as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield catomatic, f"http://127.0.0.1:{place.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def catomatic(_catomatic: tuple[CatOMatic, str]) -> CatOMatic:
    _catomatic[0].reset()
    return _catomatic[0]


Opener = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def frontend_of(_catomatic: tuple[CatOMatic, str], compiled: CompiledPolicySet, tmp_path: Path) -> Opener:
    """Return what opens a frontend.

    `patience` is in seconds, `catomatic` the address where it looks for one, `clock` what its menus go by.
    """

    @asynccontextmanager
    async def opened(
        *, patience: float = 20.0, catomatic: str = _catomatic[1], clock: Callable[[], float] = time.monotonic
    ) -> AsyncIterator[httpx2.AsyncClient]:
        guard = Guard(Engine(compiled), "frontend")
        settings = {"patience": str(patience)}
        context = TierContext(guard, data=tmp_path, settings=settings, addresses={"catomatic": catomatic})
        app = guard.asgi(tier.app(context, clock=clock), render=Pages().refusal)
        transport = httpx2.ASGITransport(app=app)
        try:
            async with httpx2.AsyncClient(transport=transport, base_url="http://frontend") as visitor:
                yield visitor
        finally:
            await context.close()

    return opened


@pytest.fixture
async def frontend(frontend_of: Opener, catomatic: CatOMatic) -> AsyncIterator[httpx2.AsyncClient]:
    async with frontend_of() as visitor:
        yield visitor
