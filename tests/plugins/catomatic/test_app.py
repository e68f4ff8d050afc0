import io
import json
from typing import Any

import httpx2
import pytest
from PIL import Image

from catguard_catomatic.header import MAXIMUM_BYTES
from tests.plugins.catomatic import shapes
from tests.plugins.catomatic.stand_in import StandInStore

TOM = shapes.cat("tom")


def order(**changes: Any) -> dict[str, Any]:
    recipe = {
        "breed": "siamese",
        "scene": "garden",
        "count": 3,
        "width": 480,
        "height": 620,
        "format": "webp",
        "seed": 7,
    }
    return recipe | changes


def zoom(**changes: Any) -> dict[str, Any]:
    return {"picture": TOM.id, "part": "nose", "count": 1, "width": 480, "height": 738, "format": "jpeg"} | changes


async def render(catomatic: httpx2.AsyncClient, recipe: dict[str, Any]) -> httpx2.Response:
    return await catomatic.post("/v1/render", json=recipe)


def opened(answer: httpx2.Response) -> Image.Image:
    return Image.open(io.BytesIO(answer.content))


@pytest.mark.parametrize("format", ["webp", "png", "jpeg", "avif"])
async def test_render_gives_the_ordered_picture(catomatic: httpx2.AsyncClient, format: str) -> None:
    answer = await render(catomatic, order(format=format))

    assert (answer.status_code, answer.headers["content-type"]) == (200, f"image/{format}")
    assert (opened(answer).size, opened(answer).format) == ((480, 620), format.upper())


async def test_render_tells_the_cats_and_their_boxes(catomatic: httpx2.AsyncClient) -> None:
    answer = await render(catomatic, order(count=12))

    told = json.loads(answer.headers["catomatic-cats"])
    assert len(told["cats"]) == 12
    assert len(answer.headers["catomatic-cats"]) <= MAXIMUM_BYTES
    assert {cat["breed"] for cat in told["cats"]} == {"siamese"}
    for cat in told["cats"]:
        box = cat["box"]
        assert 0 <= box["x"] < box["x"] + box["width"] <= 480
        assert 0 <= box["y"] < box["y"] + box["height"] <= 620
    assert told["credits"] == [{"author": "Ann Artist", "licence": "CC0-1.0", "sources": ["own drawing"]}]


async def test_render_is_the_same_for_a_seed(catomatic: httpx2.AsyncClient) -> None:
    first, again, other = [await render(catomatic, order(seed=seed)) for seed in (1, 1, 2)]

    assert first.content == again.content
    assert first.headers["catomatic-cats"] == again.headers["catomatic-cats"]
    assert first.content != other.content


async def test_render_asks_the_store_once_for_each_thing(catomatic: httpx2.AsyncClient, stand_in: StandInStore) -> None:
    await render(catomatic, order(count=12))
    asked = list(stand_in.asked)
    await render(catomatic, order(count=12))

    assert len(asked) == len(set(asked))
    assert sum("/image" not in target for target in asked) == 2
    assert not any("/image" in target for target in stand_in.asked[len(asked) :])  # the decoded pictures are kept


async def test_render_asks_for_no_more_than_two_images_of_each_cat_and_two_of_the_foreground(
    catomatic: httpx2.AsyncClient, stand_in: StandInStore
) -> None:
    """What the policy allows a render to ask for: an outline and a picture of each."""
    await render(catomatic, order(count=2))

    assert sum("/image" in target for target in stand_in.asked) <= 2 * 2 + 3


async def test_render_asks_for_stored_widths_only(catomatic: httpx2.AsyncClient, stand_in: StandInStore) -> None:
    await render(catomatic, order(count=1, width=2000, height=2000))

    widths = {int(target.partition("width=")[2]) for target in stand_in.asked if "/image" in target}
    outlined = {64, 320}
    assert widths == {256, 640} | outlined


@pytest.mark.parametrize("wish", [{"breed": "unicorn"}, {"scene": "moon"}])
async def test_render_of_what_the_store_does_not_know_is_not_found(
    catomatic: httpx2.AsyncClient, wish: dict[str, str]
) -> None:
    answer = await render(catomatic, order(**wish))

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert next(iter(wish.values())) in answer.json()["detail"]


@pytest.mark.parametrize("part", ["nose", "eyes", "face", "ear", "paw", "tail"])
async def test_render_of_a_close_up(catomatic: httpx2.AsyncClient, part: str) -> None:
    answer = await render(catomatic, zoom(part=part))

    assert (answer.status_code, opened(answer).size) == (200, (480, 738))
    (cat,) = json.loads(answer.headers["catomatic-cats"])["cats"]
    assert (cat["picture"], cat["pose"]) == (TOM.id, "sitting")


async def test_render_of_a_close_up_of_an_unknown_picture_is_not_found(catomatic: httpx2.AsyncClient) -> None:
    answer = await render(catomatic, zoom(picture="0" * 16))

    assert answer.status_code == 404
    assert "0000000000000000" in answer.json()["detail"]


async def test_render_of_a_part_that_a_picture_does_not_show_is_not_found(catomatic: httpx2.AsyncClient) -> None:
    answer = await render(catomatic, zoom(picture=shapes.layer("back").id))

    assert answer.status_code == 404
    assert "nose" in answer.json()["detail"]


async def test_render_shows_a_photo_as_a_card(catomatic: httpx2.AsyncClient) -> None:
    answer = await render(catomatic, order(breed="ragdoll", count=1, format="png"))

    (told,) = json.loads(answer.headers["catomatic-cats"])["cats"]
    box = told["box"]
    image = opened(answer).convert("RGB")
    assert image.getpixel((box["x"] + box["width"] // 2, box["y"] + box["height"] // 2)) == pytest.approx(
        shapes.PHOTO, abs=10
    )
    assert image.getpixel((box["x"] + box["width"] // 2, box["y"] + box["height"] - 5)) != pytest.approx(
        shapes.PHOTO, abs=10
    )


async def test_render_of_a_part_that_nobody_has_marked_in_a_photo_is_not_found(catomatic: httpx2.AsyncClient) -> None:
    photo = shapes.photo("portrait").id

    told = (await render(catomatic, zoom(picture=photo, part="tail"))).json()
    assert (told["status"], told["part"]) == (404, "tail")
    assert told["detail"] == "This picture does not say where its tail is."
    whole = zoom(picture=photo)
    del whole["part"]
    assert (await render(catomatic, whole)).status_code == 200


async def test_picture_is_told_as_the_store_has_it(catomatic: httpx2.AsyncClient, stand_in: StandInStore) -> None:
    answer = await catomatic.get(f"/v1/pictures/{TOM.id}")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told = answer.json()
    assert told.pop("art")
    assert told == {
        "id": TOM.id,
        "breed": "siamese",
        "pose": "sitting",
        "width": TOM.width,
        "height": TOM.height,
        "parts": ["nose", "eyes", "face", "ear", "paw", "tail"],
    }
    assert stand_in.asked == [f"/v1/pictures/{TOM.id}"]


async def test_picture_that_the_store_does_not_know_is_not_found(catomatic: httpx2.AsyncClient) -> None:
    answer = await catomatic.get(f"/v1/pictures/{'0' * 16}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "0000000000000000" in answer.json()["detail"]


async def test_picture_of_what_is_no_id_is_refused_before_the_store_is_asked(
    catomatic: httpx2.AsyncClient, stand_in: StandInStore
) -> None:
    answer = await catomatic.get("/v1/pictures/tom")

    assert answer.status_code in (400, 404, 422)
    assert {each["assumption"] for each in answer.json()["violations"]} == {"params/id/pattern"}
    assert stand_in.asked == []


async def test_render_of_an_insane_order_is_refused_before_the_store_is_asked(
    catomatic: httpx2.AsyncClient, stand_in: StandInStore
) -> None:
    answer = await render(catomatic, zoom(width=480_000, height=738_000))

    assert answer.status_code == 422
    assert {each["assumption"] for each in answer.json()["violations"]} == {"body/width/maximum", "body/height/maximum"}
    assert stand_in.asked == []


@pytest.mark.parametrize("actions", [("catomatic.inbound.render=audit",)])
async def test_resize_refuses_what_render_let_through(catomatic: httpx2.AsyncClient) -> None:
    """The boundary inside the process is the last that knows how large a picture may be."""
    answer = await render(catomatic, zoom(width=8000, height=8000))

    assert answer.is_server_error
    assert {each["boundary"] for each in answer.json()["violations"]} == {"catomatic.inbound.resize"}


@pytest.mark.parametrize("actions", [("catomatic.inbound.render=audit", "catomatic.inbound.resize=audit")])
async def test_encode_refuses_what_render_and_resize_let_through(catomatic: httpx2.AsyncClient) -> None:
    answer = await render(catomatic, zoom(width=2400, height=3690))

    assert answer.is_server_error
    assert {each["boundary"] for each in answer.json()["violations"]} == {"catomatic.inbound.encode"}


async def test_render_of_a_picture_that_is_none_is_refused_at_the_outbound_end(
    catomatic: httpx2.AsyncClient, stand_in: StandInStore
) -> None:
    stand_in.bytes = b"RIFF, but no picture"

    answer = await render(catomatic, order())

    assert answer.status_code == 500
    assert {each["boundary"] for each in answer.json()["violations"]} == {"catomatic.outbound.image"}
