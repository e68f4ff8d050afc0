"""What an import takes of scenes, and of anchors: only what can be composed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catguard_store.imports.labels import Defaults
from catguard_store.imports.supply import Files

from .conftest import Store
from .corpus import cut_out, encoded, photo, write

LICENCE = ("--licence", "MIT")
BACK, OTHER = (encoded(photo(320, 240, seed=seed), "PNG") for seed in (1, 2))
FRONT = encoded(cut_out(320, 240), "PNG")


def refused(report: dict[str, Any]) -> dict[str, str]:
    return {refusal["name"]: refusal["reason"] for refusal in report["refused"]}


@pytest.mark.parametrize("rehearsed", [False, True])
def test_a_second_layer_of_a_name_is_refused(store: Store, photos: Path, rehearsed: bool) -> None:
    sidecar = b"file,kind,breed,layer\n1.png,scene,attic,back\n2.png,scene,attic,back\n3.png,scene,attic,foreground\n"
    write(photos, {"1.png": BACK, "2.png": OTHER, "3.png": FRONT, "cats.csv": sidecar})
    report = store.take(photos, *LICENCE, *(["--dry-run"] if rehearsed else []))
    assert len(report["imported"]) == 2
    assert "the scene attic has a back: " in refused(report)["2.png"]


def test_a_layer_of_a_scene_that_is_stored_is_refused(store: Store, photos: Path) -> None:
    store.take(write(photos / "first", {"scenes/attic.png": BACK}), *LICENCE)
    report = store.take(write(photos / "second", {"scenes/attic.png": OTHER}), *LICENCE)
    assert list(refused(report)) == ["scenes/attic.png"]
    assert len(store.pictures()) == 1


def test_a_scene_by_the_name_of_a_drawn_one_is_refused(store: Store, photos: Path) -> None:
    report = store.take(write(photos, {"scenes/meadow/back.png": BACK}), *LICENCE)
    assert "draws a scene meadow of its own" in refused(report)["scenes/meadow/back.png"]


def test_a_back_is_stored_last(store: Store, photos: Path) -> None:
    layers = {
        f"scenes/attic/{layer}.png": encoded(cut_out(320 + index, 240), "PNG")
        for index, layer in enumerate(("ground", "foreground"))
    }
    write(photos, {"scenes/attic/back.png": BACK, **layers})
    names = Files(photos, defaults=Defaults(licence="MIT")).names
    assert names[-1] == "scenes/attic/back.png"
    report = store.take(photos, *LICENCE)
    assert len(report["imported"]) == 3


@pytest.mark.parametrize(
    ("anchors", "assumption"),
    [
        ("face-top-left 0.5 0.5; face-bottom-right 0.5001 0.5001", "face-of-some-size"),
        ("face-top-left 0.7 0.2; face-bottom-right 0.3 0.6", "face-of-some-size"),
        ("face-top-left 0.3 0.6; face-bottom-right 0.7 0.2", "face-of-some-size"),
        ("face-top-left 0 0; face-bottom-right 0.2 0.15", "face-of-some-size"),
        ("face-top-left 0.3 0.2", "two-corners-of-a-face"),
        ("ground-left 0.9 0.6; ground-right 0.1 0.6", "ground-of-some-width"),
    ],
    ids=["tiny", "mirrored", "upside-down", "outside", "half", "ground"],
)
def test_anchors_that_spoil_pictures_are_refused(store: Store, photos: Path, anchors: str, assumption: str) -> None:
    write(photos, {"tom/1.png": FRONT, "cats.csv": f"file,anchors\ntom/1.png,{anchors}\n".encode()})
    (refusal,) = store.take(photos, *LICENCE)["refused"]
    assert refusal["assumption"].endswith(assumption)
    assert "policies.yaml" in refusal["policy"]
