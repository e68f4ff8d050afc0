import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

import httpx2
from starlette.responses import Response

from .conftest import CatOMatic, Order, picture, problem
from .reader import page


async def test_gallery_shows_as_many_cats_as_asked_for(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    shown = await page(frontend, "/?breed=siamese&scene=rose-garden&count=5&seed=1")

    assert len(shown.cats) == 5
    assert len(catomatic.orders) == 5
    assert {(order["breed"], order["scene"], order["count"]) for order in catomatic.orders} == {
        ("siamese", "rose-garden", 1)
    }
    assert len({order["seed"] for order in catomatic.orders}) == 5
    assert all(cat["alt"] == "A siamese cat sitting in a rose garden" for cat in shown.cats)


async def test_gallery_pictures_are_there_to_fetch(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/?count=2&seed=2")

    for cat in shown.cats:
        response = await frontend.get(cat["src"])
        assert response.status_code == 200
        assert hashlib.sha256(response.content).hexdigest() in cat["src"]


async def test_gallery_without_wishes_shows_cats_of_every_kind(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    shown = await page(frontend, "/")

    assert len(shown.cats) == 24
    assert len({order["breed"] for order in catomatic.orders}) > 1


async def test_gallery_orders_a_few_at_a_time_and_each_only_once(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def slowly(order: Order) -> Response:
        await asyncio.sleep(0.01)
        return picture(order)

    catomatic.answer = slowly
    await page(frontend, "/?count=60&seed=3")
    await page(frontend, "/?count=60&seed=3")

    assert len(catomatic.orders) == 60
    assert 2 <= catomatic.most <= 8


async def test_gallery_shows_the_rest_when_a_cat_fails(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    async def moody(order: Order) -> Response:
        return picture(order) if order["seed"] % 2 else problem(422, "internal: no room")

    catomatic.answer = moody
    shown = await page(frontend, "/?count=12&seed=4")

    assert len(shown.cats) + shown.placeholders == 12
    assert shown.cats
    assert shown.placeholders
    assert f"{shown.placeholders} of 12 cats could not be shown" in shown.text
    assert "This cat would not fit" in shown.text
    assert "internal" not in shown.text


async def test_gallery_of_an_unknown_breed_says_so(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    async def unknown(order: Order) -> Response:
        return problem(404, "no such breed")

    catomatic.answer = unknown
    shown = await page(frontend, "/?count=3&breed=poodle", status=404)

    assert shown.placeholders == 0
    assert shown.text.count("We have no poodle cats.") == 1
    assert "/?count=3&size=small&seed=0&breed=siamese" in shown.links
    assert shown.all("option", value="poodle") == [{"value": "poodle", "selected": ""}]
    assert "Start over with any cats" in shown.text
    assert "Try this page again" not in shown.text


async def test_gallery_gives_up_on_what_is_late(frontend_of: Callable[..., Any], catomatic: CatOMatic) -> None:
    async def stuck(order: Order) -> Response:
        if order["seed"] % 2:
            await asyncio.sleep(1.0)
        return picture(order)

    catomatic.answer = stuck
    async with frontend_of(patience=0.3) as impatient:
        shown = await page(impatient, "/?count=8&seed=5")

    assert len(shown.cats) + shown.placeholders == 8
    assert shown.cats
    assert "This cat takes its time" in shown.text


async def test_gallery_shows_on_reload_what_was_slower_than_its_patience(
    frontend_of: Callable[..., Any], catomatic: CatOMatic
) -> None:
    async def slow(order: Order) -> Response:
        await asyncio.sleep(0.6)
        return picture(order)

    catomatic.answer = slow
    async with frontend_of(patience=0.2) as impatient:
        await page(impatient, "/?count=12&seed=5", status=504)
        orders = len(catomatic.orders)
        await asyncio.sleep(0.8)
        shown = await page(impatient, "/?count=12&seed=5")

    assert orders == 8, "nothing is begun when the page is ready"
    assert len(shown.cats) == 8


async def test_gallery_ends_its_orders_when_the_visitor_leaves(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def slow(order: Order) -> Response:
        await asyncio.sleep(0.5)
        return picture(order)

    catomatic.answer = slow
    visit = asyncio.create_task(frontend.get("/?count=12&seed=5"))
    while not catomatic.orders:
        await asyncio.sleep(0.01)
    visit.cancel()
    await asyncio.wait([visit])
    await asyncio.sleep(0.8)
    catomatic.orders.clear()
    await page(frontend, "/?count=12&seed=5")

    assert len(catomatic.orders) == 12


async def test_gallery_without_catomatic_still_is_a_page(frontend_of: Callable[..., Any]) -> None:
    async with frontend_of(catomatic="http://127.0.0.1:9") as alone:
        shown = await page(alone, "/?count=3&seed=6", status=503)

    assert shown.placeholders == 0
    assert shown.text.count("Nobody answers where the pictures are made.") == 1
    assert "/?count=3&size=small&seed=6" in shown.links
    assert shown.all("form", action="/")


async def test_gallery_shows_no_picture_that_is_not_what_was_ordered(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def too_large(order: Order) -> Response:
        return picture({**order, "width": order["width"] + 1})

    catomatic.answer = too_large
    shown = await page(frontend, "/?count=2&seed=7", status=502)

    assert not shown.cats
    assert "came out wrong" in shown.text


async def test_form_asks_for_no_more_than_the_policy_allows(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/?count=1")

    assert [(field["min"], field["max"]) for field in shown.all("input", type="number")] == [("1", "60")]


async def test_form_submits_with_empty_choices(frontend: httpx2.AsyncClient) -> None:
    assert len((await page(frontend, "/?breed=&scene=&count=2&size=small")).cats) == 2


async def test_what_is_impossible_gets_a_page_that_says_so(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    shown = await page(frontend, "/?count=1000", status=400)

    assert "You asked for 1,000 cats; we can do at most 60." in shown.text
    assert not catomatic.orders


async def test_form_says_how_many_large_cats_a_page_may_have(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/?count=1")
    (large,) = shown.all("input", name="size", value="large")

    assert "large: 24 cats at most" in shown.text
    assert large["data-most"] == "24"
    assert shown.all("span", id=large["aria-describedby"])
    assert (await frontend.get("/?count=24&size=large")).status_code == 200
    assert (await frontend.get("/?count=25&size=large")).status_code == 422
