"""The pages in a real browser: what is seen, without JavaScript, by keyboard, on a phone, and when it goes wrong."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from .running import System, nowhere

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Response

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium or chromium-browser on the PATH"),
]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Milliseconds, for a machine that is busy with other things.
PATIENCE = 60_000
DESK, PHONE, NARROW = {"width": 1280, "height": 780}, {"width": 390, "height": 844}, {"width": 320, "height": 640}
# What people are not to read: it is said to programs and to owners.
JARGON = re.compile(r"cat-?o-?matic|outbound|inbound|render|violation|polic|boundar|http", re.IGNORECASE)


@dataclass
class Visit:
    """A page that was opened, and everything that the browser found wrong with it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def open(self, url: str, *, status: int = 200) -> None:
        """Go to a page and wait for all that it loads at once."""
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.status == status

    @property
    def cats(self) -> Locator:
        return self.page.locator(".litter img")

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with the module: while it runs, no event loop can be started in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE)
        yield browser
        browser.close()


Visitor = Callable[..., Any]


@pytest.fixture
def visiting(browser: Browser, system: System) -> Iterator[Visitor]:
    """Return what opens a browser of its own, by options of its context; nothing may be wrong at the end."""
    visits: list[Visit] = []

    def come(*, base_url: str = system.addresses["frontend"], **options: Any) -> Visit:
        context = browser.new_context(base_url=base_url, viewport=options.pop("viewport", DESK), **options)
        context.set_default_timeout(PATIENCE)
        visit = Visit(context.new_page())
        visits.append(visit)
        visit.page.on("console", lambda message: _console(visit, message))
        visit.page.on("pageerror", lambda error: visit.wrong.append(f"exception: {error}"))
        visit.page.on("requestfailed", lambda request: visit.wrong.append(f"no answer: {request.url}"))
        visit.page.on("response", lambda answer: _answered(visit, answer))
        return visit

    yield come
    for visit in visits:
        visit.page.context.close()
    assert [found for visit in visits for found in visit.wrong] == []


def _console(visit: Visit, message: Any) -> None:
    # A violation of the content security policy is an error here. So is a page whose own status is a refusal.
    of_the_page = message.location.get("url") == visit.page.url and "the server responded with" in message.text
    if message.type in ("error", "warning") and not of_the_page:
        visit.wrong.append(f"console: {message.text}")


def _answered(visit: Visit, answer: Response) -> None:
    if answer.status >= 400 and not answer.request.is_navigation_request():
        visit.wrong.append(f"{answer.status}: {answer.url}")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A frontend whose Cat-o-matic is not there."""
    with nowhere() as nobody:
        options = ["frontend", "--address", f"catomatic={nobody}"]
        system = System(tmp_path_factory.mktemp("alone"), tiers=["frontend"], options=options)
        yield system
        assert system.stop() == 0


@pytest.fixture(scope="module")
def cat(system: System) -> str:
    """The closer look at some cat."""
    page = httpx2.get(f"{system.addresses['frontend']}/?count=1&breed=tabby&seed=3", timeout=PATIENCE / 1000)
    found = re.search(r'href="(/zoom\?[^"]+)"', page.text)
    assert found
    return html.unescape(found[1])


def decoded(images: Locator) -> list[tuple[int, int]]:
    """Width and height of each image as the browser decoded it; 0 for one that it could not."""
    found: list[tuple[int, int]] = []
    for image in images.all():
        image.scroll_into_view_if_needed()  # those further down are loaded when they are about to be seen
        image.evaluate("image => image.decode().catch(() => null)")
        found.append(tuple(image.evaluate("image => [image.naturalWidth, image.naturalHeight]")))
    return found


def test_page_shows_every_cat(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=20&seed=5&size=medium")
    assert visit.cats.count() == 20
    sizes = decoded(visit.cats)
    assert {height for _, height in sizes} == {360}
    assert {width for width, _ in sizes} <= {270, 360, 480}
    assert all(width > 0 for width, _ in decoded(visit.page.locator("img")))


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


def focused(page: Page) -> str:
    """What has the focus, which must be seen: its own outline, or that of what stands for it."""
    name, outline, inside = page.evaluate(
        """() => {
            const element = document.activeElement, shown = element.type === "radio" ? element.nextElementSibling : element
            const style = getComputedStyle(shown), box = shown.getBoundingClientRect()
            const inside = box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth
            return [element.name || element.className || element.tagName, [style.outlineStyle, parseFloat(style.outlineWidth)], inside]
        }"""
    )
    assert inside, f"{name} has the focus where nobody sees it"
    assert outline[0] != "none", name
    assert outline[1] >= 2, name
    return str(name)


def test_form_works_by_keyboard_alone(visiting: Visitor) -> None:
    visit = visiting(reduced_motion="reduce")
    visit.open("/?count=2&seed=8")
    keyboard, reached = visit.page.keyboard, []
    for keys in ([], ["t", "a"], ["m"], ["Control+a", "4"], ["ArrowRight", "ArrowRight"], []):
        keyboard.press("Tab")
        reached.append(focused(visit.page))
        for key in keys:
            keyboard.press(key)
    assert reached == ["skip", "breed", "scene", "count", "size", "BUTTON"]
    keyboard.press("Enter")
    visit.page.wait_for_url("**/?breed=tabby&scene=meadow&count=4&size=large")
    assert visit.cats.count() == 4


def test_skip_link_leads_past_the_form(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=2&seed=8")
    visit.page.keyboard.press("Tab")
    assert focused(visit.page) == "skip"
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    assert focused(visit.page) == "more", "the first link below the form"


@pytest.mark.parametrize("viewport", [PHONE, NARROW], ids=["phone", "narrow"])
@pytest.mark.parametrize("target", ["/?count=14&seed=2", "/?count=3&breed=unicorn", "/?count=1000", "/zoom", "cat"])
def test_no_page_scrolls_sideways(visiting: Visitor, cat: str, target: str, viewport: dict[str, int]) -> None:
    visit = visiting(viewport=viewport, is_mobile=True, has_touch=True)
    visit.page.goto(cat if target == "cat" else target)
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
    assert visit.cats.count() == 12


def test_click_on_a_cat_leads_closer(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?breed=tuxedo&count=2&seed=4")
    visit.page.locator(".litter a").first.click()
    assert visit.page.get_by_role("heading", level=1).inner_text() == "The face of a tuxedo cat"
    visit.page.get_by_role("navigation", name="How close").get_by_role("link", name="2\N{MULTIPLICATION SIGN}").click()
    visit.page.wait_for_url("**scale=0.5**")
    assert visit.page.locator("[aria-current=page]").all_inner_texts() == ["Face", "2\N{MULTIPLICATION SIGN}"]
    ((width, _),) = decoded(visit.page.locator(".view img"))
    assert width == 960, "480 / (1 - 0.5)"


def test_every_scale_is_a_link_and_only_the_last_is_too_much(visiting: Visitor, cat: str) -> None:
    visit = visiting()
    visit.open(cat)
    links = visit.page.get_by_role("navigation", name="How close").get_by_role("link").all()
    targets = [str(link.get_attribute("href")) for link in links]
    statuses = [visit.page.request.get(target, timeout=PATIENCE).status for target in targets]
    assert statuses == [200] * (len(targets) - 1) + [422]


def test_impossible_scale_says_why_in_the_visitors_words(visiting: Visitor, cat: str) -> None:
    visit = visiting()
    visit.open(re.sub(r"scale=[^&]*", "scale=0.999", cat), status=422)
    assert "That takes a picture 480,000 pixels wide; we can do at most 4,096." in visit.text
    assert JARGON.search(visit.text) is None
    assert visit.page.locator(".view img").count() == 0
    visit.page.get_by_role("link", name="1\N{MULTIPLICATION SIGN}", exact=True).click()
    assert all(width > 0 for width, _ in decoded(visit.page.locator(".view img")))


def test_page_without_a_catomatic_has_a_placeholder_for_each_cat(visiting: Visitor, alone: System) -> None:
    visit = visiting(base_url=alone.addresses["frontend"])
    visit.open("/?count=7")
    assert visit.page.get_by_role("alert").inner_text().startswith("None of the cats could be shown")
    placeholders = visit.page.locator(".litter .missing").all_inner_texts()
    assert len(placeholders) == 7
    assert all("Nobody answers where the pictures are made." in text for text in placeholders)
    assert JARGON.search(visit.text) is None
    assert visit.cats.count() == 0
    assert visit.page.get_by_role("button", name="Show cats").is_visible()


def test_closer_look_without_a_catomatic_has_a_placeholder(visiting: Visitor, alone: System) -> None:
    visit = visiting(base_url=alone.addresses["frontend"])
    visit.open("/zoom?picture=0123456789abcdef", status=503)
    assert "Nobody answers where the pictures are made." in visit.page.get_by_role("alert").inner_text()


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
