"""Strict JSON: bytes in, one value out, with everything refused that two readers could read differently (RFC 7493)."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from catguard.policies.values import MAX_INTEGER, MIN_INTEGER

#: DESIGN.md section 3: deeper JSON than this has no reader.
MAX_DEPTH = 64
#: Longest name that a caller made up which a violation repeats.
MAX_NAME = 40
# Linear on any text: possessive, and a string without an end reaches to the end, so that none is begun twice.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_WHITE = b" \t\n\r"
_LONG_DIGITS = re.compile(rb"\d{19}")
_parse, _write, _STRICT = orjson.loads, orjson.dumps, orjson.OPT_STRICT_INTEGER  # found at once, in each exchange


class Unreadable(ValueError):
    """A body is no I-JSON text; `where` is a JSON Pointer, `beyond_range` says that only an integer is too large."""

    def __init__(self, message: str, where: str = "", *, beyond_range: bool = False) -> None:
        self.where = where
        self.beyond_range = beyond_range
        super().__init__(message)


def loads(data: bytes, *, depth: int = MAX_DEPTH) -> Any:
    """Read a JSON text, as `read` does, and return its value."""
    return read(data, depth=depth)[0]


def read(data: bytes, *, depth: int = MAX_DEPTH) -> tuple[Any, bytes]:
    """Read a JSON text.

    Returns:
        Its value, and what `dumps` makes of that: it was written again to see whether all of the text is in it.

    Raises:
        Unreadable: For what is no I-JSON: bad UTF-8, lone surrogates, NaN, a name that stands twice in an object,
            nesting beyond `depth`, integers outside 64 bits.
    """
    # No deeper text than this: every level has two brackets.
    if len(data) > 2 * depth and data.count(b"[") + data.count(b"{") > depth and _depth(_bare(data)) > depth:
        raise Unreadable(f"nested more than {depth} levels deep")
    try:
        value = _parse(data)
    except orjson.JSONDecodeError as error:
        if _LONG_DIGITS.search(_bare(data)):
            _check_integers(data)
        raise Unreadable(_reason(error)) from None
    try:
        text = _write(value, None, _STRICT)
    except orjson.JSONEncodeError:
        text = b""
    # Nothing was passed over where the text comes back, but for white space; that is so of nearly all that programs
    # write. A name that stood twice, and an integer that became a double, do not come back; integers of more than 53
    # bits are looked at more closely.
    if text != data and text != (dense := data.translate(None, _WHITE)) and text.translate(None, _WHITE) != dense:
        bare = _bare(data)
        if bare.count(b":") != _members(value):
            raise Unreadable("a name stands twice in one object")
        if _LONG_DIGITS.search(bare):
            _check_integers(data)
        text = text or dumps(value)
    return value, text


def _bare(data: bytes) -> bytes:
    """Return a text without its strings."""
    return _STRINGS.sub(b"", data)


def dumps(value: Any) -> bytes:
    """Return the JSON text of a value that `loads` could have returned."""
    return orjson.dumps(value)


def pointer(*steps: str | int) -> str:
    """Return a JSON Pointer (RFC 6901) of steps that are not escaped yet."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _reason(error: orjson.JSONDecodeError) -> str:
    """Say what is wrong and where, without repeating the text."""
    if "empty" in error.msg:
        return "no JSON text: it is empty"
    if "UTF-8" in error.msg:
        return "no JSON text: it is not in UTF-8"
    said = error.msg.split(":")[0]
    return f"no JSON text: {said[:1].lower()}{said[1:]} at line {error.lineno}, column {error.colno}"


def _depth(bare: bytes) -> int:
    level = deepest = 0
    for byte in bare:
        if byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def _members(value: Any) -> int:
    """Count the members of all objects in a value: fewer than colons in its text means that a name was repeated."""
    if type(value) is dict:
        return len(value) + sum(_members(item) for item in value.values() if type(item) in (dict, list))
    if type(value) is list:
        return sum(_members(item) for item in value if type(item) in (dict, list))
    return 0


def _check_integers(data: bytes) -> None:
    """Refuse integers outside 64 bits, which orjson turns into floats without a word."""
    found: list[str] = []

    def walk(value: Any, where: str) -> None:
        if type(value) is int and not MIN_INTEGER <= value <= MAX_INTEGER:
            found.append(where)
        elif type(value) is dict:
            for name, item in value.items():
                walk(item, where + pointer(name[:MAX_NAME]))
        elif type(value) is list:
            for index, item in enumerate(value):
                walk(item, f"{where}/{index}")

    try:
        walk(json.loads(data, parse_int=_integer), "")
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if found:
        raise Unreadable("an integer lies outside 64 bits", found[0], beyond_range=True)


def _integer(text: str) -> int:
    # int() of long digit strings takes quadratic time; what is longer than 64 bits needs no exact value here.
    return int(text) if len(text) <= 20 else MAX_INTEGER + 1
