"""Policy text as plain data with the place of every key and value: YAML 1.2 in, `Document` out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from catguard.policies.model import Fault, Location, Surprise
from catguard.policies.nodes import MAX_DEPTH, TOO_DEEP, Node, compose
from catguard.policies.surprises import of_prose, of_scalar, of_text

Path = tuple[str | int, ...]

#: Aliases may repeat what is written by so many nodes, in which the reference implementation looks for faults in less
#: than a second; written out, a node takes a character at least.
MAX_REPEATED_NODES = 20_000
#: Longer digits are text: nobody means them, and int() takes quadratic time for them.
MAX_NUMBER = 64
MAX_CHARACTERS = 16 * 1024 * 1024

_INTEGER = re.compile(r"[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|[0-9]+)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
#: A comment that begins where a value would stand: `contact: #shop`.
_COMMENT = re.compile(r"[ \t]*:[ \t]+(#[^\n]*)")
_ANCHOR = re.compile(r"(?<![^\s\[{,:?-])&(?!&\s)\S")
#: The key of dates, which are written without quotes everywhere.
DATES = ("expires",)
#: Keys of texts that people are shown.
PROSE = ("about", "contact", "description", "team", "title", "why")
#: YAML can escape them, and no reader behind it can write them down.
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WORDS: Mapping[str, bool | None] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and by path the place of each value and of each mapping key.

    `scopes` gives the included files among `files` the names under which their shapes and defaults stand.
    `surprises` are what a reader can mistake in the text; `comments` the paths of values that are absent because a
    comment begins where they would stand, with what it says.
    """

    data: Any
    values: Mapping[Path, Location]
    keys: Mapping[Path, Location]
    files: tuple[str, ...]
    scopes: Mapping[str, str] = field(default_factory=dict)
    surprises: tuple[Surprise, ...] = ()
    comments: Mapping[Path, str] = field(default_factory=dict)

    def scope(self, location: Location) -> str:
        """Return the scope of what is written at a place: an included file's name; "" for the policy and overlays."""
        return self.scopes.get(location.file, "")

    def value(self, path: Path) -> Location:
        """Return the place of the value at a path, or of the nearest one that encloses it."""
        while path not in self.values and path:
            path = path[:-1]
        return self.values[path]

    def key(self, path: Path) -> Location:
        """Return the place of the key at a path; for what is no mapping entry, of its value."""
        return self.keys.get(path) or self.value(path)

    def under(self, path: Path) -> Any:
        """Return the data at a path; raises KeyError or IndexError."""
        data = self.data
        for step in path:
            data = data[step]
        return data


class _Reader:
    """Builds one document from the nodes of one text."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.source = text
        self.most = len(text) + MAX_REPEATED_NODES
        self.surprises = list(of_text(text, name))
        self.comments: dict[Path, str] = {}
        self.texts: dict[str, str] = {}
        #: Without anchors each node is read once, and can go: what is made next takes its room.
        self.once = _ANCHOR.search(text) is None
        self.values: dict[Path, Location] = {}
        self.keys: dict[Path, Location] = {}
        self.faults: list[Fault] = []
        self.nodes = 0

    def place(self, node: Node) -> Location:
        mark = node.start_mark
        line, column = mark.line + 1, mark.column + 1
        if node.id == "scalar" and node.style:
            if node.style in "|>":
                line, column = line + 1, 1
            else:
                column += 1
        return Location(self.name, line, column)

    def read(self, node: Node, path: Path) -> Any:
        self.nodes += 1
        if self.nodes > self.most or len(path) > MAX_DEPTH:
            what = TOO_DEEP if len(path) > MAX_DEPTH else "too large once its aliases are written out"
            self.faults.append(Fault(self.place(node), f"the policy file is {what}"))
            return None
        self.values[path] = place = self.place(node)
        if node.id == "scalar":
            text = self.text(node)
            if path[-1:] != DATES:
                self.note(node, text, place)
            if node.style == '"' and not text.isascii() and path and path[-1] in PROSE:
                self.surprises += of_prose(text, self.source, place)
            return _scalar(text, node.style)
        if node.id == "mapping":
            return self.read_mapping(node, path)
        return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]

    def note(self, node: Node, text: str, place: Location) -> None:
        """Note what is surprising about a scalar without quotes."""
        if not node.style and (surprise := of_scalar(text, place)) is not None:
            self.surprises.append(surprise)

    def text(self, node: Node) -> str:
        text: str = self.texts.setdefault(node.value, node.value)  # keys and words come again and again
        if _SURROGATE.search(text):
            self.faults.append(Fault(self.place(node), "half of a surrogate pair is no character", "write it itself"))
            return ""
        return text

    def read_mapping(self, node: Node, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for index, (key_node, value_node) in enumerate(node.value):
            if self.once:
                node.value[index] = None
            place = self.place(key_node)
            if key_node.id != "scalar":
                self.faults.append(Fault(place, "a key must be a word, not a list or a mapping"))
                continue
            key = self.text(key_node)
            if key == "<<" and not key_node.style:
                hint = "write the entries out, or name a shape with $ref"
                self.faults.append(Fault(place, "merge keys (<<) hide where an entry is written", hint))
                continue
            inner = (*path, key)
            if key in data:
                self.faults.append(Fault(place, f"the key {key!r} is written twice", f"first at {self.keys[inner]}"))
                continue
            if not _is_switch(inner):
                self.note(key_node, key, place)
            self.keys[inner] = place
            if _is_absent(value_node) and (comment := _COMMENT.match(self.source, key_node.end_mark.index)):
                self.comments[inner] = comment[1].strip()
            data[key] = self.read(value_node, inner)
        return data


def _is_switch(path: Path) -> bool:
    """Whether a key is `off` where the format asks for it: of the linter's switches, in the file or at a boundary."""
    at = path[:-3]
    return path[-3:-2] == ("lint",) and path[-1] == "off" and (not at or (len(at) == 4 and at[0] == "components"))


def _is_absent(node: Node) -> bool:
    return node.id == "scalar" and not node.style and not node.value


def _scalar(text: str, style: str | None) -> Any:
    """Read a scalar by the core schema of YAML 1.2.2, section 10.3; dates stay text."""
    if style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_NUMBER:
        return text
    if _INTEGER.match(text):
        return int(text, 0) if text.lstrip("+-")[:2] in ("0o", "0x") else int(text)
    if _FLOAT.match(text) and isfinite(number := float(text)):
        return number
    return text


def read(text: str, name: str) -> tuple[Document | None, list[Fault]]:
    """Read one policy text; `name` is how places call the file. Faults are returned, never raised."""
    start = Location(name, 1, 1)
    if len(text) > MAX_CHARACTERS:
        return None, [Fault(start, f"the policy file has more than {MAX_CHARACTERS} characters")]
    node = compose(text, name)
    if isinstance(node, Fault):
        return None, [node]
    reader = _Reader(name, text)
    if node is None or node.id != "mapping":
        return None, [Fault(start, "a policy file is a mapping", "it begins with: catguard: 1")]
    data = reader.read(node, ())
    surprises = tuple(sorted(set(reader.surprises)))
    found = Document(data, reader.values, reader.keys, (name,), surprises=surprises, comments=reader.comments)
    return found, reader.faults


def overlay(base: Document, patch: Document) -> Document:
    """Return `base` changed by `patch` as a JSON Merge Patch (RFC 7396); every leaf keeps its own place."""
    values, keys = dict(base.values), dict(base.keys)

    def drop(path: Path) -> None:
        for places in (values, keys):
            for inner in [other for other in places if other[: len(path)] == path]:
                del places[inner]

    def take(path: Path) -> None:
        for places, own in ((values, patch.values), (keys, patch.keys)):
            places.update({other: place for other, place in own.items() if other[: len(path)] == path})

    def merge(old: Any, new: Any, path: Path) -> Any:
        if not (isinstance(old, dict) and isinstance(new, dict)):
            drop(path)
            take(path)
            return new
        merged = dict(old)
        for key, value in new.items():
            inner = (*path, key)
            if value is None:
                merged.pop(key, None)
                drop(inner)
            elif key in merged:
                merged[key] = merge(merged[key], value, inner)
            else:
                merged[key] = value
                take(inner)
        return merged

    data = merge(base.data, patch.data, ())
    return Document(
        data,
        values,
        keys,
        (*base.files, *patch.files),
        base.scopes,
        (*base.surprises, *patch.surprises),
        {**base.comments, **patch.comments},
    )
