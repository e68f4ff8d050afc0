"""Reads pages as the tests need them: their tags and their text."""

from html.parser import HTMLParser

import httpx2


class Page(HTMLParser):
    """What the tests ask of a page: its tags, its text, and the words that are marked in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.marked: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags and self.tags[-1][0] == "mark" and self.get_starttag_text() == "<mark>" and not self.marked:
            self.marked.append(data)

    def all(self, tag: str, **having: str) -> list[dict[str, str]]:
        return [found for name, found in self.tags if name == tag and having.items() <= found.items()]

    @property
    def cats(self) -> list[dict[str, str]]:
        return [image for image in self.all("img") if image["src"].startswith("/pictures/")]

    @property
    def links(self) -> list[str]:
        return [found["href"] for found in self.all("a") if "href" in found]

    @property
    def placeholders(self) -> int:
        return len(self.all("span", **{"class": "missing"}))


async def page(frontend: httpx2.AsyncClient, url: str, *, status: int = 200) -> Page:
    response = await frontend.get(url, headers={"accept": "text/html,*/*;q=0.8"})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)
