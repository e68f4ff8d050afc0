"""docs/importing.md does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from catguard_store.imports import sidecar

from .conftest import ROOT, Store
from .corpus import cut_out, encoded, photo, write

PAGE = (ROOT / "docs" / "importing.md").read_text()


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no example {name}"
    return found[1]


def pictures() -> dict[str, bytes]:
    """The files of the page, as it describes them."""
    first, second = (encoded(photo(800, 600, seed=seed), "JPEG") for seed in (1, 2))
    drawn = {
        "photos/cats.csv": example("cats.csv").encode(),
        "photos/ragdoll/1.jpg": first,
        "photos/ragdoll/2.jpg": second,
        "photos/ragdoll/broken.jpg": second[: len(second) // 2],
        "photos/ragdoll/copy of 1.jpg": first,
        "photos/tabby/sleeping/night.png": encoded(cut_out(), "PNG"),
        "photos/scenes/my-garden/back.jpg": encoded(photo(640, 480, seed=3), "JPEG"),
        "photos/scenes/my-garden/foreground.png": encoded(cut_out(640, 480), "PNG"),
        "photos/.DS_Store": b"x",
    }
    assert example("files").split("\n") == [*drawn, ""]
    return drawn


def told(text: str) -> list[str]:
    """Lines without what differs from file to file: ids, and how much of a file is left over."""
    same = re.sub(r"\b[0-9a-f]{16}\b", "ID", re.sub(r" \(\d+ bytes not processed\)", "", text))
    return sorted(same.splitlines())


def test_the_page_shows_what_the_commands_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, pictures()))
    store = Store(Path("var"))
    for block in (example("import"), example("inventory")):
        shown = re.findall(r"^\$ catguard cats (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE)
        assert shown
        for command, output in shown:
            arguments = shlex.split(command)
            elsewhere = Store(Path("elsewhere")) if "--data" in arguments else store
            if arguments[0] == "remove":
                arguments[1] = next(one.id for one in store.pictures().values() if one.breed == "ragdoll")
            done = elsewhere.run(*(part for part in arguments if part not in ("--data", "elsewhere")))
            assert told(done.stdout) == told(output), done.output


def test_sidecars_of_the_page_say_the_same() -> None:
    by_csv = sidecar.read("cats.csv", example("cats.csv").encode())["ragdoll/1.jpg"]
    by_json = sidecar.read("cats.json", example("cats.json").encode())["ragdoll/1.jpg"]
    assert (by_csv.fields, by_csv.tags) == (by_json.fields, by_json.tags)


def test_the_page_names_every_field_of_a_sidecar() -> None:
    table = re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE)
    named = [name for cell in table for name in re.findall(r"`(\w+)`", cell)]
    assert named == list(sidecar.COLUMNS[:-3])
