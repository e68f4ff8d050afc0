"""The system, started once for all tests here, and held to a clean end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.system.browsing import CHROMIUM, DESK, FLAGS, Visit, Visitor
from tests.system.browsing import PATIENCE as BROWSER_PATIENCE
from tests.system.running import PATIENCE, START, STOP, System, nowhere
from tests.system.wire import ask, head

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with the module: while it runs, no event loop can be started in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=BROWSER_PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def visiting(browser: Browser, system: System) -> Iterator[Visitor]:
    """Return what opens a browser of its own, by options of its context; nothing may be wrong at the end."""
    visits: list[Visit] = []

    def come(*, base_url: str = system.addresses["frontend"], **options: Any) -> Visit:
        context = browser.new_context(base_url=base_url, viewport=options.pop("viewport", DESK), **options)
        context.set_default_timeout(BROWSER_PATIENCE)
        visit = Visit(context.new_page())
        visit.watch()
        visits.append(visit)
        return visit

    yield come
    for visit in visits:
        visit.page.context.close()
    assert [found for visit in visits for found in visit.wrong] == []


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A frontend whose Cat-o-matic is not there."""
    with nowhere() as nobody:
        options = ["frontend", "--address", f"catomatic={nobody}"]
        system = System(tmp_path_factory.mktemp("alone"), tiers=["frontend"], options=options)
        yield system
        assert system.stop() == 0
