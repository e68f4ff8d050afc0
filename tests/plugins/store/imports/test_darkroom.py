from __future__ import annotations

import asyncio
import os
import resource
import time
from functools import partial
from typing import Any

import pytest

from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.decoder import confine
from catguard_store.imports.developing import Facts, Film
from catguard_store.imports.report import Unusable

from .corpus import cut_out, encoded, photo

GOOD = encoded(photo(), "PNG")


async def test_look_and_develop_in_another_process() -> None:
    data = encoded(cut_out(), "PNG")
    async with Darkroom(workers=1) as darkroom:
        facts = await darkroom.look(data)
        film = Film(data, facts, "cat", {"nose": (0.5, 0.5)})
        assert (facts, await darkroom.develop(film)) == (Facts("png", 240, 180, 1), film())


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (partial(os.abort), "its decoder died of it (SIGABRT)"),
        (partial(os._exit, 7), "its decoder ended with exit code 7"),
        (partial(bytearray, 3 * 1024**3), "it takes more than 1024 MiB to decode"),
        (partial(sum, range(10**12)), "it takes more than 1 s of CPU time to decode"),
        (partial(divmod, 1, 0), "its decoder failed: ZeroDivisionError"),
        (partial(open, "/dev/null"), "its decoder failed: AttributeError"),
    ],
    ids=["abort", "exit", "memory", "cpu", "error", "result"],
)
async def test_what_a_decoder_does_costs_one_picture(job: Any, reason: str) -> None:
    async with Darkroom(workers=1, cpu_seconds=1) as darkroom:
        with pytest.raises(Unusable) as refused:
            await darkroom.develop(job)
        assert str(refused.value).startswith(reason)
        assert (await darkroom.look(GOOD)).width == 240


async def test_a_decoder_that_hangs_is_given_up() -> None:
    async with Darkroom(workers=1, wait_seconds=1.5) as darkroom:
        with pytest.raises(Unusable, match=r"it was not decoded within 1\.5 s"):
            await darkroom.develop(partial(time.sleep, 60))  # type: ignore[arg-type] # it makes no picture


async def test_decoders_write_nothing_to_files(tmp_path: Any) -> None:
    async with Darkroom(workers=1) as darkroom:
        with pytest.raises(Unusable):
            await darkroom.develop(partial((tmp_path / "written").write_bytes, b"x"))
    assert (tmp_path / "written").read_bytes() == b""


@pytest.mark.parametrize(
    ("limit", "most"), [(resource.RLIMIT_CPU, 3), (resource.RLIMIT_AS, 800 * 1024**2), (resource.RLIMIT_CORE, 0)]
)
def test_decoders_start_under_hard_limits(limit: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, pair: set_to.append((kind, pair)))
    confine(limit, 2**40)
    confine(limit, 2**40, again=True)
    confine(limit, 0, again=True)
    assert set_to == [(limit, (most, most)), (limit, (most, most)), (limit, (0, most))]


async def test_close_ends_the_decoders() -> None:
    others = children()
    async with Darkroom(workers=2) as darkroom:
        await asyncio.gather(darkroom.look(GOOD), darkroom.look(GOOD))
        running = children() - others
        assert len(running) == 2
    assert not running & children()


def children() -> set[str]:
    with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children") as file:
        return set(file.read().split())
