from __future__ import annotations

import pytest

from catguard_store.imports.labels import Defaults, Labels, labels
from catguard_store.imports.report import Renaming, Unusable
from catguard_store.imports.sidecar import Row


def cat(breed: str, pose: str = "posing", tags: tuple[str, ...] = ()) -> Labels:
    return Labels("cat", breed, pose, None, tags, "MIT", None)


def scene(name: str, layer: str) -> Labels:
    return Labels("scene", name, "scene", layer, (), "MIT", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("siamese/1.jpg", cat("siamese")),
        ("Russian Blue/1.jpg", cat("russian-blue")),
        ("siamese/sitting/x.png", cat("siamese", "sitting")),
        ("siamese/sitting/At Night/x.png", cat("siamese", "sitting", ("at-night",))),
        ("cats/siamese/1.jpg", cat("siamese")),
        ("scenes/my-garden/back.png", scene("my-garden", "back")),
        ("scenes/My Garden/Foreground.png", scene("my-garden", "foreground")),
        ("scenes/beach.jpg", scene("beach", "back")),
    ],
)
def test_labels_from_folders(name: str, expected: Labels) -> None:
    assert labels(name, None, Defaults(licence="MIT")) == expected


def test_labels_of_the_sidecar_come_before_folders_and_defaults() -> None:
    fields = {"breed": "Ragdoll", "pose": "Loaf", "licence": "CC0-1.0", "author": "Ann\nAuthor"}
    row = Row("cats.csv:2", fields, ("Fluffy", "fluffy"), {"nose": (0.5, 0.5)})
    defaults = Defaults(breed="tabby", pose="sitting", licence="MIT", author="Bob", tags=("all",))
    found = labels("siamese/sitting/1.jpg", row, defaults)
    assert found == Labels("cat", "ragdoll", "loaf", None, ("fluffy",), "CC0-1.0", "Ann Author", {"nose": (0.5, 0.5)})


def test_labels_of_the_defaults_are_for_what_says_nothing() -> None:
    defaults = Defaults(breed="tabby", pose="sitting", licence="MIT", author="Bob", tags=("all",))
    assert labels("1.jpg", None, defaults) == Labels("cat", "tabby", "sitting", None, ("all",), "MIT", "Bob")
    assert labels("siamese/1.jpg", None, defaults).breed == "siamese"


def test_labels_without_licence_leave_it_to_the_policy() -> None:
    assert labels("siamese/1.jpg", None, Defaults()).licence == ""


def test_labels_of_a_scene_by_sidecar() -> None:
    row = Row("cats.csv:2", {"kind": "scene", "breed": "attic", "layer": "foreground", "licence": "MIT"})
    assert labels("1.png", row, Defaults()) == scene("attic", "foreground")


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("1.jpg", {}, "nothing says the breed.*--breed"),
        ("???/1.jpg", {}, "no breed can be named"),
        ("scenes/1.jpg", {}, r"no scene can be named '1'.*; scenes/NAME\.jpg is the back of the scene NAME"),
        (
            f"{'north-' * 6}east/1.jpg",
            {},
            "has 40 characters, and a name at most 32; shorten it, or say .* in a sidecar",
        ),
        ("9 lives/1.jpg", {}, "no breed can be named '9 lives'"),
        ("siamese/1.jpg", {"kind": "dog"}, "the kind is 'dog': there are cat and scene"),
        ("scenes/beach/middle.png", {}, "named back, ground or foreground, not 'middle'"),
    ],
)
def test_labels_that_make_no_sense_are_told(name: str, fields: dict[str, str], message: str) -> None:
    with pytest.raises(Unusable, match=message):
        labels(name, Row("cats.csv:2", fields), Defaults())


def test_labels_of_a_bad_row_say_where_it_is() -> None:
    with pytest.raises(Unusable, match=r"cats\.csv:7: tags must be"):
        labels("siamese/1.jpg", Row("cats.csv:7", {}, fault="tags must be a list"), Defaults())


def test_labels_tell_which_names_are_written_otherwise() -> None:
    row = Row("cats.csv:2", {"pose": "schläft"}, ("Blåbær", "Two  Words"))
    found = labels("Łódź/1.jpg", row, Defaults())
    assert found.renamed == (
        Renaming("breed", "Łódź", "lodz", folder=True),
        Renaming("pose", "schläft", "schlaft"),
        Renaming("tag", "Blåbær", "blabaer"),
    )
    assert str(found.renamed[0]) == "folder 'Łódź' is breed lodz"
    assert labels("Russian_Blue/Lying down/1.jpg", None, Defaults()).renamed == ()
