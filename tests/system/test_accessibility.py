"""What axe finds wrong with the pages, in light and dark, on a phone and on a desk; and what it cannot see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pytest

from .browsing import DESK, MARKS, PHONE, Visitor
from .running import System

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

pytestmark = MARKS
THREE = "/picture?breed=siamese&scene=beach&count=3&width=480&height=620&seed=7"
Look = tuple[Literal["light", "dark"], "ViewportSize"]
#: Every kind of page, with its status.
STATES = {
    "wall": ("/?count=5&seed=2", 200),
    "wall without such cats": ("/?count=3&breed=unicorn", 404),
    "picture": (THREE, 200),
    "picture without such cats": (THREE.replace("siamese", "unicorn"), 404),
    "not understood": ("/picture?ask=three+siamees+cats", 422),
    "closer look": ("closer", 200),
    "closer look at nothing": ("/zoom", 200),
    "refused": ("/?count=1000", 400),
}
#: States in which nobody makes pictures.
ALONE = {"wall": ("/?count=5", 503), "picture": (THREE, 503), "closer look": ("/zoom?picture=0123456789abcdef", 503)}


#: Colours depend on the one, places on the other: two see what is in all four, but for the two main pages.
LOOKS: list[Look] = [("light", DESK), ("dark", PHONE)]
ALL_LOOKS: list[Look] = [*LOOKS, ("light", PHONE), ("dark", DESK)]


def complaints(page: Page, looks: Sequence[Look] = LOOKS) -> list[str]:
    """What axe has to say of the page as it is now, with everything opened."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found = []
    for scheme, viewport in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)
        results = Axe().run(page)
        found += [
            f"{scheme}, {viewport['width']} px: {violation['id']}: {node['html']}"
            for violation in results.response["violations"]
            for node in violation["nodes"]
        ]
    return found


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visiting: Visitor, state: str) -> None:
    visit = visiting(reduced_motion="reduce")
    target, status = STATES[state]
    if target == "closer":
        visit.open(THREE)
        target = str(visit.page.locator(".parts a").first.get_attribute("href"))
    visit.open(target, status=status)
    assert complaints(visit.page, ALL_LOOKS if state in ("wall", "picture") else LOOKS) == []


@pytest.mark.parametrize("state", ALONE)
def test_axe_finds_nothing_where_nobody_makes_pictures(visiting: Visitor, alone: System, state: str) -> None:
    visit = visiting(base_url=alone.addresses["frontend"], reduced_motion="reduce")
    target, status = ALONE[state]
    visit.open(target, status=status)
    assert complaints(visit.page) == []


def test_axe_finds_what_is_wrong(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/zoom")
    visit.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button><img src=x>')"
    )
    assert {complaint.split(": ")[1] for complaint in complaints(visit.page)} >= {"button-name", "image-alt"}
    visit.wrong.clear()


def test_nothing_jumps_while_the_page_arrives(visiting: Visitor) -> None:
    """Every picture has its size before it is there: the browser counts what was moved (cumulative layout shift)."""
    for target in ("/?count=24&seed=11", THREE):
        visit = visiting()
        visit.page.add_init_script(
            "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {"
            "  window.moved += entry.hadRecentInput ? 0 : entry.value"
            "})).observe({type: 'layout-shift', buffered: true})"
        )
        visit.open(target)
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("window.moved") < 0.02, target
