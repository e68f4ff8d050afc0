"""Fixtures for all tests: policies by text, and a client for ASGI apps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.system.running import System

# A deadline would be a timed assertion.
settings.register_profile("catguard", deadline=None)
settings.load_profile("catguard")

ROOT = Path(__file__).parent.parent
#: Folders whose tests share what is dear to start: systems of processes, and the pictures drawn for them.
SHARING = ("system", "examples")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a module in one process, and those that share a system too."""
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        group = "sharing" if folder in SHARING else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tiers keep, with the store's pictures drawn: systems begin with a copy of it, drawing takes long."""
    store = System(tmp_path_factory.mktemp("seeded"), tiers=["store"], options=["store"])
    assert store.stop() == 0, store.log()
    return store.data
