"""How an expression is spelled: where the names in it stand, and a second spelling with the places of the first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catguard.policies.syntax import Call, Ident, Node, Select, children

_SPACE = r"(?:\s|//[^\n]*(?:\n|\Z))*"
_STRING = r"""[rR]?(?:'''(?:[^\\]|\\.)*?'''|\"""(?:[^\\]|\\.)*?\"""|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_FIELD = re.compile(rf"{_SPACE}\.{_SPACE}(`[^`]*`|[A-Za-z_][A-Za-z0-9_]*)")
_INDEX = re.compile(rf"{_SPACE}\[{_SPACE}({_STRING}|-?[0-9a-fA-FxX]+){_SPACE}\]", re.DOTALL)
_IN = re.compile(rf"{_STRING}{_SPACE}\bin\b{_SPACE}\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Edit:
    """A span of a text, and what stands there instead."""

    start: int
    end: int
    text: str


def respell(text: str, edits: Iterable[Edit]) -> tuple[str, list[int]]:
    """Return the edited text, and for each of its characters, and for its end, the offset in `text` it comes from."""
    pieces: list[str] = []
    origins: list[int] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += (text[done : edit.start], edit.text)
        origins += range(done, edit.start)
        origins += [edit.start] * len(edit.text)
        done = edit.end
    pieces.append(text[done:])
    origins += range(done, len(text) + 1)
    return "".join(pieces), origins


class Spelling:
    """Finds the chains of names and indices of a parsed tree, like `request.body['a'].b`, in the author's text.

    Parentheses and whatever else is no such chain is not looked for: the answer is None.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def start(self, node: Node) -> int | None:
        """Return where a chain begins."""
        while isinstance(node, Select) or _is_index(node):
            node = children(node)[0]
        return node.position if isinstance(node, Ident) else None

    def end(self, node: Node) -> int | None:
        """Return the offset behind a chain."""
        if isinstance(node, Ident):
            end = node.position + len(node.name)
            return end if self.text[node.position : end] == node.name else None
        match = self._last_step(node)
        return match.end() if match else None

    def chain(self, node: Node) -> str | None:
        """Return a chain as the author wrote it."""
        start, end = self.start(node), self.end(node)
        return None if start is None or end is None else self.text[start:end]

    def name(self, node: Select | Call) -> int:
        """Return where the last name of a chain stands, or else the node's own place."""
        match = self._last_step(node)
        return match.start(1) if match else node.position

    def as_field(self, node: Select | Call, field: str) -> Edit | None:
        """Return what turns the last step of a chain into the selection of a field; None where it is just that."""
        match = self._last_step(node)
        if match is None or match[1] == field:
            return None
        return Edit(match.start(1), match.end(1), field) if isinstance(node, Select) else _dotted(match, field)

    def as_test(self, position: int, operand: Node, field: str) -> list[Edit] | None:
        """Return what turns `'name' in operand`, which begins at a position, into has(operand.field)."""
        start, end = self.start(operand), self.end(operand)
        if start is None or end is None or not _IN.match(self.text[position:start]):
            return None
        return [Edit(position, start, "has("), Edit(end, end, f".{field})")]

    def _last_step(self, node: Node) -> re.Match[str] | None:
        if not (isinstance(node, Select) or _is_index(node)):
            return None
        before = self.end(children(node)[0])
        if before is None:
            return None
        return (_FIELD if isinstance(node, Select) else _INDEX).match(self.text, before)


def _is_index(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "_[_]"


def _dotted(match: re.Match[str], field: str) -> Edit:
    return Edit(match.start(), match.end(), f".{field}")
