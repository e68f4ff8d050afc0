"""Regular expressions that take an engine with backtracking more than linear time, found in their automaton.

Ours is linear whatever the expression. But shapes are published: a client in JavaScript, a generated model in Python, a
gateway in Java run the same expression, and they try one way after another.

The automaton is that of Glushkov, with a state for each character of the expression. An expression takes exponential
time where a word leads from a state back to it in two ways, and polynomial time where one leads from p to p, from p to
q and from q to q (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991; Weideman et al., "Analyzing
matching time behavior of backtracking regular expression matchers", 2016).
"""

from __future__ import annotations

import re
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from re import _constants as op  # type: ignore[attr-defined] # the parser of `re` has no public name
from re import _parser  # type: ignore[attr-defined] # as above
from typing import Any, Literal, TypeAlias

Charset: TypeAlias = tuple[tuple[int, int], ...]
State: TypeAlias = tuple[int, ...]

#: More repetitions than these are as good as endless; so are a few of something that has no end itself.
ENDLESS, FEW = 100, 5
#: Copies of what is repeated: two show whether one ends where the next begins.
COPIES = 3
#: Steps from state to state that are tried, about half a second, before the answer is "not known".
MAX_STEPS = 400_000
_LAST = 0x10FFFF
_CATEGORIES: dict[Any, Charset] = {
    op.CATEGORY_DIGIT: ((48, 57),),
    op.CATEGORY_WORD: ((48, 57), (65, 90), (95, 95), (97, 122)),
    op.CATEGORY_SPACE: ((9, 13), (32, 32)),
}
_NEGATED = {
    op.CATEGORY_NOT_DIGIT: op.CATEGORY_DIGIT,
    op.CATEGORY_NOT_WORD: op.CATEGORY_WORD,
    op.CATEGORY_NOT_SPACE: op.CATEGORY_SPACE,
}


class _Unknown(Exception):
    """The expression has something that the automaton cannot show."""


@dataclass(frozen=True, slots=True)
class _Part:
    empty: bool
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


def backtracking(pattern: str) -> Literal["exponential", "polynomial"] | None:
    """Return how an engine that backtracks can suffer from a pattern; None where it does not, or nothing is known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Python will read otherwise one day; it is not Python's engine
            tokens = list(_parser.parse(_branches_apart(pattern)))
        return _Automaton(tokens).ambiguity()
    except (re.error, _Unknown, RecursionError, OverflowError):
        return None


def _branches_apart(pattern: str) -> str:
    """Return a pattern whose alternatives the parser does not join, as engines that backtrack do not."""
    apart, in_set = [], False
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL):
        in_set = piece == "[" or (in_set and piece != "]")
        apart.append("|()" if piece == "|" and not in_set else piece)
    return "".join(apart)


class _Automaton:
    """The states of an expression, and in how many ways each follows another."""

    def __init__(self, tokens: Sequence[Any]) -> None:
        self.budget = MAX_STEPS
        self.found: dict[int, frozenset[int]] = {}
        self.sets: list[Charset] = []
        self.follows: Counter[tuple[int, int]] = Counter()
        self.ends = bool(tokens) and tokens[-1] == (op.AT, op.AT_END)
        whole = self.sequence(tokens)
        self.accepting = frozenset(whole.last)
        self.next: dict[int, list[int]] = {}
        for one, other in self.follows:
            self.next.setdefault(one, []).append(other)

    def state(self, characters: Charset) -> _Part:
        self.spend(1)
        self.sets.append(characters)
        state = (len(self.sets) - 1,)
        return _Part(False, state, state)

    def sequence(self, tokens: Iterable[Any]) -> _Part:
        return self.joined(self.part(*token) for token in tokens)

    def joined(self, parts: Iterable[_Part]) -> _Part:
        found = _Part(True)
        for part in parts:
            self.spend(len(found.last) * len(part.first))
            self.follows.update((one, other) for one in found.last for other in part.first)
            first = found.first + part.first if found.empty else found.first
            last = part.last + found.last if part.empty else part.last
            found = _Part(found.empty and part.empty, first, last)
        return found

    def part(self, kind: Any, value: Any) -> _Part:
        match kind:
            case op.LITERAL:
                return self.state(((value, value),))
            case op.NOT_LITERAL:
                return self.state(_without(((value, value),)))
            case op.ANY:
                return self.state(((0, _LAST),))
            case op.IN:
                return self.state(_characters(value))
            case op.AT:
                return _Part(True)
            case op.SUBPATTERN:
                return self.sequence(value[3])
            case op.BRANCH:
                parts = [self.sequence(branch) for branch in value[1]]
                return _Part(
                    any(part.empty for part in parts),
                    tuple(state for part in parts for state in part.first),
                    tuple(state for part in parts for state in part.last),
                )
            case op.MAX_REPEAT | op.MIN_REPEAT:
                return self.repeated(*value)
            case _:
                raise _Unknown  # look-around and back-references: our engine refuses them itself

    def repeated(self, least: int, most: int, body: Sequence[Any]) -> _Part:
        endless = most > ENDLESS or (most >= FEW and _has_loop(body))
        copies = [self.sequence(body) for _ in range(min(most, 1 if endless and least < 2 else COPIES))]
        if endless:
            end = copies[-1]
            self.spend(len(end.last) * len(end.first))
            self.follows.update((one, other) for one in end.last for other in end.first)
        optional = [_Part(True, part.first, part.last) if index >= least else part for index, part in enumerate(copies)]
        return self.joined(optional)

    def ambiguity(self) -> Literal["exponential", "polynomial"] | None:
        """Return how the number of ways to read a word can grow with its length."""
        loops = [state for state in range(len(self.sets)) if self.matters(state) and state in self.after(state)]
        if any(
            count > 1 and self.reaches((other,), (one,))
            for (one, other), count in self.follows.items()
            if one in loops and other in loops
        ):
            return "exponential"
        for state in loops:
            pairs = self.reachable((state, state))
            back = [
                (one, other) for one, other in pairs if one != other and state in self.after(one) & self.after(other)
            ]
            if any(self.reaches(pair, (state, state)) for pair in back):
                return "exponential"
        for one in loops:
            for other in loops:
                if one != other and self.meets(one, other) and self.reaches((one, one, other), (one, other, other)):
                    return "polynomial"
        return None

    def matters(self, state: int) -> bool:
        """Whether a text can still fail in a state: where anything may follow a match, nothing is tried again."""
        return self.ends or state not in self.accepting

    def meets(self, one: int, other: int) -> bool:
        return _common((self.sets[one], self.sets[other])) and other in self.after(one)

    def after(self, state: int) -> frozenset[int]:
        """Return the states that can come after one."""
        if state not in self.found:
            self.found[state] = frozenset(found[0] for found in self.reachable((state,)))
        return self.found[state]

    def spend(self, steps: int) -> None:
        """Count steps; raises _Unknown when there were too many."""
        self.budget -= steps
        if self.budget < 0:
            raise _Unknown

    def steps(self, states: State) -> Iterator[State]:
        """Yield where the states can be one character later, all by the same character."""
        options = [self.next.get(state, ()) for state in states]

        def extend(taken: State, rest: Sequence[Sequence[int]]) -> Iterator[State]:
            if not rest:
                yield taken
                return
            self.spend(len(rest[0]))
            for option in rest[0]:
                together = (*taken, option)
                if _common([self.sets[state] for state in together]):
                    yield from extend(together, rest[1:])

        yield from extend((), options)

    def reachable(self, start: State, until: Callable[[State], bool] = lambda _: False) -> set[State]:
        """Return where one can get in one step or more; stops where `until` says so."""
        seen: set[State] = set()
        queue = deque([start])
        while queue:
            for state in self.steps(queue.popleft()):
                if state not in seen:
                    seen.add(state)
                    queue.append(state)
                    if until(state):
                        return seen
            self.spend(1)
        return seen

    def reaches(self, start: State, goal: State) -> bool:
        return goal in self.reachable(start, goal.__eq__)


def _has_loop(tokens: Iterable[Any]) -> bool:
    for kind, value in tokens:
        inner = [value[3]] if kind is op.SUBPATTERN else value[1] if kind is op.BRANCH else []
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            if value[1] > ENDLESS:
                return True
            inner = [value[2]]
        if any(map(_has_loop, inner)):
            return True
    return False


def _characters(items: Iterable[Any]) -> Charset:
    found: list[tuple[int, int]] = []
    negated = False
    for kind, value in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL:
            found.append((value, value))
        elif kind is op.RANGE:
            found.append(value)
        elif value in _NEGATED:
            found += _without(_CATEGORIES[_NEGATED[value]])
        elif value in _CATEGORIES:
            found += _CATEGORIES[value]
        else:
            raise _Unknown
    return _without(tuple(found)) if negated else tuple(found)


def _without(characters: Charset) -> Charset:
    """Return all characters but some."""
    found, at = [], 0
    for low, high in sorted(characters):
        if at < low:
            found.append((at, low - 1))
        at = max(at, high + 1)
    return (*found, (at, _LAST)) if at <= _LAST else tuple(found)


def _common(sets: Sequence[Charset]) -> bool:
    """Whether some character is in all of the sets."""
    shared = sets[0]
    for other in sets[1:]:
        shared = tuple((max(a, c), min(b, d)) for a, b in shared for c, d in other if max(a, c) <= min(b, d))
    return bool(shared)
