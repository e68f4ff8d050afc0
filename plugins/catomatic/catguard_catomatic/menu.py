"""The menu: what the store has pictures of, and which edition of Cat-o-matic would draw it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import PIL

#: Hexadecimal digits of what names art: 64 bits, as in a picture's id.
DIGITS = 16


def edition() -> str:
    """What names this way of drawing: it changes with these sources, and with Pillow, whose encoders are used.

    Two processes of one release have the same edition, and what they draw after a recipe has the same bytes.
    """
    sources = sorted(
        (source.name, source.read_bytes())
        for source in files("catguard_catomatic").iterdir()
        if source.name.endswith(".py")
    )
    return _digest(PIL.__version__, *(name + "\0" + text.decode() for name, text in sources))


def menu(stock: Mapping[str, Any], edition: str) -> dict[str, Any]:
    """Return the store's menu with this edition in all of its art.

    Args:
        stock: What the store answered, as the outbound policy let it in.
        edition: What `edition()` returned.
    """
    return {
        "edition": edition,
        "cats": _redrawn(stock["cats"], edition),
        "scenes": _redrawn(stock["scenes"], edition),
    }


def art(record: Mapping[str, Any]) -> str:
    """Return what names all that is known of one picture, whatever the edition."""
    return _digest(json.dumps(record, sort_keys=True))


def _redrawn(entries: Sequence[Mapping[str, Any]], edition: str) -> list[dict[str, Any]]:
    return [{**entry, "art": _digest(edition, entry["art"])} for entry in entries]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:DIGITS]
