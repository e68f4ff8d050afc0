from __future__ import annotations

import asyncio
import gc
import os
import resource

import pytest

from tests.bench.hops import call, guarded

#: Kilobytes by which a process may grow for reasons of its own, however many exchanges there were.
MOST = 2_000


def resident() -> int:
    """Return the kilobytes of memory that this process has now."""
    with open("/proc/self/statm") as status:
        return int(status.read().split()[1]) * resource.getpagesize() // 1024


def grown(exchanges: int) -> int:
    """Return by how many kilobytes the process grew over so many exchanges that were let pass."""
    app = guarded()

    async def run(times: int) -> None:
        for _ in range(times):
            await call(app)

    asyncio.run(run(min(exchanges, 20_000)))
    gc.collect()
    before = resident()
    asyncio.run(run(exchanges))
    gc.collect()
    return resident() - before


def test_accept_path_keeps_no_object() -> None:
    app = guarded()
    asyncio.run(call(app))
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(50):
            asyncio.run(call(app))
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_accept_path_leaks_nothing_over_a_million_exchanges() -> None:
    assert grown(int(os.environ.get("CATGUARD_EXAMPLES", "1000000"))) < MOST
