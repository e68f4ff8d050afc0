"""Any bytes are a value that means what the reference reader of JSON takes it for, or unreadable; nothing else happens."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st

from catguard.engine.codec import MAX_DEPTH, Unreadable, dumps, loads, read
from catguard.engine.plain import NoJson, plain
from tests.fuzzing import TIMEOUT, Inputs, Law, fuzz, fuzz_long
from tests.mutations import EDGES, alter_bytes, alter_tree

PIECES = [
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\\u", b"\\ud800", b"\\udc00", b"\\ud83d\\udc08", b"\\u0000",
    b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0", b" ", b"\n", b"\x0b", b"\xc2\xa0", b"null", b"true",
    b"false", b"NaN", b"Infinity", b"-", b"+", b"0", b"-0", b"-0.0", b"01", b"1.", b".5", b"1e5", b"1E+400", b"1e-400",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"-9223372036854775809", b"9" * 30,
    b"9" * 5000, b"1" * 19 + b".5", b"0." + b"1" * 40, b'"a":1,', b'"a":2', b'"\\u0061":3', b'{"a":', b"/**/", b"'",
    b"[" * 70, b"]" * 70, b'{"a":' * 70, b'"' + b"\\" * 99, b'[":{[",', b'"\\":[",',
]  # fmt: skip

numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**63 - 1, 5.0, -0.0, 1e16, 1e300, 5e-324]),
)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)
texts = st.one_of(
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=20).map(b"".join),
    values.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")),
)
#: What code may hand over: JSON's values, and what only looks like them.
anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=3), st.just(10**400),
        st.text(st.characters(codec=None, exclude_categories=()), max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.tuples(inner), st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
)  # fmt: skip
#: A second's work to a reader that takes quadratic time.
LARGE = [
    b"[]," * 10_000,
    b"[" * 30_000,
    b"]" * 30_000,
    b'"' * 30_000,
    b'"\\' * 15_000,
    b"9" * 30_000,
    b'{"a":1,' * 9_000,
]


def leaf(random: Random) -> Any:
    """What only looks like a value of JSON, and what nearly does."""
    return random.choice(
        [*EDGES, 0.5, 1e400, -1e400, float("nan"), -0.0, "a", "\ud800", "\0", b"a", (), {1}, None, True, ...]
    )


def key(random: Random) -> Any:
    return random.choice(["a", "b", "", "\ud800", "~/", 1, 1.5, None, True, b"a", (1,)])


TEXTS = Inputs(texts, lambda data, random: alter_bytes(data, random, PIECES))
ANYTHING = Inputs(anything, lambda value, random: alter_tree(value, random, leaf, key))


class Repeated(ValueError):
    """A name stands twice in an object."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Repeated
    return dict(pairs)


def refuse(word: str) -> None:
    raise ValueError(word)


def height(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(height, inner), default=0)


def reads(data: bytes) -> None:
    """Hold the codec against the standard library, which is lax, and what I-JSON asks for beyond it."""
    try:
        value, written = read(data)
    except Unreadable as error:
        f"{error}{error.where}".encode()  # goes into a problem document
        return
    text = data.decode("utf-8")
    reference = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    assert repr(value) == repr(reference)  # 1, 1.0 and True are equal
    assert height(value) <= MAX_DEPTH
    again = dumps(value)
    assert repr(loads(again)) == repr(value)
    assert written == again


def says(value: Any) -> None:
    """What is plain can be written as JSON, and comes back as it was."""
    try:
        found = plain(value)
    except (Unreadable, NoJson) as error:
        str(error).encode()
        return
    assert repr(loads(dumps(found))) == repr(found)


def test_any_bytes_are_a_value_or_unreadable() -> None:
    fuzz(reads, TEXTS, examples=500)


def test_any_value_of_the_code_is_plain_or_is_none_of_json() -> None:
    fuzz(says, ANYTHING, examples=300)


@pytest.mark.parametrize("data", LARGE, ids=range(len(LARGE)))
def test_large_text_is_read_or_unreadable(data: bytes) -> None:
    reads(data)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize(
    ("law", "inputs", "name", "share"),
    [
        (reads, TEXTS, "bytes", 0.3),
        (reads, Inputs(st.sampled_from(LARGE), TEXTS.vary), "large bytes", 0.005),
        (says, ANYTHING, "values", 0.095),
    ],
    ids=["bytes", "large", "values"],
)
def test_a_million_inputs_are_read_or_unreadable(law: Law, inputs: Inputs[Any], name: str, share: float) -> None:
    fuzz_long(law, inputs, name=f"codec, {name}", share=share)
