"""Credits: who made what is seen, under which licence, and where it is from, as far as that helps to find it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: "CC-BY-SA-4.0", "CC BY 4.0": the licences of Creative Commons have addresses that are made of their names.
_COMMONS = re.compile(r"CC[- ](BY(?:-(?:NC|ND|SA|NC-SA|NC-ND))?)[- ](\d\.\d)", re.IGNORECASE)
_ZERO = re.compile(r"CC0(?:[- ]1\.0)?", re.IGNORECASE)
#: Other licences that people use, by their SPDX identifiers: SPDX has a page with the text of each.
_SPDX = {
    name.lower(): name
    for name in (
        *("MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Zlib", "Unlicense", "WTFPL"),
        *("GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "MPL-2.0", "OFL-1.1"),
        *("LAL-1.3", "GFDL-1.3-only", "GFDL-1.3-or-later", "PDDL-1.0", "ODbL-1.0", "CC-PDDC"),
    )
}
#: What the store writes before the name of a file that somebody imported.
_IMPORTED = re.compile(r"imported/[0-9a-f]{16}/")
#: What is no part of a title: signs, and what the store leaves of the characters that colour terminals.
_NOISE = re.compile(r"\?+\[[0-9;]*m|[^\w-]+|_+")
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

    @property
    def title(self) -> str:
        """The address, or what can be read of the name of a file: the folders that it was in, and its own."""
        if self.address is not None:
            return self.text
        path = _IMPORTED.sub("", self.text)
        name = re.sub(r"\.\w{1,5}$", "", path)
        words = (_NOISE.sub(" ", part).strip() for part in name.split("/"))
        return ", ".join(part for part in words if part)


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made some of the pictures, under which licence; a line of the page.

    `author` is empty where nobody is named. `sources` are then all that there is to find the maker by; where one is
    named, they are the addresses alone.
    """

    author: str
    licence: str
    sources: tuple[Source, ...]

    @property
    def licence_address(self) -> str | None:
        """Where the licence can be read, of those that have one address for everybody."""
        if _ZERO.fullmatch(self.licence):
            return "https://creativecommons.org/publicdomain/zero/1.0/"
        found = _COMMONS.fullmatch(self.licence)
        if found:
            return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
        name = _SPDX.get(self.licence.lower())
        return f"https://spdx.org/licenses/{name}.html" if name else None


def credited(told: Iterable[Mapping[str, Any]]) -> tuple[Credit, ...]:
    """Return what Cat-o-matic tells of the pictures, by maker and licence, in the order of the alphabet."""
    makers: dict[tuple[str, str], set[str]] = {}
    for credit in told:
        makers.setdefault((credit.get("author", ""), credit["licence"]), set()).update(credit["sources"])
    return tuple(
        Credit(author, licence, _useful(author, map(Source, sorted(sources))))
        for (author, licence), sources in sorted(makers.items())
    )


def _useful(author: str, sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources that say more than the author does, one of each title."""
    titled = {source.title: source for source in sources if source.address is not None or not author}
    return tuple(source for title, source in sorted(titled.items()) if title)
