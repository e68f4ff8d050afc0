"""What a failing process writes on its terminal: types and places, and no words made of values."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from catguard.failures import MESSAGES

CANARY = "canary7f3a"
SCRIPT = """
import asyncio, logging, sys, threading
from catguard.supervisor import serving
from catguard.supervisor.terminal import mask_terminal

word = "canary" + "7f3a"
mask_terminal("%(levelname)s %(name)s: %(message)s")

def broken(given=None):
    raise ValueError(word)

async def main():
    asyncio.get_running_loop().call_soon(broken, word)
    task = asyncio.create_task(asyncio.to_thread(broken))
    await asyncio.sleep(0.05)
    del task
    try:
        broken()
    except ValueError as error:
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\\n", exc_info=error)
        logging.getLogger("driver").warning("could not close: %s", error)

serving.run(main())
thread = threading.Thread(target=broken)
thread.start()
thread.join()
broken()
"""


def run(script: str, **environment: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(scope="module")
def told() -> str:
    return run(SCRIPT)


def test_no_word_of_an_exception_is_written(told: str) -> None:
    assert CANARY not in told


@pytest.mark.parametrize(
    "line",
    [
        "ERROR asyncio: Exception in callback",
        "ERROR asyncio: Task exception was never retrieved: ValueError",
        "ERROR uvicorn.error: Exception in ASGI application",
        "WARNING driver: could not close: ValueError at <string>:10 in broken",
        f"(its words may hold values and are left out; {MESSAGES}=REASON shows them)",
    ],
)
def test_what_failed_and_where_is_written(told: str, line: str) -> None:
    assert line in told


def test_words_are_written_for_a_reason_that_is_told() -> None:
    script = "from catguard.supervisor.terminal import mask_terminal as mask; mask('%(message)s'); {}['canary7f3a']"
    told = run(script, **{MESSAGES: "seeded data only"})
    assert told.startswith("the words of exceptions are told, with the values in them: seeded data only")
    assert f"KeyError: '{CANARY}'" in told
