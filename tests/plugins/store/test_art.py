from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from xml.etree import ElementTree

import PIL.Image
import pytest
import resvg_py

from catguard_store.art import cat, scene
from catguard_store.art.breeds import BREEDS
from catguard_store.art.cat import Sketch
from catguard_store.art.poses import POSES
from catguard_store.art.raster import rasterise
from catguard_store.art.svg import mixed

CATS = [(breed, pose) for breed in BREEDS for pose in POSES]
LAYERS = [(name, layer) for name, place in scene.SCENES.items() for layer in place.layers]
ANCHORS = {
    "nose", "left-eye", "right-eye", "left-ear", "right-ear", "paw", "tail", "face-top-left", "face-bottom-right",
}  # fmt: skip


#: Pixels; small, as there are many cats to draw.
SIDE = 160


@cache
def sketch(breed: str, pose: str) -> Sketch:
    return cat.draw(BREEDS[breed], POSES[pose])


@cache
def cut_out(breed: str, pose: str) -> tuple[PIL.Image.Image, Mapping[str, tuple[float, float]]]:
    """A small picture of a cat, rendered once for all tests that only look at it."""
    return rasterise(sketch(breed, pose), SIDE, crop=True)


@cache
def painted(name: str, layer: str) -> tuple[PIL.Image.Image, Mapping[str, tuple[float, float]]]:
    """A small picture of one layer, rendered once for all tests."""
    return rasterise(scene.draw(scene.SCENES[name], layer), 320, crop=False)


def test_catalogue_has_what_the_service_promises() -> None:
    assert set(BREEDS) == {
        "siamese", "tabby", "tuxedo", "calico", "ginger", "russian-blue", "black", "white", "persian", "maine-coon",
        "bengal", "sphynx",
    }  # fmt: skip
    assert set(POSES) == {"sitting", "standing", "loaf", "sleeping", "stretching"}
    assert set(scene.SCENES) == {
        "rose-garden", "meadow", "living-room", "windowsill", "beach", "snow", "bookshelf", "night-roof",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("breed", "pose"), [(breed, "sitting") for breed in BREEDS] + [("bengal", pose) for pose in POSES]
)
def test_cat_is_the_same_text_for_the_same_parameters(breed: str, pose: str) -> None:
    assert cat.draw(BREEDS[breed], POSES[pose]) == sketch(breed, pose)


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_scene_is_the_same_text_for_the_same_parameters(name: str, layer: str) -> None:
    place = scene.SCENES[name]
    assert scene.draw(place, layer).svg == scene.draw(place, layer).svg


def test_drawings_differ_from_each_other() -> None:
    texts = {sketch(*entry).svg for entry in CATS} | {
        scene.draw(scene.SCENES[name], layer).svg for name, layer in LAYERS
    }
    assert len(texts) == len(CATS) + len(LAYERS)


@pytest.mark.parametrize(("breed", "pose"), CATS)
def test_cat_is_well_formed_and_needs_nothing_from_outside(breed: str, pose: str) -> None:
    document = ElementTree.fromstring(sketch(breed, pose).svg)
    names = {element.tag.rpartition("}")[2] for element in document.iter()}
    assert not names & {"image", "text", "script", "foreignObject", "filter"}
    defined = {element.get("id") for element in document.iter()} - {None}
    used = {
        value[5:-1] for element in document.iter() for value in element.attrib.values() if value.startswith("url(#")
    }
    assert used <= defined


@pytest.mark.parametrize(("breed", "pose"), CATS)
def test_cat_is_cut_out_tightly_and_stands_on_the_lower_edge(breed: str, pose: str) -> None:
    picture, _ = cut_out(breed, pose)
    assert picture.mode == "RGBA"
    assert 0.88 * SIDE < picture.width <= SIDE  # little of a canvas is wasted
    right, lower = picture.width - 1, picture.height - 1
    alpha = picture.getchannel("A")
    assert alpha.getbbox() == (0, 0, picture.width, picture.height)
    for corner in ((0, 0), (right, 0), (0, lower), (right, lower)):
        assert alpha.getpixel(corner) == 0
    feet = alpha.crop((0, picture.height - 4, picture.width, picture.height))
    assert feet.getextrema() == (0, 255)


@pytest.mark.parametrize(("breed", "pose"), CATS)
def test_cat_anchors_lie_on_the_cat(breed: str, pose: str) -> None:
    picture, anchors = cut_out(breed, pose)
    assert set(anchors) == ANCHORS
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in anchors.values())
    for name in ANCHORS - {"face-top-left", "face-bottom-right"}:
        x, y = anchors[name]
        pixel = picture.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1))))
        assert isinstance(pixel, tuple)
        assert pixel[3] >= 250, name  # scaling rounds


@pytest.mark.parametrize(("breed", "pose"), CATS)
def test_cat_face_box_holds_eyes_and_nose(breed: str, pose: str) -> None:
    _, anchors = cut_out(breed, pose)
    (left, top), (right, bottom) = anchors["face-top-left"], anchors["face-bottom-right"]
    for name in ("left-eye", "right-eye", "nose"):
        x, y = anchors[name]
        assert left < x < right
        assert top < y < bottom
    assert bottom < 0.98  # whoever arranges cats counts on a body below the face
    assert anchors["left-eye"][0] < anchors["nose"][0] < anchors["right-eye"][0]
    assert anchors["left-ear"][1] < anchors["left-eye"][1] < anchors["nose"][1] < anchors["paw"][1]


def test_cat_anchors_do_not_depend_on_the_size() -> None:
    _, small = cut_out("siamese", "sitting")
    _, large = rasterise(sketch("siamese", "sitting"), 320, crop=True)
    for name, (x, y) in small.items():
        assert large[name] == pytest.approx((x, y), abs=0.01)


@pytest.mark.parametrize(
    ("breed", "anchor", "colour", "tolerance"),
    [
        ("siamese", "tail", "#573b2f", 40),
        ("siamese", "left-ear", "#6d4a40", 40),
        ("tuxedo", "tail", "#33323d", 40),
        ("tuxedo", "paw", "#f4f2f4", 40),
        ("calico", "paw", "#e4d8ce", 40),
    ],
)
def test_cat_has_the_colours_of_its_breed(breed: str, anchor: str, colour: str, tolerance: int) -> None:
    picture, anchors = cut_out(breed, "sitting")
    x, y = anchors[anchor]
    pixel = picture.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1))))
    assert isinstance(pixel, tuple)
    expected = bytes.fromhex(colour[1:])
    assert all(abs(one - two) <= tolerance for one, two in zip(pixel[:3], expected, strict=True)), pixel


@pytest.mark.parametrize("name", scene.SCENES)
def test_scene_back_is_opaque_and_foreground_is_not(name: str) -> None:
    back, anchors = painted(name, "back")
    front, _ = painted(name, "foreground")
    assert (back.mode, back.size) == ("RGB", (320, 240))
    assert (front.mode, front.size) == ("RGBA", (320, 240))
    assert front.getchannel("A").crop((0, 0, 320, 160)).getextrema() == (0, 0)
    assert front.getchannel("A").crop((0, 230, 320, 240)).getextrema()[1] == 255
    things = {f"thing-{index}-{end}" for index in range(len(scene.SCENES[name].things)) for end in ("left", "right")}
    assert set(anchors) == {"ground-left", "ground-right", "ground-near", *things}
    assert len(anchors) <= 16  # more are not admitted
    (left, far), (right, also_far), (_, near) = (anchors[f"ground-{edge}"] for edge in ("left", "right", "near"))
    assert left < right
    assert far == also_far < near <= 1


@pytest.mark.parametrize("name", scene.SCENES)
def test_scene_has_its_layers_in_the_order_in_which_they_lie(name: str) -> None:
    assert list(scene.SCENES[name].layers) == ["back", "ground", "foreground"]
    _, anchors = painted(name, "back")
    assert painted(name, "ground")[1] == anchors


@pytest.mark.parametrize("name", scene.SCENES)
def test_scene_ground_begins_where_its_anchors_say(name: str) -> None:
    ground, anchors = painted(name, "ground")
    alpha = ground.getchannel("A")
    (left, far), (right, _) = anchors["ground-left"], anchors["ground-right"]
    lowest = int(far * alpha.height)
    under_cats = alpha.crop((int(left * 320), lowest, int(right * 320), alpha.height))
    assert under_cats.getextrema() == (255, 255)  # wherever a cat may stand there is ground
    above = alpha.crop((0, 0, alpha.width, lowest))
    edge = above.point([0] * 128 + [255] * 128).getbbox()
    assert edge is not None
    assert 0 < lowest - edge[1] <= 0.08 * alpha.height  # and none far above the line that is said to be its end


@pytest.mark.parametrize("name", scene.SCENES)
def test_scene_says_the_colour_of_its_light(name: str) -> None:
    assert len({"warm", "cool"} & set(scene.SCENES[name].tags)) == 1


def test_rasterise_cuts_out_of_a_canvas_as_wide_as_was_asked_for() -> None:
    drawn = sketch("tabby", "standing")
    whole, _ = rasterise(drawn, 201, crop=False)
    cut, _ = rasterise(drawn, 201, crop=True)

    assert whole.width == 201
    assert cut.tobytes() == whole.crop(whole.getchannel("A").point([0] * 8 + [255] * 248).getbbox()).tobytes()


def test_rasterise_agrees_with_the_renderer() -> None:
    drawn = sketch("tabby", "sitting")
    with PIL.Image.open(BytesIO(resvg_py.svg_to_bytes(svg_string=drawn.svg, width=300))) as expected:
        picture, _ = rasterise(drawn, 300, crop=False)
        assert picture.tobytes() == expected.convert("RGBA").tobytes()


def test_rasterise_of_nothing_is_an_error() -> None:
    empty = Sketch('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>', 10, 10, {})
    with pytest.raises(ValueError, match="the drawing is empty"):
        rasterise(empty, 100, crop=True)


def test_mixed_colours() -> None:
    assert mixed("#000000", "#ffffff", 0) == "#000000"
    assert mixed("#000000", "#ffffff", 1) == "#ffffff"
    assert mixed("#102030", "#304050", 0.5) == "#203040"
