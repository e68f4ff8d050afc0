"""Fixtures for all tests: policies by text, and a client for ASGI apps."""

from __future__ import annotations

import fcntl
import functools
import os
import sys
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.system.running import System

# A deadline would be a timed assertion.
settings.register_profile("catguard", deadline=None)
settings.load_profile("catguard")

# Each client would read all authorities' certificates anew, for 20 ms, and then ask http://127.0.0.1.
httpcore2.default_ssl_context = functools.cache(httpcore2.default_ssl_context)

ROOT = Path(__file__).parent.parent
if sys.dont_write_bytecode:
    # These tests start some hundred processes, each of which would compile all of its modules anew.
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
#: The tests of this folder share one running system; those of these modules start their own.
SHARING, APART = "tests/system/", ("tests/system/test_blocking.py",)
#: What takes longest is begun first, and what waits for the drawings of others later.
FIRST = ("tests/cli/", "tests/supervisor/", "tests/plugins/store/imports/", "tests/examples/", *APART)
#: These share a PostgreSQL server, which takes seconds to start.
ON_POSTGRESQL = tuple(f"tests/enforcement/test_{name}.py" for name in ("canaries", "database", "rows"))


class Scheduling(LoadFileScheduling):
    """Keeps the tests of a module in one process, and those that share a system too.

    The groups of `--dist loadgroup` will not do: pytest-xdist 3.8 hands them on in node ids that pytest 9.2 has fixed.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(ON_POSTGRESQL):
            return "postgresql"
        return SHARING if shares(nodeid) else super()._split_scope(nodeid)


def shares(nodeid: str) -> bool:
    """Whether a test is one of those that share a running system."""
    return nodeid.startswith(SHARING) and not nodeid.startswith(APART)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        if shares(item.nodeid):
            return -1
        return next((turn for turn, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tiers keep, with the store's pictures drawn: systems begin with a copy of it.

    Drawing takes long: whichever test process comes first does it, the others wait for it.
    """
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    drawn = place / "seeded"
    with (place / "seeding").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not drawn.exists():
            store = System(tmp_path_factory.mktemp("seeding"), tiers=["store"], options=["store"])
            assert store.stop() == 0, store.log()
            store.data.rename(drawn)
    return drawn
