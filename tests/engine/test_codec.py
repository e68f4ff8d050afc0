from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.engine.codec import Unreadable, dumps, loads, pointer

integers = st.integers(-(2**63), 2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
).filter(lambda value: "\ud800" not in repr(value))


@given(values)
def test_loads_reads_what_dumps_wrote(value: Any) -> None:
    try:
        text = dumps(value)
    except TypeError:  # a lone surrogate has no JSON text
        return
    assert loads(text) == json.loads(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "stands twice"),
        (b'{"a": 1, "\\u0061": 2}', "stands twice"),
        (b"NaN", "no JSON text"),
        (b"[Infinity]", "no JSON text"),
        (b'"\\ud800"', "no JSON text"),
        (b'"\xff"', "no JSON text"),
        (b"[1,]", "no JSON text"),
        (b"{'a': 1}", "no JSON text"),
        (b"", "no JSON text"),
        (b"[" * 65 + b"]" * 65, "nested more than 64"),
        (b"[" * 100_000, "nested more than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested more than 64"),
        pytest.param(b'"' + b'\\"' * 500_000, "no JSON text", id="a million bytes of a string without an end"),
    ],
)
def test_loads_refuses_what_is_no_i_json(text: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        loads(text)


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "1" * 5000])
def test_loads_refuses_integers_beyond_64_bits_and_says_where(number: str) -> None:
    with pytest.raises(Unreadable) as caught:
        loads(f'{{"a": [0, {{"b/c": {number}}}]}}'.encode())
    assert caught.value.beyond_range
    assert caught.value.where == "/a/1/b~1c"


def test_loads_keeps_the_largest_integers() -> None:
    assert loads(b"[9223372036854775807, -9223372036854775808]") == [2**63 - 1, -(2**63)]


def test_loads_takes_brackets_and_colons_in_strings_for_text() -> None:
    text = json.dumps({"a": "[" * 100, "b": '{"c": "c": \\"'}).encode()
    assert loads(text) == json.loads(text)


def test_error_does_not_repeat_the_text() -> None:
    with pytest.raises(Unreadable) as caught:
        loads(b'{"password": hunter2}')
    assert "hunter2" not in str(caught.value)


@given(st.lists(st.text()))
def test_pointer_is_reversible(steps: list[str]) -> None:
    read = [step.replace("~1", "/").replace("~0", "~") for step in pointer(*steps).split("/")[1:]]
    assert read == steps
