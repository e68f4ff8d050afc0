from pathlib import Path

import httpx2
import PIL
import pytest

from catguard_catomatic import menu
from tests.plugins.catomatic.stand_in import StandInStore


async def test_menu_is_the_stores_with_an_edition_in_its_art(
    catomatic: httpx2.AsyncClient, stand_in: StandInStore
) -> None:
    first = (await catomatic.get("/v1/menu")).json()
    stand_in.art = "1" * 16
    second = (await catomatic.get("/v1/menu")).json()

    assert first["edition"] == second["edition"] == menu.edition()
    assert [(cat["breed"], cat["pictures"]) for cat in first["cats"]] == [("siamese", 2)]
    assert [(scene["scene"], scene["layers"]) for scene in first["scenes"]] == [("garden", ["back"])]
    assert first["cats"][0]["art"] not in (second["cats"][0]["art"], "0" * 16)
    assert first["scenes"] == second["scenes"]


def test_menu_of_another_edition_has_other_art() -> None:
    stock = {"cats": [{"breed": "tabby", "art": "0" * 16}], "scenes": [{"scene": "snow", "art": "0" * 16}]}
    one, other = menu.menu(stock, "a"), menu.menu(stock, "b")

    assert one["cats"][0]["art"] != other["cats"][0]["art"]
    assert one["scenes"][0]["art"] != other["scenes"][0]["art"]


def test_edition_changes_with_the_sources_and_with_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu, "files", lambda _: tmp_path)
    editions = []
    for name, text in (("a.py", "1"), ("a.py", "2"), ("b.py", ""), ("readme.txt", "x")):
        (tmp_path / name).write_text(text)
        editions.append(menu.edition())
    monkeypatch.setattr(PIL, "__version__", "0")
    editions.append(menu.edition())

    assert len(set(editions)) == 4
    assert editions[2] == editions[3]  # a text is no way of drawing
