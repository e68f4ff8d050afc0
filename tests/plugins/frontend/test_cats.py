from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.responses import Response

from .conftest import CatOMatic, Order, problem


def refusal_of_the_guard(status: int) -> Response:
    """What the guard of a Cat-o-matic answers that failed: no assumption is broken, so none is told."""
    response = problem(status, "the service failed")
    response.headers["catguard-refusal"] = "1"
    return response


async def test_cats_gives_one_picture_of_just_that_size(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    response = await frontend.get("/api/cats?breed=siamese&count=3&scene=rose-garden&width=480&height=620")
    told = response.json()

    assert response.status_code == 200
    assert (told["width"], told["height"], told["format"], len(told["cats"])) == (480, 620, "webp", 3)
    assert told["credits"] == [{"licence": "CC0", "sources": ["own drawings"]}]
    assert told["recipe"] == catomatic.orders[0]
    assert (await frontend.get(told["url"])).headers["content-type"] == "image/webp"


async def test_cats_understands_a_sentence(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    response = await frontend.get("/api/cats", params={"ask": "three siamese cats in a rose garden at 480x620px"})

    assert response.status_code == 200
    assert response.json()["understood"] == "three siamese cats in a rose garden at 480x620px as webp"
    assert (catomatic.orders[0]["width"], catomatic.orders[0]["count"]) == (480, 3)


async def test_cats_tells_the_word_that_it_did_not_understand(frontend: httpx2.AsyncClient) -> None:
    response = await frontend.get("/api/cats", params={"ask": "three poodle cats"})
    told = response.json()

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert (told["word"], told["position"], told["character"]) == ("poodle", 2, 7)
    assert (await frontend.get("/api/cats", params={"ask": told["example"]})).status_code == 200


@pytest.mark.parametrize(
    ("ask", "where"),
    [
        ("a cat at 1000000x1000000px", "/body/width"),
        ("13 cats", "/body/count"),
        (f"{10**150} cats", "/body/count"),
        ("a cat at 4096x4096", ""),
    ],
)
async def test_cats_lets_the_guard_refuse_what_a_sentence_asks(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, ask: str, where: str
) -> None:
    response = await frontend.get("/api/cats", params={"ask": ask})
    told = response.json()

    assert response.status_code == 422
    assert told["violations"][0]["boundary"] == "frontend.outbound.render"
    assert any(violation["where"].startswith(where) for violation in told["violations"])
    assert not catomatic.orders


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (problem(404, "no such breed"), 404),
        (problem(422, "no room"), 422),
        (Response(b"GIF89a", media_type="image/gif"), 502),
        (problem(500, "broken"), 502),
        (problem(503, "no store"), 503),
        (problem(504, "a slow store"), 504),
        (refusal_of_the_guard(500), 502),
    ],
)
async def test_cats_answers_with_a_problem_where_there_is_no_picture(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic, answer: Response, status: int
) -> None:
    async def answering(order: Order) -> Response:
        return answer

    catomatic.answer = answering
    response = await frontend.get("/api/cats?breed=tabby")

    assert response.status_code == status
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]


async def test_cats_without_catomatic_is_unavailable(frontend_of: Callable[..., Any]) -> None:
    async with frontend_of(catomatic="http://127.0.0.1:9") as alone:
        response = await alone.get("/api/cats")

    assert response.status_code == 503
    assert response.json()["status"] == 503
    assert response.headers["retry-after"] == "2"


async def test_cats_says_how_to_get_the_same_picture_again(frontend: httpx2.AsyncClient) -> None:
    answer = await frontend.get("/api/cats?breed=tabby&format=png&seed=8")
    told = answer.json()

    assert (
        told["address"]
        == f"/cats?breed=tabby&scene={told['recipe']['scene']}&count=1&width=480&height=480&format=png&seed=8"
    )
    again = await frontend.get(told["address"])
    assert again.content == (await frontend.get(told["url"])).content
    assert "cache;desc=miss" in answer.headers["server-timing"]
    assert "cache;desc=hit" in again.headers["server-timing"]


async def test_cats_of_a_breed_that_was_imported(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    catomatic.breeds = {"siamese": "0" * 16, "ragdoll": "1" * 16}

    response = await frontend.get("/api/cats", params={"ask": "two ragdolls"})

    assert (response.status_code, response.json()["recipe"]["breed"]) == (200, "ragdoll")
    assert response.json()["understood"].startswith("two ragdoll cats ")


async def test_cats_of_an_unknown_breed_lists_what_there_is(frontend: httpx2.AsyncClient, catomatic: CatOMatic) -> None:
    catomatic.breeds = {"siamese": "0" * 16, "ragdoll": "1" * 16}

    told = (await frontend.get("/api/cats?breed=unicorn")).json()

    assert (told["status"], told["breed"], told["offered"]) == (404, "unicorn", ["siamese", "ragdoll"])
    assert "There is no breed “unicorn” here. There are: siamese, ragdoll." in told["detail"]
    assert not catomatic.orders
