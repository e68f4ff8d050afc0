import dataclasses
import json

from catguard_catomatic.header import MAXIMUM_BYTES, Shown, header
from tests.plugins.catomatic import shapes


def test_header_tells_each_cat_its_box_and_whom_to_thank() -> None:
    value = json.loads(header([Shown(shapes.cat(), (3, 4, 103, 204))], [shapes.layer()]))

    assert value == {
        "cats": [
            {
                "picture": shapes.cat().id,
                "breed": "siamese",
                "pose": "sitting",
                "box": {"x": 3, "y": 4, "width": 100, "height": 200},
                "parts": ["nose", "eyes", "face", "ear", "paw", "tail"],
            }
        ],
        "credits": ["Ann Artist, CC0 (own drawing)", "Ben Brush, CC0 (own drawing)"],
    }


def test_header_is_ascii_whatever_the_names() -> None:
    cat = dataclasses.replace(shapes.cat(), credit="Zoë Łukasz 猫\r\nSet-Cookie: x")

    value = header([Shown(cat, (0, 0, 1, 1))])

    assert value.isascii()
    assert value.isprintable()
    assert json.loads(value)["credits"] == [cat.credit]


def test_header_for_twelve_cats_with_the_longest_names_fits() -> None:
    cats = [
        dataclasses.replace(shapes.cat(str(index)), breed="b" * 32, pose="p" * 32, credit=f"{index}" + "猫" * 250)
        for index in range(12)
    ]

    value = header([Shown(cat, (4096, 4096, 8192, 8192)) for cat in cats], [shapes.layer()])

    assert len(value) <= MAXIMUM_BYTES
    assert len(json.loads(value)["cats"]) == 12
    assert json.loads(value)["credits"]
    assert all(len(credit) <= 200 for credit in json.loads(value)["credits"])
