import json

import pytest

from catguard_frontend.kitchen import NotServed, read_cats

BOX = {"x": -3, "y": 2, "width": 9, "height": 9}
CAT = {"picture": "0123456789abcdef", "breed": "siamese", "pose": "sitting", "box": BOX}


def test_read_cats_gives_cats_and_credits() -> None:
    cats, credits = read_cats(json.dumps({"cats": [CAT | {"more": 1}], "credits": ["somebody, CC0"]}))

    assert cats == (CAT,)
    assert credits == ("somebody, CC0",)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{",
        "[]",
        "1",
        '{"cats": []}',
        "[" * 8000,
        json.dumps({"cats": [1], "credits": []}),
        json.dumps({"cats": [{**CAT, "picture": "../x"}], "credits": []}),
        json.dumps({"cats": [{**CAT, "breed": "<script>"}], "credits": []}),
        json.dumps({"cats": [{**CAT, "pose": None}], "credits": []}),
        json.dumps({"cats": [{**CAT, "box": {**BOX, "width": 0}}], "credits": []}),
        json.dumps({"cats": [{**CAT, "box": {**BOX, "x": 1.5}}], "credits": []}),
        json.dumps({"cats": [{**CAT, "box": {**BOX, "x": True}}], "credits": []}),
        json.dumps({"cats": [], "credits": [1]}),
    ],
)
def test_read_cats_believes_nothing_else(header: str) -> None:
    with pytest.raises(NotServed):
        read_cats(header)
