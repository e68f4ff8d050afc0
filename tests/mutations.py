"""Alters texts, bytes and trees in a few places, in microseconds: what fuzzing makes many inputs of one with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

Edit: TypeAlias = Callable[[str, Random, str], str]

_WORD = re.compile(r"[\w$/.#-]+|\{[^{}]*\}|\[[^\[\]]*\]")
#: How often an input is edited: what is edited once is more often let in than what is edited five times.
_TIMES = (1, 1, 1, 1, 2, 3, 5)
#: Numbers at which something ends: a sign, a byte, what a double tells apart, 64 bits, what can be counted to.
EDGES = (0, 1, -1, 2, 63, 64, 65, 255, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30)


def alter_text(text: str, random: Random, pieces: Sequence[str]) -> str:
    """Return a text that differs from another in one to five places, with `pieces` among what stands there instead."""
    for _ in range(random.choice(_TIMES)):
        piece = random.choice(pieces) if random.random() < 0.8 else _character(random)
        text = random.choice(_EDITS)(text, random, piece)
    return text


def alter_bytes(data: bytes, random: Random, pieces: Sequence[bytes]) -> bytes:
    """Return bytes that differ from others in one to five places: what was UTF-8 need not be so any more."""
    changed = bytearray(data)
    for _ in range(random.choice(_TIMES)):
        start = random.randint(0, len(changed))
        end = min(len(changed), start + random.choice((0, 0, 1, 2, 8, 64)))
        match random.randrange(5):
            case 0 | 1:
                changed[start:end] = random.choice(pieces)
            case 2:
                changed[start:end] = changed[start:end] * 2
            case 3:
                changed[start:end] = random.randbytes(end - start)
            case 4 if start < len(changed):
                changed[start] ^= 1 << random.randrange(8)
    return bytes(changed)


def alter_tree(
    tree: Any, random: Random, leaf: Callable[[Random], Any], keys: Callable[[Random], Any], *, tries: int = 3
) -> Any:
    """Return a tree of lists and dicts that differs from another in one to `tries` nodes, and shares the others.

    Args:
        tree: What is altered; it stays as it is.
        random: The chance.
        leaf: Returns what a node may become.
        keys: Returns what a key may become.
        tries: How many nodes are altered at most.
    """
    for _ in range(random.randint(1, tries)):
        tree = _alter_node(tree, random, leaf, keys, [tree])
    return tree


def _alter_node(
    node: Any, random: Random, leaf: Callable[[Random], Any], keys: Callable[[Random], Any], above: list[Any]
) -> Any:
    if not isinstance(node, list | dict) or not node or random.random() < 0.15:
        return random.choice((leaf, leaf, leaf, lambda _: [node], lambda _: random.choice(above)))(random)
    copied = node.copy()
    place = random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
    if random.random() < 0.75:
        copied[place] = _alter_node(node[place], random, leaf, keys, [*above, node[place]])
    elif isinstance(copied, dict):
        inner = copied.pop(place)
        if random.random() < 0.7:
            copied[keys(random)] = inner
            if random.random() < 0.5:
                copied[place] = leaf(random)
    elif random.random() < 0.5:
        del copied[place]
    else:
        copied.insert(place, copied[place])
    return copied


def _character(random: Random) -> str:
    return chr(random.choice((random.randrange(128), random.randrange(0x800), random.randrange(0x110000))))


def _insert(text: str, random: Random, piece: str) -> str:
    at = random.randint(0, len(text))
    return text[:at] + piece + text[at:]


def _replace(text: str, random: Random, piece: str) -> str:
    at = random.randint(0, len(text))
    return text[:at] + piece + text[at + 1 :]


def _cut(text: str, random: Random, _: str) -> str:
    at = random.randint(0, len(text))
    return text[:at] + text[at + random.randint(1, 20) :]


def _repeat(text: str, random: Random, _: str) -> str:
    at = random.randint(0, len(text))
    slice_ = text[at : at + random.randint(1, 20)]
    return text[:at] + slice_ * random.choice((1, 1, 2, 40)) + text[at:]


def _end(text: str, random: Random, _: str) -> str:
    return text[: random.randint(0, len(text))]


def _drop_line(text: str, random: Random, _: str) -> str:
    lines = text.split("\n")
    del lines[random.randrange(len(lines))]
    return "\n".join(lines)


def _repeat_line(text: str, random: Random, _: str) -> str:
    lines = text.split("\n")
    lines.insert(random.randrange(len(lines)), random.choice(lines))
    return "\n".join(lines)


def _indent(text: str, random: Random, _: str) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    lines[at] = " " * random.randint(1, 4) + lines[at]
    return "\n".join(lines)


def _put_word(text: str, random: Random, piece: str) -> str:
    word = _word(text, random)
    return text[: word.start()] + piece + text[word.end() :] if word else piece


def _copy_word(text: str, random: Random, _: str) -> str:
    word = _word(text, random)
    return _put_word(text, random, word[0]) if word else text


def _word(text: str, random: Random) -> re.Match[str] | None:
    return _WORD.search(text, random.randint(0, len(text))) or _WORD.search(text)


_EDITS: Sequence[Edit] = (
    _insert, _replace, _cut, _repeat, _end, _drop_line, _repeat_line, _indent,
    _put_word, _put_word, _put_word, _copy_word, _copy_word, _copy_word,
)  # fmt: skip
