"""The system, started once for all tests here, and held to a clean end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import START, STOP, System


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
