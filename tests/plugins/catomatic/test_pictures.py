import dataclasses

import pytest

from catguard_catomatic.pictures import Credit, Picture, credits_of
from tests.plugins.catomatic import shapes

RECORD = {
    "id": "0123456789abcdef",
    "kind": "cat",
    "breed": "tabby",
    "pose": "sitting",
    "width": 512,
    "height": 768,
    "widths": [512, 128, 256],
    "anchors": {"nose": [0.5, 0.25]},
    "tags": ["striped"],
    "licence": "CC0-1.0",
    "author": "Ann",
    "source": "own drawing",
    "digest": "ab" * 32,
}


def test_picture_from_wire_sorts_the_widths() -> None:
    picture = Picture.from_wire(RECORD)

    assert picture.widths == (128, 256, 512)
    assert picture.anchors == {"nose": (0.5, 0.25)}
    assert picture.layer is None
    assert picture.credit == Credit("Ann", "CC0-1.0", ("own drawing",))


def test_picture_from_wire_needs_no_author_and_no_tags() -> None:
    record = {key: value for key, value in RECORD.items() if key not in ("author", "tags")} | {"layer": "back"}

    picture = Picture.from_wire(record)

    assert (picture.credit.author, picture.tags, picture.layer) == (None, frozenset(), "back")


@pytest.mark.parametrize(("needed", "asked"), [(1, 64), (64, 64), (64.5, 128), (129, 256), (480_000, 256)])
def test_stored_width_is_the_smallest_that_suffices_or_the_largest(needed: float, asked: int) -> None:
    assert shapes.cat().stored_width(needed) == asked


def test_credits_thank_each_maker_once_for_each_licence() -> None:
    ann = shapes.cat("a")
    again = dataclasses.replace(shapes.cat("b"), credit=Credit("Ann Artist", "CC0", ("a photo", "own drawing")))
    other = dataclasses.replace(shapes.cat("c"), credit=Credit("Ann Artist", "MIT", ("own drawing",)))

    assert credits_of([ann, shapes.layer(), again, other]) == (
        Credit("Ann Artist", "CC0", ("own drawing", "a photo")),
        Credit("Ben Brush", "CC0", ("own drawing",)),
        Credit("Ann Artist", "MIT", ("own drawing",)),
    )
