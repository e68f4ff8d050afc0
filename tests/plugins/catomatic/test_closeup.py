import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catguard_catomatic import pixels
from catguard_catomatic.closeup import BACKGROUNDS, PARTS, CloseUp, MissingPart, close_up, look, parts_of
from catguard_catomatic.recipe import CloseUpRecipe, Part
from tests.plugins.catomatic import shapes

CAT = shapes.cat()
sides = st.integers(16, 4096)


def order(part: Part | None, width: int, height: int, *, seed: int = 0) -> CloseUpRecipe:
    return CloseUpRecipe(CAT.id, part, width, height, "webp", seed)


def drawn(view: CloseUp) -> Image.Image:
    return look(view, shapes.image(view.source), resize=pixels.resize)


@given(part=st.sampled_from(sorted(PARTS)), width=sides, height=sides)
def test_close_up_contains_the_anchors_of_the_part(part: Part, width: int, height: int) -> None:
    view = close_up(order(part, width, height), CAT)

    left, top, right, bottom = view.target
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    for anchor in PARTS[part][0]:
        x, y = view.window.apply(CAT.anchors[anchor])
        assert left - 1 <= x <= right + 1
        assert top - 1 <= y <= bottom + 1


@given(part=st.sampled_from([None, *sorted(PARTS)]), width=sides, height=sides)
def test_close_up_does_not_distort(part: Part | None, width: int, height: int) -> None:
    window = close_up(order(part, width, height), CAT).window

    seen = (window.part.width * CAT.width) / (window.part.height * CAT.height)
    assert seen == pytest.approx(width / height)


@pytest.mark.parametrize(("width", "height"), [(480, 730), (480, 480), (900, 60), (60, 900), (16, 16), (2000, 2000)])
@pytest.mark.parametrize("part", [None, *sorted(PARTS)])
def test_look_gives_exactly_the_ordered_size(part: Part | None, width: int, height: int) -> None:
    assert drawn(close_up(order(part, width, height), CAT)).size == (width, height)


def test_look_shows_the_nose_in_the_middle() -> None:
    image = drawn(close_up(order("nose", 300, 300), CAT))

    red, green, blue = image.getpixel((150, 150))
    assert (red > 220, green < 40, 100 < blue < 160) == (True, True, True)


def test_look_shows_the_background_beyond_the_picture() -> None:
    image = drawn(close_up(order(None, 600, 100), CAT))

    assert image.getpixel((0, 50)) in BACKGROUNDS
    assert image.getpixel((599, 50)) == image.getpixel((0, 50))


def test_close_up_shows_little_beyond_the_edge_of_the_picture() -> None:
    view = close_up(order("paw", 300, 300), CAT)

    _, _, _, bottom = view.target
    assert 0.85 * 300 <= bottom < 300


def test_look_is_the_same_for_a_seed() -> None:
    views = [close_up(order("face", 200, 200, seed=seed), CAT) for seed in (0, 0, 1, 2, 3)]

    first, again, *others = (drawn(view).tobytes() for view in views)
    assert first == again
    assert any(other != first for other in others)


def test_close_up_asks_for_the_smallest_stored_width_that_suffices() -> None:
    assert close_up(order(None, 64, 98), CAT).source.width == 64
    assert close_up(order(None, 100, 154), CAT).source.width == 128


def test_close_up_never_asks_for_more_than_is_stored() -> None:
    """The order that ended servers: a zoom of 0.999 makes the view 480,000 pixels wide."""
    assert close_up(order("nose", 480_000, 738_000), CAT).source.width == CAT.widths[-1]


def test_close_up_takes_no_part_in_deciding_what_is_too_large() -> None:
    """The policy is the place for that: neither the window nor the resize is clamped in silence."""
    asked = []
    view = close_up(order("nose", 480_000, 738_000), CAT)

    def resize(image: Image.Image, width: int, height: int, **_: object) -> Image.Image:
        asked.append((width, height))
        raise MemoryError

    with pytest.raises(MemoryError):
        look(view, shapes.image(view.source), resize=resize)
    assert asked == [(480_000, 738_000)]


def test_close_up_of_a_part_without_anchor_names_it() -> None:
    tailless = dataclasses.replace(CAT, anchors={"nose": (0.5, 0.5)})

    with pytest.raises(MissingPart, match="tail"):
        close_up(order("tail", 100, 100), tailless)
    assert close_up(order("nose", 100, 100), tailless)


@pytest.mark.parametrize(
    ("anchors", "parts"),
    [
        ((), ()),
        (("nose", "tail"), ("nose", "tail")),
        (("left-eye", "face-top-left", "right-ear"), ()),
        (("right-eye", "left-eye"), ("eyes",)),
        (tuple(CAT.anchors), tuple(PARTS)),
    ],
)
def test_parts_of_a_picture_are_those_with_all_anchors(anchors: tuple[str, ...], parts: tuple[Part, ...]) -> None:
    marked = dataclasses.replace(CAT, anchors=dict.fromkeys(anchors, (0.5, 0.5)))

    assert parts_of(marked) == parts
