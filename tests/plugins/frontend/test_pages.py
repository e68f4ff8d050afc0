import re
from importlib.resources import files

import httpx2
import pytest

from catguard import RefusalPage, Violation
from catguard_frontend.pages import Pages

from .conftest import CatOMatic, Opener
from .reader import Page, page

CSP = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: One of each kind of page.
PAGES = {
    "/?count=2": 200,
    "/picture?breed=tabby&scene=beach&count=2&width=64&height=48&seed=7": 200,
    "/picture?ask=three+unicorns": 422,
    "/zoom?picture=0123456789abcdef": 200,
    "/zoom": 200,
    "/?count=1000": 400,
    "/nowhere": 404,
}


@pytest.mark.parametrize(("target", "status"), PAGES.items())
async def test_pages_have_nothing_inline_and_load_nothing_from_elsewhere(
    frontend: httpx2.AsyncClient, target: str, status: int
) -> None:
    response = await frontend.get(target, headers={"accept": "text/html"})
    shown = Page(response.text)

    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"\sstyle=|<style|<script>|\son\w+=", response.text)
    loaded = [tag["src"] for tag in (*shown.all("img"), *shown.all("script"))] + [
        tag["href"] for tag in shown.all("link")
    ]
    assert {address[:1] for address in loaded} == {"/"}
    if status < 400:
        assert response.headers["content-security-policy"] == CSP
        assert response.headers["referrer-policy"] == "same-origin"
    else:
        assert response.headers["cache-control"] == "no-store"


WAITING = [
    "/?count=2",
    "/picture?breed=tabby",
    "/picture?breed=tabby&scene=beach&count=2&width=64&height=48&seed=7",
    "/zoom?picture=0123456789abcdef&part=nose&scale=0.5",
]


@pytest.mark.parametrize("target", WAITING)
async def test_pages_without_a_catomatic_say_when_to_come_again(frontend_of: Opener, target: str) -> None:
    async with frontend_of(catomatic="http://127.0.0.1:9") as alone:
        response = await alone.get(target, headers={"accept": "text/html"})

    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.headers["content-type"].startswith("text/html")


async def test_pages_before_the_first_cat_say_when_to_come_again(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    catomatic.breeds.clear()
    response = await frontend.get("/?count=2", headers={"accept": "text/html"})

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("target", [*PAGES, "/?count=2&breed=poodle"])
async def test_pages_that_another_try_does_not_mend_do_not_say_when(frontend: httpx2.AsyncClient, target: str) -> None:
    assert "retry-after" not in (await frontend.get(target, headers={"accept": "text/html"})).headers


@pytest.mark.parametrize("target", ["/?count=1000", "/nowhere"])
async def test_pages_of_the_guard_ask_for_no_script_that_it_forbids(frontend: httpx2.AsyncClient, target: str) -> None:
    response = await frontend.get(target, headers={"accept": "text/html"})

    assert "script-src" not in response.headers["content-security-policy"]
    assert not Page(response.text).all("script")


async def test_pages_can_be_used_by_keyboard_and_reader(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/?count=2")
    labelled = {label.get("for") for label in shown.all("label")}

    assert shown.all("html", lang="en")
    assert len(shown.all("h1")) == 1
    assert shown.tags[[tag for tag, _ in shown.tags].index("a")][1]["href"] == "#main"
    assert shown.all("main", id="main")
    assert {field["id"] for field in [*shown.all("select"), *shown.all("input", type="number")]} <= labelled
    assert all("alt" in image for image in shown.all("img"))


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" (WCAG 2.2)."""
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("by_night", [False, True])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *((front, back, 4.5) for front in ("ink", "soft", "accent") for back in ("paper", "card", "notice")),
        *((front, back, 4.5) for front in ("ink", "soft", "accent") for back in ("glow-one", "glow-two")),
        ("on-accent", "accent", 4.5),
        ("on-accent", "accent-deep", 4.5),
        ("paper", "ink", 4.5),
        ("paper", "soft", 4.5),
        *((front, "paper", 3.0) for front in ("tone-which", "tone-where", "tone-size")),
        ("edge", "paper", 3.0),
        ("focus", "paper", 3.0),
    ],
)
def test_colours_keep_their_contrast(front: str, back: str, least: float, *, by_night: bool) -> None:
    style = files("catguard_frontend").joinpath("static/cats.css").read_text("utf-8")
    colours = dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[by_night])
    )

    darker, lighter = sorted((luminance(colours[front]), luminance(colours[back])))

    assert (lighter + 0.05) / (darker + 0.05) >= least


def test_refusal_page_escapes_what_was_asked() -> None:
    found = Violation(
        assumption="query/breed/pattern",
        boundary="frontend.inbound.gallery",
        side="inbound",
        phase="request",
        where="/query/breed",
        limit="text",
        message="must match",
        why="secret",
        owner="secret",
        policy="secret",
    )
    shown = Page(
        Pages().refusal(RefusalPage(status=400, title="Bad Request", path="/?breed=<script>", violations=(found,)))
    )

    assert "the breed “<script>”" in shown.text
    assert not shown.all("script")
    assert "secret" not in shown.text


@pytest.mark.parametrize(
    ("status", "heading"),
    [(404, "There are no cats at this address"), (418, "I'm a Teapot"), (500, "Something broke on our side")],
)
def test_refusal_page_has_a_heading_for_every_status(status: int, heading: str) -> None:
    shown = Page(Pages().refusal(RefusalPage(status=status, title="I'm a Teapot", path="/nowhere", violations=())))

    assert heading in shown.text
    assert shown.all("a", href="/")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/cats?breed=unicorn&seed=7", 404),
        ("/cats?breed=unicorn", 404),
        ("/cats?ask=three poodle cats", 422),
        (f"/pictures/{'0' * 64}.webp", 404),
    ],
)
async def test_problems_of_pictures_are_pages_for_people(
    frontend: httpx2.AsyncClient, target: str, status: int
) -> None:
    shown = await frontend.get(target, headers={"accept": "text/html,image/avif,image/webp,*/*;q=0.8"})
    told = await frontend.get(target, headers={"accept": "image/avif,image/webp,*/*;q=0.8"})

    assert (shown.status_code, told.status_code) == (status, status)
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("text/html; charset=utf-8", "no-store")
    assert f"Error {status}" in shown.text
    assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/pictures/zz.webp", "Digest must be 64 digits and letters from a to f, as in our links."),
        ("/cats?breed=SIAMESE", "The nearest that we can do: the breed “siamese”."),
        ("/cats?count=3.5", "You asked for 3.5 cats; that takes a whole number. The nearest that we can do: 3 cats."),
        ("/cats?width=abc", "that takes a whole number."),
        ("/cats?width=4000&height=4000", "A picture has at most 4,000,000 pixels, for instance 2000x2000."),
    ],
)
async def test_refusal_page_names_the_limit_in_words(frontend: httpx2.AsyncClient, target: str, told: str) -> None:
    shown = Page((await frontend.get(target, headers={"accept": "text/html"})).text)

    assert told in shown.text
    assert "^" not in shown.text


async def test_refusal_of_programs_names_the_limit_in_words(frontend: httpx2.AsyncClient) -> None:
    for target, told in {
        "/cats?width=4096&height=4096": "a picture has at most 4,000,000 pixels, for instance 2000x2000",
        "/cats?count=3.5": "count must be a whole number",
        "/cats?breed=SIAMESE": "breed must be a name of small letters, digits and hyphens, such as maine-coon",
    }.items():
        assert told in (await frontend.get(target)).json()["detail"]


async def test_pages_of_very_many_breeds_stay_short(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    catomatic.breeds |= {f"imported-{number:03}": "0" * 16 for number in range(980)} | {"unicat": "0" * 16}
    wall = await page(frontend, "/?count=1")
    asked = await frontend.get("/picture?ask=two unicorns in a meadow", headers={"accept": "text/html"})
    missing = await frontend.get("/cats?breed=unicorn&seed=7", headers={"accept": "text/html"})

    assert not wall.all("select", name="breed")
    assert wall.all("input", name="breed", list="breed-names")
    assert len(wall.all("option")) > 990
    assert wall.all("select", name="scene")
    for answer in (asked, missing):
        unfolded = re.sub(r"<details>.*?</details>", "", answer.text, flags=re.DOTALL)
        assert unfolded.count("mported ") < 40
        assert "and 981 more" in unfolded


async def test_problems_of_very_many_breeds_stay_short(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    catomatic.breeds |= {f"imported-{number:03}": "0" * 16 for number in range(980)} | {"unicat": "0" * 16}
    missing = await frontend.get("/cats?breed=unicorn&seed=7")
    lost = await frontend.get("/cats?ask=two unicorns in a meadow")
    told = missing.json()

    assert told["offered"][0] == "unicat"
    assert (len(told["offered"]), told["more"]) == (12, 981)
    assert "and 981 more" in told["detail"]
    assert max(len(missing.content), len(lost.content)) < 2000


async def test_wall_of_an_unknown_breed_offers_the_nearest_first(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    catomatic.breeds |= {f"imported-{number:03}": "0" * 16 for number in range(40)} | {"unicat": "0" * 16}
    shown = await page(frontend, "/?count=1&breed=unicorn", status=404)
    others = [link for link in shown.links if "count=1&" in link and "&breed=" in link and "breed=unicorn" not in link]

    assert "breed=unicat" in others[0]
    assert len(others) == 12
