"""Credits: who made what is seen, under which licence, and where it is from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: "CC-BY-SA-4.0", "CC BY 4.0": the licences of Creative Commons have addresses that are made of their names.
_COMMONS = re.compile(r"CC[- ](BY(?:-(?:NC|ND|SA|NC-SA|NC-ND))?)[- ](\d\.\d)", re.IGNORECASE)
_ZERO = re.compile(r"CC0(?:[- ]1\.0)?", re.IGNORECASE)
#: Nothing else becomes a link: a source is a text that came with a picture.
_ADDRESS = re.compile(r"https://[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a picture is from; `address` is there if a browser can open it."""

    text: str

    @property
    def address(self) -> str | None:
        """The address of the source, if it is one."""
        return self.text if _ADDRESS.fullmatch(self.text) else None


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made some of the pictures, under which licence. `author` is empty where nobody is named."""

    author: str
    licence: str
    sources: tuple[Source, ...]

    @property
    def licence_address(self) -> str | None:
        """Where the licence can be read, of those that have one address for everybody."""
        if _ZERO.fullmatch(self.licence):
            return "https://creativecommons.org/publicdomain/zero/1.0/"
        found = _COMMONS.fullmatch(self.licence)
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/" if found else None


def credited(told: Iterable[Mapping[str, Any]]) -> tuple[Credit, ...]:
    """Return what Cat-o-matic tells of the pictures, by maker and licence, in the order of the alphabet."""
    makers: dict[tuple[str, str], set[str]] = {}
    for credit in told:
        makers.setdefault((credit.get("author", ""), credit["licence"]), set()).update(credit["sources"])
    return tuple(
        Credit(author, licence, tuple(Source(text) for text in sorted(sources)))
        for (author, licence), sources in sorted(makers.items())
    )
