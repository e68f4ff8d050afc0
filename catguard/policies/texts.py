"""What the functions that make texts of texts give and cost: replace(), join(), split(), format() and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from catguard.policies.estimates import CHARACTERS_PER_UNIT, Estimate, room_of, together
from catguard.policies.facts import STRING, ListOf
from catguard.policies.intervals import Interval
from catguard.policies.pinned import SIZES

#: Pairs of characters that a search compares in the time of one unit: 30,000 characters with a needle of half of that
#: take 3 to 7 ms (cel-expr-python 0.1.3).
PAIRS_PER_UNIT: Final = 8_192
#: Characters of a number or date that format() writes: 309 digits before the point, 1,000 after it.
MAX_FORMATTED: Final = 1_400
#: Those that give no more characters than they are given, and go through them once.
_LINEAR = frozenset(("charAt", "lowerAscii", "upperAscii", "reverse", "substring", "trim"))
_SEARCHES = ("indexOf", "lastIndexOf")
#: Operations whose results may be longer than all that a message holds, or that cost more than to go through it once.
GROWING = frozenset(("_+_", "replace", "join", "format", "quote", "split", "contains", "matches", *_SEARCHES))


def search_cost(text: Estimate, part: Estimate) -> int:
    """Return what it costs to look for one text in another, on top of going through both."""
    return text.interval.high * part.interval.high // PAIRS_PER_UNIT


def of_texts(function: str, parts: Sequence[Estimate]) -> Estimate | None:
    """Return what is known of a function of texts; None for any other function."""
    match function, parts:
        case _, [Estimate(kind="string") as text, *_] if function in _LINEAR:
            return _made(parts, text.interval.high)
        case "quote", [Estimate(kind="string") as text]:
            return _made(parts, 2 * text.interval.high + 2)  # a backslash before each, and two quotes
        case "replace", [Estimate(kind="string") as text, part, new, *_]:
            most = _matches(text, part)
            grown = text.interval.high + most * new.interval.high
            return _made(parts, grown, cost=most // 2 + search_cost(text, part))
        case "split", [Estimate(kind="string") as text, part, *_]:
            most = _matches(text, part) + 1
            cost = text.units + most + search_cost(text, part)
            found = together("list", parts, fails=True, interval=Interval(0, most), fact=ListOf(STRING), cost=cost)
            return replace(found, room=text.interval.high)
        case "join", [Estimate(kind="list") as items, *between]:
            each = room_of(items) + sum(part.interval.high for part in between)
            return _made(parts, items.interval.high * each, cost=items.interval.high)
        case "format", [Estimate(kind="string") as text, Estimate(kind="list") as items]:
            each = 2 * max(room_of(items), MAX_FORMATTED)  # %x writes two digits for each byte
            return _made(parts, text.interval.high + items.interval.high * each)
        case (("indexOf" | "lastIndexOf"), [Estimate(kind="string") as text, part, *_]):
            cost = text.units + part.units + search_cost(text, part)
            return together("int", parts, fails=True, interval=Interval(-1, text.interval.high), cost=cost)
        case _:
            return None


def _matches(text: Estimate, part: Estimate) -> int:
    """Return how often a text may be found in another; an empty one stands between all characters."""
    return text.interval.high + 1 if part.interval.low == 0 else text.interval.high // part.interval.low


def _made(parts: Sequence[Estimate], most: int, *, cost: int = 0) -> Estimate:
    gone_through = sum(part.units for part in parts) + most // CHARACTERS_PER_UNIT
    interval = Interval(0, min(most, SIZES.high))
    return together("string", parts, fails=True, interval=interval, cost=cost + gone_through)
