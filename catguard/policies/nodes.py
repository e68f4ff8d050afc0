"""The nodes of a YAML text with their places: read by libyaml, and by ruamel.yaml whatever is unusual or wrong.

libyaml is fifteen times as fast, and of an older YAML: what the two could read in two ways it does not get to read.
Whatever it objects to is read once more, so that all that is said of a text is said by ruamel.yaml.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Protocol

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from catguard.policies.model import Fault, Location

try:
    from yaml.cyaml import CParser  # type: ignore[import-untyped] # its stubs would be one more package
    from yaml.error import YAMLError as QuickError  # type: ignore[import-untyped] # likewise
except ImportError:  # PyYAML was built without libyaml
    CParser, QuickError = None, YAMLError

MAX_DEPTH: Final = 64
TOO_DEEP: Final = "nested too deeply"
#: A comment that may have been meant as a value in brackets: `{contact: #shop}`.
_SWALLOWED = re.compile(r"[:,\[{][ \t]+(#[^\s,\]}]+)")
#: What the two parsers read differently: other breaks of lines, tabs, marks of byte order, what cannot be
#: printed; directives and ends of documents; lines of nothing but spaces; comments that touch a block's sign; tags
#: without a name; anchors and aliases that something follows at once.
_UNUSUAL = re.compile(
    r"\r(?!\n)|[^\r\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    r"|^(?:%|\.\.\.| +\r?$)|[|>][-+0-9]*#"
    r"|(?<![^\s\[{,:])(?:!(?:\s|[,\]}]|\Z)|&[\w-]+(?![\w\s-])|\*[\w-]+(?![\w\s,\]}-]|\Z))",
    re.ASCII | re.MULTILINE,
)


#: What may begin a tag.
_TAG = re.compile(r"(?<![^\s\[{,:?-])!")


class Mark(Protocol):
    """A place in a text; everything counts from 0."""

    index: int
    line: int
    column: int


class Node(Protocol):
    """A scalar with its text, a sequence of nodes, or a mapping of pairs of them.

    `style` is None or "" of a plain scalar, its quote, or | or > of a block.
    """

    id: Literal["scalar", "sequence", "mapping"]
    value: Any
    start_mark: Mark
    end_mark: Mark
    style: str | None


def compose(text: str, name: str) -> Node | Fault | None:
    """Return the node of a text, what is wrong with it, or None of a text without one; `name` is for places."""
    found = _quickly(text)
    return found if found is not None else _thoroughly(text, name)


def _quickly(text: str) -> Node | None:
    """Return the node of a text that has nothing unusual in it, as libyaml reads it."""
    if CParser is None or _UNUSUAL.search(text):
        return None
    try:
        found: Node | None = _Composer(text).compose()
    except (QuickError, _UnusualError):
        return None
    return found


class _UnusualError(Exception):
    """The text has something that ruamel.yaml is to read."""


class _Composer(CParser or object):  # type: ignore[misc] # it has no stubs
    """libyaml's parser; the methods are those that it calls at each node."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._tagged = 0

    def compose(self) -> Node | None:
        """Return the node of the text; raises _UnusualError."""
        found: Node | None = self.get_single_node()
        if self._tagged:
            raise _UnusualError
        return found

    def descend_resolver(self, parent: Any, index: Any) -> None:
        self._depth += 1
        self._tagged += 1
        if self._depth > MAX_DEPTH:
            raise _UnusualError

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def resolve(self, kind: Any, value: Any, implicit: Any) -> None:
        """Give a node without a tag none; an absent value has another place here than in ruamel.yaml."""
        self._tagged -= 1
        if value == "" and implicit[0]:
            raise _UnusualError


def _thoroughly(text: str, name: str) -> Node | Fault | None:
    start = Location(name, 1, 1)
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # YAML allows it, the last one counts; a warning would be an error
        yaml.max_depth = MAX_DEPTH + 1
        found: Node | None = yaml.compose(text)
        tagged = _tagged(text, name) if found is not None and _TAG.search(text) else None
    except MaxDepthExceededError as error:
        mark = error.problem_mark
        return Fault(Location(name, mark.line + 1, mark.column + 1), f"the policy file is {TOO_DEEP}")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Location(name, mark.line + 1, mark.column + 1) if mark else start
        message = " ".join(str(part) for part in (error.context, error.problem) if part)
        return Fault(place, f"not readable as YAML: {message}", _hint(error, text))
    except (YAMLError, RecursionError, ValueError, AssertionError) as error:
        return Fault(start, f"not readable as YAML: {str(error).splitlines()[0] if str(error) else type(error)}")
    return tagged or found


def _tagged(text: str, name: str) -> Fault | None:
    """Return the first tag as a fault: no value is made of it, and `!!str 60` would be the number all the same."""
    for event in YAML(typ="safe", pure=True).parse(text):
        if (tag := getattr(event, "ctag", None)) is not None:
            at = event.start_mark
            written = str(tag).replace("tag:yaml.org,2002:", "!!")
            message = f"{written} is a tag of YAML, and tags are not read"
            return Fault(
                Location(name, at.line + 1, at.column + 1), message, 'leave it out, or quote it: "60" is a text'
            )
    return None


def _hint(error: MarkedYAMLError, text: str) -> str | None:
    """Return what may have gone wrong, and where: at the place that YAML tells the mistake may be lines behind."""
    lines = text.splitlines()
    for mark in (error.context_mark, error.problem_mark):
        if mark and mark.line < len(lines) and (found := _SWALLOWED.search(lines[mark.line])):
            return f'line {mark.line + 1}: a # after a space begins a comment; write "{found[1]}"'
    at, begun = error.problem_mark, error.context_mark
    line = lines[at.line] if at and at.line < len(lines) else ""
    begins = line[at.column : at.column + 1] if at else ""
    if "undefined alias" in str(error.problem) or (begins in ("@", "`", "%") and "cannot start" in str(error.problem)):
        tagged = _TAG.search(line[: at.column]) if at else None
        return f"a text that begins with {'!' if tagged else begins} wants quotes"
    if "found another document" in str(error.problem):
        return "a file holds one policy: leave the line --- out"
    if line[: at.column + 1 if at else 0].rpartition("\t")[1]:
        return "indent with spaces, YAML takes no tabs"
    if begun and at and ("flow" in str(error.context) or "<block end>" in str(error.problem)):
        quoted = next((number for number, each in enumerate(lines[: at.line + 1]) if _is_open(each)), None)
        if quoted is not None:
            return f"line {quoted + 1}: a quote may not be closed"
    if begun and at and "flow mapping" in str(error.context) and begun.line == at.line and begins:
        return "a text that holds a colon and a space, a comma, a bracket or a quote wants quotes"
    if begun and "flow" in str(error.context):
        return f"line {begun.line + 1}: the bracket in column {begun.column + 1} may not be closed"
    if begun and "simple key" in str(error.context):
        return f"line {begun.line + 1}: a key is followed by a colon and a space"
    if "mapping values" in str(error.problem):
        if line.count(": ") > 1:
            return "a text that holds a colon and a space wants quotes"
        return "the line is indented further than its neighbours"
    return None


def _is_open(line: str) -> bool:
    """Whether a line has a quote that is not closed in it, or too many."""
    return line.partition(" #")[0].count('"') % 2 == 1
