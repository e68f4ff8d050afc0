from fractions import Fraction
from math import ceil

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response

from catguard_frontend.limits import possible
from catguard_frontend.zoom import VIEW, closer, scales_of

from .conftest import CatOMatic, Opener, Order, listening, problem
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


@given(proportion=st.tuples(st.integers(16, 4096), st.integers(16, 4096)))
def test_scales_of_are_all_that_may_be_ordered(proportion: tuple[int, int]) -> None:
    there_are = scales_of(proportion)
    steps = [thousandths / 1000 for thousandths in range(1000)]
    least, most = there_are or (1.0, 0.0)

    assert [possible(closer("0", "nose", step, proportion=proportion)) for step in steps] == [
        least <= step <= most for step in steps
    ]


async def test_zoom_page_offers_scales_that_may_be_ordered_only(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    for size in ((300, 401), (300, 2000), (800, 600)):
        catomatic.original["width"], catomatic.original["height"] = size
        of_this = f"/zoom?picture={size[0]:08x}{size[1]:08x}"
        shown = await page(frontend, of_this)
        offered = [link for link in shown.links if "&scale=" in link]

        assert offered
        for link in offered:
            assert (await frontend.get(link, headers={"accept": "text/html"})).status_code == 200


async def test_zoom_that_is_too_close_says_which_scales_there_are(frontend: httpx2.AsyncClient) -> None:
    target = "?picture=0123456789abcdef&part=nose&scale=0.9999999"
    told = (await frontend.get(f"/api/zoom{target}")).json()
    shown = await page(frontend, f"/zoom{target}", status=422)

    assert (
        "16 to 4,096 pixels a side and at most 4,000,000 in all. Scales from 0 to 0.722 are possible." in told["detail"]
    )
    assert told["violations"]
    assert "Scales from 0 to 0.722 are possible." in shown.text
    assert (await frontend.get(f"/api/zoom{target}".replace("0.9999999", "0.722"))).status_code == 200


async def test_zoom_asks_for_the_cat_as_large_as_the_scale_says(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    response = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.5")

    assert response.status_code == 200
    assert catomatic.orders == [
        {
            "picture": "0123456789abcdef",
            "part": "nose",
            "count": 1,
            "width": 960,
            "height": 1283,
            "format": "webp",
        }
    ]


async def test_zoom_of_a_picture_is_the_same_whatever_was_seen_of_it(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    """The boxes on a page are rounded, and may be cut off: none of them is the picture's proportion."""
    first = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.5")
    await frontend.get("/?count=1&seed=8")
    again = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.5")

    assert first.json() == again.json()
    assert [order.get("part") for order in catomatic.orders] == ["nose", None]


async def test_zoom_asks_what_a_picture_is_like_when_it_makes_one_only(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    address = f"/api/zoom?picture={'0' * 16}&part=nose&scale=0"
    await frontend.get(address)
    asked = list(catomatic.asked)
    for scale in ("", ".999"):
        await frontend.get(f"{address}{scale}")

    assert asked == ["0" * 16] * 2  # before and after
    assert catomatic.asked == asked


async def test_zoom_of_a_picture_that_was_removed_is_not_found_within_seconds(
    frontend_of: Opener, catomatic: CatOMatic
) -> None:
    now = 0.0
    async with frontend_of(clock=lambda: now) as frontend:
        before = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0")
        catomatic.gone.add("0123456789abcdef")
        now = 3.1
        after = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0")

    assert (before.status_code, after.status_code) == (200, 404)


async def test_zoom_of_a_picture_that_is_known_otherwise_is_made_anew(
    frontend_of: Opener, catomatic: CatOMatic
) -> None:
    now = 0.0
    async with frontend_of(clock=lambda: now) as frontend:
        await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0")
        catomatic.original["art"] = "1" * 16
        now = 3.1
        await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0")

    assert len(catomatic.orders) == 2


async def test_zoom_that_failed_asks_again(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    catomatic.gone.add("0123456789abcdef")
    before = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0")
    catomatic.gone.clear()
    after = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0")

    assert (before.status_code, after.status_code) == (404, 200)


async def test_zoom_with_the_size_of_another_picture_is_refused(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    catomatic.original["id"] = "f" * 16
    response = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.5")
    shown = await page(frontend, "/zoom?picture=0123456789abcdef&scale=0.5", status=502)

    assert response.status_code == 502
    assert [found["assumption"] for found in response.json()["violations"]] == ["the-one-asked-for"]
    assert "It is not what was ordered" in shown.text
    assert catomatic.orders == []


async def test_zoom_without_a_catomatic_says_so(frontend_of: Opener) -> None:
    with listening() as place:  # bound, and nobody listens
        async with frontend_of(catomatic=f"http://127.0.0.1:{place.getsockname()[1]}") as frontend:
            shown = await page(frontend, "/zoom?picture=0123456789abcdef&part=nose&scale=0.5", status=503)
            response = await frontend.get("/api/zoom?picture=0123456789abcdef&part=nose&scale=0.5")

    assert "Nobody answers where the pictures are made." in shown.text
    assert shown.all("a", href="/zoom?picture=0123456789abcdef&part=nose&scale=0.0")
    assert response.status_code == 503


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
        await page(frontend, link, status=200)


async def test_zoom_page_without_a_cat_says_how_to_choose_one(frontend: httpx2.AsyncClient) -> None:
    assert "No cat chosen yet" in (await page(frontend, "/zoom")).text


async def test_zoom_of_an_unknown_cat_is_not_found(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    catomatic.gone.add("f" * 16)
    within = "breed=tabby&scene=snow&count=2&width=480&height=480&seed=1"
    shown = await page(frontend, f"/zoom?picture=ffffffffffffffff&{within}", status=404)
    response = await frontend.get("/api/zoom?picture=ffffffffffffffff&part=nose&scale=0.999")

    assert "There is no such cat any more" in shown.text
    assert not [link for link in shown.links if link.startswith("/zoom?")]
    assert {f"/picture?{within}", "/?breed=tabby", "/"} <= set(shown.links)
    assert (response.status_code, response.json()["title"]) == (404, "No such cat")
    assert catomatic.orders == []


async def test_zoom_of_a_cat_that_was_taken_out_meanwhile_is_not_found(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def unknown(order: Order) -> Response:
        return problem(404, "no such picture")

    catomatic.answer = unknown
    shown = await page(frontend, "/zoom?picture=0123456789abcdef", status=404)

    assert "There is no such cat any more" in shown.text
    assert not [link for link in shown.links if link.startswith("/zoom?")]


async def test_zoom_page_offers_only_the_parts_that_are_marked(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    catomatic.original["parts"] = ["nose", "tail"]
    shown = await page(frontend, "/zoom?picture=0123456789abcdef&part=nose&scale=0")

    assert {link.partition("&part=")[2].partition("&")[0] for link in shown.links if "&part=" in link} == {
        "nose",
        "tail",
    }


async def test_zoom_of_a_part_that_is_not_marked_says_so(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    async def unmarked(order: Order) -> Response:
        content = {"status": 404, "detail": "This picture does not say where its tail is.", "part": order["part"]}
        return JSONResponse(content, 404, media_type="application/problem+json")

    catomatic.answer, catomatic.original["parts"] = unmarked, []
    shown = await page(frontend, "/zoom?picture=0123456789abcdef&part=tail", status=404)
    response = await frontend.get("/api/zoom?picture=0123456789abcdef&part=tail&scale=0")

    assert "This picture does not say where its tail is." in shown.text
    assert "No such cat" not in shown.text
    assert not [link for link in shown.links if link.startswith("/zoom?")]
    assert response.status_code == 404
    assert response.json()["detail"] == "This picture does not say where its tail is."
