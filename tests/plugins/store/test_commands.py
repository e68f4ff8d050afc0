from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner

import catguard_store
from catguard_store import sheet
from catguard_store.commands import cats


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One cat and one scene for all."""

    def small(*, labels: bool, seed: int) -> sheet.Sheet:
        return whole(breeds=("black",), poses=("sitting",), scenes=("bookshelf",), labels=labels, seed=seed)

    whole = sheet.Sheet
    monkeypatch.setattr(sheet, "Sheet", small)


def test_commands_are_those_of_the_plugin() -> None:
    assert list(catguard_store.catguard_commands()) == [cats]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("name", "kind"), [("cats.webp", "WEBP"), ("cats.PNG", "PNG"), ("cats.jpg", "JPEG")])
def test_sheet_is_written_as_the_suffix_says(tmp_path: Path, name: str, kind: str) -> None:
    done = CliRunner().invoke(cats, ["sheet", "--no-labels", "--out", str(tmp_path / name)])
    assert done.exit_code == 0, done.output
    with PIL.Image.open(tmp_path / name) as picture:
        assert picture.format == kind
        assert f"{picture.width}x{picture.height} px" in done.output


def test_sheet_of_an_unknown_format_is_refused_before_it_is_drawn(tmp_path: Path) -> None:
    done = CliRunner().invoke(cats, ["sheet", "--out", str(tmp_path / "cats.gif")])
    assert done.exit_code == 2
    assert "cats.gif ends in none of .webp, .png" in done.output


@pytest.mark.usefixtures("few")
def test_sheet_of_another_seed_shows_other_cats(tmp_path: Path) -> None:
    for seed in ("0", "7"):
        assert (
            CliRunner().invoke(cats, ["sheet", "--seed", seed, "--out", str(tmp_path / f"{seed}.png")]).exit_code == 0
        )
    assert (tmp_path / "0.png").read_bytes() != (tmp_path / "7.png").read_bytes()


@pytest.mark.usefixtures("few")
def test_sheet_in_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(cats, ["sheet", "--out", str(tmp_path / "nowhere" / "cats.png")])
    assert done.exit_code == 1
    assert "cannot write" in done.output
    assert "No such file or directory" in done.output


def test_help_has_examples() -> None:
    for arguments in (["--help"], ["sheet", "--help"]):
        told = CliRunner().invoke(cats, arguments).output
        assert "\n    catguard cats sheet" in told
        assert "\\b" not in told
