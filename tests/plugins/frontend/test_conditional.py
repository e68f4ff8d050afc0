import pytest

from catguard_frontend.conditional import FOR_EVER, has, kept

TAG = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ("", False),
        (f'"{TAG}"', True),
        (f'W/"{TAG}"', True),
        (f'"a", "b" ,"{TAG}"', True),
        (f'"a,b", "{TAG}"', True),
        ("*", True),
        (" * ", True),
        (f'"{TAG}x"', False),
        (TAG, False),
        ('"*"', False),
        ('*, "a"', False),
        (f'w/"{TAG}"', False),
    ],
)
def test_has_compares_as_if_none_match_does(header: str | None, known: bool) -> None:
    assert has({} if header is None else {"if-none-match": [header]}, TAG) is known


def test_has_reads_every_line() -> None:
    assert has({"if-none-match": ['"a"', f'"{TAG}"']}, TAG)


def test_kept_says_the_tag_and_for_how_long() -> None:
    assert kept(TAG, FOR_EVER)["etag"] == f'"{TAG}"'
    assert "immutable" in kept(TAG, FOR_EVER)["cache-control"]
