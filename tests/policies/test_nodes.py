"""What libyaml reads is what ruamel.yaml reads: each value, each place, and nothing that ruamel.yaml refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import strategies as st

from catguard.policies import nodes
from catguard.policies.document import read
from tests.fuzzing import TIMEOUT, Inputs, fuzz, fuzz_long
from tests.mutations import alter_text

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "policies.yaml").read_text()
FILES = [
    ROOT / "policies.yaml",
    *sorted((ROOT / "examples").rglob("*.yaml")),
    *sorted((ROOT / "tests").rglob("*.yaml")),
]
#: The one that is no YAML.
BROKEN = ROOT / "tests" / "texts" / "faulty.yaml"
#: The signs of YAML, and what stands between them.
PIECES = (
    *(
        "a",
        "key",
        "1",
        "0o17",
        "no",
        "~",
        "<<",
        " ",
        "  ",
        "\n",
        "\n  ",
        "\n    ",
        "\n- ",
        "\r\n",
        "\r\n  ",
        "- ",
        ": ",
    ),
    *(":", ", ", ",", "[", "]", "{", "}", "? ", "?", "&x ", "*x", "*x ", "!!str ", "!t ", "! ", "'", "''", '"', "\\n"),
    *("\\x41", '\\"', "\\ ", "\\\n", "#", " # c", "|", "|-", ">", "|2", "|+\n", ">-\n  ", "---", "---\n", "\n---\n"),
    *("...", "\n...\n", "%", "%YAML 1.1\n", "@", "`", "-", "--", "\n\n", "é", "😀", "\t", "\x85", "\ufeff", "\x7f"),
    *("a: b", "\na: ", "\n  c: ", "\n  - ", ": |\n  ", ": >\n  ", "!", "&", "*", "\\ud800", "\\/", "\u00a0"),
)


def thoroughly(text: str) -> Any:
    """Return what is read where libyaml is not asked."""
    with patch.object(nodes, "_quickly", lambda text: None):
        return read(text, "a.yaml")


def ends(node: Any) -> Iterator[int]:
    """Yield where the keys of a node end: comments are looked for behind them."""
    for inner in node.value if node.id != "scalar" else ():
        if node.id == "mapping":
            yield inner[0].end_mark.index
            yield from ends(inner[1])
        else:
            yield from ends(inner)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path != BROKEN], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_file_of_the_repository_is_read_quickly_and_the_same(path: Path) -> None:
    text = path.read_text()
    assert read(text, "a.yaml") == thoroughly(text)
    found = nodes._quickly(text)
    assert found is not None
    assert list(ends(found)) == list(ends(nodes._thoroughly(text, "")))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\rb: 2",
        "a: |\n  \r   b",
        "a: \t1",
        "a: b\x85c: d",
        "a: b\u2028c: d",
        "a: |+\n\ufeff",
        "a: '\x01'",
        "a: \x7f",
        "%YAML 1.1\n---\na: 1",
        "%YAML 1.3\n---\na: 1",
        "%YAML 1.1\n---\na: {b: c?d}",
        "a: 1\n...\n\n...\n",
        "---\na: 1\n---\nb: 1",
        "---\n",
        "",
        "a: |\n  \n    b",
        "a: |#",
        "a: >2#\n  b",
        "&alth: {}\nb:\n  c:\n",
        "a: &x: b",
        "a: &http://x\xa0]",
        "a: ! &x 1",
        "a: &x 1\nb: [*x:c]",
        "a: &x 1\n*x: 1",
        "a: [&x 1, *x]",
        "a: &x [*x]",
        "a: &x 1\nb: *x: c",
        "a: &x 1\nb: &x 2\nc: *x",
        "a: &é 1\nb: *é",
        "{'a':&x b, c: *x}",
        "a: &&x {b: 1}\nc: *&x",
        "{Slug: {type: !tring, a: b}}",
        "!:!\n  c: 1",
        "a: !''x''! 1",
        "a: !...!!str 1",
        "a: !'x'",
        "a: !!str 1",
        "! a: 1",
        "?",
        "a:",
        "a:\nb: 1",
        "- ?",
        "{a: , b: 1}",
        "---",
        "- a\n- b",
        "|+\n#",
        "a",
        "[" * 60_000,
        "a: " + "[" * 64 + "]" * 64,
        "a: " + "[" * 63 + "]" * 63,
        "a: 'b",
        "a: *x",
        "!",
        "a: !",
        "[!,!]",
        '"\\ud800": 1',
        "a: 1\na: 2",
        "[a]: 1",
        "<<: {}",
        BROKEN.read_text(),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_unusual_or_wrong_is_told_by_the_thorough_reader(text: str) -> None:
    assert read(text, "a.yaml") == thoroughly(text)


def read_alike(text: str) -> None:
    """Hold both readers equal for one text, by itself and as a value."""
    assert read(text, "a.yaml") == thoroughly(text)
    assert read(f"a: {text}", "a.yaml") == thoroughly(f"a: {text}")


def vary(text: str, random: Random) -> str:
    return alter_text(text, random, PIECES)


SECTIONS = ["".join(lines) for lines in zip(*[iter(WRITTEN.splitlines(keepends=True))] * 8, strict=False)]
TEXTS = {
    "pieces": Inputs(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), vary),
    "slips": Inputs(st.sampled_from(SECTIONS), vary),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_any_text_is_read_as_the_thorough_reader_reads_it(kind: str) -> None:
    fuzz(read_alike, TEXTS[kind], examples=200)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("kind", TEXTS)
def test_a_million_texts_are_read_as_the_thorough_reader_reads_them(kind: str) -> None:
    fuzz_long(read_alike, TEXTS[kind], name=f"readers, {kind}", share=0.01)


def test_without_libyaml_all_is_read_by_the_thorough_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    text = FILES[-1].read_text()
    expected = read(text, "a.yaml")
    monkeypatch.setattr(nodes, "CParser", None)
    assert nodes._quickly(text) is None
    assert read(text, "a.yaml") == expected
