"""The call by Litestar, with structs of msgspec."""

from __future__ import annotations

from litestar import Litestar, post

from tests.bench.structs import Order


async def echo(data: Order) -> Order:
    """Answer with the body."""
    return data


def app() -> Litestar:
    return Litestar([post("/echo")(echo)], openapi_config=None)
