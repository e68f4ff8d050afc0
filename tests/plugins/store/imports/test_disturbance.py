"""Imports that share a database with others, or are killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

import catguard
from catguard_store.admission import Developed, admission, admit_args, admit_result
from catguard_store.repository import Repository
from catguard_store.seed import missing, seed

from ..pictures import SmallSource, picture
from ..pictures import images as images_of
from .conftest import ROOT, Store
from .corpus import cut_out, encoded, photo, write

LICENCE = ("--licence", "CC-BY-4.0", "--author", "Ann Author")


@pytest.fixture
def postgresql_store(tmp_path: Path, postgresql: str) -> Store:
    return Store(tmp_path / "var", postgresql)


def test_import_into_postgresql(postgresql_store: Store, photos: Path) -> None:
    files = {
        "tom/1.jpg": encoded(photo(seed=99), "JPEG"),
        "ann/loaf/1.png": encoded(cut_out(90, 90, (9, 9, 80, 80)), "PNG"),
    }
    report = postgresql_store.take(write(photos, {**files, "tom/x.jpg": b"x"}), *LICENCE)
    assert [len(report[part]) for part in ("imported", "duplicates", "refused")] == [2, 0, 1]
    opaque = {picture.breed: picture.opaque for picture in postgresql_store.pictures().values()}
    assert (opaque["tom"], opaque["ann"]) == (True, False)


def test_import_killed_in_the_middle_goes_on(tmp_path: Path, photos: Path) -> None:
    write(photos, {f"tom/{index}.jpg": encoded(photo(900, 700, seed=index), "JPEG") for index in range(12)})
    undisturbed, killed = Store(tmp_path / "undisturbed"), Store(tmp_path / "killed")
    command = [sys.executable, "-m", "catguard", "cats", "import", str(photos), *LICENCE, "--data", str(killed.data)]
    with subprocess.Popen([*command, "--policies", str(ROOT / "policies.yaml")], stderr=subprocess.DEVNULL) as process:
        while not 0 < rows(killed) < 12:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.005)
        decoders = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGKILL)
    assert 0 < rows(killed) < 12
    report = killed.take(photos, *LICENCE)
    assert len(report["imported"]) + len(report["duplicates"]) == 12
    assert report["duplicates"]
    undisturbed.take(photos, *LICENCE)
    assert killed.pictures() == undisturbed.pictures()
    assert images(killed) == images(undisturbed)
    assert not [pid for pid in decoders if os.path.exists(f"/proc/{pid}/status") and b"decoder" in cmdline(pid)]


def test_import_waits_for_another_writer(store: Store, photos: Path) -> None:
    write(photos, {"tom/1.jpg": encoded(photo(seed=1), "JPEG")})
    store.take(photos, *LICENCE)
    write(photos, {"tom/2.jpg": encoded(photo(seed=2), "JPEG")})
    other = sqlite3.connect(store.data / "store" / "store.db", check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(2, other.rollback)
    release.start()
    report = store.take(photos, *LICENCE)
    assert [len(report[part]) for part in ("imported", "duplicates")] == [1, 1]
    release.join()
    other.close()


def test_import_into_a_store_that_cannot_be_reached_says_so(tmp_path: Path, photos: Path) -> None:
    write(photos, {"tom/1.jpg": encoded(photo(), "JPEG")})
    done = Store(tmp_path / "var", "sqlite+aiosqlite:////nowhere/at/all/store.db").run("import", photos, *LICENCE)
    assert isinstance(done.exception, catguard.ConfigurationError)
    assert "CATGUARD_STORE_DATABASE" in str(done.exception)


def test_import_into_a_store_without_room_says_so(store: Store, photos: Path) -> None:
    write(photos, {"tom/1.jpg": encoded(photo(), "JPEG")})
    store.take(photos, *LICENCE)
    write(photos, {"tom/2.jpg": encoded(photo(900, 700, seed=2), "JPEG")})

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what there is: no page more

    event.listen(Engine, "connect", limit)
    try:
        done = store.run("import", photos, *LICENCE)
    finally:
        event.remove(Engine, "connect", limit)
    assert isinstance(done.exception, catguard.ConfigurationError)
    assert "disk is full; make room on its disk" in str(done.exception)


async def test_seeding_leaves_alone_what_was_imported(repository: Repository, guard: catguard.Guard) -> None:
    mine = picture("mine", source=f"imported/{'0' * 16}/grey/0")
    await repository.insert(mine, images_of(mine))
    for edition in (1, 2):
        source = SmallSource(2, edition=edition)
        wanted = await missing(repository, source)

        async def develop(work: Callable[[], Developed]) -> Developed:
            return work()

        admit = guard.call("admit", args=admit_args, result=admit_result)(admission(develop))
        await seed(repository, source, wanted, admit, at_once=1, advance=lambda: None)
    assert await repository.picture(mine.id) == mine
    assert len(await repository.find(limit=60, kind="cat")) == 3


def cmdline(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def rows(store: Store) -> int:
    path = store.data / "store" / "store.db"
    if not path.exists():
        return 0
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM pictures").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def images(store: Store) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(store.data / "store" / "store.db")
    found = connection.execute("SELECT picture, width, height, digest FROM images ORDER BY 1, 2").fetchall()
    tags = connection.execute("SELECT tag, picture FROM picture_tags ORDER BY 1, 2").fetchall()
    connection.close()
    return [*found, *tags]
