"""What is kept is what is read, at a place that the files have for themselves, and the folder does not grow."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import ConfigurationError
from catguard.policies.lastgood import KEPT, keep, place_of, read_kept, why_kept
from catguard.policies.sources import Sources

TEXTS = Sources(
    (("policies.yaml", "catguard: 1\n# Käse\n"), ("ours.yaml", "")), {"common.yaml": "x", "gone.yaml": None}
)


def test_keep_gives_back_names_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.json"
    keep(path, "a1", TEXTS)
    assert read_kept(path) == ("a1", TEXTS)
    assert why_kept(path) == "start"
    keep(path, "a2", TEXTS, trigger="signal")
    assert why_kept(path) == "signal"


def test_place_is_that_of_the_files_and_their_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = {
        place_of(Path("var"), [Path("a.yaml")]),
        place_of(Path("var"), [tmp_path / "a.yaml"]),
        place_of(Path("var"), [Path("b.yaml")]),
        place_of(Path("var"), [Path("a.yaml"), Path("b.yaml")]),
        place_of(Path("var"), [Path("a.yaml")], [("*", "audit")]),
    }
    assert len(places) == 4


def test_keep_forgets_the_oldest(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        keep(tmp_path / f"{number}.json", f"r{number}", TEXTS)
    assert len(list(tmp_path.iterdir())) == KEPT
    assert read_kept(tmp_path / f"{KEPT + 2}.json")[0] == f"r{KEPT + 2}"


def test_keep_where_nothing_can_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"cannot be written: .*; give --data a folder that can"):
        keep(tmp_path / "file" / "a.json", "a1", TEXTS)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"revision": "r", "files": [1]}', '{"files": []}'])
def test_read_kept_of_something_else_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a1.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"a1\.json cannot be read"):
        read_kept(path)
