"""The call by FastAPI, with models of request and response."""

from __future__ import annotations

from fastapi import FastAPI

from tests.bench.models import Order


async def echo(order: Order) -> Order:
    """Answer with the body."""
    return order


def app() -> FastAPI:
    made = FastAPI()
    made.post("/echo")(echo)
    return made
