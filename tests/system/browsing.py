"""A page in a real browser, and what tests ask of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request, Response

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: For the modules whose tests need it.
MARKS = [
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


Visitor = Callable[..., Any]


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

    def watch(self) -> None:
        """Note from now on what the browser finds wrong."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"exception: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _console(self, message: Any) -> None:
        # A violation of the content security policy is an error here. So is a page whose own status is a refusal.
        of_the_page = message.location.get("url") == self.page.url and "the server responded with" in message.text
        if message.type in ("error", "warning") and not of_the_page:
            self.wrong.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # by leaving the page while something further down was on its way
            self.wrong.append(f"no answer: {request.url}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400 and not answer.request.is_navigation_request():
            self.wrong.append(f"{answer.status}: {answer.url}")


def decoded(images: Locator) -> list[tuple[int, int]]:
    """Width and height of each image as the browser decoded it; 0 for one that it could not."""
    found: list[tuple[int, int]] = []
    for image in images.all():
        image.scroll_into_view_if_needed()  # those further down are loaded when they are about to be seen
        image.evaluate("image => image.decode().catch(() => null)")
        found.append(tuple(image.evaluate("image => [image.naturalWidth, image.naturalHeight]")))
    return found


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
