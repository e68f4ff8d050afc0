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

    assert (credit.author, credit.licence, [source.text for source in credit.sources]) == (author, licence, ["a (b)"])


def test_credited_names_each_maker_once_for_each_licence() -> None:
    found = credited(
        [told("A", "MIT", "one"), told("B", "MIT"), told("A", "MIT", "three", "one"), told("A", "CC0", "one")]
    )

    assert [(credit.author, credit.licence, len(credit.sources)) for credit in found] == [
        ("A", "CC0", 1),
        ("A", "MIT", 2),
        ("B", "MIT", 0),
    ]


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("cc by-sa 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
        ("CC-BY-NC-ND-4.0", "https://creativecommons.org/licenses/by-nc-nd/4.0/"),
        ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("MIT", None),
        ("CC-BY-4.0/../../evil", None),
    ],
)
def test_licences_of_creative_commons_have_an_address(licence: str, address: str | None) -> None:
    (credit,) = credited([told("A", licence, "s")])

    assert credit.licence_address == address


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http://example.org", "drawn/cat", 'https://a.example/"x', "see https://a.example"]
)
def test_source_that_is_no_safe_address_is_no_link(text: str) -> None:
    assert Source(text).address is None


def test_source_that_is_an_address_is_a_link() -> None:
    assert Source("https://example.org/cats?a=1").address == "https://example.org/cats?a=1"
