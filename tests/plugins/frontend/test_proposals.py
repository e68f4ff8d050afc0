"""What is offered in the place of a refused wish: it keeps the wish, and it is not refused itself."""

import asyncio

import httpx2
import pytest
from starlette.responses import Response

from .conftest import CatOMatic, Opener, Order, picture, problem
from .reader import Page, page


@pytest.mark.parametrize(
    ("sentence", "reason", "proposal"),
    [
        (
            "13 siamese cats in the snow at 480x480",
            "You asked for 13 cats; we can do at most 12.",
            "twelve siamese cats in the snow at 480x480px",
        ),
        (
            "two cats at 1000000000x1000000000px",
            "You asked for a picture 1,000,000,000 pixels wide; we can do at most 4,096.",
            "two cats at 2000x2000px",
        ),
        ("two cats at 4000x2000px", "A picture has at most 4,000,000 pixels", "two cats at 2828x1414px"),
    ],
)
async def test_sentence_that_is_refused_is_kept_with_the_nearest_that_is_not(
    frontend: httpx2.AsyncClient, sentence: str, reason: str, proposal: str
) -> None:
    for path in ("/picture", "/cats"):
        response = await frontend.get(path, params={"ask": sentence}, headers={"accept": "text/html"})
        shown = Page(response.text)

        assert response.status_code == 422
        assert reason in shown.text
        assert shown.all("input", name="ask")[0]["value"] == sentence
        assert f"{path}?ask={proposal.replace(' ', '+')}" in shown.links
        assert (await frontend.get(path, params={"ask": proposal})).status_code == 302
        told = await frontend.get(path.replace("picture", "api/cats"), params={"ask": sentence})
        assert told.status_code == 422
        assert reason in told.json()["detail"]
        assert told.json()["detail"].endswith(f"Try “{proposal}”.")
        assert told.json()["violations"]


@pytest.mark.parametrize("path", ["/picture", "/cats"])
async def test_picture_that_is_refused_is_kept_as_a_sentence(frontend: httpx2.AsyncClient, path: str) -> None:
    target = f"{path}?breed=siamese&scene=snow&count=13&width=480&height=480&seed=7"
    response = await frontend.get(target, headers={"accept": "text/html"})
    shown = Page(response.text)

    assert response.status_code == 400
    assert shown.all("input", name="ask")[0]["value"] == "13 siamese cats in the snow at 480x480px"
    assert "Twelve siamese cats in the snow at 480x480px" in shown.text
    assert target.replace("count=13", "count=12") in shown.links


@pytest.mark.parametrize(
    ("target", "proposal"),
    [
        ("/cats?breed=TABBY&width=4000&height=4000&count=0", "/cats?breed=tabby&width=2000&height=2000&count=1"),
        ("/picture?count=6&width=2000&height=2000", "/picture?count=6&width=1825&height=1825"),
        ("/picture?ask=two+tabbies&count=2", "/picture?ask=two+tabbies"),
        ("/?size=large&count=60", "/?size=large&count=24"),
        ("/?size=large&count=60&breed=tabby", "/?size=medium&count=60&breed=tabby"),
        ("/?count=61&colour=red", "/?count=60"),
    ],
)
async def test_refused_wish_is_offered_with_what_would_pass(
    frontend: httpx2.AsyncClient, target: str, proposal: str
) -> None:
    response = await frontend.get(target, headers={"accept": "text/html"})

    assert response.status_code in (400, 422)
    assert proposal in Page(response.text).links
    assert (await frontend.get(proposal)).status_code in (200, 302)


async def test_sentence_that_is_not_understood_is_offered_within_what_may_be_ordered(
    frontend: httpx2.AsyncClient,
) -> None:
    for path in ("/picture", "/cats"):
        shown = await page(frontend, f"{path}?ask=thirteen+siamees+cats", status=422)
        assert f"{path}?ask=twelve+siamese+cats" in shown.links
        assert shown.all("input", name="ask")[0]["value"] == "thirteen siamees cats"


async def test_sentence_whose_picture_is_slow_waits_on_the_page_of_the_picture(
    frontend_of: Opener, catomatic: CatOMatic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(order: Order) -> Response:
        await asyncio.sleep(0.5)
        return picture(order)

    monkeypatch.setattr("catguard_frontend.picturepage.AT_ONCE", 0.05)
    catomatic.answer = slow
    async with frontend_of() as visitor:
        response = await visitor.get("/picture?ask=two tabbies in the snow")
        assert response.status_code == 302
        await page(visitor, response.headers["location"])

    assert len(catomatic.orders) == 1


async def test_picture_page_without_room_offers_the_nearest_that_has(
    frontend: httpx2.AsyncClient, catomatic: CatOMatic
) -> None:
    async def full(order: Order) -> Response:
        return problem(422, "no room") if order["width"] < 50 else picture(order)

    catomatic.answer = full
    target = "/picture?breed=siamese&scene=snow&count=12&width=16&height=16&seed=7"
    shown = await page(frontend, target, status=422)
    (nearest,) = [link for link in shown.links if "count=12" in link]

    assert shown.all("input", name="ask")[0]["value"] == "twelve siamese cats in the snow at 16x16px"
    assert (await frontend.get(nearest, follow_redirects=True)).status_code == 200
