from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catguard.enforcement.head import ORDINARY, Head, is_sendable, media_type
from catguard.enforcement.lane import FRAMING, REROUTING, UNUSUAL_IN_ANSWERS
from catguard.enforcement.problem import REFUSAL_HEADER

# RFC 9110, sections 5.1 and 5.5, of names in lower case.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_TEXTS = st.binary(max_size=3)
_NAMES = st.one_of(st.sampled_from(sorted(ORDINARY)), st.from_regex(_NAME, fullmatch=True), _TEXTS)
_VALUES = st.one_of(st.from_regex(_VALUE, fullmatch=True), _TEXTS)


def test_ordinary_names_are_none_that_anybody_looks_at_more_closely() -> None:
    closely = (FRAMING - {b"content-length"}) | REROUTING | UNUSUAL_IN_ANSWERS | {REFUSAL_HEADER}
    assert closely.isdisjoint(ORDINARY)
    assert all(_NAME.fullmatch(name) and b"_" not in name for name in ORDINARY)


@pytest.mark.parametrize("byte", range(256))
def test_byte_is_sendable_where_headers_may_have_it(byte: int) -> None:
    text = bytes([byte])
    assert is_sendable({text: b""}) == bool(_NAME.fullmatch(text))
    assert is_sendable({b"etag": text}) == bool(_VALUE.fullmatch(text))
    assert is_sendable({b"x-cat": text}) == bool(_VALUE.fullmatch(text))


@settings(max_examples=60)
@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_headers_are_sendable_as_each_of_them_is(headers: dict[bytes, bytes]) -> None:
    each = all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers.items())
    assert is_sendable(headers) == each


@pytest.mark.parametrize(
    ("pairs", "ordinary"),
    [
        ([(b"host", b"cats"), (b"content-length", b"2")], True),
        ([(b"host", b"cats"), (b"x-cat", b"2")], False),
        ([(b"host", b"cats"), (b"Content-Length", b"2")], False),
        ([(b"accept", b"image/png"), (b"accept", b"image/webp")], False),
        ([(b"transfer-encoding", b"chunked")], False),
    ],
)
def test_head_is_ordinary_when_its_names_are_and_come_once(pairs: list[tuple[bytes, bytes]], ordinary: bool) -> None:
    assert Head(pairs).ordinary == ordinary


def test_head_joins_what_is_repeated_or_spelled_in_two_ways() -> None:
    head = Head([(b"accept", b"image/png"), (b"Accept", b"image/webp"), (b"X-Cat", b"1")])
    assert head.values == {b"accept": b"image/png, image/webp", b"x-cat": b"1"}
    assert head.raw == [(b"accept", b"image/png"), (b"accept", b"image/webp"), (b"x-cat", b"1")]


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"application/json", "application/json"),
        (b'Application/JSON ; charset="UTF-8"', "application/json"),
        (b"application/json;", "application/json"),
        (b"application/json; charset=utf-7", "application/json; charset=utf-7"),
        (b"application/json; charset=utf-8; Charset=latin1", "application/json; charset=latin1, utf-8"),
        (b"application/problem+json; charset=utf-16", "application/problem+json; charset=utf-16"),
        (b"text/plain; charset=latin1", "text/plain"),
        (b"application/json; a=1, text/html", "application/json, ..."),
        (b'application/json; a="1, \\"2"', "application/json"),
        (b";", None),
        (None, None),
    ],
)
def test_media_type_is_of_json_in_its_only_charset(content: bytes | None, media: str | None) -> None:
    assert media_type(content) == media


def test_media_type_of_a_long_header_is_read_as_any_other() -> None:
    assert media_type(b"Text/HTML; a=" + b"x" * 1_000) == "text/html"
