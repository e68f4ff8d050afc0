import dataclasses
import json

from catguard_catomatic.header import MAXIMUM_BYTES, Shown, header
from catguard_catomatic.pictures import Credit, Picture
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
        "credits": [
            {"author": "Ann Artist", "licence": "CC0", "sources": ["own drawing"]},
            {"author": "Ben Brush", "licence": "CC0", "sources": ["own drawing"]},
        ],
    }


def test_header_is_ascii_whatever_the_names() -> None:
    cat = dataclasses.replace(shapes.cat(), credit=Credit("Zoë Łukasz 猫\r\nSet-Cookie: x", "CC0", ()))

    value = header([Shown(cat, (0, 0, 1, 1))])

    assert value.isascii()
    assert value.isprintable()
    assert json.loads(value)["credits"] == [cat.credit.wire()]


def test_header_for_a_full_picture_by_makers_of_the_longest_names_says_every_maker_and_licence() -> None:
    def by(name: str, picture: Picture) -> Picture:
        credit = Credit(f"{name:🐈<120}", f"{name:🐾<60}", (f"{name:📷<200}",))
        return dataclasses.replace(picture, breed="b" * 32, pose="p" * 32, credit=credit)

    cats = [Shown(by(f"cat {index}", shapes.cat(str(index))), (4096, 4096, 8192, 8192)) for index in range(12)]
    layers = [by(f"layer {index}", shapes.layer()) for index in range(8)]
    value = header(cats, layers)
    told = json.loads(value)

    assert len(value) <= MAXIMUM_BYTES
    assert len(told["cats"]) == 12
    thanked = [(credit["author"], credit["licence"]) for credit in told["credits"]]
    everybody = [each.credit for each in (*(cat.picture for cat in cats), *layers)]
    assert thanked == [(credit.author, credit.licence) for credit in everybody]


def test_header_leaves_sources_whole_or_out_the_last_first() -> None:
    def found(name: str) -> Picture:
        return dataclasses.replace(shapes.cat(name), credit=Credit("Ann", "MIT", (f"{name:📷<200}",)))

    shown = [Shown(found(f"{index:02}"), (0, 0, 1, 1)) for index in range(30)]
    value = header(shown)
    (credit,) = json.loads(value)["credits"]

    assert len(value) <= MAXIMUM_BYTES
    assert credit["sources"] == [each.picture.credit.sources[0] for each in shown][: len(credit["sources"])]
    assert 10 < len(credit["sources"]) < 30
