"""The menu, on both databases and behind the shipped policies."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.requests import Request

import catguard
from catguard_store import menu
from catguard_store.app import Handlers
from catguard_store.inventory import use
from catguard_store.menu import LIMIT, Entry, Menu, read_menu
from catguard_store.records import Picture
from catguard_store.repository import Repository
from catguard_store.tables import pictures

from .pictures import images, picture
from .test_app import client  # noqa: F401 # its fixture


async def keep(repository: Repository, *stored: Picture) -> None:
    for entry in stored:
        await repository.insert(entry, images(entry))


def art(found: Menu) -> dict[str, str]:
    return {entry.name: entry.art for entry in (*found.breeds, *found.scenes)}


async def test_menu_of_an_empty_store_is_empty(repository: Repository, engine: AsyncEngine) -> None:
    assert await read_menu(engine) == Menu((), ())


async def test_menu_counts_breeds_and_tells_the_layers_of_scenes(repository: Repository, engine: AsyncEngine) -> None:
    await keep(
        repository,
        picture("a"),
        picture("b", pose="standing"),
        picture("c", breed="ragdoll"),
        picture("d", kind="scene", breed="snow", pose="scene", layer="foreground"),
        picture("e", kind="scene", breed="snow", pose="scene", layer="back"),
        picture("f", kind="scene", breed="attic", pose="scene", layer="back"),
        picture("g", kind="scene", breed="tabby", pose="scene", layer="back"),  # a scene of a breed's name
    )
    found = await read_menu(engine)

    assert [(entry.name, entry.pictures) for entry in found.breeds] == [("tabby", 2), ("ragdoll", 1)]
    assert [(entry.name, entry.layers) for entry in found.scenes] == [
        ("snow", ("back", "foreground")),
        ("attic", ("back",)),
        ("tabby", ("back",)),
    ]
    assert len({entry.art for entry in (*found.breeds, *found.scenes)}) == 5


async def test_art_changes_with_the_pictures_of_its_own_name_only(repository: Repository, engine: AsyncEngine) -> None:
    await keep(repository, picture("a"), picture("b", breed="siamese"))
    before = art(await read_menu(engine))
    await keep(repository, picture("c", breed="siamese", pose="standing"))
    added = art(await read_menu(engine))
    newer = dataclasses.replace(picture("newer b", breed="siamese"), source="test/b")
    await repository.insert(newer, images(newer), replaces=picture("b").id)
    replaced = art(await read_menu(engine))

    assert before["tabby"] == added["tabby"] == replaced["tabby"]
    assert len({before["siamese"], added["siamese"], replaced["siamese"]}) == 3


async def test_art_changes_with_a_picture_amid_others(repository: Repository, engine: AsyncEngine) -> None:
    first, old, new, last = sorted((picture(name) for name in "abcd"), key=lambda each: each.id)
    await keep(repository, first, old, last)
    before = art(await read_menu(engine))
    await repository.insert(new, images(new), replaces=old.id)

    assert art(await read_menu(engine))["tabby"] != before["tabby"]


async def test_art_is_the_same_whichever_came_first(repository: Repository, engine: AsyncEngine) -> None:
    one, other = picture("a"), picture("b")
    await keep(repository, one, other)
    first = art(await read_menu(engine))
    await repository.insert(other, images(other), replaces=one.id)
    await keep(repository, one)

    assert art(await read_menu(engine)) == first


async def test_menu_has_no_more_than_its_limit(
    repository: Repository, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(repository, *(picture(name, breed=name) for name in ("a", "b", "c")))
    monkeypatch.setattr(menu, "LIMIT", 2)
    with pytest.raises(catguard.CallRefused):  # the policy knows the limit, too
        await read_menu(engine)


CORRECTIONS: tuple[dict[str, Any], ...] = (
    {"author": "Right Author"},
    {"licence": "CC-BY-4.0"},
    {"anchors": {"nose": (0.5, 0.26)}},
    {"tags": ("warm",)},
    {"source": "test/elsewhere"},
    {"opaque": True},
)


@pytest.mark.parametrize("correction", CORRECTIONS, ids=lambda correction: next(iter(correction)))
async def test_art_changes_with_whatever_is_corrected_of_a_picture(
    repository: Repository, engine: AsyncEngine, correction: dict[str, Any]
) -> None:
    wrong = picture("a", author="Wrong Author")
    await keep(repository, wrong, picture("b"))
    before = art(await read_menu(engine))
    await repository.remove(wrong.id)
    await keep(repository, dataclasses.replace(wrong, **correction))

    assert art(await read_menu(engine))["tabby"] != before["tabby"]


async def test_art_changes_with_the_pixels_of_a_picture(repository: Repository, engine: AsyncEngine) -> None:
    await keep(repository, picture("a"))
    before = art(await read_menu(engine))
    await repository.insert(picture("a"), images(picture("other pixels")), replaces=picture("a").id)

    assert art(await read_menu(engine)) != before


async def test_art_is_the_same_for_the_same_picture_again(repository: Repository, engine: AsyncEngine) -> None:
    await keep(repository, picture("a"))
    before = art(await read_menu(engine))
    await repository.insert(picture("a"), images(picture("a")), replaces=picture("a").id)

    assert art(await read_menu(engine)) == before


@pytest.fixture
async def crowded(repository: Repository, url: str) -> str:
    """The URL of a store with more breeds than a menu has, and a drawn one among them with the fewest pictures."""
    names = [f"a{number}" for number in range(LIMIT)]
    cats = [picture(f"{name} {number}", breed=name) for name in names for number in range(2)]
    cats += [picture("drawn", breed="tuxedo"), picture("rare", breed="a-rare-one")]
    rows = [{**dataclasses.asdict(cat), "opaque": None} for cat in cats]
    crowd = create_async_engine(url)
    async with crowd.begin() as connection:
        await connection.execute(pictures.insert(), rows)
    await crowd.dispose()
    return url


async def test_menu_of_too_many_breeds_has_the_drawn_ones_and_the_most_pictured(
    crowded: str, engine: AsyncEngine
) -> None:
    found = await read_menu(engine)

    assert len(found.breeds) == LIMIT
    assert found.breeds[0].name == "tuxedo"
    assert found.breeds_over == 2
    assert "a-rare-one" not in {entry.name for entry in found.breeds}
    assert found.warning is not None
    assert "not offered are 2 breeds and 0 scenes" in found.warning


@pytest.mark.parametrize(("breed", "used"), [("a-rare-one", "not now: 1 of 1 of the breed"), ("tuxedo", "1 of 1 of")])
async def test_use_of_a_picture_says_whether_its_breed_is_offered(
    crowded: str, repository: Repository, breed: str, used: str
) -> None:
    (found,) = await repository.find(kind="cat", breed=breed, limit=1)

    assert (await use(repository, found)).startswith(used)


async def test_menu_of_too_many_breeds_is_told_once(
    crowded: str, repository: Repository, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = Handlers(repository, partial(read_menu, engine))
    for _ in range(2):
        await handlers.menu(Request({"type": "http"}))

    assert [record.name for record in caplog.records].count("catguard.store") == 1


def test_longest_menu_fits_what_the_policies_let_through() -> None:
    entry = Entry("n" * 32, 10**9, ("back", "ground", "foreground"), "0" * 16)
    told = json.dumps(Menu((entry,) * LIMIT, (entry,) * LIMIT).as_json(), separators=(",", ":"))

    assert len(told) + 64 < 256 * 1024


async def test_menu_goes_over_the_wire(client: httpx2.AsyncClient) -> None:  # noqa: F811 # the fixture
    answer = await client.get("/v1/menu")

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    told = answer.json()
    assert [(cat["breed"], cat["pictures"]) for cat in told["cats"]] == [("siamese", 1), ("tabby", 1)]
    assert [(scene["scene"], scene["layers"]) for scene in told["scenes"]] == [("rose-garden", ["back"])]
