from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catguard.policies.expressions import Evaluator
from catguard.policies.spelling import Edit, Spelling, respell
from catguard.policies.syntax import Select


@settings(deadline=None)  # how long the first example takes says nothing
@given(text=st.text(max_size=20), cuts=st.lists(st.integers(0, 20), max_size=6), word=st.text(max_size=3))
def test_respelled_text_knows_where_each_character_comes_from(text: str, cuts: list[int], word: str) -> None:
    ends = sorted(min(cut, len(text)) for cut in cuts)
    edits = [Edit(start, end, word) for start, end in zip(ends[::2], ends[1::2], strict=False)]

    changed, origins = respell(text, edits)

    assert len(origins) == len(changed) + 1
    assert origins[-1] == len(text)
    assert origins == sorted(origins)
    kept = {offset for offset in range(len(text)) if not any(edit.start <= offset < edit.end for edit in edits)}
    assert kept <= set(origins)


def test_what_stands_instead_comes_from_where_the_edit_begins() -> None:
    assert respell("a['b'].c", [Edit(1, 6, ".b")]) == ("a.b.c", [0, 1, 1, 6, 7, 8])


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a.b.c",
        "a['b'].c",
        'a["b"]',
        "a['''b'''].c",
        "a[r'b']",
        "a [ 'b' ] . c",
        "a // why\n.b",
        "a.`b-c`.d",
        "a[0].b[1]",
        "a['it\\'s'].b",
    ],
)
def test_chain_is_found_as_it_is_written(text: str) -> None:
    padded = f"(1 == 2) || {text} == 1"
    comparison = Evaluator().parse(padded).arguments[1]  # type: ignore[union-attr] # a Call

    assert Spelling(padded).chain(comparison.arguments[0]) == text


@pytest.mark.parametrize("text", ["(a.b).c", "f(a).b", "[1].b", "'x'.b"])
def test_what_is_no_chain_is_not_found(text: str) -> None:
    node = Evaluator().parse(f"{text} == 1").arguments[0]  # type: ignore[union-attr] # a Call

    assert Spelling(f"{text} == 1").chain(node) is None


def test_text_with_characters_beyond_ascii_keeps_its_places() -> None:
    text = "'ééé€😀' == a.b"
    node = Evaluator().parse(text).arguments[1]  # type: ignore[union-attr] # a Call

    assert isinstance(node, Select)
    assert text[Spelling(text).name(node) :] == "b"
