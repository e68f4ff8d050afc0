"""A breed with more pictures than are looked up at a time, through both tiers that deal with it."""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

import catguard
import catguard_catomatic
import catguard_store
from catguard_store.records import Image as Stored
from catguard_store.tier import open_repository
from tests.plugins.store.pictures import picture
from tests.serving import served

MANY = 45
CATS = tuple(picture(f"cat {number}", breed="ragdoll", widths=(32,)) for number in range(MANY))
GARDEN = picture("garden", kind="scene", breed="garden", pose="scene", layer="back", widths=(64,))


def painted(mode: str, width: int) -> Stored:
    file = io.BytesIO()
    Image.new(mode, (width, width), "#c08040").save(file, "webp")
    return Stored(width, width, "image/webp", file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest())


@functools.cache
def guarding(policies: Path, component: str) -> catguard.Guard:
    """Compiling the policies that ship takes a second."""
    return catguard.Guard.from_file(policies, component=component)


def opened(tier: catguard.Tier, root: Path, data: Path, **addresses: str) -> tuple[catguard.TierContext, Any]:
    """A tier's context and its guarded app."""
    guard = guarding(root / "policies.yaml", tier.name)
    context = catguard.TierContext(guard, data=data, settings={}, addresses=addresses)
    return context, guard.asgi(tier.app(context))


@pytest.fixture
async def catomatic(root: Path, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of Cat-o-matic, which has a real store behind it; both are guarded by the policies that ship."""
    store, store_app = opened(catguard_store.catguard_tier(), root, tmp_path)
    repository = await open_repository(store)
    for cat in CATS:
        await repository.insert(cat, [painted("RGBA", 32)])
    await repository.insert(GARDEN, [painted("RGB", 64)])
    async with served(store_app) as address:
        cooking, app = opened(catguard_catomatic.catguard_tier(), root, tmp_path, store=address)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as client:
            yield client
        await cooking.close()
    await store.close()


async def render(catomatic: httpx2.AsyncClient, **wish: Any) -> httpx2.Response:
    order = {"breed": "ragdoll", "scene": "garden", "count": 1, "width": 64, "height": 64, "format": "png", **wish}
    answer = await catomatic.post("/v1/render", json=order)
    assert answer.status_code == 200, answer.text
    return answer


def shown(answer: httpx2.Response) -> list[str]:
    return [cat["picture"] for cat in json.loads(answer.headers["catomatic-cats"])["cats"]]


async def test_breed_of_many_is_shown_whole_and_never_the_same_cat_twice_in_a_row(
    catomatic: httpx2.AsyncClient,
) -> None:
    first = [cat for seed in range(MANY + 1) for cat in shown(await render(catomatic, seed=seed))]

    assert set(first) == {cat.id for cat in CATS}
    assert all(one != other for one, other in itertools.pairwise(first))


async def test_breed_of_many_gives_the_same_picture_for_the_same_seed(catomatic: httpx2.AsyncClient) -> None:
    one, other = [await render(catomatic, seed=3, count=12, width=256, height=192) for _ in range(2)]

    assert len(set(shown(one))) == 12
    assert (one.content, one.headers["catomatic-cats"]) == (other.content, other.headers["catomatic-cats"])
