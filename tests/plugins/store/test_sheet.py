from __future__ import annotations

import PIL.Image
import PIL.ImageChops
import pytest

from catguard_store.art.breeds import BREEDS
from catguard_store.art.poses import POSES
from catguard_store.art.scene import SCENES
from catguard_store.sheet import PAPER, Sheet


@pytest.fixture(scope="module")
def small() -> Sheet:
    return Sheet(breeds=("white", "sphynx"), poses=("loaf",), scenes=("night-roof",))


def test_sheet_shows_everything_unless_told_otherwise() -> None:
    everything = Sheet()
    assert (set(everything.breeds), set(everything.poses), set(everything.scenes)) == (
        set(BREEDS), set(POSES), set(SCENES),
    )  # fmt: skip
    assert len(everything) == len(BREEDS) * len(POSES) + len(SCENES)


def test_sheet_counts_what_it_draws(small: Sheet) -> None:
    steps: list[None] = []
    picture = small.draw(lambda: steps.append(None))
    assert len(steps) == len(small) == 3
    assert picture.mode == "RGB"
    assert picture.getpixel((0, 0)) == PAPER


def test_sheet_is_the_same_for_the_same_names(small: Sheet) -> None:
    assert small.draw().tobytes() == small.draw().tobytes()


def test_sheet_without_labels_says_no_names(small: Sheet) -> None:
    silent = Sheet(breeds=small.breeds, poses=small.poses, scenes=(), labels=False).draw()
    spoken = Sheet(breeds=small.breeds, poses=small.poses, scenes=()).draw()
    assert silent.height < spoken.height
    rows = silent.crop((0, 0, silent.width, 14))
    assert PIL.ImageChops.difference(rows, PIL.Image.new("RGB", rows.size, PAPER)).getbbox() is None
