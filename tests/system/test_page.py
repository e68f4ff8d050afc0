"""The wall in a real browser: what is seen, without JavaScript, by keyboard, on a phone, and when it goes wrong."""

from __future__ import annotations

import re

import pytest

from .browsing import JARGON, MARKS, NARROW, PHONE, Visitor, decoded, focused
from .running import System

pytestmark = MARKS
THREE = "/picture?breed=siamese&scene=beach&count=3&width=480&height=620&seed=7"


def test_page_shows_every_cat(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=20&seed=5&size=medium")
    assert visit.cats.count() == 20
    assert all(width > 0 for width, _ in decoded(visit.page.locator("img")))
    sizes = {(image.get_attribute("width"), image.get_attribute("height")) for image in visit.cats.all()}
    assert sizes <= {(width, "288") for width in ("216", "288", "384", "432")}, "known before they arrive"


def test_every_image_has_an_alt_text(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?breed=siamese&scene=rose-garden&count=6")
    told = visit.cats.evaluate_all("images => images.map(image => image.alt)")
    assert len(told) == 6
    assert set(told) <= {f"A siamese cat {pose} in a rose garden" for pose in ("sitting", "standing", "sleeping")}
    assert visit.page.locator("img:not([alt])").count() == 0


@pytest.mark.parametrize("javascript", [False, True])
def test_form_shows_what_was_chosen(visiting: Visitor, javascript: bool) -> None:
    visit = visiting(java_script_enabled=javascript)
    visit.open("/?count=1")
    visit.page.get_by_label("Breed").select_option("calico")
    visit.page.get_by_label("Scene").select_option("meadow")
    visit.page.get_by_label("How many").fill("3")
    visit.page.get_by_label("Medium").check()
    visit.page.get_by_role("button", name="Show cats").click()
    visit.page.wait_for_url("**/?breed=calico&scene=meadow&count=3&size=medium")
    assert visit.page.get_by_role("heading", level=2).inner_text() == "3 calico cats in a meadow"
    assert visit.cats.count() == 3
    assert visit.page.get_by_label("Breed").input_value() == "calico"
    assert visit.page.get_by_label("How many").input_value() == "3"
    assert visit.page.get_by_label("Medium").is_checked()


def test_form_works_by_keyboard_alone(visiting: Visitor) -> None:
    visit = visiting(reduced_motion="reduce")
    visit.open("/?count=2&seed=8")
    keyboard, reached = visit.page.keyboard, []
    visit.page.get_by_role("link", name="Show me others").focus()
    for keys in (["t", "a"], ["m"], ["Control+a", "4"], ["ArrowRight", "ArrowRight"], []):
        keyboard.press("Tab")
        reached.append(focused(visit.page))
        for key in keys:
            keyboard.press(key)
    assert reached == ["breed", "scene", "count", "size", "quiet"]
    keyboard.press("Enter")
    visit.page.wait_for_url("**/?breed=tabby&scene=meadow&count=4&size=large")
    assert visit.cats.count() == 4


def test_first_tab_stops_are_skip_link_and_box(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=2&seed=8")
    reached = []
    for _ in range(3):
        visit.page.keyboard.press("Tab")
        reached.append(focused(visit.page))
    assert reached == ["skip", "ask", "BUTTON"]


def test_skip_link_leads_past_the_form(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=2&seed=8")
    visit.page.keyboard.press("Tab")
    assert focused(visit.page) == "skip"
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    assert focused(visit.page) == "others", "the first link below the form"


@pytest.mark.parametrize(
    "target",
    [
        "/?count=14&seed=2",
        "/?count=3&breed=unicorn",
        "/?count=1000",
        "/picture?ask=unicorns",
        "/zoom",
        THREE,
        f"/picture?breed={'a' * 32}&scene=snow&count=1&width=480&height=480&seed=1",
    ],
)
def test_no_page_scrolls_sideways(visiting: Visitor, target: str) -> None:
    visit = visiting(viewport=PHONE, is_mobile=True, has_touch=True)
    visit.page.goto(target)
    for viewport in (PHONE, NARROW):
        visit.page.set_viewport_size(viewport)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert visit.page.evaluate("innerWidth") == viewport["width"], "laid out in the phone's own width"


def test_page_follows_the_colour_scheme(visiting: Visitor) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        visit = visiting(color_scheme=scheme)
        visit.open("/?count=1")
        for part in ("color", "backgroundColor"):
            colour = visit.page.evaluate(f"getComputedStyle(document.body).{part}")
            brightness[scheme, part] = sum(int(value) for value in re.findall(r"\d+", colour)[:3]) / 3
    assert brightness["light", "color"] < 64 < 192 < brightness["light", "backgroundColor"]
    assert brightness["dark", "backgroundColor"] < 64 < 192 < brightness["dark", "color"]


def test_what_is_impossible_is_said_on_a_page(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=1000", status=400)
    assert "You asked for 1,000 cats; we can do at most 60." in visit.text
    assert JARGON.search(visit.text) is None
    visit.page.get_by_role("link", name="Twelve cats, any kind").click()
    visit.cats.nth(11).wait_for()  # a click does not wait for the page behind it
    assert visit.cats.count() == 12


def test_page_without_a_catomatic_says_so_once(visiting: Visitor, alone: System) -> None:
    visit = visiting(base_url=alone.addresses["frontend"])
    visit.open("/?count=7", status=503)
    assert "Nobody answers where the pictures are made." in visit.page.get_by_role("alert").inner_text()
    assert visit.page.locator(".missing").count() == 0
    assert visit.page.get_by_role("link", name="Try this page again").is_visible()
    assert JARGON.search(visit.text) is None
    assert visit.cats.count() == 0
    assert visit.page.get_by_role("button", name="Show cats").is_visible()


def test_policy_of_the_page_forbids_what_is_not_its_own(visiting: Visitor) -> None:
    """The browser enforces what the other tests find nothing wrong with."""
    visit = visiting()
    visit.open("/?count=1")
    visit.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=data:image/gif;base64,R0lGODlhAQABAAAAACw= >')"
    )
    visit.page.wait_for_timeout(200)
    assert any("Content Security Policy" in found for found in visit.wrong)
    visit.wrong.clear()
