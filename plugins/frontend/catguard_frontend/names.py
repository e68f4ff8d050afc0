"""The names of breeds and scenes, found by the words that they are said with."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: What parts the words of a name: hyphens, and the change between letters and digits.
_PARTING = re.compile(r"-+|(?<=[0-9])(?=[^\W\d_])|(?<=[^\W\d_])(?=[0-9])")
#: Names that are told at once; with more of them nobody finds the one that was meant.
TOLD = 12


@dataclass(frozen=True, slots=True)
class Named:
    """A name that was found in so many words; `other`: by a further word for it, such as its plural."""

    name: str
    words: int
    other: bool


class Names:
    """Names, found in a sentence by their words: hyphens and digits part words as spaces do."""

    def __init__(self, names: Iterable[str], others: Mapping[str, str]) -> None:
        """`others` are further words for names that may be among `names`."""
        self.names = tuple(names)
        self._by_words = {words_of(other): (name, True) for other, name in others.items() if name in self.names}
        # A name itself goes before words for another.
        self._by_words |= {words_of(name): (name, False) for name in self.names}
        # A hyphen between words may be a token of its own.
        self._longest = max((2 * words.count("-") + 1 for words in self._by_words), default=0)

    def find(self, words: Sequence[str], *, but: Sequence[str] = ()) -> Iterable[Named]:
        """Yield the names that `words` begin with, the longest first.

        `but` are words that are not taken as the last one of a name where there is a name without.
        """
        for length in range(min(self._longest, len(words)), 0, -1):
            found = self._found(words[:length])
            if found is not None:
                shorter = self._found(words[: length - 1]) if words[length - 1] in but else None
                yield shorter or found

    def _found(self, words: Sequence[str]) -> Named | None:
        name, other = self._by_words.get(words_of("-".join(words)), (None, False))
        return Named(name, len(words), other) if name is not None else None


def words_of(text: str) -> str:
    """Return the words of a name with one hyphen between them: "maine coon" is "maine-coon", "mau2" is "mau-2"."""
    return _PARTING.sub("-", text.lower().replace(" ", "-"))


def nearest(name: str, offered: Sequence[str], *, most: int = TOLD) -> tuple[str, ...]:
    """Return as many of the names that there are as can be told; of more, those nearest to `name` first."""
    if len(offered) <= most:
        return tuple(offered)
    near = difflib.get_close_matches(words_of(name)[:40], offered, n=most, cutoff=0.5)
    return tuple(dict.fromkeys((*near, *offered)))[:most]


def and_more(told: int, offered: Sequence[str]) -> str:
    """Return " and 1,008 more" where not all that is offered is told."""
    return f" and {len(offered) - told:,} more" if len(offered) > told else ""
