from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.policies.values import OutOfRange, RecordReader, normalizer, out_of_range, to_wire

RECORD = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "scale": {"type": "number"},
        "bold": {"type": "boolean"},
        "name": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "size": {"enum": ["small", "large"]},
    },
}


def read(*pairs: tuple[str, str]) -> dict[str, Any]:
    return RecordReader(RECORD).read(pairs)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "12", 12),
        ("count", "-3", -3),
        ("count", "1e2", 100.0),
        ("count", "+3", "+3"),
        ("count", "012", "012"),
        ("count", "\N{FULLWIDTH DIGIT THREE}", "\N{FULLWIDTH DIGIT THREE}"),
        ("count", " 3", " 3"),
        ("count", "3\n", "3\n"),
        ("count", "0x10", "0x10"),
        ("count", "1_000", "1_000"),
        ("count", "NaN", "NaN"),
        ("count", "9" * 5000, "9" * 5000),
        ("scale", "0.5", 0.5),
        ("scale", ".5", ".5"),
        ("scale", "1e999", "1e999"),
        ("bold", "true", True),
        ("bold", "True", "True"),
        ("bold", "1", "1"),
        ("name", "12", "12"),
        ("size", "small", "small"),
    ],
)
def test_wire_strings_become_values_by_the_grammar_of_json(name: str, text: str, value: object) -> None:
    found = read((name, text))[name]
    assert found == value
    assert type(found) is type(value)


def test_an_empty_value_is_absent() -> None:
    assert read(("count", ""), ("name", "")) == {}


def test_a_repeated_name_becomes_an_array_that_the_shape_refuses() -> None:
    assert read(("count", "1"), ("count", "2"), ("count", "3"))["count"] == [1, 2, 3]


def test_an_array_takes_single_and_repeated_values() -> None:
    assert read(("tags", "1")) == {"tags": [1]}
    assert read(("tags", "1"), ("tags", "2")) == {"tags": [1, 2]}


def test_undeclared_names_stay_as_they_are() -> None:
    assert read(("nosuch", "1")) == {"nosuch": "1"}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "count": st.integers(-(2**63), 2**63 - 1),
            "scale": st.floats(allow_nan=False, allow_infinity=False),
            "bold": st.booleans(),
            "name": st.text(min_size=1),
            "tags": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=4),
        },
    )
)
def test_a_record_survives_the_wire(record: dict[str, Any]) -> None:
    normalize = normalizer(RECORD, fill_defaults=False)
    assert normalize is not None
    assert normalize(read(*to_wire(record))) == record


def test_integers_become_int_and_numbers_float() -> None:
    schema = {"properties": {"a": {"type": "integer"}, "b": {"type": "array", "items": {"type": "number"}}}}
    normalize = normalizer(schema, fill_defaults=False)
    assert normalize is not None
    value = normalize({"a": 5.0, "b": [1, 2.5]})
    assert (type(value["a"]), type(value["b"][0])) == (int, float)


def test_booleans_are_no_integers() -> None:
    normalize = normalizer({"type": "integer"}, fill_defaults=False)
    assert normalize is not None
    assert normalize(True) is True


def test_defaults_are_filled_in_only_where_asked_and_never_shared() -> None:
    schema = {"properties": {"a": {"default": []}, "b": {"properties": {"c": {"default": 1}}}}}
    fill = normalizer(schema, fill_defaults=True)
    assert fill is not None
    first, second = fill({"b": {}}), fill({})
    assert first == {"a": [], "b": {"c": 1}}
    assert first["a"] is not second["a"]
    assert normalizer(schema, fill_defaults=False) is None


def test_a_given_value_is_not_replaced_by_its_default() -> None:
    fill = normalizer({"properties": {"a": {"default": 1}}}, fill_defaults=True)
    assert fill is not None
    assert fill({"a": None}) == {"a": None}


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1e30])
def test_integers_beyond_64_bits_are_told(value: float) -> None:
    normalize = normalizer({"properties": {"a": {"type": "integer"}}}, fill_defaults=False)
    assert normalize is not None
    with pytest.raises(OutOfRange):
        normalize({"a": value})
    assert out_of_range({"a": value, "b": [1]}) == [("a",)]
