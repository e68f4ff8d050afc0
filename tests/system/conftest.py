"""The system, started once for all tests here, and held to a clean end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.system.running import PATIENCE, START, STOP, System
from tests.system.wire import ask, head


def pytest_itemcollected(item: pytest.Item) -> None:
    # Whichever test comes first waits for the start, and the last for the end.
    item.add_marker(pytest.mark.timeout(START + STOP))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[System]:
    """The running system; when all tests are over it must end as if nothing had happened to it."""
    running = System(tmp_path_factory.mktemp("system"), data=seeded)
    yield running
    code = running.stop()
    log = running.log()
    assert code == 0, log
    assert running.deaths() == []
    assert "Traceback" not in log
    assert " ERROR " not in log


@pytest.fixture
def serves_afterwards(system: System) -> Iterator[None]:
    """After a test every tier serves, with the process that it had before, and has logged no traceback."""
    before = system.pids
    yield
    for tier, url in system.addresses.items():
        assert ask(url, head("/healthz")).status == 200, tier
    assert system.pids == before
    assert "Traceback" not in system.log()


@pytest.fixture(scope="module")
def composes_afterwards(system: System) -> Iterator[None]:
    """After the tests of a module a picture is still composed: all three tiers take part."""
    yield
    answer = httpx2.get(f"{system.addresses['frontend']}/api/cats", params={"seed": 7, "width": 99}, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
