r"""The `Catguard-Context` header: who calls, and which root request a call belongs to (an RFC 9651 dictionary).

    Catguard-Context: caller=frontend, root="4bf92f3577b34da6a3ce929d0e0e4736"

The reader is our own and not a structured-fields library: what anybody who reaches the port may send is read once for
each exchange, and of all that a dictionary may hold two texts are wanted. It reads the whole grammar of dictionaries,
so that keys of later versions are passed over, and it never raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

HEADER: Final = "Catguard-Context"
#: Characters; of a longer header nothing is read (DESIGN.md section 6).
MAX_CONTEXT: Final = 512

_KEY = r"[a-z*][a-z0-9_.*-]*+"
# Section 3.3 of RFC 9651, an alternative each: number or date, string, token, byte sequence, boolean, display string.
_ITEM = (
    r"(?:@?-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])"
    r'|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*+"'
    r"|[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*+"
    r"|:[A-Za-z0-9+/=]*+:"
    r"|\?[01]"
    r'|%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*+")'
)
_PARAMETERS = rf"(?:;\x20*+{_KEY}(?:={_ITEM})?+)*+"
_INNER_LIST = rf"\(\x20*+(?:{_ITEM}{_PARAMETERS}(?:\x20++|(?=\))))*+\)"
_MEMBER = re.compile(rf"({_KEY})(?:=(?:({_ITEM})|{_INNER_LIST}))?+{_PARAMETERS}", re.ASCII)
_COMMA = re.compile(r"[ \t]*+,[ \t]*+")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*+")
_ESCAPED = re.compile(r"\\(.)")
#: What a component or an id may look like; anything else did not come from a guard.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# What `encode` writes: read in a tenth of the time that the grammar takes, and to the same effect.
_OWN = re.compile(r'caller=([a-z][a-z0-9-]{0,63}), root="([A-Za-z0-9][A-Za-z0-9_-]{0,63})"')


@dataclass(frozen=True, slots=True)
class CallerContext:
    """What a caller says of itself, unverified; None where it says nothing that can be read."""

    component: str | None = None
    root: str | None = None


_NOTHING = CallerContext()


def encode(component: str, root: str) -> str:
    """Return the header's value for a call of `component`, whose name is a token, for the root request `root`."""
    return f'caller={component}, root="{root}"'


def parse(value: str) -> CallerContext:
    """Read the header's value; what is no dictionary, or too long, says nothing."""
    if not value or len(value) > MAX_CONTEXT:
        return _NOTHING
    if own := _OWN.fullmatch(value):
        return CallerContext(own[1], own[2])
    members: dict[str, str | None] = {}
    text = value.strip(" ")
    position = 0
    while member := _MEMBER.match(text, position):
        members[member[1]] = member[2]
        if member.end() == len(text):
            return CallerContext(_text(members.get("caller"), token=True), _text(members.get("root"), token=False))
        comma = _COMMA.match(text, member.end())
        if comma is None:
            return _NOTHING
        position = comma.end()
    return _NOTHING


def _text(item: str | None, *, token: bool) -> str | None:
    """Return the text of a string, or of a token where one is allowed, if it can be a name."""
    if item is None:
        return None
    if item.startswith('"'):
        item = _ESCAPED.sub(r"\1", item[1:-1])
    elif not token or not _TOKEN.fullmatch(item):
        return None
    return item if _NAME.fullmatch(item) else None
