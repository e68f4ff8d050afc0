"""Values of the code as JSON can say them: what checks see of arguments, results and bound parameters.

What comes over the wire was read by the strict codec. What the code hands over may be anything: halves of surrogate
pairs, on which the validators raise, lists that hold themselves, and integers of so many digits that the CEL evaluator
takes the process down with it (cel-expr-python 0.1.3). None of that gets past this door.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from catguard.engine.codec import MAX_DEPTH, MAX_NAME, Unreadable, pointer
from catguard.policies.values import MAX_INTEGER, MIN_INTEGER

#: Integers with more are nowhere written out: that would take quadratic time.
MAX_BITS = 1024


class NoJson(TypeError):
    """A value is none of JSON's; the message is the name of its class."""


def plain(value: Any, *, depth: int = MAX_DEPTH) -> Any:
    """Return a value as new dicts and lists, and as exactly the types str, int, float, bool and None.

    Subclasses (members of enumerations, the strings of libraries) become what they hold; tuples become lists.

    Raises:
        Unreadable: For what no JSON text can say: lone surrogates, NaN, infinities, nesting beyond `depth` (what holds
            itself, too); integers outside 64 bits, those of less than
            MAX_BITS with `beyond_range`.
        NoJson: For objects of other classes, and names that are no strings.
    """
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _text(value)
    if value is None or kind is bool:
        return value
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            beyond_all = value.bit_length() > MAX_BITS
            raise Unreadable("an integer lies outside 64 bits", beyond_range=not beyond_all)
        return value if kind is int else int.__int__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unreadable("a number must be finite")
        return value if kind is float else float.__float__(value)
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, Mapping | list | tuple) and depth <= 0:
        raise Unreadable(f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {_name(name): _inner(item, name, depth) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_inner(item, index, depth) for index, item in enumerate(value)]
    raise NoJson(kind.__qualname__)


def _inner(value: Any, step: str | int, depth: int) -> Any:
    try:
        return plain(value, depth=depth - 1)
    except Unreadable as error:
        shown = step[:MAX_NAME] if isinstance(step, str) else step
        raise Unreadable(str(error), pointer(shown) + error.where, beyond_range=error.beyond_range) from None


def _name(name: Any) -> str:
    if type(name) is str and name.isascii():
        return name
    if not isinstance(name, str):
        raise NoJson(f"a mapping with a {type(name).__qualname__} for a name")
    return _text(str.__str__(name))


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unreadable("half of a surrogate pair is no character") from None
    return text
