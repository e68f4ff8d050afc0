"""What a condition says of presence: which members are there where it is true, and which where it is false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from catguard.policies.syntax import Call, Ident, Literal, Node, Select

#: What names a value: the root's name, then members and indices.
Path: TypeAlias = tuple[str | int, ...]
#: Paths known to be present; None where evaluation cannot come, so that everything may be taken for granted.
Known: TypeAlias = frozenset[Path] | None

_NOTHING: Known = frozenset()


def path_of(node: Node, scope: Mapping[str, Path]) -> Path | None:
    """Return the path of a chain of names and literal indices; None for anything else.

    Args:
        node: the node.
        scope: the paths of the variables of macros around it.
    """
    match node:
        case Ident(name):
            return scope.get(name, (name,))
        case Select(operand, field, False):
            path = path_of(operand, scope)
            return (*path, field) if path else None
        case Call("_[_]", _, (operand, Literal(str() | int() as index, _))):
            path = path_of(operand, scope)
            return (*path, index) if path else None
        case _:
            return None


def guards(node: Node, scope: Mapping[str, Path]) -> tuple[Known, Known]:
    """Return what is present wherever a condition is true, and wherever it is false."""
    match node:
        case Select(operand, field, True) | Call("@in", _, (Literal(str(field), _), operand)):
            path = path_of(operand, scope)
            return frozenset({(*path, field)}) if path else _NOTHING, _NOTHING
        case Literal(bool(value), _):
            return (_NOTHING, None) if value else (None, _NOTHING)
        case Call("!_", _, (operand,)):
            true, false = guards(operand, scope)
            return false, true
        case Call("_&&_" | "_||_" as function, _, (left, right)):
            (a, not_a), (b, not_b) = guards(left, scope), guards(right, scope)
            if function == "_&&_":
                return together(a, b), shared(not_a, not_b)
            return shared(a, b), together(not_a, not_b)
        case Call("_?_:_", _, (condition, yes, no)):
            when, otherwise = guards(condition, scope)
            (a, not_a), (b, not_b) = guards(yes, scope), guards(no, scope)
            return (
                shared(together(when, a), together(otherwise, b)),
                shared(together(when, not_a), together(otherwise, not_b)),
            )
        case _:
            return _NOTHING, _NOTHING


def together(one: Known, other: Known) -> Known:
    """Return what is known where two things are both known."""
    return None if one is None or other is None else one | other


def shared(one: Known, other: Known) -> Known:
    """Return what is known whichever of two things is known."""
    if one is None or other is None:
        return one if other is None else other
    return one & other
