import pytest

from catguard_frontend.credits import Source, credited


@pytest.mark.parametrize(
    ("text", "author", "licence", "sources"),
    [
        ("David Revoy, CC-BY-4.0 (robohash set4)", "David Revoy", "CC-BY-4.0", ["robohash set4"]),
        ("CC0-1.0 (cats.zip)", "", "CC0-1.0", ["cats.zip"]),
        ("Smith, John, MIT (a (b))", "Smith, John", "MIT", ["a (b)"]),
        ("Ann (photos), CC0 (holiday, beach (2))", "Ann (photos)", "CC0", ["holiday, beach (2)"]),
        ("no credit at all", "", "no credit at all", []),
    ],
)
def test_credited_reads_what_cat_o_matic_tells(text: str, author: str, licence: str, sources: list[str]) -> None:
    (credit,) = credited([text])

    assert (credit.author, credit.licence, [source.text for source in credit.sources]) == (author, licence, sources)


def test_credited_names_each_maker_once_for_each_licence() -> None:
    found = credited(["A, MIT (one)", "B, MIT (two)", "A, MIT (three)", "A, CC0 (one)", "A, MIT (one)"])

    assert [(credit.author, credit.licence, len(credit.sources)) for credit in found] == [
        ("A", "CC0", 1),
        ("A", "MIT", 2),
        ("B", "MIT", 1),
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
    (credit,) = credited([f"A, {licence} (s)"])

    assert credit.licence_address == address


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http://example.org", "drawn/cat", 'https://a.example/"x', "see https://a.example"]
)
def test_source_that_is_no_safe_address_is_no_link(text: str) -> None:
    assert Source(text).address is None


def test_source_that_is_an_address_is_a_link() -> None:
    assert Source("https://example.org/cats?a=1").address == "https://example.org/cats?a=1"
