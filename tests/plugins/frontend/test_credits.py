from typing import Any

import pytest

from catguard_frontend.credits import Source, credited


def told(author: str, licence: str, *sources: str) -> dict[str, Any]:
    return {**({"author": author} if author else {}), "licence": licence, "sources": list(sources)}


@pytest.mark.parametrize(
    ("author", "licence"),
    [
        ("Ann, CC0 (x", "All rights reserved"),
        ("", "free, for cats"),
        ("Smith, John", "MIT (see file)"),
        ("", "CC0-1.0"),
    ],
)
def test_credited_takes_names_and_licences_as_they_are(author: str, licence: str) -> None:
    (credit,) = credited([told(author, licence, "a (b)")])

    assert (credit.author, credit.licence, len(credit.sources)) == (author, licence, 0 if author else 1)


def test_credited_names_each_maker_once_for_each_licence() -> None:
    found = credited(
        [told("A", "MIT", "one"), told("B", "MIT"), told("A", "MIT", "three", "one"), told("A", "CC0", "one")]
    )

    assert [(credit.author, credit.licence) for credit in found] == [("A", "CC0"), ("A", "MIT"), ("B", "MIT")]


def test_credited_shows_no_names_of_files_where_the_author_is_known() -> None:
    (credit,) = credited([told("A", "MIT", "imported/0123456789abcdef/tom/1.jpg", "https://example.org/1")])

    assert [source.text for source in credit.sources] == ["https://example.org/1"]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("imported/0123456789abcdef/ragdoll/x??[31mred.jpg", "ragdoll, x red"),
        ("imported/0123456789abcdef/ragdoll/at_night.jpeg", "ragdoll, at night"),
        ("imported/0123456789abcdef/ Łódź /?.png", "Łódź"),
        ("own drawings", "own drawings"),
    ],
)
def test_credited_gives_sources_without_author_a_title(source: str, title: str) -> None:
    (credit,) = credited([told("", "MIT", source, source)])

    assert [source.title for source in credit.sources] == [title]


def test_credited_leaves_out_what_has_no_title() -> None:
    (credit,) = credited([told("", "MIT", "imported/0123456789abcdef/??.jpg")])

    assert credit.sources == ()


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("cc by-sa 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
        ("CC-BY-NC-ND-4.0", "https://creativecommons.org/licenses/by-nc-nd/4.0/"),
        ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("MIT", "https://spdx.org/licenses/MIT.html"),
        ("apache-2.0", "https://spdx.org/licenses/Apache-2.0.html"),
        ("All rights reserved", None),
        ("MIT/../../evil", None),
        ("CC-BY-4.0/../../evil", None),
    ],
)
def test_licences_that_are_known_have_an_address(licence: str, address: str | None) -> None:
    (credit,) = credited([told("A", licence, "s")])

    assert credit.licence_address == address


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http://example.org", "drawn/cat", 'https://a.example/"x', "see https://a.example"]
)
def test_source_that_is_no_safe_address_is_no_link(text: str) -> None:
    assert Source(text).address is None


def test_source_that_is_an_address_is_a_link() -> None:
    assert Source("https://example.org/cats?a=1").address == "https://example.org/cats?a=1"
