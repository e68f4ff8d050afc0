from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import httpx2
import PIL.Image
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

import catguard
from catguard import TierContext
from catguard_store.records import Image, Picture
from catguard_store.repository import Repository, prepare_connections
from catguard_store.tier import app

from .pictures import picture

TABBY = picture("tabby", author="Ann Author", tags=("plain", "stripes"))
SIAMESE = picture("siamese", breed="siamese", tags=("dark-points", "plain"))
ROSES = picture("roses", kind="scene", breed="rose-garden", pose="scene", layer="back", tags=("warm",))


def webp(width: int) -> Image:
    target = BytesIO()
    PIL.Image.new("RGB", (width, width), "#c08040").save(target, "WEBP")
    data = target.getvalue()
    return Image(width, width, "image/webp", data, hashlib.sha256(data).hexdigest())


@pytest.fixture
async def client(guard: catguard.Guard, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The store behind its guard, as Cat-o-matic calls it, with three pictures."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    prepare_connections(engine)
    repository = Repository(engine)
    await repository.create()
    for stored in (TABBY, SIAMESE, ROSES):
        await repository.insert(stored, [webp(width) for width in stored.widths])
    await engine.dispose()
    context = TierContext(guard, data=tmp_path, settings={}, addresses={})
    transport = httpx2.ASGITransport(guard.asgi(app(context)))
    headers = {"catguard-context": "caller=catomatic"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://store", headers=headers) as caller:
        yield caller
    await context.close()


async def found(client: httpx2.AsyncClient, query: str) -> set[str]:
    response = await client.get(f"/v1/pictures?{query}")
    assert response.status_code == 200
    return {entry["id"] for entry in response.json()["pictures"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=cat", [TABBY, SIAMESE]),
        ("kind=scene", [ROSES]),
        ("kind=cat&breed=siamese", [SIAMESE]),
        ("kind=cat&pose=standing", []),
        ("kind=cat&tag=stripes", [TABBY]),
        ("kind=cat&tag=plain&breed=tabby", [TABBY]),
        ("kind=scene&breed=rose-garden", [ROSES]),
        ("kind=scene&breed=rose-garden&layer=back", [ROSES]),
        ("kind=scene&breed=rose-garden&layer=ground", []),
        ("kind=scene&tag=warm&layer=ground", []),
    ],
)
async def test_find_answers_what_matches(client: httpx2.AsyncClient, query: str, expected: list[Picture]) -> None:
    assert await found(client, query) == {entry.id for entry in expected}


@pytest.mark.parametrize(
    ("query", "number", "total"),
    [
        ("kind=cat", 2, 2),
        ("kind=cat&limit=1", 1, 2),
        ("kind=cat&limit=2", 2, 2),
        ("kind=cat&limit=1&offset=1", 1, 2),
        ("kind=cat&limit=2&offset=1", 1, 2),
        ("kind=cat&limit=1&offset=2", 0, 2),
        ("kind=cat&limit=1&tag=plain", 1, 2),
        ("kind=cat&breed=tabby&pose=sitting&limit=1&offset=9", 0, 1),
        ("kind=cat&breed=sphynx", 0, 0),
    ],
)
async def test_find_says_how_many_there_are(client: httpx2.AsyncClient, query: str, number: int, total: int) -> None:
    answer = (await client.get(f"/v1/pictures?{query}")).json()
    assert (len(answer["pictures"]), answer["total"]) == (number, total)


async def test_find_keeps_the_limit(client: httpx2.AsyncClient) -> None:
    assert len(await found(client, "kind=cat&limit=1")) == 1


@pytest.mark.parametrize(
    ("query", "assumption"),
    [
        ("", "query/required"),
        ("kind=dog", "query/kind/enum"),
        ("kind=cat&limit=61", "query/limit/maximum"),
        ("kind=cat&offset=10001", "query/offset/maximum"),
    ],
)
async def test_find_refuses_what_the_policy_does_not_allow(
    client: httpx2.AsyncClient, query: str, assumption: str
) -> None:
    response = await client.get(f"/v1/pictures?{query}")
    assert response.status_code == 400
    assert [violation["assumption"] for violation in response.json()["violations"]] == [assumption]


async def test_picture_says_everything_that_is_known(client: httpx2.AsyncClient) -> None:
    response = await client.get(f"/v1/pictures/{TABBY.id}")
    assert response.json() == {
        "id": TABBY.id,
        "kind": "cat",
        "breed": "tabby",
        "pose": "sitting",
        "width": 320,
        "height": 320,
        "widths": [160, 320],
        "anchors": {"nose": [0.5, 0.25]},
        "tags": ["plain", "stripes"],
        "licence": "MIT",
        "author": "Ann Author",
        "source": "test/tabby",
        "digest": TABBY.digest,
    }


async def test_picture_of_a_scene_has_its_layer(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"/v1/pictures/{ROSES.id}")).json()["layer"] == "back"


@pytest.mark.parametrize(("asked", "answered"), [(16, 160), (160, 160), (161, 320), (4096, 320)])
async def test_image_has_the_width_that_suffices(client: httpx2.AsyncClient, asked: int, answered: int) -> None:
    response = await client.get(f"/v1/pictures/{TABBY.id}/image?width={asked}")
    assert response.headers["content-type"] == "image/webp"
    assert response.content == webp(answered).bytes


async def test_image_is_cached_for_ever(client: httpx2.AsyncClient) -> None:
    response = await client.get(f"/v1/pictures/{TABBY.id}/image?width=160")
    assert response.headers["etag"] == f'"{webp(160).digest}"'
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/v1/pictures/{id}", "/v1/pictures/{id}/image?width=160"])
@pytest.mark.parametrize("form", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
async def test_not_modified_when_the_caller_has_it(client: httpx2.AsyncClient, path: str, form: str) -> None:
    url = path.format(id=TABBY.id)
    first = await client.get(url)
    again = await client.get(url, headers={"if-none-match": form.format(etag=first.headers["etag"])})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]


@pytest.mark.parametrize("path", ["/v1/pictures/{id}", "/v1/pictures/{id}/image?width=160"])
async def test_modified_when_the_caller_has_another(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.get(path.format(id=TABBY.id), headers={"if-none-match": '"another"'})
    assert response.status_code == 200
    assert response.content


@pytest.mark.parametrize("path", ["/v1/pictures/{id}", "/v1/pictures/{id}/image?width=160"])
async def test_unknown_picture_is_a_problem_that_says_what_to_do(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.get(path.format(id="0" * 16))
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert "GET /v1/pictures" in response.json()["detail"]
    assert "etag" not in response.headers
