from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_store.imports.names import LENGTH, renaming, slug
from catguard_store.imports.report import Unusable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Maine  Coon!", "maine-coon"),
        ("Café", "cafe"),
        ("a" * 30 + " b", "a" * 30 + "-b"),
        ("x-1", "x-1"),
        ("--x--", "x"),
        ("Ann's", "ann-s"),
    ],
)
def test_slug_is_what_the_policy_calls_one(text: str, expected: str) -> None:
    assert slug(text, "breed") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ünïcødé Kätzchen", "unicode-katzchen"),
        ("Sørensen", "sorensen"),
        ("Łódź", "lodz"),
        ("Weiß", "weiss"),
        ("Æbleskiver", "aebleskiver"),
        ("Рысь", "rys"),
        ("Сибирьская", "sibirskaya"),
        ("и\u0306", "y"),
        ("Γάτα", "gata"),
        ("ラグドール", "ragudoru"),
        ("三毛猫", "sanmaomao"),
    ],
)
def test_slug_of_other_letters_is_how_they_are_read(text: str, expected: str) -> None:
    assert slug(text, "breed") == expected


def test_slug_of_names_that_differ_at_their_ends_only_merges_none() -> None:
    for side in ("east", "west"):
        with pytest.raises(Unusable, match=f"-{side} has 44 characters, and a name at most 32; shorten it"):
            slug(f"Long-haired cats of the north sea coast {side}", "breed")


@given(st.text(st.characters(codec=None)))
def test_slug_is_a_name_or_says_why_not(text: str) -> None:
    try:
        name = slug(text, "tag")
    except Unusable:
        return
    assert len(name) <= LENGTH
    assert name.isascii()
    assert slug(name, "tag") == name
    assert renaming(name, "tag", name) is None


@pytest.mark.parametrize("text", ["Russian Blue", "russian_blue", " Russian - Blue ", "RUSSIAN-BLUE"])
def test_renaming_says_nothing_of_case_spaces_and_hyphens(text: str) -> None:
    assert renaming(text, "breed", slug(text, "breed")) is None
