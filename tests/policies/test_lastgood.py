"""What is kept is what is read, and the folder does not grow."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import ConfigurationError
from catguard.policies.lastgood import KEPT, keep, read_kept


def test_keep_gives_back_names_and_texts(tmp_path: Path) -> None:
    texts = [("policies.yaml", "catguard: 1\n# Käse\n"), ("ours.yaml", "")]
    assert read_kept(keep(tmp_path / "new" / "folder", "a1", texts)) == texts


def test_keep_forgets_the_oldest(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        newest = keep(tmp_path, f"r{number}", [("policies.yaml", str(number))])
    assert len(list(tmp_path.iterdir())) == KEPT
    assert read_kept(newest) == [("policies.yaml", str(KEPT + 2))]


def test_keep_where_nothing_can_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"cannot be written: .*; give --data a folder that can"):
        keep(tmp_path / "file", "a1", [])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": [1]}'])
def test_read_kept_of_something_else_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a1.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"a1\.json cannot be read"):
        read_kept(path)
