"""`GET /cats`: the picture itself, its address, and who has it already."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from PIL import Image
from starlette.responses import Response

from .conftest import CatOMatic, Order, problem

FIELDS = ["breed", "scene", "count", "width", "height", "format", "seed"]
SEEDED = "/cats?breed=siamese&scene=rose-garden&count=3&width=48&height=62&seed=7"
FOR_EVER = "public, max-age=31536000, immutable"
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def located(answer: httpx2.Response) -> dict[str, str]:
    assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
    address = urlsplit(answer.headers["location"])
    assert (address.scheme, address.netloc, address.path) == ("", "", "/cats")
    fields = dict(parse_qsl(address.query))
    assert list(fields) == FIELDS
    return fields


async def test_cats_with_a_seed_is_the_picture(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    answer = await frontend.get(SEEDED, headers={"accept": CHROME})

    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (48, 62))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert (answer.headers["cache-control"], answer.headers["vary"]) == (FOR_EVER, "Accept")
    assert re.fullmatch(r'"[0-9a-f]{64}"', answer.headers["etag"])
    assert [order["count"] for order in catomatic.orders] == [3]


@pytest.mark.parametrize("query", ["", "?breed=siamese&count=2", "?width=99&format=png"])
async def test_cats_without_a_seed_leads_to_one(frontend: httpx2.AsyncClient, catomatic: CatOMatic, query: str) -> None:
    first, second = [located(await frontend.get(f"/cats{query}")) for _ in range(2)]

    assert first["seed"] != second["seed"]
    asked = dict(parse_qsl(query.removeprefix("?")))
    assert asked.items() <= first.items()
    assert not catomatic.orders


async def test_cats_of_a_sentence_leads_to_its_address(frontend: httpx2.AsyncClient) -> None:
    answer = await frontend.get("/cats", params={"ask": "three siamese cats in a rose garden at 480x620px as png"})
    fields = located(answer)

    assert (fields["breed"], fields["scene"], fields["count"]) == ("siamese", "rose-garden", "3")
    assert (fields["width"], fields["height"], fields["format"]) == ("480", "620", "png")
    assert "vary" not in answer.headers
    assert (await frontend.get(answer.headers["location"])).headers["content-type"] == "image/png"


async def test_cats_of_a_sentence_keeps_the_seed_that_came_with_it(frontend: httpx2.AsyncClient) -> None:
    assert located(await frontend.get("/cats", params={"ask": "a cat", "seed": 5}))["seed"] == "5"


@pytest.mark.parametrize(
    ("accept", "format"), [(CHROME, "webp"), ("*/*", "jpeg"), (None, "jpeg"), ("text/html;q=0.9, rubbish;;q=x", "jpeg")]
)
async def test_cats_without_a_format_varies_by_accept(
    frontend: httpx2.AsyncClient, accept: str | None, format: str
) -> None:
    headers = {"accept": accept or ""}
    led = await frontend.get("/cats", headers=headers)
    whole = await frontend.get(SEEDED, headers=headers)
    same = await frontend.get(SEEDED, headers={**headers, "if-none-match": whole.headers["etag"]})

    assert located(led)["format"] == format
    assert whole.headers["content-type"] == f"image/{format}"
    assert [answer.headers.get("vary") for answer in (led, whole, same)] == ["Accept"] * 3
    assert same.status_code == 304


async def test_cats_take_headers_of_several_lines(frontend: httpx2.AsyncClient) -> None:
    whole = await frontend.get(SEEDED, headers=[("accept", "image/png"), ("accept", "image/webp")])
    tags = [("if-none-match", '"another"'), ("if-none-match", whole.headers["etag"])]
    same = await frontend.get(SEEDED, headers=[("accept", "image/webp"), *tags])

    assert whole.headers["content-type"] == "image/webp"
    assert same.status_code == 304


async def test_cats_with_a_format_does_not_vary(frontend: httpx2.AsyncClient) -> None:
    led = await frontend.get("/cats?format=png", headers={"accept": CHROME})
    whole = await frontend.get(f"{SEEDED}&format=png", headers={"accept": CHROME})
    same = await frontend.get(f"{SEEDED}&format=png", headers={"if-none-match": whole.headers["etag"]})

    assert whole.headers["content-type"] == "image/png"
    assert [answer.headers.get("vary") for answer in (led, whole, same)] == [None] * 3


async def test_cats_accepts_eight_kibibytes_of_anything(frontend: httpx2.AsyncClient) -> None:
    answer = await frontend.get(SEEDED, headers={"accept": "image/png;q=0.1,;=," * 430})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize("form", ["{}", "W/{}", '"another", {}', '{} , "another"', "*"])
async def test_cats_that_the_caller_has_cost_no_work(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, form: str
) -> None:
    whole = await frontend.get(SEEDED)
    catomatic.orders.clear()
    kept = await frontend.get("/cats?breed=tabby&scene=snow&format=png&seed=1", headers={"if-none-match": "*"})
    same = await frontend.get(SEEDED, headers={"if-none-match": form.format(whole.headers["etag"])})

    assert (same.status_code, same.content, kept.status_code) == (304, b"", 304)
    assert {name: same.headers[name] for name in ("etag", "cache-control", "vary")} == {
        name: whole.headers[name] for name in ("etag", "cache-control", "vary")
    }
    assert not catomatic.orders


async def test_cats_have_an_entity_tag_before_they_are_made(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    tag = (await frontend.get(SEEDED)).headers["etag"]
    catomatic.orders.clear()

    async def broken(order: Order) -> Response:
        return problem(500, "no cook")

    catomatic.answer = broken
    assert (await frontend.get(SEEDED, headers={"if-none-match": tag})).status_code == 304
    assert not catomatic.orders


@pytest.mark.parametrize(
    "change",
    ["breed=tabby", "scene=snow", "count=2", "width=49", "height=63", "seed=8", "format=png", "format=webp"],
)
async def test_cats_that_differ_have_other_entity_tags(frontend: httpx2.AsyncClient, change: str) -> None:
    name, value = change.split("=")
    fields = {**dict(parse_qsl(urlsplit(SEEDED).query)), "format": "jpeg"}
    first = await frontend.get("/cats", params=fields)
    other = await frontend.get("/cats", params={**fields, name: value})

    assert first.headers["etag"] != other.headers["etag"]
    assert (await frontend.get("/cats", params=fields)).headers["etag"] == first.headers["etag"]


async def test_cats_of_head_have_the_headers_of_get(frontend: httpx2.AsyncClient) -> None:
    whole = await frontend.get(SEEDED)
    head = await frontend.head(SEEDED)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "cache-control", "vary", "content-type", "content-length"):
        assert head.headers[name] == whole.headers[name]
    assert (await frontend.head("/cats")).status_code == 302


async def test_cats_say_how_long_they_took(frontend: httpx2.AsyncClient) -> None:
    made, kept = [(await frontend.get(SEEDED)).headers["server-timing"] for _ in range(2)]

    number = r"\d+\.\d"
    assert re.fullmatch(rf"menu;dur={number}, cache;desc=miss;dur={number}, render;dur={number}", made)
    assert re.fullmatch(rf"menu;dur={number}, cache;desc=hit;dur={number}", kept)


async def test_cats_are_made_anew_when_their_pictures_change(
    frontend_of: Callable[..., Any], catomatic: CatOMatic
) -> None:
    now = [0.0]
    async with frontend_of(clock=lambda: now[0]) as frontend:
        before = await frontend.get(SEEDED)
        catomatic.breeds["tabby"] = "1" * 16  # another breed
        now[0] += 10
        assert (await frontend.get(SEEDED)).headers["etag"] == before.headers["etag"]
        catomatic.breeds["siamese"] = "1" * 16
        now[0] += 10
        after = await frontend.get(SEEDED, headers={"if-none-match": before.headers["etag"]})

    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert len(catomatic.orders) == 2


async def test_cats_of_the_same_bytes_are_the_same_picture(frontend: httpx2.AsyncClient) -> None:
    answer = await frontend.get(f"{SEEDED}&format=webp")
    told = (await frontend.get(SEEDED.replace("/cats", "/api/cats"))).json()

    assert told["url"] == f"/pictures/{hashlib.sha256(answer.content).hexdigest()}.webp"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cats?breed=unicorn", 404),
        ("/cats?breed=unicorn&seed=1", 404),
        ("/cats?scene=the-moon&seed=1", 404),
        ("/cats?ask=three%20poodle%20cats", 422),
        ("/cats?width=1000000000", 400),
        ("/cats?width=4096&height=4096&seed=1", 422),
        ("/cats?colour=blue", 400),
        ("/cats?ask=a%20cat&count=2", 422),
        ("/api/cats?breed=unicorn", 404),
        ("/api/cats?count=0", 400),
        ("/api/zoom?picture=0&part=nose&scale=0", 400),
        ("/zoom?picture=ffffffffffffffff", 404),
        ("/?count=1000", 400),
        ("/static/none.css", 400),
        (f"/pictures/{'0' * 64}.webp", 404),
        ("/nowhere", 404),
        ("/%2e%2e/etc", 400),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
async def test_no_error_may_be_kept(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, path: str, status: int, accept: str
) -> None:
    catomatic.gone.add("f" * 16)
    answer = await frontend.get(path, headers={"accept": accept})

    assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
    assert "etag" not in answer.headers


async def test_cats_with_another_method_are_refused_without_being_kept(frontend: httpx2.AsyncClient) -> None:
    answer = await frontend.post("/cats")

    assert (answer.status_code, answer.headers["cache-control"]) == (405, "no-store")


async def test_cats_made_of_art_that_changed_meanwhile_are_not_kept(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    """A menu is taken to be true for seconds: the cats that a render finds may be others than it told of."""
    await frontend.get(SEEDED.replace("seed=7", "seed=8"))
    catomatic.breeds["siamese"] = "1" * 16
    early = await frontend.get(SEEDED)
    catomatic.orders.clear()
    late, again = await frontend.get(SEEDED), await frontend.get(SEEDED)

    assert early.status_code == 200
    assert early.headers["cache-control"] == "no-store"
    assert early.headers["etag"] != late.headers["etag"] == again.headers["etag"]
    assert "immutable" in late.headers["cache-control"]
    assert len(catomatic.orders) == 1


async def test_cats_made_while_nobody_tells_the_menu_are_not_kept(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    await frontend.get(SEEDED.replace("seed=7", "seed=8"))
    catomatic.menus = lambda: problem(503, "away")

    assert (await frontend.get(SEEDED)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("open_", ["breed=siamese&", "scene=rose-garden&"])
async def test_cats_that_leave_a_name_open_lead_to_the_address_that_does_not(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, open_: str
) -> None:
    response = await frontend.get(SEEDED.replace(open_, ""))

    assert (response.status_code, response.headers["cache-control"]) == (302, "no-store")
    assert located(response).keys() >= {"breed", "scene", "seed"}
    assert not catomatic.orders


async def test_cats_of_a_sentence_that_asks_too_much_are_refused_in_words(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    response = await frontend.get("/cats", params={"ask": "three siamese cats at 99999x99999px"})

    assert response.status_code == 422
    assert "width must be at most 4096" in response.text
    assert not catomatic.orders
