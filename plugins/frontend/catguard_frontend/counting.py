"""How many: reads numbers as people say them, from "a" and "a dozen" to "two hundred and five"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catguard_frontend.menu import NUMBERS
from catguard_frontend.tokens import Cursor

#: What "a few" and "some" are taken for, and cats of which nobody says how many.
FEW = 3
_TEENS = (
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_UNITS: Mapping[str, int] = {word: value for value, word in enumerate((*NUMBERS, *_TEENS), start=1)}
_TENS: Mapping[str, int] = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
#: Numbers that are counted themselves: "two dozen", "three hundred".
_GROUPS: Mapping[str, int] = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
} | {"dozens": 12, "hundreds": 100, "thousands": 1000, "millions": 1_000_000}
#: Numbers that stand alone, or after "a".
_AMOUNTS: Mapping[str, int] = {"couple": 2, "pair": 2, "few": FEW, "some": FEW, "several": 5}
#: All words that may begin a number, for suggestions.
WORDS = ("a", "an", *_UNITS, *_TENS, *_GROUPS, *_AMOUNTS, "half")


def count(cursor: Cursor, named: Callable[[], bool]) -> int | None:
    """Take how many cats a sentence asks for, if it says so there; numbers have no bound.

    Args:
        cursor: stands where the number would begin.
        named: tells whether the name of a breed begins where the cursor is: names go before words for further numbers.
    """
    start = cursor.place
    if cursor.accept("half"):
        cursor.accept("a")
        if cursor.accept("dozen"):
            cursor.accept("of")
            return 6
        cursor.place = start
        return None
    number = cursor.token.integer
    if number is not None:
        cursor.place += 1
    elif cursor.accept("a", "an"):
        number = 1
        if cursor.token.word in ("couple", "pair", "few") and not named():
            return _amount(cursor)
    else:
        number = _below_hundred(cursor, named)
    if number is not None:
        return _grouped(cursor, number, named)
    if named():
        return None
    return _amount(cursor) if cursor.token.word in _AMOUNTS else _grouped(cursor, None, named)


def _amount(cursor: Cursor) -> int:
    number = _AMOUNTS[cursor.token.word]
    cursor.place += 1
    cursor.accept("of")
    return number


def _below_hundred(cursor: Cursor, named: Callable[[], bool]) -> int | None:
    """Take "seven", "thirty", "thirty-seven" or "thirty seven"."""
    first, _, second = cursor.token.word.partition("-")
    if first in _UNITS and not second:
        cursor.place += 1
        return _UNITS[first]
    if first not in _TENS or (second and not 1 <= _UNITS.get(second, 0) <= 9):
        return None
    cursor.place += 1
    number = _TENS[first] + _UNITS.get(second, 0)
    if not second and 1 <= _UNITS.get(cursor.token.word, 0) <= 9 and not named():
        number += _UNITS[cursor.token.word]
        cursor.place += 1
    return number


def _grouped(cursor: Cursor, number: int | None, named: Callable[[], bool]) -> int | None:
    """Take the groups that a number is of, and what is added to them: "[two] hundred and five", "[three] dozen of"."""
    total, current, began = 0, number, cursor.place
    while not named():
        group = _GROUPS.get(cursor.token.word)
        if group is None or (current is None and total):
            break
        if group < 1000 and (current or 1) >= 100:
            break
        cursor.place += 1
        if group < 1000:
            current = (current or 1) * group
        else:
            total, current = total + (current or 1) * group, None
        if group == 12:
            break
        more = _added(cursor, named)
        current = more if current is None else current + (more or 0)
    if cursor.place > began:
        cursor.accept("of")
    return number if cursor.place == began else total + (current or 0)


def _added(cursor: Cursor, named: Callable[[], bool]) -> int | None:
    start = cursor.place
    cursor.accept("and")
    more = None if named() else _below_hundred(cursor, named)
    if more is None:
        cursor.place = start
    return more
