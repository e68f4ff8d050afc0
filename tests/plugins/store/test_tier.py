from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import PIL.Image
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

import catguard
from catguard import TierContext
from catguard_store import catguard_tier
from catguard_store.drawings import Drawings, choose
from catguard_store.records import Picture
from catguard_store.renditions import widths
from catguard_store.repository import Repository
from catguard_store.tier import OPENING, fill, prepare

#: Of the catalogue, what is drawn here: some of every kind.
FEW = "siamese/sitting, siamese/loaf, white/sleeping, rose-garden, night-roof/back"


@dataclass(frozen=True)
class Prepared:
    """A store that was prepared, and what was told meanwhile."""

    context: TierContext
    told: str


@pytest.fixture(scope="module")
def prepared(guard: catguard.Guard, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A few of the drawings that the store ships with, drawn and stored; takes some seconds, so once."""
    context = TierContext(guard, data=tmp_path_factory.mktemp("store"), settings={"drawings": FEW}, addresses={})

    tier = catguard_tier()
    assert tier.prepare is not None
    assert tier.fill is not None

    async def run() -> None:
        await tier.prepare(context)
        await tier.fill(context)
        await context.close()

    with contextlib.redirect_stderr(io.StringIO()) as told:
        asyncio.run(run())
    return Prepared(context, told.getvalue())


@pytest.fixture
def context(prepared: Prepared) -> TierContext:
    return prepared.context


@pytest.fixture
async def seeded(context: TierContext) -> AsyncIterator[Repository]:
    engine = context.database(f"sqlite+aiosqlite:///{context.data / 'store.db'}")
    yield Repository(engine)
    await context.close()


async def everything(repository: Repository) -> tuple[Picture, ...]:
    return (*await repository.find(limit=60, kind="cat"), *await repository.find(limit=60, kind="scene"))


def test_tier_is_served_under_its_name() -> None:
    assert catguard_tier().name == "store"


async def test_fill_stores_the_drawings_of_the_settings(seeded: Repository) -> None:
    stored = {picture.source: picture for picture in await everything(seeded)}
    assert stored.keys() == {drawing.source for drawing in choose(FEW)}
    for proposal in Drawings(FEW).proposals():
        picture = stored[proposal.source]
        assert (picture.id, picture.digest) == (proposal.digest[:16], proposal.digest)
        assert picture.widths == widths(picture.kind, picture.width)
        assert picture.licence == "MIT"


async def test_fill_stores_images_that_are_what_is_said_of_them(seeded: Repository) -> None:
    for picture in await everything(seeded):
        for width in picture.widths:
            image = await seeded.image(picture.id, width)
            assert image is not None
            assert hashlib.sha256(image.bytes).hexdigest() == image.digest
            with PIL.Image.open(io.BytesIO(image.bytes)) as opened:
                assert (opened.format, opened.size) == ("WEBP", (width, image.height))
                assert opened.mode == ("RGB" if picture.layer == "back" else "RGBA")
        assert image is not None
        assert (image.width, image.height) == (picture.width, picture.height)


async def test_fill_keeps_layers_of_a_scene_alike(seeded: Repository) -> None:
    layers = await seeded.find(limit=60, kind="scene", breed="rose-garden")
    assert {layer.layer for layer in layers} == {"back", "ground", "foreground"}
    assert {(layer.width, layer.height) for layer in layers} == {(1600, 1200)}
    assert all(layer.anchors == layers[0].anchors for layer in layers)


async def test_fill_tags_cats_by_breed_and_pose(seeded: Repository) -> None:
    found = await seeded.find(limit=60, kind="cat", tag="siamese")
    assert {(picture.breed, picture.pose) for picture in found} == {("siamese", "sitting"), ("siamese", "loaf")}
    assert all(picture.pose in picture.tags for picture in found)


async def test_fill_again_draws_nothing(context: TierContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def candidate(self: Drawings, proposal: object) -> None:
        pytest.fail("it was drawn again")

    monkeypatch.setattr(Drawings, "candidate", candidate)
    await prepare(context)
    await fill(context)
    await context.close()


def test_prepare_and_fill_tell_how_far_they_are(prepared: Prepared) -> None:
    rest = len(choose(FEW)) - OPENING
    assert f"drawing the first pictures: 100 % ({OPENING} of {OPENING})" in prepared.told
    assert f"drawing pictures: 100 % ({rest} of {rest})" in prepared.told


async def test_prepare_uses_the_database_of_the_settings(guard: catguard.Guard, tmp_path: Path, url: str) -> None:
    one = "night-roof/foreground"
    context = TierContext(guard, data=tmp_path / "nowhere", settings={"database": url, "drawings": one}, addresses={})
    await prepare(context)
    await context.close()
    engine = create_async_engine(url)
    assert await Repository(engine).picture("0" * 16) is None
    await engine.dispose()


async def test_prepare_with_a_bad_database_says_so(guard: catguard.Guard, tmp_path: Path) -> None:
    context = TierContext(guard, data=tmp_path, settings={"database": "no database"}, addresses={})
    with pytest.raises(catguard.ConfigurationError, match=r"CATGUARD_STORE_DATABASE.*postgresql\+psycopg"):
        await prepare(context)


async def test_prepare_whose_drawing_dies_says_so(
    guard: catguard.Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = Drawings.candidate
    monkeypatch.setattr(Drawings, "candidate", lambda *which: replace(candidate(*which), develop=os.abort))
    context = TierContext(guard, data=tmp_path, settings={"drawings": "siamese/loaf"}, addresses={})
    with pytest.raises(
        catguard.CatguardError, match=r"its decoder died of it \(SIGABRT\).*the next start goes on there"
    ):
        await prepare(context)
    await context.close()


async def test_prepare_with_a_file_that_is_no_database_says_what_to_do(guard: catguard.Guard, tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"nothing that SQLite wrote" * 9)
    context = TierContext(guard, data=tmp_path, settings={}, addresses={})
    with pytest.raises(catguard.ConfigurationError, match=r"store\.db: file is not a database; move that file away"):
        await prepare(context)
    await context.close()


async def test_prepare_with_unknown_drawings_says_which_there_are(guard: catguard.Guard, tmp_path: Path) -> None:
    context = TierContext(guard, data=tmp_path, settings={"drawings": "siamese, poodle/*"}, addresses={})
    with pytest.raises(catguard.ConfigurationError, match=r"CATGUARD_STORE_DRAWINGS.*'poodle/\*'.*sphynx.*loaf.*beach"):
        await prepare(context)


@pytest.mark.parametrize(
    "url",
    ["sqlite+aiosqlite:////nowhere/at/all/store.db", "postgresql+psycopg://cat:secret@127.0.0.1:1/cats"],
    ids=["sqlite", "postgresql"],
)
async def test_prepare_database_out_of_reach_says_which_and_what_to_do(
    guard: catguard.Guard, tmp_path: Path, url: str
) -> None:
    context = TierContext(guard, data=tmp_path, settings={"database": url}, addresses={})
    with pytest.raises(catguard.ConfigurationError, match=r"cannot be made in .* CATGUARD_STORE_DATABASE") as caught:
        await prepare(context)
    await context.close()
    # After a connection that failed aiosqlite ends its thread without being waited for; it wants the loop once more.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 30)
    assert url.rpartition("/")[2] in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
