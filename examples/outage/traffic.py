"""What comes in from outside: a monitoring stack that repeats one request, and users who ask for sane pictures."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

#: The new feature's test case: a view of 480 px at this scale is a picture 480,000 px wide. Innocent-looking.
SCALE = 0.999
PART = "eyes"
#: The longest that anyone here waits for an answer, in seconds; the frontend itself gives up on Cat-o-matic after 10 s.
PATIENCE = 60.0
USERS_PER_SECOND = 2.0


class NoCat(Exception):
    """The frontend serves no picture, although all tiers serve."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer from outside: `status` is None where there was none, `boundaries` are those its violations name."""

    status: int | None
    seconds: float
    detail: str
    boundaries: tuple[str, ...]
    trace_id: str


Tell = Callable[[Answer], None]


def client(url: str) -> httpx2.AsyncClient:
    """Return a client for the frontend."""
    return httpx2.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False)


async def any_cat(http: httpx2.AsyncClient, *, seed: int) -> str:
    """Return the id of a picture that exists.

    Raises:
        NoCat: The frontend shows none.
    """
    try:
        response = await http.get("/api/cats", params={"seed": seed})
        response.raise_for_status()
    except httpx2.HTTPError as error:
        raise NoCat(f"there is no cat to look at: {error}") from error
    picture: str = response.json()["cats"][0]["picture"]
    return picture


async def monitor(
    http: httpx2.AsyncClient, picture: str, *, seconds: float, every: float, tell: Tell
) -> tuple[Answer, ...]:
    """Ask for the same closer look again and again, one at a time."""
    query = {"picture": picture, "part": PART, "scale": SCALE}
    answers: list[Answer] = []
    begin = time.monotonic()
    tick = 0
    while tick * every < seconds:
        await _until(begin + tick * every)
        answers.append(await _ask(http, "/api/zoom", query))
        tell(answers[-1])
        tick = max(tick + 1, math.ceil((time.monotonic() - begin) / every))  # those that were missed stay so
    return tuple(answers)


async def users(http: httpx2.AsyncClient, *, seconds: float, first_seed: int) -> tuple[Answer, ...]:
    """Ask for pictures at a steady rate, whether or not the earlier ones were answered; no two are the same."""
    begin = time.monotonic()
    asked = []
    async with asyncio.TaskGroup() as group:
        for number in range(round(seconds * USERS_PER_SECOND)):
            await _until(begin + number / USERS_PER_SECOND)
            asked.append(group.create_task(_ask(http, "/api/cats", {"seed": first_seed + number})))
    return tuple(task.result() for task in asked)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


async def _ask(http: httpx2.AsyncClient, path: str, query: dict[str, Any]) -> Answer:
    begin = time.monotonic()
    try:
        response = await http.get(path, params=query)
    except httpx2.HTTPError as error:
        return Answer(None, time.monotonic() - begin, f"no answer ({type(error).__name__})", (), "")
    problem: dict[str, Any] = {}
    if response.headers.get("content-type") == "application/problem+json":
        problem = response.json()
    named = dict.fromkeys(str(violation["boundary"]) for violation in problem.get("violations", ()))
    trace_id = response.headers.get("traceresponse", "--").split("-")[1]
    detail = str(problem.get("detail", ""))
    return Answer(response.status_code, time.monotonic() - begin, detail, tuple(sorted(named)), trace_id)
