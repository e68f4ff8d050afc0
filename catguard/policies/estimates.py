"""What can be said of a value before any exchange: which values it can be, how large it gets, what it costs at most.

Everything here errs on one side: a value may be less than is said of it, never more. So "cannot be false" is certain,
and a cost is the worst case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from catguard.policies.facts import DYNAMIC, FactType, ListOf, MapOf, Record, Scalar
from catguard.policies.intervals import INTEGERS, MAX_SIZE, Interval, integers_of, sizes_of
from catguard.policies.keywords import parts_of
from catguard.policies.pinned import SIZES, Kind, Schemas, item_schemas, member_schemas

#: Of more values than these not each is looked at.
MAX_VALUES = 64
#: Characters or items of what has no limit of bytes either, such as the arguments of a function.
UNLIMITED = 1024 * 1024
#: Characters of text that are handled in the time of one step (as Kubernetes counts: cel.StringTraversalCostFactor).
CHARACTERS_PER_UNIT = 10
#: What bounds the names of an object's members.
NAMES = "propertyNames.maxLength"
#: Bytes of JSON that a value takes at least, with what parts it from the next.
BYTES_PER_VALUE = 2
#: Characters of a number that is written out.
MAX_NUMBER = 32
_BOTH = frozenset((True, False))


@dataclass(frozen=True, slots=True)
class Size:
    """A text or list of the exchange that an expression goes through.

    `path` is how rules read it, `most` how large it can be, `keyword` what bounds it, or would: maxItems, maxLength or
    maxProperties; where `stated` is false, only the limit of bytes around it does.
    """

    path: tuple[str, ...]
    keyword: str
    most: int
    stated: bool

    def __str__(self) -> str:
        return ".".join(self.path).replace(".*", "[]")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an expression can give.

    `truths` are what a bool can be. `fails` says that evaluation may end in an error, `gives` that it may end in a
    value. `interval` holds an integer, or the size of a text, list or map; `values` are all that it can be, where that
    is known; `path` is how rules read it, empty where it is computed, `*` for an item; `room` is how large it, or
    what is in it, can be where no keyword says so. `cost` counts units, `steps` those of comprehensions.
    """

    kind: Kind
    truths: frozenset[bool] = _BOTH
    fails: bool = False
    gives: bool = True
    nullable: bool = False
    interval: Interval = INTEGERS
    values: tuple[Any, ...] | None = None
    fact: FactType = DYNAMIC
    schemas: Schemas = ()
    path: tuple[str, ...] = ()
    room: int = UNLIMITED
    cost: int = 1
    steps: int = 0

    @property
    def never_true(self) -> bool:
        """Whether it can give nothing but false or an error."""
        return not self.gives or (self.kind == "bool" and True not in self.truths)

    @property
    def always_true(self) -> bool:
        """Whether it can give nothing but true."""
        return self.kind == "bool" and self.gives and not self.fails and self.truths == {True}

    @property
    def units(self) -> int:
        """What it costs to go through a text once."""
        return self.interval.high // CHARACTERS_PER_UNIT if self.kind == "string" else 0

    @property
    def contents(self) -> int:
        """What it costs to go once through all that a value holds, a unit for each value in it."""
        return contents_of(self)


def of_fact(fact: FactType, schemas: Schemas, path: tuple[str, ...], *, room: int) -> Estimate:
    """Return what is known of a fact."""
    found = Estimate("dyn", schemas=schemas, path=path, room=room)
    match fact:
        case Scalar("int", values, nullable):
            return replace(found, kind="int", nullable=nullable, interval=integers_of(schemas), values=values)
        case Scalar("string", values, nullable):
            interval = _capped(sizes_of(schemas, "string"), room)
            if values is not None:
                sizes = [len(value) for value in values if isinstance(value, str)] or [0]
                interval = Interval(min(sizes), max(sizes))
            return replace(found, kind="string", nullable=nullable, interval=interval, values=values)
        case Scalar(kind, values, nullable):
            truths = _BOTH if values is None else frozenset(value for value in values if isinstance(value, bool))
            return replace(found, kind=kind, truths=truths, nullable=nullable, values=values)
        case ListOf():
            return replace(found, kind="list", interval=_capped(sizes_of(schemas, "list"), room), fact=fact)
        case Record() | MapOf():
            return replace(found, kind="map", interval=_members(schemas, room), fact=fact)
        case _:
            return replace(found, fails=True, interval=Interval(0, room))


def _capped(sizes: Interval, room: int) -> Interval:
    return sizes if sizes.high < MAX_SIZE else Interval(min(sizes.low, room), room)


def _members(schemas: Schemas, room: int) -> Interval:
    """Return how many members a map has; members whose default is filled in come on top of maxProperties."""
    named = len({name for schema in schemas for name in schema.get("properties", {})})
    most = min((int(schema["maxProperties"]) + named for schema in schemas if "maxProperties" in schema), default=None)
    return Interval(0, room if most is None else most)


def contents_of(found: Estimate) -> int:
    """Return what it costs to go once through all that a value holds; what comes as JSON has no more than its bytes."""

    def inner(fact: FactType, schemas: Schemas) -> int:
        return 1 + of_fact(fact, schemas, found.path, room=found.room).contents

    match found.fact:
        case ListOf(element):
            units = found.interval.high * inner(element, item_schemas(found.schemas))
        case MapOf(value):
            units = found.interval.high * inner(value, member_schemas(found.schemas, "*"))
        case Record(fields):
            units = sum(inner(each.type, member_schemas(found.schemas, name)) for name, each in fields.items())
        case _:
            units = found.interval.high if found.kind in ("list", "map", "dyn") else found.units
    return min(units, found.room // BYTES_PER_VALUE) if found.path else units


def entry(record: Estimate, key: Estimate) -> Estimate:
    """Return what is known of what a map has under a name that is computed."""
    fact = record.fact.value if isinstance(record.fact, MapOf) else DYNAMIC
    named = any({"properties", "patternProperties"} & schema.keys() for schema in record.schemas)
    found = of_fact(fact, () if named else member_schemas(record.schemas, "*"), (), room=record.room)
    return replace(found, fails=True, cost=1 + record.cost + key.cost, steps=record.steps + key.steps)


def key_schemas(schemas: Schemas) -> Schemas:
    """Return what the name of each member of an object fits that fits some schemas."""
    return tuple(part for schema in schemas for part in parts_of(schema.get("propertyNames")))


def room_of(items: Estimate) -> int:
    """Return how large an item of a list, or what is in it, can be."""
    element = items.fact.element if isinstance(items.fact, ListOf) else DYNAMIC
    found = of_fact(element, item_schemas(items.schemas), (), room=items.room)
    return found.interval.high if found.kind == "string" else items.room


def room_in(parts: Iterable[Estimate]) -> int:
    """Return how large each of some values, or what is in it, can be, as items of a list."""
    return max((room_of_one(part) for part in parts), default=0)


def room_of_one(found: Estimate) -> int:
    """Return how large a value, or what is in it, can be."""
    if found.kind == "string":
        return found.interval.high
    return MAX_NUMBER if found.kind in ("bool", "int", "double", "null") else max(found.room, found.interval.high)


def size_of(found: Estimate) -> Size | None:
    """Return what bounds the size of a fact; None for what is computed or listed."""
    keyword = {"string": "maxLength", "list": "maxItems", "map": "maxProperties", "dyn": "maxItems"}.get(found.kind)
    declared = isinstance(found.fact, Record)  # its members are counted, by whoever declared them
    if keyword is None or not found.path or found.values is not None or declared:
        return None
    return Size(found.path, keyword, found.interval.high, any(keyword in schema for schema in found.schemas))


def together(kind: Kind, parts: Iterable[Estimate], **known: Any) -> Estimate:
    """Return the result of an operation on parts that must all have a value; `cost` comes on top of theirs."""
    parts = tuple(parts)
    own: int = known.pop("cost", 0)
    return Estimate(
        kind,
        fails=known.pop("fails", False) or any(part.fails for part in parts),
        gives=known.pop("gives", True) and all(part.gives for part in parts),
        cost=1 + own + sum(part.cost for part in parts),
        steps=sum(part.steps for part in parts),
        **known,
    )


def either(function: str, one: Estimate, other: Estimate) -> Estimate:
    """Return what && and || make of two operands, each of which may decide alone though the other fails."""
    decisive = function == "_||_"
    truths, fails = set(), False
    for a, b in product(_ends(one), _ends(other)):
        if decisive in (a, b):
            truths.add(decisive)
        elif a is None or b is None:
            fails = True
        else:
            truths.add(not decisive)
    found = together("bool", (one, other))
    return replace(found, truths=frozenset(truths), fails=fails, gives=bool(truths))


def _ends(found: Estimate) -> list[bool | None]:
    """Return how the evaluation of a bool can end: with a value, or None for an error."""
    ends: list[bool | None] = list(found.truths if found.kind == "bool" else _BOTH) if found.gives else []
    return [*ends, None] if found.fails or found.nullable or not found.gives or found.kind != "bool" else ends


def negated(found: Estimate) -> Estimate:
    """Return what ! makes of an operand."""
    truths = frozenset(not truth for truth in found.truths)
    return together("bool", (found,), truths=truths, fails=found.kind != "bool" or found.nullable)


def choice(condition: Estimate, yes: Estimate, no: Estimate) -> Estimate:
    """Return what `condition ? yes : no` gives."""
    ends = _ends(condition)
    taken = [branch for truth, branch in ((True, yes), (False, no)) if truth in ends]
    kinds = {branch.kind for branch in (yes, no)}
    values: tuple[Any, ...] | None = ()
    for branch in taken:
        values = None if values is None or branch.values is None else (*values, *branch.values)
    first = taken[0] if taken else yes
    interval = first.interval
    for branch in taken:
        interval = interval.join(branch.interval)
    return Estimate(
        first.kind if len(kinds) == 1 else "dyn",
        frozenset[bool]().union(*(branch.truths for branch in taken)),
        fails=None in ends or any(branch.fails for branch in taken) or len(kinds) > 1,
        gives=any(branch.gives for branch in taken),
        nullable=yes.nullable or no.nullable,
        interval=interval,
        values=values if taken else None,
        fact=yes.fact if yes.fact == no.fact else DYNAMIC,
        room=max(yes.room, no.room),
        cost=1 + condition.cost + max(yes.cost, no.cost),
        steps=condition.steps + max(yes.steps, no.steps),
    )


def equality(one: Estimate, other: Estimate, *, alike: bool, same: bool) -> Estimate:
    """Return what == gives, or != where `alike` is false; `same` says that both operands are written alike."""
    truths = _BOTH
    if same and one.kind in ("int", "string", "bool"):
        truths = frozenset((True,))
    elif "null" in (one.kind, other.kind):
        tested = other if one.kind == "null" else one
        if tested.kind not in ("null", "dyn") and not tested.nullable:
            truths = frozenset((False,))
    elif one.kind == other.kind and not (one.nullable or other.nullable):
        truths = _equal(one, other)
    fails = "dyn" in (one.kind, other.kind)
    found = together("bool", (one, other), fails=fails, cost=min(one.contents, other.contents))
    return replace(found, truths=truths if alike else frozenset(not truth for truth in truths))


def _equal(one: Estimate, other: Estimate) -> frozenset[bool]:
    if one.kind == "int" or one.kind == "string":
        a, b = one.interval, other.interval
        if a.high < b.low or b.high < a.low:
            return frozenset((False,))
        if one.kind == "int" and a == b and a.low == a.high:
            return frozenset((True,))
    if one.kind == "bool":
        return frozenset(a == b for a, b in product(one.truths, other.truths))
    if one.values is None or other.values is None or one.kind not in ("int", "string"):
        return _BOTH
    if len(one.values) * len(other.values) > MAX_VALUES:
        return _BOTH
    return frozenset(a == b for a, b in product(one.values, other.values)) or _BOTH


def order(sign: str, one: Estimate, other: Estimate, *, same: bool) -> Estimate:
    """Return what <, <=, > or >= gives."""
    if sign in (">", ">="):
        return order("<" if sign == ">" else "<=", other, one, same=same)
    truths = _BOTH
    strict = sign == "<"
    if one.kind == other.kind == "int":
        a, b = one.interval, other.interval
        if same:
            truths = frozenset((not strict,))
        elif a.high < b.low or (not strict and a.high == b.low):
            truths = frozenset((True,))
        elif a.low > b.high or (strict and a.low == b.high):
            truths = frozenset((False,))
    fails = one.kind != other.kind or one.kind == "dyn" or one.nullable or other.nullable
    return together("bool", (one, other), truths=truths, fails=fails, cost=min(one.units, other.units))


def text_test(test: Callable[[str, str], bool], one: Estimate, other: Estimate) -> Estimate:
    """Return what startsWith, endsWith or contains gives."""
    truths, listed = _BOTH, (one.values or (), other.values or ())
    texts = all(isinstance(value, str) for values in listed for value in values)
    if texts and 0 < len(listed[0]) * len(listed[1]) <= MAX_VALUES:
        truths = frozenset(test(a, b) for a, b in product(*listed))
    fails = one.kind != "string" or other.kind != "string" or one.nullable or other.nullable
    return together("bool", (one, other), truths=truths, fails=fails, cost=one.units + other.units)


def arithmetic(sign: str, one: Estimate, other: Estimate) -> Estimate:
    """Return what +, -, *, / or % gives."""
    nullable = one.nullable or other.nullable
    if one.kind != other.kind or one.kind not in ("int", "string", "list"):
        kind: Kind = one.kind if one.kind == other.kind == "double" else "dyn"
        return together(kind, (one, other), fails=kind == "dyn" or nullable, interval=SIZES, cost=one.units)
    a, b = one.interval, other.interval
    if one.kind != "int":
        fact = one.fact if one.fact == other.fact else DYNAMIC
        cost = (a.high + b.high) // CHARACTERS_PER_UNIT  # of a list too: an item is copied in 6 ns
        found = together(one.kind, (one, other), fails=nullable, interval=a + b, fact=fact, cost=cost)
        return replace(found, room=max(room_of(one), room_of(other))) if one.kind == "list" else found
    if sign in "+-*":
        exact = a + b if sign == "+" else a - b if sign == "-" else a * b
        reached = exact.high >= INTEGERS.low and exact.low <= INTEGERS.high
        interval = exact.within(INTEGERS)
        return together("int", (one, other), fails=nullable or not exact.fits, gives=reached, interval=interval)
    zero = b.low <= 0 <= b.high
    fails = nullable or zero or (a.low == INTEGERS.low and b.low <= -1 <= b.high)
    if a.low >= 0 and b.low >= 1:
        interval = Interval(a.low // b.high, a.high // b.low) if sign == "/" else Interval(0, min(a.high, b.high - 1))
    else:
        most = max(abs(a.low), abs(a.high)) if sign == "/" else max(abs(b.low), abs(b.high))
        interval = Interval(-most, most).within(INTEGERS)
    return together("int", (one, other), fails=fails, gives=b != Interval(0, 0), interval=interval)
