import json
from pathlib import Path

import httpx2
import pytest

from catguard_frontend import kitchen
from catguard_frontend.cache import PictureCache
from catguard_frontend.files import Files
from catguard_frontend.kitchen import Kitchen, NotServed, read_cats
from catguard_frontend.menus import Menus

BOX = {"x": -3, "y": 2, "width": 9, "height": 9}
CAT = {"picture": "0123456789abcdef", "breed": "siamese", "pose": "sitting", "box": BOX, "parts": ["nose", "tail"]}
CREDIT = {"author": "Ann, CC0 (x", "licence": "All rights reserved", "sources": ["a (b)"]}


def test_read_cats_gives_cats_and_credits() -> None:
    cats, credits = read_cats(json.dumps({"cats": [CAT | {"more": 1}], "credits": [CREDIT]}))

    assert cats == (CAT,)
    assert credits == (CREDIT,)


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
        json.dumps({"cats": [{**CAT, "parts": "nose"}], "credits": []}),
        json.dumps({"cats": [{**CAT, "parts": ["soul"]}], "credits": []}),
        json.dumps({"cats": [], "credits": [1]}),
        json.dumps({"cats": [], "credits": ["somebody, CC0"]}),
        json.dumps({"cats": [], "credits": [{**CREDIT, "licence": ""}]}),
        json.dumps({"cats": [], "credits": [{**CREDIT, "licence": "x" * 61}]}),
        json.dumps({"cats": [], "credits": [{**CREDIT, "author": "x" * 121}]}),
        json.dumps({"cats": [], "credits": [{**CREDIT, "author": 1}]}),
        json.dumps({"cats": [], "credits": [{**CREDIT, "sources": ["x" * 201]}]}),
        json.dumps({"cats": [], "credits": [{"author": "Ann", "sources": []}]}),
    ],
)
def test_read_cats_believes_nothing_else(header: str) -> None:
    with pytest.raises(NotServed):
        read_cats(header)


async def test_proportion_is_asked_again_of_the_longest_unused_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path.removeprefix("/v1/pictures/"))
        return httpx2.Response(200, json={"width": 300, "height": 401, "parts": [], "art": "0" * 16})

    monkeypatch.setattr(kitchen, "REMEMBERED", 2)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://catomatic") as client:
        board = Menus(client)
        cook = Kitchen(client, PictureCache(Files(tmp_path, limit=1)), board.current, board.newest)
        for picture in "abacab":  # c takes the place of b, and then b that of c
            assert await cook.proportion(picture) == (300, 401)

    assert "".join(asked) == "abcb"
