import asyncio
import json

import httpx2
import pytest
from starlette.responses import JSONResponse, Response

from .conftest import CatOMatic, Opener, Order, picture, problem
from .reader import Page, page

THREE = "/picture?breed=siamese&scene=rose-garden&count=3&width=480&height=620&seed=7"


async def test_picture_page_shows_the_picture_that_its_address_tells(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    shown = await page(frontend, THREE)

    (image,) = shown.cats
    assert catomatic.orders == [
        {
            "breed": "siamese",
            "scene": "rose-garden",
            "count": 3,
            "width": 480,
            "height": 620,
            "format": "webp",
            "seed": 7,
        }
    ]
    assert image["alt"] == "Three siamese cats in a rose garden"
    assert (image["width"], image["height"]) == ("480", "620")
    assert image["src"] in image["srcset"]
    assert (
        "/cats?breed=siamese&scene=rose-garden&count=3&width=960&height=1240&format=webp&seed=7 960w" in image["srcset"]
    )


async def test_picture_page_tells_the_recipe(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, THREE)

    assert "“three siamese cats in a rose garden at 480x620px”" in shown.text
    for name, value in {
        "Breed": "siamese",
        "Scene": "rose garden",
        "Cats": "three",
        "Pixels": "480 \N{MULTIPLICATION SIGN} 620",
        "Seed": "7",
    }.items():
        assert f"{name}{value}" in shown.text


async def test_picture_page_offers_every_format_as_a_file_with_a_name(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, THREE)
    files = {tag["download"]: tag["href"] for tag in shown.all("a") if "download" in tag}

    assert files == {
        f"three-siamese-cats-in-a-rose-garden-480x620.{suffix}": "/cats?breed=siamese&scene=rose-garden&count=3"
        f"&width=480&height=620&format={name}&seed=7"
        for name, suffix in {"webp": "webp", "png": "png", "jpeg": "jpg", "avif": "avif"}.items()
    }


async def test_picture_page_leads_closer_to_every_cat_and_back(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, THREE)
    closer = [link for link in shown.links if link.startswith("/zoom?")]
    parts = [part for part in ("nose", "eyes", "paw") for link in closer if f"&part={part}&" in link]

    assert parts == ["nose"] * 3 + ["eyes"] * 3 + ["paw"] * 3
    for link in set(closer):
        assert THREE in (await page(frontend, link)).links


@pytest.mark.parametrize(
    ("marked", "offered"), [([], set()), (["nose", "tail"], {"nose"}), (["face"], {"face"}), (["tail"], {"tail"})]
)
async def test_picture_page_offers_closer_looks_at_what_is_marked_only(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, marked: list[str], offered: set[str]
) -> None:
    async def of_a_photo(order: Order) -> Response:
        answer = picture(order)
        told = json.loads(answer.headers["Catomatic-Cats"])
        cats = [{**cat, "parts": marked} for cat in told["cats"]]
        answer.headers["Catomatic-Cats"] = json.dumps({**told, "cats": cats})
        return answer

    catomatic.answer = of_a_photo
    shown = await page(frontend, THREE)

    closer = [link for link in shown.links if link.startswith("/zoom?")]
    assert {link.partition("&part=")[2].partition("&")[0] for link in closer} == offered
    assert ("Look closer" in shown.text) == bool(marked)


async def test_picture_page_lists_only_cats_that_can_be_looked_at_closely(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def partly_of_photos(order: Order) -> Response:
        answer = picture(order)
        told = json.loads(answer.headers["Catomatic-Cats"])
        cats = [{**cat, "parts": ["nose"] if place == 1 else []} for place, cat in enumerate(told["cats"])]
        answer.headers["Catomatic-Cats"] = json.dumps({**told, "cats": cats})
        return answer

    catomatic.answer = partly_of_photos
    shown = await page(frontend, THREE)

    assert shown.text.count("Siamese, sitting") == 1
    assert shown.text.count("The other cats come from pictures such as photos") == 1


async def test_picture_page_thanks_whoever_made_it(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    async def credited(order: Order) -> Response:
        answer = picture(order)
        credits = [
            {"author": "David", "licence": "CC-BY-4.0", "sources": ["https://example.org/cats"]},
            {"licence": "CC0", "sources": ["drawer"]},
            {"author": "Ann, CC0 (x", "licence": "MIT (see file)", "sources": []},
        ]
        answer.headers["Catomatic-Cats"] = json.dumps({"cats": [], "credits": credits})
        return answer

    catomatic.answer = credited
    for target in ("/?count=1", THREE, "/zoom?picture=0123456789abcdef"):
        shown = await page(frontend, target)
        assert "David, CC-BY-4.0" in shown.text.replace("\n", " ")
        assert {"https://creativecommons.org/licenses/by/4.0/", "https://example.org/cats"} <= set(shown.links)
        assert "drawer" in shown.text
        assert "Ann, CC0 (x, MIT (see file)" in shown.text.replace("\n", " ")


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        (
            "/picture?ask=three siamese cats in a rose garden at 480x620px",
            "breed=siamese&scene=rose-garden&count=3&width=480&height=620",
        ),
        ("/picture?breed=tabby&scene=snow", "breed=tabby&scene=snow&count=1&width=960&height=720"),
        ("/picture?ask=a tabby in the snow&seed=5", "breed=tabby&scene=snow&count=1&width=960&height=720&seed=5"),
        ("/picture", "breed="),
    ],
)
async def test_picture_page_of_what_is_open_is_elsewhere(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, target: str, fields: str
) -> None:
    response = await frontend.get(target)

    assert response.status_code == 302
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["location"].startswith(f"/picture?{fields}")
    assert "&seed=" in response.headers["location"]
    assert len(catomatic.orders) == ("ask" in target), "what a sentence asks for is refused beside the sentence"
    assert (await frontend.get(response.headers["location"])).status_code == 200
    assert len(catomatic.orders) == 1


async def test_picture_page_without_a_seed_is_another_one_each_time(frontend: httpx2.AsyncClient) -> None:
    places = {(await frontend.get("/picture?breed=tabby&scene=snow")).headers["location"] for _ in range(8)}

    assert len(places) == 8


async def test_sentence_that_is_not_understood_is_kept_with_the_word_marked(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    shown = await page(frontend, "/picture?ask=three siamees cats in the snow", status=422)

    assert shown.all("input", name="ask")[0]["value"] == "three siamees cats in the snow"
    assert shown.marked == ["siamees"]
    assert "Here I expected a breed (siamese, " in shown.text
    assert "/picture?ask=three+siamese+cats+in+the+snow" in shown.links
    assert not catomatic.orders


async def test_sentence_that_ends_too_early_says_so(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/picture?ask=three", status=422)

    assert shown.marked == ["…"]
    assert "The sentence ends too early." in shown.text


async def test_sentence_with_markup_is_shown_as_text(frontend: httpx2.AsyncClient) -> None:
    response = await frontend.get(
        "/picture", params={"ask": 'three <script>alert("1")</script> cats'}, headers={"accept": "text/html"}
    )
    shown = Page(response.text)

    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert 'three <script>alert("1")</script> cats' in shown.text
    assert shown.all("input", name="ask")[0]["value"] == 'three <script>alert("1")</script> cats'


async def test_every_example_works(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, "/picture?ask=three unicorns", status=422)
    examples = [link for link in shown.links if link.startswith("/picture?ask=")]

    assert len(examples) >= 3
    for example in examples:
        assert (await frontend.get(example, follow_redirects=True)).status_code == 200


async def test_sentence_that_is_too_long_is_refused_with_one_that_is_not(frontend: httpx2.AsyncClient) -> None:
    shown = await page(frontend, f"/picture?ask={'three cats ' * 20}", status=400)

    assert "is not of a length that we can read: at most 200 characters." in shown.text
    assert "/picture?ask=three+siamese+cats+in+a+rose+garden+at+480x620px" in shown.links


async def test_picture_page_of_an_unknown_breed_is_not_found(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def unknown(order: Order) -> Response:
        return problem(404, "no such breed")

    catomatic.answer = unknown
    shown = await page(frontend, "/picture?breed=poodle&scene=beach&count=1&width=64&height=64&seed=1", status=404)

    assert "We have no poodle cats." in shown.text
    assert not shown.cats


async def test_picture_page_comes_in_time_where_the_picture_does_not(frontend_of: Opener, catomatic: CatOMatic) -> None:
    async def stuck(order: Order) -> Response:
        await asyncio.sleep(1.0)
        return JSONResponse({})

    catomatic.answer = stuck
    async with frontend_of(patience=0.2) as impatient:
        shown = await page(impatient, THREE, status=504)

    assert "This cat takes its time" in shown.text
    assert THREE in shown.links, "a link to try again"


async def test_picture_page_shows_on_reload_what_was_slower_than_its_patience(
    frontend_of: Opener, catomatic: CatOMatic
) -> None:
    async def slow(order: Order) -> Response:
        await asyncio.sleep(0.6)
        return picture(order)

    catomatic.answer = slow
    async with frontend_of(patience=0.2) as impatient:
        await page(impatient, THREE, status=504)
        await asyncio.sleep(0.8)
        shown = await page(impatient, THREE)

    assert len(shown.cats) == 1
    assert len(catomatic.orders) == 1


async def test_picture_page_without_a_catomatic_says_so(frontend_of: Opener) -> None:
    async with frontend_of(catomatic="http://127.0.0.1:9") as alone:
        shown = await page(alone, THREE, status=503)

    assert "Nobody answers where the pictures are made." in shown.text
    assert "three siamese cats in a rose garden" in shown.text
