from fractions import Fraction
from math import ceil

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from catguard_frontend.zoom import VIEW, closer

from .conftest import CatOMatic, Order, problem
from .reader import page


@pytest.mark.parametrize(
    ("scale", "width", "height"), [(0.0, 480, 480), (0.5, 960, 960), (0.75, 1920, 1920), (0.999, 480_000, 480_000)]
)
def test_closer_grows_without_end(scale: float, width: int, height: int) -> None:
    recipe = closer("0123456789abcdef", "nose", scale, proportion=(1, 1))

    assert (recipe.width, recipe.height) == (width, height)
    assert recipe.wire() == {
        "picture": "0123456789abcdef",
        "part": "nose",
        "count": 1,
        "width": width,
        "height": height,
        "format": "webp",
    }


def test_closer_keeps_the_proportion_of_the_cat() -> None:
    assert closer("0", "nose", 0.5, proportion=(300, 401)).height == 1283


@given(
    scale=st.floats(min_value=0, max_value=1, exclude_max=True),
    proportion=st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
)
def test_closer_of_any_scale_is_a_size(scale: float, proportion: tuple[int, int]) -> None:
    recipe = closer("0", "nose", scale, proportion=proportion)

    assert recipe.width == ceil(VIEW / (1 - scale)) >= VIEW
    assert abs(recipe.height - Fraction(recipe.width * proportion[1], proportion[0])) <= Fraction(1, 2)


async def test_zoom_asks_for_the_cat_as_large_as_the_scale_says(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    await frontend.get("/?count=1&seed=8")
    response = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.5")

    assert response.status_code == 200
    assert catomatic.orders[1] == {
        "picture": "0123456789abcdef",
        "part": "nose",
        "count": 1,
        "width": 960,
        "height": 1280,
        "format": "webp",
    }


async def test_zoom_of_the_story_is_refused_before_it_leaves(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    response = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.999")
    told = response.json()

    assert response.status_code == 422
    assert {violation["where"] for violation in told["violations"]} == {"/body/width", "/body/height"}
    assert {violation["boundary"] for violation in told["violations"]} == {"frontend.outbound.render"}
    assert not catomatic.orders


async def test_zoom_page_of_the_story_says_so_in_the_users_words(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/zoom?picture=0123456789abcdef&part=nose&scale=0.999", status=422)

    assert "That takes a picture 480,000 pixels wide; we can do at most 4,096." in shown.text
    assert not shown.cats


async def test_zoom_page_offers_parts_and_scales_that_work(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/zoom?picture=0123456789abcdef&part=eyes&scale=0.5")
    links = [found["href"] for found in shown.all("a") if found["href"].startswith("/zoom?")]

    assert shown.cats[0]["alt"] == "The eyes of a siamese cat"
    assert len([1 for found in shown.all("a") if found.get("aria-current") == "page"]) == 2
    for link in links:
        await page(frontend, link, status=422 if "scale=0.999" in link else 200)


async def test_zoom_page_without_a_cat_says_how_to_choose_one(frontend: httpx2.AsyncClient) -> None:
    assert "No cat chosen yet" in (await page(frontend, "/zoom")).text


async def test_zoom_page_of_an_unknown_cat_is_not_found(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    async def unknown(order: Order) -> Response:
        return problem(404, "no such picture")

    catomatic.answer = unknown
    shown = await page(frontend, "/zoom?picture=ffffffffffffffff", status=404)

    assert "There is no such cat any more" in shown.text
