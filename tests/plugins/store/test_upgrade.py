from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import catguard
from catguard_store.menu import read_menu
from catguard_store.repository import Repository
from catguard_store.upgrade import add_columns

from .pictures import images, picture


@pytest.fixture
async def old(url: str, guard: catguard.Guard) -> str:
    """The URL of a store that an older version has made, with a picture."""
    engine = create_async_engine(url)
    store = Repository(engine)
    await store.create()
    await store.insert(picture("tabby"), images(picture("tabby")))
    async with engine.begin() as connection:
        await connection.execute(text("DROP INDEX pictures_of_menu"))
        for column in ("opaque", "mark"):
            await connection.execute(text(f"ALTER TABLE pictures DROP COLUMN {column}"))
    await engine.dispose()
    return url


async def test_create_adds_the_columns_that_an_older_store_lacks(old: str, repository: Repository) -> None:
    assert await repository.picture(picture("tabby").id) == picture("tabby")
    photo = dataclasses.replace(picture("photo"), opaque=True)
    await repository.insert(photo, images(photo))
    assert await repository.picture(photo.id) == photo


async def test_art_of_an_upgraded_store_changes_with_a_correction(old: str, repository: Repository) -> None:
    before = await read_menu(repository.engine)
    corrected = dataclasses.replace(picture("tabby"), author="The right one")
    await repository.insert(corrected, images(corrected), replaces=corrected.id)

    assert [entry.name for entry in before.breeds] == ["tabby"]
    assert (await read_menu(repository.engine)).breeds[0].art != before.breeds[0].art


async def test_add_columns_to_what_has_them_all_changes_nothing(repository: Repository, url: str) -> None:
    engine = create_async_engine(url)
    await add_columns(engine)
    await engine.dispose()
