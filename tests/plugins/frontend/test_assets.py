import httpx2
import pytest


async def test_picture_is_kept_for_ever(frontend: httpx2.AsyncClient) -> None:
    url = (await frontend.get("/api/cats?format=png&width=32&height=48")).json()["url"]
    digest = url.removeprefix("/pictures/").removesuffix(".png")

    response = await frontend.get(url)
    again = await frontend.get(url, headers={"if-none-match": f'"other", W/"{digest}"'})

    assert response.headers["etag"] == f'"{digest}"'
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "image/png"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == f'"{digest}"'


async def test_picture_that_is_not_here_is_a_problem(frontend: httpx2.AsyncClient) -> None:
    response = await frontend.get(f"/pictures/{'0' * 64}.webp")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("known", ["*", f'"{"0" * 64}"'])
async def test_picture_that_is_not_here_is_nothing_that_anybody_has(frontend: httpx2.AsyncClient, known: str) -> None:
    response = await frontend.get(f"/pictures/{'0' * 64}.webp", headers={"if-none-match": known})

    assert response.status_code == 404


async def test_picture_under_another_format_is_not_here(frontend: httpx2.AsyncClient) -> None:
    url = (await frontend.get("/api/cats")).json()["url"]

    assert (await frontend.get(url.replace(".webp", ".png"))).status_code == 404


@pytest.mark.parametrize(("name", "media"), [("cats.css", "text/css; charset=utf-8"), ("favicon.svg", "image/svg+xml")])
async def test_style_is_served_with_a_validator(frontend: httpx2.AsyncClient, name: str, media: str) -> None:
    response = await frontend.get(f"/static/{name}")
    again = await frontend.get(f"/static/{name}", headers={"if-none-match": response.headers["etag"]})
    assert (await frontend.get(f"/static/{name}", headers={"if-none-match": "*"})).status_code == 304

    assert response.status_code == 200
    assert response.headers["content-type"] == media
    assert again.status_code == 304
