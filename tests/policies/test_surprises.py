from __future__ import annotations

import pytest

from catguard.policies.document import read
from catguard.policies.model import Surprise

#: "path" with a Cyrillic a, "cop" all in Cyrillic letters that look like Latin ones, and a Russian word.
MIXED, TWIN, RUSSIAN = "p\u0430th", "\u0441\u043e\u0440", "\u043a\u043e\u0448\u043a\u0430"


def surprises(text: str) -> list[Surprise]:
    document, faults = read(text, "p.yaml")
    assert document is not None
    assert faults == []
    return list(document.surprises)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no", 'is text here and false to readers of YAML 1.1: write false, or "no"'),
        ("On", "and true"),
        ("010", "is 10 here and 8"),
        ("-017", "is -17 here and -15"),
        ("1e3", "is the number 1000 here and text"),
        ("1_000", "is text here and 1000"),
        ("0o17", "is 15 here and text"),
        ("12:30", "base 60"),
        ("1.5e3", "is the number 1500 here and text"),
        ("08", "is 8 here and text"),
        ("0777_7", "is text here and 4095"),
        ("0b101", "is text here and 5"),
        ("2027-01-31", "is text here and a date"),
        ("-.inf", "is text here and a number without a size"),
    ],
)
def test_plain_values_that_are_read_in_two_ways(value: str, words: str) -> None:
    (surprise,) = surprises(f"a: [1, {value}]")
    assert surprise.rule == "yaml-surprise"
    assert words in surprise.message
    assert (surprise.location.line, surprise.location.column) == (1, 8)
    assert surprises(f"{value}: 1")[0].message == surprise.message


@pytest.mark.parametrize(
    "value", ["1.5", "12", "-3", "0", "0.5", "1.0e+3", "0_9", "0x1F", "v1_0", "north", "on-call", "y", "#x"]
)
def test_plain_values_that_everybody_reads_alike(value: str) -> None:
    assert surprises(f"a: {value}") == []


def test_the_last_day_of_a_waiver_is_written_without_quotes() -> None:
    assert surprises("waivers: [{expires: 2027-01-31}]") == []


@pytest.mark.parametrize("at", ["", "components: {a: {inbound: {b: {", "components: {a: {outbound: {b: {"])
def test_off_is_a_surprise_but_where_the_format_asks_for_it(at: str) -> None:
    assert surprises(f"{{{at}lint: {{without-example: {{off: the examples come}}}}{'}' * at.count('{')}}}") == []
    assert surprises(f"{{{at}shapes: {{without-example: {{off: 1}}}}{'}' * at.count('{')}}}") != []
    assert surprises(f"{{{at}lint: {{without-example: {{off: off}}}}{'}' * at.count('{')}}}") != []


@pytest.mark.parametrize("value", ["no", "010", "1e3", "1_000"])
def test_values_in_quotes_are_no_surprise(value: str) -> None:
    assert surprises(f"a: '{value}'\nb: \"{value}\"\nc: |\n  {value}") == []


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200b", "\u200f", "\u00ad", "\ufeff", "\u2028", "\x85", "\u3164", "\U000e0061"]
)
def test_characters_that_cannot_be_seen_are_found_in_comments_too(character: str) -> None:
    (surprise,) = surprises(f"a: 1\nb: 2 # so{character}")
    assert (surprise.rule, surprise.location.line, surprise.location.column) == ("hidden-characters", 2, 10)


def test_a_mark_of_byte_order_begins_a_file_for_all_readers() -> None:
    assert surprises("\ufeffa: 1") == []


@pytest.mark.parametrize("word", [MIXED, TWIN, f"x: {TWIN}"])
def test_words_that_look_like_others(word: str) -> None:
    assert [found.rule for found in surprises(f'a: "{word}"')] == ["confusable-characters"]


@pytest.mark.parametrize("words", ["Füße", RUSSIAN, f"{RUSSIAN} {TWIN}", "猫", "😺", "naïve"])
def test_words_in_another_script_are_no_surprise(words: str) -> None:
    assert surprises(f'a: "{words}"') == []


def test_a_comment_in_the_place_of_a_value_is_noted() -> None:
    document, _ = read('a: #shop\nb: "#shop" # so\nc: # so\n  d: 1\n', "p.yaml")
    assert document is not None
    assert document.comments == {("a",): "#shop"}


def test_escape_is_told_where_people_are_shown_what_it_stands_for() -> None:
    (found,) = surprises('a: {why: "x\\u202Ey", enum: ["\\u200b"]}')
    assert (found.rule, found.location.column) == ("hidden-characters", 11)
    assert "U+202E, right-to-left override" in found.message
    assert surprises('a: {why: "b\\u00e9b\\u00e9"}') == []
    assert len(surprises('a: {why: "x\u202ey"}')) == 1
