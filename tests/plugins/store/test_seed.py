from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import catguard
from catguard_store.admission import Admit, Admitted, Candidate, Developed, admission, admit_args, admit_result
from catguard_store.records import Image, Picture
from catguard_store.repository import Repository
from catguard_store.seed import missing, seed

from .pictures import SmallSource

COUNT = 4


async def at_once(work: Callable[[], Developed]) -> Developed:
    return work()


def guarded(guard: catguard.Guard) -> Admit:
    admit: Admit = guard.call("admit", args=admit_args, result=admit_result)(admission(at_once))
    return admit


async def fill(repository: Repository, source: SmallSource, admit: Admit) -> int:
    """Seed once; how many pictures were stored."""
    done: list[None] = []
    wanted = await missing(repository, source)
    await seed(repository, source, wanted, admit, at_once=2, advance=lambda: done.append(None))
    return len(done)


async def test_seed_stores_everything_in_every_width(repository: Repository, guard: catguard.Guard) -> None:
    assert await fill(repository, SmallSource(), guarded(guard)) == COUNT
    found = await repository.find(limit=60, kind="cat", tag="plain")
    assert len(found) == COUNT
    for picture in found:
        assert picture.widths == (160, 200)
        stored = [await repository.image(picture.id, width) for width in picture.widths]
        assert [image and (image.width, image.height) for image in stored] == [(160, 80), (200, 100)]


async def test_seed_again_looks_into_nothing(repository: Repository, guard: catguard.Guard) -> None:
    await fill(repository, SmallSource(), guarded(guard))
    again = SmallSource()
    assert await fill(repository, again, guarded(guard)) == 0
    assert again.looked_into == []


async def test_seed_after_an_error_goes_on_where_it_was(repository: Repository, guard: catguard.Guard) -> None:
    admit = guarded(guard)

    async def broken(candidate: Candidate) -> Admitted:
        if candidate.proposal.source.endswith("2"):
            while not await repository.find(limit=1, kind="cat"):
                await asyncio.sleep(0.01)
            raise OSError("the disk is full")
        return await admit(candidate)

    with pytest.raises(OSError, match="the disk is full"):
        await fill(repository, SmallSource(), broken)
    before = await repository.find(limit=60, kind="cat")
    assert 0 < len(before) < COUNT
    second = SmallSource()
    assert await fill(repository, second, admit) == COUNT - len(before)
    after = await repository.find(limit=60, kind="cat")
    assert len(after) == COUNT
    assert all(picture in after for picture in before)
    assert len(second.looked_into) == COUNT - len(before)


async def test_seed_of_another_edition_replaces_the_old(repository: Repository, guard: catguard.Guard) -> None:
    await fill(repository, SmallSource(), guarded(guard))
    old = await repository.find(limit=60, kind="cat")
    assert await fill(repository, SmallSource(edition=2), guarded(guard)) == COUNT
    new = await repository.find(limit=60, kind="cat")
    assert len(new) == COUNT
    assert not {picture.id for picture in old} & {picture.id for picture in new}


class NotingRepository(Repository):
    """Notes the sources of pictures in the order in which they are stored."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.stored: list[str] = []

    async def insert(self, picture: Picture, stored: Iterable[Image], *, replaces: str | None = None) -> bool:
        self.stored.append(picture.source)
        return await super().insert(picture, stored, replaces=replaces)


@pytest.mark.parametrize("kind", ["scene", "cat"])
async def test_seed_stores_the_layers_of_a_scene_in_their_order(
    repository: Repository, guard: catguard.Guard, kind: str
) -> None:
    """Whichever is ready first: a scene is offered as soon as its last layer is there. Cats do not wait."""
    source, noting, admit = SmallSource(kind=kind), NotingRepository(repository.engine), guarded(guard)
    first, *others = [proposal.source for proposal in source.proposals()]
    ready: list[str] = []

    async def first_is_slow(candidate: Candidate) -> Admitted:
        while candidate.proposal.source == first and len(ready) < len(others):
            await asyncio.sleep(0.01)
        ready.append(candidate.proposal.source)
        return await admit(candidate)

    await fill(noting, source, first_is_slow)
    assert ready == [*others, first]
    assert noting.stored == ([first, *others] if kind == "scene" else [*others, first])


async def test_seed_without_licence_is_refused(repository: Repository, guard: catguard.Guard) -> None:
    with pytest.raises(catguard.CallRefused) as refused:
        await fill(repository, SmallSource(1, licence=""), guarded(guard))
    assert [violation.assumption for violation in refused.value.violations] == ["args/licence/minLength"]
    assert await repository.find(limit=60, kind="cat") == ()


@pytest.mark.parametrize(
    ("claim", "assumption"),
    [
        ({"frames": 2}, "still"),
        ({"width": 60_000, "height": 60_000}, "not-a-bomb"),
        ({"bytes": 64 * 1024 * 1024}, "args/bytes/maximum"),
    ],
)
async def test_admit_refuses_before_anything_is_decoded(
    guard: catguard.Guard, claim: dict[str, int], assumption: str
) -> None:
    proposal = SmallSource(1).proposals()[0]
    sane = {"bytes": 1000, "width": 200, "height": 100, "frames": 1}

    def develop() -> Developed:
        pytest.fail("it was decoded")

    with pytest.raises(catguard.CallRefused) as refused:
        await guarded(guard)(Candidate(proposal, **{**sane, **claim}, develop=develop))
    assert [violation.assumption for violation in refused.value.violations] == [assumption]


def start(url: str, root: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.plugins.store.seeding", url, str(count)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def test_seed_killed_in_the_middle_goes_on(
    repository: Repository, url: str, root: Path, guard: catguard.Guard
) -> None:
    count = 9
    killed = start(url, root, count)
    with killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "stored\n"
        workers = Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()
        killed.send_signal(signal.SIGKILL)
        assert await _all_end(workers)
        assert killed.stderr is not None
        assert killed.stderr.read() == "", "nobody says anything behind it"
    stored = await _whole_pictures(url)
    assert 0 < stored < count
    assert await fill(repository, SmallSource(count), guarded(guard)) == count - stored
    assert await _whole_pictures(url) == count


async def _whole_pictures(url: str) -> int:
    """How many pictures are stored; each must have its images and tags."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        counted = await connection.execute(
            text(
                "SELECT (SELECT count(*) FROM images WHERE picture = id),"
                " (SELECT count(*) FROM picture_tags WHERE picture = id) FROM pictures"
            )
        )
        rows = [tuple(row) for row in counted]
    await engine.dispose()
    assert set(rows) == {(2, 2)}
    return len(rows)


async def _all_end(pids: list[str]) -> bool:
    """Whether processes end by themselves; those that do not are ended after some seconds."""
    for _ in range(100):
        if not any(map(_lives, pids)):
            return True
        await asyncio.sleep(0.1)
    for pid in filter(_lives, pids):
        os.kill(int(pid), signal.SIGKILL)
    return False


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
