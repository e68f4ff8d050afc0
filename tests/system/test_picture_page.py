"""The page of one picture and the closer look, in a real browser: the way there, through, and back."""

from __future__ import annotations

import html
import re

import httpx2
import pytest
from playwright.sync_api import expect

from .browsing import JARGON, MARKS, PATIENCE, Visitor, decoded
from .running import System

pytestmark = MARKS
THREE = "/picture?breed=siamese&scene=beach&count=3&width=480&height=620&seed=7"


@pytest.mark.parametrize("javascript", [False, True])
def test_sentence_leads_to_its_picture(visiting: Visitor, javascript: bool) -> None:
    visit = visiting(java_script_enabled=javascript)
    visit.open("/?count=1")
    visit.page.get_by_label("Ask for a picture").fill("three siamese cats on a beach at 480x620px")
    visit.page.get_by_role("button", name="Show me").click()
    visit.page.wait_for_url("**/picture?breed=siamese&scene=beach&count=3&width=480&height=620&seed=*")
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Three siamese cats on a beach"
    assert decoded(visit.page.locator(".mount img")) == [(480, 620)]


def test_sentence_that_is_not_understood_can_be_mended_by_a_click(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/picture?ask=two siamees cats", status=422)
    assert visit.page.locator("mark").inner_text() == "siamees"
    assert visit.page.get_by_label("Ask for a picture").input_value() == "two siamees cats"
    visit.page.get_by_role("link", name="two siamese cats", exact=True).click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Two siamese cats ")


def test_click_on_a_cat_leads_to_its_picture_larger(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?breed=tuxedo&scene=beach&count=2&seed=4")
    alt = visit.cats.first.get_attribute("alt")
    visit.page.locator(".litter a").first.click()
    visit.page.wait_for_url("**/picture?**")
    assert visit.page.get_by_role("heading", level=1).inner_text() == "A tuxedo cat on a beach"
    assert visit.page.locator(".mount img").get_attribute("alt") == alt, "the same cat, in the same pose"
    ((width, height),) = decoded(visit.page.locator(".mount img"))
    assert max(width, height) >= 720


def test_another_one_is_of_the_same_kind(visiting: Visitor) -> None:
    visit = visiting()
    visit.open(THREE)
    first = visit.page.locator(".mount img").get_attribute("src")
    visit.page.get_by_role("link", name="Another one").click()
    visit.page.wait_for_url(re.compile(r"seed=(?!7$)"))
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Three siamese cats on a beach"
    assert visit.page.locator(".mount img").get_attribute("src") != first


def test_every_cat_can_be_looked_at_and_the_way_leads_back(visiting: Visitor) -> None:
    visit = visiting()
    visit.open(THREE)
    parts = visit.page.locator(".parts a")
    assert [text.replace("\n", " ") for text in parts.all_inner_texts()] == [
        f"{part} of cat {cat}" for cat in (1, 2, 3) for part in ("Nose", "Eyes", "Paw")
    ]
    parts.nth(4).click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("The eyes of a siamese cat")
    visit.page.get_by_role("navigation", name="How close").get_by_role("link", name="2\N{MULTIPLICATION SIGN}").click()
    visit.page.wait_for_url("**scale=0.5**")
    assert visit.page.locator("[aria-current=page]").all_inner_texts() == ["Eyes", "2\N{MULTIPLICATION SIGN}"]
    ((width, _),) = decoded(visit.page.locator(".view img"))
    assert width == 960, "480 / (1 - 0.5)"
    visit.page.get_by_role("link", name="Back to the whole picture").click()
    visit.page.wait_for_url(f"**{THREE}")


@pytest.mark.parametrize("size", [(480, 620), (960, 720), (300, 1500)], ids=str)
def test_places_of_cats_lie_on_the_picture(visiting: Visitor, size: tuple[int, int]) -> None:
    visit = visiting()
    visit.open(THREE.replace("480", str(size[0])).replace("620", str(size[1])))
    boxes = [visit.page.locator(part).bounding_box() for part in (".mount img", ".spots")]
    assert boxes[0] == boxes[1]
    assert boxes[0] is not None
    assert boxes[0]["width"] <= size[0], "never larger than it is"


def test_cat_in_the_picture_leads_closer_itself(visiting: Visitor) -> None:
    visit = visiting()
    visit.open(THREE)
    assert visit.page.locator(".spots a").count() == 3
    visit.page.locator(".spots a").last.click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("The face of a siamese cat")


@pytest.fixture(scope="module")
def closer(system: System) -> str:
    """The closer look at some cat."""
    page = httpx2.get(f"{system.addresses['frontend']}{THREE}", timeout=PATIENCE / 1000)
    found = re.search(r'href="(/zoom\?[^"]+)"', page.text)
    assert found
    return html.unescape(found[1])


def test_every_scale_is_a_link_and_none_is_too_much(visiting: Visitor, closer: str) -> None:
    visit = visiting()
    visit.open(closer)
    links = visit.page.get_by_role("navigation", name="How close").get_by_role("link").all()
    targets = [str(link.get_attribute("href")) for link in links]
    statuses = [visit.page.request.get(target, timeout=PATIENCE).status for target in targets]
    assert len(targets) > 1
    assert statuses == [200] * len(targets)


def test_impossible_scale_says_why_in_the_visitors_words(visiting: Visitor, closer: str) -> None:
    visit = visiting()
    visit.open(re.sub(r"scale=[^&]*", "scale=0.999", closer), status=422)
    assert "That takes a picture 480,000 pixels wide; we can do at most 4,096." in visit.text
    assert JARGON.search(visit.text) is None
    assert visit.page.locator(".view img").count() == 0
    visit.page.get_by_role("link", name="1\N{MULTIPLICATION SIGN}", exact=True).click()
    visit.page.locator(".view img").wait_for()
    assert all(width > 0 for width, _ in decoded(visit.page.locator(".view img")))


def test_closer_look_without_a_catomatic_has_a_placeholder(visiting: Visitor, alone: System) -> None:
    visit = visiting(base_url=alone.addresses["frontend"])
    visit.open("/zoom?picture=0123456789abcdef", status=503)
    assert "Nobody answers where the pictures are made." in visit.page.get_by_role("alert").inner_text()


def test_picture_page_without_a_catomatic_keeps_what_was_asked_for(visiting: Visitor, alone: System) -> None:
    visit = visiting(base_url=alone.addresses["frontend"])
    visit.open(THREE, status=503)
    assert "Nobody answers where the pictures are made." in visit.page.get_by_role("alert").inner_text()
    assert "three siamese cats on a beach at 480x620px" in visit.text
    assert visit.page.get_by_role("link", name="Try again").get_attribute("href") == THREE
    assert JARGON.search(visit.text) is None
