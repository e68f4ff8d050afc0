from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_store.drawings import Drawings
from catguard_store.imports.developing import MAX_AREA, fitted
from catguard_store.inventory import everything
from catguard_store.repository import Repository

from ..pictures import images, picture
from .conftest import Store
from .corpus import cut_out, encoded, photo, write

PROPOSED = next(one for one in Drawings().proposals() if one.source == "drawn/cat/tabby/sitting")
DRAWN = dataclasses.replace(
    picture("drawn", source=PROPOSED.source),
    id=PROPOSED.id,
    digest=PROPOSED.digest,
    tags=tuple(sorted(PROPOSED.tags)),
    licence=PROPOSED.licence,
    author=PROPOSED.author,
)
SIDECAR = [
    {
        "file": "1.png",
        "breed": "Ragdoll",
        "pose": "loaf",
        "tags": ["night", "garden"],
        "anchors": {"nose": [0.4, 0.45], "left-eye": [0.3, 0.3]},
        "author": "Zoë Author",
    },
    {"file": "2.jpg", "breed": "ragdoll", "licence": "CC0-1.0"},
    {"file": "back.png", "kind": "scene", "breed": "attic", "layer": "back", "tags": ["warm"]},
    {"file": "front.png", "kind": "scene", "breed": "attic", "layer": "foreground"},
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with a cut-out, a photo and a scene that were imported, and with what looks as if it were drawn."""
    place = tmp_path_factory.mktemp("full")
    store = Store(place / "var")
    files = {
        "1.png": encoded(cut_out(1300, 1200, (100, 200, 1250, 1100)), "PNG"),
        "2.jpg": encoded(photo(1200, 900), "JPEG"),
        "back.png": encoded(photo(600, 450), "PNG"),
        "front.png": encoded(cut_out(600, 450), "PNG"),
        "cats.json": json.dumps(SIDECAR).encode(),
    }
    report = store.take(write(place / "photos", files), "--licence", "CC-BY-4.0")
    assert len(report["imported"]) == 4
    store.ask(draw)
    return store


async def draw(repository: Repository) -> None:
    """Store a picture as the store's own drawings are."""
    developed = Drawings().candidate(PROPOSED).develop()
    largest = developed.images[-1]
    widths = tuple(image.width for image in developed.images)
    drawn = dataclasses.replace(
        DRAWN, width=largest.width, height=largest.height, widths=widths, anchors=developed.anchors
    )
    await repository.insert(drawn, developed.images)


def by_pose(store: Store) -> dict[str, str]:
    return {found.layer or found.pose: found.id for found in store.pictures().values()}


def test_list_tells_all_that_is_stored(full: Store) -> None:
    done = full.run("list")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 5
    line = next(line for line in done.stdout.splitlines() if "loaf" in line)
    assert line.split()[:5] == [by_pose(full)["loaf"], "ragdoll", "loaf", "1024x801", "cut-out"]
    assert re.search(r"Zoë Author, CC-BY-4\.0 {2,}imported/", line)


@pytest.mark.parametrize(
    ("arguments", "count"), [(["--breed", "ragdoll"], 2), (["--kind", "scene"], 2), (["--kind", "cat"], 3), ([], 5)]
)
def test_list_by_breed_and_kind_for_programs(full: Store, arguments: list[str], count: int) -> None:
    found = json.loads(full.run("list", "--json", *arguments).stdout)
    assert len(found) == count


def test_list_of_nothing_says_what_to_do(store: Store) -> None:
    done = store.run("list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "catguard cats import" in done.stderr


async def test_list_goes_on_behind_each_page(repository: Repository) -> None:
    for index in range(130):
        await repository.insert(picture(str(index)), images(picture(str(index))))
    found = [one.id async for one in everything(repository)]
    assert found == sorted(picture(str(index)).id for index in range(130))


def test_show_tells_all_that_is_known(full: Store) -> None:
    told = full.run("show", by_pose(full)["loaf"]).stdout
    for line in (
        "author   Zoë Author",
        "credit   Zoë Author, CC-BY-4.0",
        "tags     garden, night",
        "widths   160, 320, 640, 1024",
        "used     1 of 2 of the breed ragdoll: a cut-out that stands in scenes",
    ):
        assert line in told.splitlines()
    assert "anchors  left-eye 0.2522 0.1778; nose " in told
    assert "1024x801 (" in told


@pytest.mark.parametrize(
    ("pose", "used"), [("posing", "a framed card, as it has no transparency"), ("back", "the back of the scene attic")]
)
def test_show_tells_what_a_picture_is_used_for(full: Store, pose: str, used: str) -> None:
    known = json.loads(full.run("show", by_pose(full)[pose], "--json").stdout)
    assert used in known["used"]


@pytest.mark.parametrize("command", ["show", "remove"])
@pytest.mark.parametrize(
    ("identifier", "status", "message"),
    [("0" * 16, 1, "no such picture is stored"), ("siamese", 2, "'siamese' is no id"), ("0" * 17, 2, "is no id")],
)
def test_commands_on_what_is_not_there_say_so(
    full: Store, command: str, identifier: str, status: int, message: str
) -> None:
    done = full.run(command, identifier)
    assert (done.exit_code, message in done.output) == (status, True), done.output


def test_export_and_import_into_an_empty_store_give_the_same(full: Store, tmp_path: Path) -> None:
    done = full.run("export", tmp_path / "backup")
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'backup'}: 5 pictures and cats.json\n"), done.output
    other = Store(tmp_path / "other")
    report = other.take(tmp_path / "backup", "--restore")
    assert (len(report["imported"]), report["refused"]) == (5, [])
    assert other.pictures() == full.pictures()
    again = full.take(tmp_path / "backup", "--restore")
    assert (len(again["duplicates"]), again["imported"]) == (5, [])


def test_export_that_was_changed_is_another_picture(full: Store, tmp_path: Path) -> None:
    full.run("export", tmp_path / "backup", "--kind", "scene", "--breed", "attic")
    changed = next((tmp_path / "backup").rglob("back-*.webp"))
    changed.write_bytes(encoded(photo(300, 200, seed=9), "WEBP"))
    other = Store(tmp_path / "other")
    other.take(tmp_path / "backup", "--restore")
    sources = {found.layer: found.source for found in other.pictures().values()}
    assert sources["back"].startswith("imported/")
    assert other.pictures().keys() & full.pictures().keys() == {sources["foreground"]}


def test_export_into_a_folder_with_something_in_it_is_refused(full: Store, tmp_path: Path) -> None:
    write(tmp_path, {"mine.txt": b"x"})
    done = full.run("export", tmp_path)
    assert (done.exit_code, "is not empty" in done.output) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_remove_takes_images_and_tags_along_and_tells_of_what_comes_back(full: Store, tmp_path: Path) -> None:
    full.run("export", tmp_path / "backup", "--kind", "cat")
    store = Store(tmp_path / "var")
    store.take(tmp_path / "backup", "--restore")
    mine, drawn = by_pose(store)["loaf"], DRAWN

    async def left(repository: Repository) -> Any:
        return [await repository.image(one, 160) for one in (mine, drawn.id)]

    assert {found.pose for found in store.pictures().values()} == {"loaf", "posing", "sitting"}
    done = store.run("remove", mine, drawn.id)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{mine}: removed (ragdoll, loaf)",
        f"{drawn.id}: removed (tabby, sitting); it is drawn again at the next start, unless CATGUARD_STORE_DRAWINGS leaves it out",
    ]
    assert [found.pose for found in store.pictures().values()] == ["posing"]
    assert store.ask(left) == [None, None]


@given(st.sampled_from(["cat", "scene"]), st.integers(1, 20_000), st.integers(1, 20_000))
def test_fitted_again_changes_nothing(kind: str, width: int, height: int) -> None:
    once = fitted(kind, width, height)
    assert fitted(kind, *once) == once
    assert once[0] * once[1] <= MAX_AREA
    assert once[0] <= width


def test_commands_have_help_with_examples() -> None:
    from click.testing import CliRunner

    from catguard_store.commands import cats

    for command in ("import", "list", "show", "remove", "export"):
        told = CliRunner().invoke(cats, [command, "--help"]).output
        assert f"\n    catguard cats {command}" in told
        assert "\\b" not in told
