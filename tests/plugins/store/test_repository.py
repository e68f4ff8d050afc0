from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import catguard
from catguard_store.repository import Repository

from .pictures import image, images, picture


async def test_create_twice_keeps_what_is_stored(repository: Repository) -> None:
    tabby = picture("tabby")
    await repository.insert(tabby, images(tabby))
    await repository.create()
    assert await repository.picture(tabby.id) == tabby


async def test_picture_comes_back_as_it_went_in(repository: Repository) -> None:
    scene = picture("roses", kind="scene", breed="rose-garden", pose="scene", layer="back", author="Ann Author")
    await repository.insert(scene, images(scene))
    assert await repository.picture(scene.id) == scene
    assert await repository.by_source(scene.source) == scene


async def test_picture_without_layer_and_author_has_neither(repository: Repository) -> None:
    tabby = picture("tabby")
    await repository.insert(tabby, images(tabby))
    found = await repository.picture(tabby.id)
    assert found is not None
    assert not {"layer", "author"} & found.as_json().keys()


async def test_picture_unknown_is_none(repository: Repository) -> None:
    assert await repository.picture("0" * 16) is None
    assert await repository.by_source("nowhere") is None
    assert await repository.image("0" * 16, 320) is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "cat"}, {"a", "b", "c"}),
        ({"kind": "scene"}, {"d"}),
        ({"kind": "cat", "breed": "tabby"}, {"a", "b"}),
        ({"kind": "cat", "pose": "sitting"}, {"a", "c"}),
        ({"kind": "cat", "breed": "tabby", "pose": "standing"}, {"b"}),
        ({"kind": "cat", "tag": "stripes"}, {"a"}),
        ({"kind": "cat", "tag": "warm"}, {"b"}),
        ({"kind": "scene", "tag": "warm"}, {"d"}),
        ({"kind": "cat", "breed": "siamese", "tag": "stripes"}, set()),
        ({"kind": "cat", "breed": "sphynx"}, set()),
    ],
)
async def test_find_by_filters(repository: Repository, filters: dict[str, str], expected: set[str]) -> None:
    stored = {
        "a": picture("a"),
        "b": picture("b", pose="standing", tags=("warm", "plain")),
        "c": picture("c", breed="siamese", tags=("plain",)),
        "d": picture("d", kind="scene", breed="meadow", pose="scene", layer="back", tags=("warm",)),
    }
    for entry in stored.values():
        await repository.insert(entry, images(entry))
    found = await repository.find(limit=60, **filters)
    assert {entry.id for entry in found} == {stored[name].id for name in expected}


async def test_find_with_many_tags_finds_each_once(repository: Repository) -> None:
    tabby = picture("tabby", tags=("plain", "stripes", "warm"))
    await repository.insert(tabby, images(tabby))
    assert await repository.find(limit=60, kind="cat", tag="warm") == (tabby,)


async def test_find_limit_is_kept_and_stable(repository: Repository) -> None:
    for index in range(5):
        entry = picture(str(index))
        await repository.insert(entry, images(entry))
    everything = await repository.find(limit=60, kind="cat")
    assert len(everything) == 5
    assert await repository.find(limit=2, kind="cat") == everything[:2]


async def test_find_passes_over_as_many_as_are_said(repository: Repository) -> None:
    for index in range(5):
        entry = picture(str(index))
        await repository.insert(entry, images(entry))
    everything = await repository.find(limit=60, kind="cat", tag="stripes")
    for tag in (None, "stripes"):
        assert await repository.find(limit=2, offset=2, kind="cat", tag=tag) == everything[2:4]
        assert await repository.find(limit=2, offset=5, kind="cat", tag=tag) == ()


async def test_find_of_a_breed_sorts_nothing(repository: Repository, url: str) -> None:
    """However many are passed over: they come by an index."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL sorts what is so little")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        query = "SELECT * FROM pictures WHERE kind = 'cat' AND breed = 'tabby' ORDER BY id LIMIT 20 OFFSET 500"
        plan = [str(row) for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    await engine.dispose()
    assert "pictures_of_menu" in plan[0]
    assert not any("TEMP B-TREE" in step for step in plan)


async def test_count_is_of_all_that_match(repository: Repository) -> None:
    for index in range(3):
        entry = picture(str(index), tags=("plain", "warm") if index else ("plain",))
        await repository.insert(entry, images(entry))
    assert await repository.count(kind="cat", breed="tabby") == 3
    assert await repository.count(kind="cat", tag="warm") == 2
    assert await repository.count(kind="cat", breed="siamese") == 0


@pytest.mark.parametrize(("asked", "answered"), [(1, 160), (160, 160), (161, 320), (640, 640), (641, 640), (4096, 640)])
async def test_image_is_the_smallest_that_suffices(repository: Repository, asked: int, answered: int) -> None:
    tabby, other = picture("tabby", widths=(160, 320, 640)), picture("other", widths=(200, 1024))
    await repository.insert(tabby, images(tabby))
    await repository.insert(other, images(other))
    found = await repository.image(tabby.id, asked)
    assert found == image(answered, tabby.id.encode())


async def test_insert_of_the_same_picture_says_so(repository: Repository) -> None:
    tabby = picture("tabby")
    assert await repository.insert(tabby, images(tabby))
    assert not await repository.insert(tabby, images(tabby))


async def test_insert_of_another_picture_of_the_same_source_fails(repository: Repository) -> None:
    first, second = picture("first", source="same"), picture("second", source="same")
    await repository.insert(first, images(first))
    with pytest.raises(IntegrityError):
        await repository.insert(second, images(second))


async def test_insert_that_replaces_leaves_nothing_of_the_old(repository: Repository, url: str) -> None:
    first, second = picture("first", source="same"), picture("second", source="same")
    await repository.insert(first, images(first))
    await repository.insert(second, images(second), replaces=first.id)
    assert await repository.picture(first.id) is None
    assert await repository.by_source("same") == second
    assert await _counts(url) == {"pictures": 1, "images": 2, "picture_tags": 1}


async def test_insert_that_is_refused_leaves_nothing(repository: Repository, url: str) -> None:
    tabby = picture("tabby")
    too_large = dataclasses.replace(image(320), bytes=bytes(4 * 1024 * 1024 + 1))
    with pytest.raises(catguard.CallRefused) as refused:
        await repository.insert(tabby, [image(160), too_large])
    assert [violation.boundary for violation in refused.value.violations] == ["store.outbound.insert-image"]
    assert await _counts(url) == {"pictures": 0, "images": 0, "picture_tags": 0}


async def test_find_of_too_many_is_refused(repository: Repository) -> None:
    with pytest.raises(catguard.CallRefused) as refused:
        await repository.find(limit=61, kind="cat")
    assert {violation.boundary for violation in refused.value.violations} == {"store.outbound.select-pictures"}


async def test_find_of_anything_at_all_is_refused(repository: Repository) -> None:
    with pytest.raises(catguard.CallRefused):
        await repository.find(limit=20)


async def test_connections_of_sqlite_share_the_file(engine: AsyncEngine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL needs no settings for it")
    settings = []
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        for pragma in ("journal_mode", "busy_timeout", "foreign_keys"):
            async with raw.driver_connection.execute(f"PRAGMA {pragma}") as cursor:  # type: ignore[union-attr] # set while connected
                settings.append(await cursor.fetchone())
    assert settings == [("wal",), (5000,), (1,)]


async def _counts(url: str) -> dict[str, int]:
    """Rows by table, seen by a connection of our own, which no policy bounds."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        counts = {
            table: (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
            for table in ("pictures", "images", "picture_tags")
        }
    await engine.dispose()
    return counts
