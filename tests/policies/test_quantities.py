from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.policies.quantities import LARGEST, format_quantity, parse_duration, parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (0, 0),
        (8, 8),
        ("8", 8),
        ("16Ki", 16_384),
        ("8Mi", 8_388_608),
        ("60M", 60_000_000),
        ("20k", 20_000),
        ("1.5G", 1_500_000_000),
        ("0.5Ki", 512),
        ("512MiB", 536_870_912),
        ("10kB", 10_000),
        ("100B", 100),
        ("1.0", 1),
        (LARGEST, LARGEST),
        (str(LARGEST), LARGEST),
        ("7Ei", 7 * 2**60),
    ],
)
def test_parse_quantity_written_well(text: str | int, number: int) -> None:
    assert parse_quantity(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 16Ki",
        "16Ki\n",
        "16 Ki",
        "Ki",
        "16K",
        "16ki",
        "16KB",
        "500m",
        "+3",
        "1e3",
        "1_000",
        "1.",
        ".5",
        "0x10",
        "٣",
        "Infinity",
    ],
)
def test_parse_quantity_no_quantity_says_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no quantity: write .* 16Ki, 60M or 512MiB"):
        parse_quantity(text)


@pytest.mark.parametrize("value", [True, False, None, 1.5, [1]])
def test_parse_quantity_another_type(value: Any) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse_quantity(value)


@pytest.mark.parametrize("text", ["0.5", "1.0001Ki", "1.2345k", "0.1B"])
def test_parse_quantity_part_of_a_byte(text: str) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        parse_quantity(text)


def test_parse_quantity_negative() -> None:
    with pytest.raises(ValueError, match="-1 is negative"):
        parse_quantity(-1)


@pytest.mark.parametrize("value", [LARGEST + 1, str(LARGEST + 1), "8Ei", "10E", "9" * 90])
def test_parse_quantity_too_large(value: str | int) -> None:
    with pytest.raises(ValueError, match="too large"):
        parse_quantity(value)


def test_parse_quantity_of_a_million_digits_is_refused_unread() -> None:
    with pytest.raises(ValueError, match=r"is no quantity") as raised:
        parse_quantity("9" * 1_000_000)
    assert len(str(raised.value)) < 300


@given(st.integers(min_value=0, max_value=LARGEST))
def test_format_quantity_is_read_back(number: int) -> None:
    text = format_quantity(number)
    assert parse_quantity(text) == number
    assert len(text) <= len(str(number))


@given(st.integers(min_value=0, max_value=8191), st.sampled_from(["", "Ki", "Mi", "Gi", "k", "M", "G"]))
def test_format_quantity_of_a_written_quantity_is_no_longer(number: int, unit: str) -> None:
    text = f"{number}{unit}"
    assert len(format_quantity(parse_quantity(text))) <= len(text)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (1, "1"), (16_384, "16Ki"), (60_000_000, "60M"), (1_500, "1500")]
)
def test_format_quantity_is_short(number: int, text: str) -> None:
    assert format_quantity(number) == text


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_format_quantity_out_of_bounds(number: int) -> None:
    with pytest.raises(ValueError, match=r"negative|too large"):
        format_quantity(number)


@given(
    st.one_of(st.integers(), st.text(max_size=8), st.from_regex(r"[0-9]{1,3}(\.[0-9])?[kKMGi]{0,2}B?", fullmatch=True))
)
def test_parse_quantity_accepts_nothing_that_the_schema_refuses(value: str | int) -> None:
    quantity = json.loads(files("catguard.policies").joinpath("schema.json").read_text())["$defs"]["quantity"]
    try:
        parse_quantity(value)
    except ValueError:
        return
    if isinstance(value, int):
        assert quantity["then"]["minimum"] <= value <= quantity["then"]["maximum"]
    else:
        assert re.fullmatch(quantity["else"]["pattern"], value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("800ms", 0.8),
        ("10s", 10.0),
        ("1m30s", 90.0),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        ("2m", 120.0),
        ("1m5ms", 60.005),
        ("1.5s", 1.5),
        ("0s", 0.0),
        ("1s500ms", 1.5),
    ],
)
def test_parse_duration_written_well(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "s", "10 s", "-1s", "1s1m", "1d", "1s1s", "1e3s", "10s\n", "10S", "9" * 200 + "s"]
)
def test_parse_duration_no_duration_says_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no duration: write .* 800ms, 10s, 1m30s or 1h"):
        parse_duration(text)


def test_parse_duration_another_type() -> None:
    with pytest.raises(ValueError, match="10 is no duration"):
        parse_duration(10)  # type: ignore[arg-type]  # what a YAML file may hold


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_parse_duration_adds_its_parts(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s{milliseconds}ms"
    assert parse_duration(text) == (((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds) / 1000
