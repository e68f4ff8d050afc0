"""What CEL computes differently from Python, and what a schema calls the same number: what generated checks call.

Each function raises `Undecided` where there is an error to tell, or more to find out than it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from catguard.policies.values import MAX_INTEGER, MIN_INTEGER

#: Integers up to this size, and no further, are doubles one by one (IEEE 754, binary64).
EXACT = 2**53

Item = TypeVar("Item")
Value = TypeVar("Value")
Sized = TypeVar("Sized", bound=Sequence[Any])


class Undecided(Exception):
    """The generated code cannot tell; CEL can."""


def checked(number: int) -> int:
    """Return the result of an integer operation that may leave 64 bits."""
    if MIN_INTEGER <= number <= MAX_INTEGER:
        return number
    raise Undecided


def quotient(one: int, other: int) -> int:
    """Divide as CEL does: truncated toward zero."""
    if other == 0:
        raise Undecided
    found = abs(one) // abs(other)
    return checked(found if (one < 0) == (other < 0) else -found)


def remainder(one: int, other: int) -> int:
    """Return what `quotient` leaves: it has the sign of the dividend."""
    if other == 0 or (one == MIN_INTEGER and other == -1):
        raise Undecided
    found = abs(one) % abs(other)
    return -found if one < 0 else found


def given(value: Value | None) -> Value:
    """Return a value that is not null."""
    if value is None:
        raise Undecided
    return value


def truncated(number: float) -> int:
    """Convert a double to an integer; the ends of the range are no values of CEL's conversion."""
    if MIN_INTEGER < number < MAX_INTEGER:
        return int(number)
    raise Undecided


def item(items: Sequence[Item], index: int) -> Item:
    """Return an item; to Python an index below zero counts from the end."""
    if index < 0:
        raise Undecided
    return items[index]


def at_most(items: Sized, count: int) -> Sized:
    """Return what is iterated over, unless that may use up the evaluator's budget."""
    if len(items) > count:
        raise Undecided
    return items


def whole(number: Any) -> int:
    """Return the integer that a double with no fraction stands for, as far as doubles tell integers apart."""
    if number.__class__ is float and -EXACT <= number <= EXACT and number.is_integer():
        return int(number)
    raise Undecided


def real(number: Any) -> float:
    """Return the double that an integer stands for, as far as doubles tell integers apart."""
    if number.__class__ is int and -EXACT <= number <= EXACT:
        return float(number)
    raise Undecided


#: By the names under which generated code calls them.
OPERATIONS = {
    function.__name__: function
    for function in (checked, quotient, remainder, given, truncated, item, at_most, whole, real)
}
