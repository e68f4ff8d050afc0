from __future__ import annotations

import pytest

from catguard_store.art.breeds import BREEDS
from catguard_store.art.poses import POSES
from catguard_store.art.scene import SCENES
from catguard_store.drawings import Drawings, catalogue, choose
from catguard_store.renditions import WIDTHS

SNOW = {"snow/back", "snow/ground", "snow/foreground"}


def test_catalogue_has_every_breed_in_every_pose_and_every_layer() -> None:
    names = [drawing.name for drawing in catalogue()]
    assert len(names) == len(set(names))
    assert {f"{breed}/{pose}" for breed in BREEDS for pose in POSES} < set(names)
    assert {f"{name}/{layer}" for name, place in SCENES.items() for layer in place.layers} < set(names)


def test_catalogue_has_the_back_of_a_scene_behind_its_other_layers() -> None:
    names = [drawing.name for drawing in catalogue()]
    for name, place in SCENES.items():
        assert max(place.layers, key=lambda layer: names.index(f"{name}/{layer}")) == "back"


def test_catalogue_says_no_tag_twice() -> None:
    for drawing in catalogue():
        assert len(drawing.tags) == len(set(drawing.tags)) <= 16


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ("siamese/sitting", {"siamese/sitting"}),
        ("persian", {f"persian/{pose}" for pose in POSES}),
        ("*/loaf", {f"{breed}/loaf" for breed in BREEDS}),
        ("snow, white/s*", {*SNOW, *(f"white/{p}" for p in POSES if p.startswith("s"))}),
        ("*", {drawing.name for drawing in catalogue()}),
        ("", set()),
    ],
)
def test_choose_takes_what_matches(patterns: str, names: set[str]) -> None:
    assert {drawing.name for drawing in choose(patterns)} == names


def test_choose_keeps_the_order_of_the_catalogue() -> None:
    assert choose("snow, siamese/loaf") == tuple(d for d in catalogue() if d in choose("siamese/loaf, snow"))


@pytest.mark.parametrize("pattern", ["poodle", "siamese/flying", "Siamese/sitting"])
def test_choose_of_nothing_says_what_there_is(pattern: str) -> None:
    with pytest.raises(ValueError, match=f"no drawing matches '{pattern}.*maine-coon.*stretching.*night-roof"):
        choose(f"siamese, {pattern}")


def test_drawings_propose_what_was_chosen() -> None:
    assert [proposal.source for proposal in Drawings("beach").proposals()] == [
        "drawn/scene/beach/ground", "drawn/scene/beach/foreground", "drawn/scene/beach/back",
    ]  # fmt: skip


def test_drawings_have_an_id_that_does_not_depend_on_the_choice() -> None:
    (alone,) = Drawings("tabby/loaf").proposals()
    assert alone in Drawings().proposals()


def test_candidate_claims_what_it_becomes() -> None:
    source = Drawings("sphynx/sleeping")
    candidate = source.candidate(source.proposals()[0])
    developed = candidate.develop()
    largest = developed.images[-1]
    assert 0.88 * candidate.width < largest.width <= candidate.width <= WIDTHS["cat"][-1]
    assert largest.height <= candidate.height
    assert candidate.frames == 1


def test_catalogue_begins_with_what_a_first_picture_needs() -> None:
    first = catalogue()[: 3 + len(BREEDS)]
    assert [drawing.layer for drawing in first[:3]] == ["ground", "foreground", "back"]
    assert [drawing.breed for drawing in first[3:]] == list(BREEDS)
