"""The value nearest to a refused one that would pass, for fields whose value may be shown to the caller.

That is so where the shape says `x-catguard-public: true`, and for the query, which the caller wrote. Nothing is
guessed: a value is told only when the shape, asked again with it, has nothing more to say against that field, nor the
rules that read the part.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy, deepcopy
from itertools import islice
from typing import Any, TypeAlias

from catguard.engine.explanation import meant_branches
from catguard.policies.compiler import CompiledPhase
from catguard.policies.keywords import PUBLIC, type_name
from catguard.policies.parts import CompiledPart, ShapeError
from catguard.policies.syntax import Call, Ident, Literal, Node, Select, children
from catguard.policies.values import OutOfRange

Scalar: TypeAlias = bool | int | float | str
Place: TypeAlias = tuple[str | int, ...]
#: The nearest text is told up to this length: one that is cut to thousands of characters helps nobody.
MAX_TEXT = 200
#: So many values are held against the rules for one exchange: what is refused may cost no multiple of what passes.
MAX_TRIED = 4
#: A number as JSON writes it, of no more digits than one that a person would write.
_NUMBER = re.compile(r"(?=.{1,20}\Z)-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


class Trial:
    """Holds values that nobody sent against the rules of a phase.

    Args:
        phase: the phase.
        facts: of the exchange, which stay as they are.
    """

    def __init__(self, phase: CompiledPhase, facts: Mapping[str, Any]) -> None:
        self._phase = phase
        self._facts = facts
        self._left = MAX_TRIED

    def blamed(self, name: str, value: Any, places: Iterable[Place]) -> frozenset[Place]:
        """Return the places in a part of this name and value that a rule reads which would deny it.

        After MAX_TRIED questions that are all of which nothing is certain.
        """
        read = {place: self._reading(name, place) for place in places}
        if not any(read.values()):
            return frozenset()
        self._left -= 1
        message = self._phase.policy.phase
        parts = {part: deepcopy(self._facts[message].get(part, {})) for part in self._phase.parts if part != name}
        parts[name] = deepcopy(value)
        try:
            in_form = {part: self._in_form(part, found) for part, found in parts.items()}
        except OutOfRange:
            self._left = -1
        if self._left < 0:
            return frozenset(place for place, ids in read.items() if ids)
        facts = {**self._facts, message: {**self._facts[message], **in_form}}
        broken = {
            rule.assumption.id
            for rule, outcome in self._phase.rules.run(facts)
            if rule.assumption.action == "deny" and (outcome is False or rule.failure_policy == "fail")
        }
        return frozenset(place for place, ids in read.items() if ids & broken)

    def _reading(self, name: str, place: Place) -> set[str]:
        """Return the ids of the rules that read what a place is in."""
        rules, message = self._phase.rules, self._phase.policy.phase
        member = place[0] if place else None
        found: set[str] = set()
        for rule in rules.rules:
            trees = [rule.tree, *(variable.tree for variable in rules.variables if variable.name in rule.variables)]
            read = {each for tree in trees for each in _members_read(tree, message, name)}
            if None in read or member in read or (member is None and read):
                found.add(rule.rule.assumption.id)
        return found

    def _in_form(self, name: str, value: Any) -> Any:
        normalize = self._phase.parts[name].normalize
        return normalize(value) if normalize else value


def _members_read(node: Node, message: str, part: str) -> Iterator[str | None]:
    """Yield the members of a part that an expression reads; None where it reads the part itself."""
    match node:
        case Select(inner, name, _) if _is_part(inner, message, part):
            yield name
        case Call("_[_]", _, (inner, Literal(str(name), _))) if _is_part(inner, message, part):
            yield name
        case Call("@in", _, (Literal(str(name), _), inner)) if _is_part(inner, message, part):
            yield name
        case _ if _is_part(node, message, part):
            yield None
        case _:
            for inner in children(node):
                yield from _members_read(inner, message, part)


def _is_part(node: Node, message: str, part: str) -> bool:
    match node:
        case Ident(name):
            return name == f"{message}.{part}"
        case Select(Ident(name), field, _):
            return name == message and field == part
        case _:
            return False


def nearest_values(errors: Sequence[ShapeError], part: CompiledPart, value: Any, trial: Trial) -> list[Scalar | None]:
    """Return for each error the nearest value that would pass in its place, where that is certain and may be shown.

    The rules are asked about all of them together, as whoever is told so much mends all of it.

    Args:
        errors: what was broken.
        part: the shape.
        value: the whole value of the part.
        trial: holds it against the rules.
    """
    inner = [_innermost(error) for error in errors]
    options = [list(islice(_fitting(*pair, part, value), MAX_TRIED)) for pair in zip(errors, inner, strict=True)]
    choices: dict[Place, list[Scalar]] = {}
    for error, found in zip(inner, options, strict=True):
        if found:
            choices.setdefault(error.pointer, found)
    first: Mapping[Place, Scalar] = {}
    for chosen in _together(choices):
        changed = value
        for where, candidate in chosen.items():
            changed = _replaced(changed, where, candidate)
        blamed = trial.blamed(part.shape.part, changed, chosen)
        first = first or {where: candidate for where, candidate in chosen.items() if where not in blamed}
        if not blamed:
            first = chosen
            break
    told = (first.get(error.pointer) for error in inner)
    return [one if one in found else None for one, found in zip(told, options, strict=True)]


def _together(choices: Mapping[Place, Sequence[Scalar]]) -> Iterator[Mapping[Place, Scalar]]:
    """Yield a value for each place: the nearest for all, then another for one of them."""
    nearest = {where: found[0] for where, found in choices.items()}
    if nearest:
        yield nearest
    for where, found in choices.items():
        yield from ({**nearest, where: other} for other in found[1:])


def _innermost(error: ShapeError) -> ShapeError:
    """Return the one error of the branch that was meant, where it is one; else the error itself."""
    while error.branches:
        meant = meant_branches(error) if all(error.branches) else ()
        if len(meant) != 1 or len(meant[0]) != 1:
            break
        error = meant[0][0]
    return error


def _fitting(whole: ShapeError, error: ShapeError, part: CompiledPart, value: Any) -> Iterator[Scalar]:
    """Yield the values that the shape lets stand in the place of an error, the nearest first.

    `whole` is the error that it is the innermost one of: nothing may be left of that.
    """
    schemas = list(_around(part.shape.schema, error.path[:-1]))
    if not schemas or not _may_be_shown(part, schemas, error):
        return
    refused = _value_at(value, error.pointer)
    for candidate in _candidates(error.keyword, _as_number(error.keyword, refused), schemas):
        if not part.refuses(_replaced(value, error.pointer, candidate), whole.pointer):
            yield candidate


def _may_be_shown(part: CompiledPart, schemas: Sequence[Mapping[str, Any]], error: ShapeError) -> bool:
    of_caller = part.shape.part == "query" and error.assumption.phase == "request"
    return of_caller or any(schema.get(PUBLIC) is True for schema in schemas)


def _around(schema: Any, path: Sequence[str | int]) -> Iterator[Mapping[str, Any]]:
    """Yield the schema at a path, and those around it that speak of the same value."""
    chain = [schema]
    for step in path:
        inner = chain[-1]
        try:
            chain.append(inner[step])
        except (KeyError, IndexError, TypeError):
            return
    found = chain.pop()
    steps = list(path)
    while True:
        if not isinstance(found, Mapping):
            return
        yield found
        yield from (part for part in found.get("allOf", ()) if isinstance(part, Mapping))
        if len(steps) < 2 or steps[-2] not in ("allOf", "anyOf", "oneOf"):
            return
        steps = steps[:-2]
        chain.pop()
        found = chain.pop()


def _value_at(value: Any, where: Sequence[str | int]) -> Any:
    for step in where:
        value = value[step]
    return value


def _replaced(value: Any, where: Sequence[str | int], new: Any) -> Any:
    """Return a value with another in one place; nothing is changed."""
    if not where:
        return new
    changed = copy(value)
    changed[where[0]] = _replaced(value[where[0]], where[1:], new)
    return changed


def _candidates(keyword: str, refused: Any, schemas: Sequence[Mapping[str, Any]]) -> Iterator[Scalar]:
    """Yield values that may pass, the nearest first."""
    number = isinstance(refused, int | float) and not isinstance(refused, bool)
    if keyword in ("enum", "const"):
        yield from _listed(refused, [value for schema in schemas for value in _values(schema)], number=number)
    elif keyword in (*_NUMBERS, "type") and number:
        yield from _numbers(refused, schemas)
    elif keyword == "maxLength" and isinstance(refused, str):
        most = min(schema["maxLength"] for schema in schemas if "maxLength" in schema)
        if most <= MAX_TEXT:
            yield refused[: int(most)]
    elif keyword == "pattern" and isinstance(refused, str) and len(refused) <= MAX_TEXT:
        yield from _spellings(refused)


def _as_number(keyword: str, refused: Any) -> Any:
    """Return the number that a text is where a number is wanted: so a fraction in a query comes, and 5 in quotes."""
    if keyword == "type" and isinstance(refused, str) and _NUMBER.fullmatch(refused):
        return float(refused) if set(refused) & set(".eE") else int(refused)
    return refused


def _values(schema: Mapping[str, Any]) -> Sequence[Any]:
    found: Sequence[Any] = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found


def _listed(refused: Any, values: Sequence[Any], *, number: bool) -> Iterator[Scalar]:
    """Yield the value of a list that a refused one was most likely meant to be."""
    if isinstance(refused, str):
        texts = {value.casefold(): value for value in reversed(values) if isinstance(value, str)}
        yield from (texts[near] for near in difflib.get_close_matches(refused.casefold(), texts, n=1))
    elif number:
        numbers = [value for value in values if type_name(value) in ("integer", "number")]
        yield from sorted(numbers, key=lambda value: abs(value - refused))[:1]


def _spellings(refused: str) -> Iterator[str]:
    """Yield other ways to write a name: in small letters, in capitals, with hyphens between its words."""
    words = refused.split()
    for joint in (" ", "-", "_"):
        joined = joint.join(words)
        yield from (joined, joined.lower(), joined.upper())


def _numbers(refused: float, schemas: Sequence[Mapping[str, Any]]) -> Iterator[int | float]:
    """Yield the numbers nearest to a refused one that the bounds of a field leave."""
    found = {keyword: [schema[keyword] for schema in schemas if keyword in schema] for keyword in _NUMBERS}
    whole = any(schema.get("type") == "integer" for schema in schemas)
    steps = found["multipleOf"] or ([1] if whole else [])
    lows = [*found["minimum"], *(math.floor(bound) + 1 for bound in found["exclusiveMinimum"] if whole)]
    highs = [*found["maximum"], *(math.ceil(bound) - 1 for bound in found["exclusiveMaximum"] if whole)]
    low, high = max(lows, default=refused), min(highs, default=refused)
    value = min(max(refused, low), high)
    if not steps:
        yield value
        return
    step = steps[0]
    below, above = math.floor(value / step) * step, math.ceil(value / step) * step
    # The next ones, too: a rule may want every other.
    found_numbers = {below - step, below, above, above + step}
    for number in sorted(found_numbers, key=lambda number: abs(number - refused)):
        yield int(number) if whole and number == int(number) else number
