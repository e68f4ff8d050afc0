"""Cat-o-matic as the host builds it, with the policies that ship, and a small store of plain shapes behind it."""

import functools
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn

from catguard import Guard, TierContext
from catguard_catomatic import catguard_tier
from tests.plugins.catomatic.stand_in import StandInStore


@pytest.fixture(scope="package")
def _listening() -> Iterator[tuple[StandInStore, str]]:
    store = StandInStore()
    server = uvicorn.Server(uvicorn.Config(store.app, log_level="warning", lifespan="off"))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as place:
        place.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield store, f"http://127.0.0.1:{place.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def stand_in(_listening: tuple[StandInStore, str]) -> StandInStore:
    store, _ = _listening
    store.reset()
    return store


@functools.cache
def compiled(actions: tuple[str, ...]) -> Guard:
    """The guard of the policies that ship; compiling them takes a second."""
    return Guard.from_file(Path(__file__).parents[3] / "policies.yaml", component="catomatic", actions=actions)


@pytest.fixture
def actions() -> tuple[str, ...]:
    """Overrides of the policies' actions; parametrize it."""
    return ()


@pytest.fixture
async def catomatic(
    stand_in: StandInStore, _listening: tuple[StandInStore, str], tmp_path: Path, actions: tuple[str, ...]
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the guarded tier."""
    guard = compiled(actions)
    context = TierContext(guard, data=tmp_path, settings={}, addresses={"store": _listening[1]})
    app = guard.asgi(catguard_tier().app(context))
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as client:
        yield client
    await context.close()
