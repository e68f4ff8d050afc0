"""The words of a sentence, one after the other, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: A number, a word (with inner hyphens and apostrophes), or any other single character.
_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[^\W\d_]+(?:[-'\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)*|\S")
#: What stands between and around the words of a sentence, and means nothing.
_PUNCTUATION = frozenset(
    ".,;:!?\"'()\N{HORIZONTAL ELLIPSIS}\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
)
_INTEGER = re.compile(r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the sentence with its place: `position` counts words from 1, `start` and `end` characters from 0."""

    text: str
    position: int
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word without its case."""
        return self.text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")

    @property
    def integer(self) -> int | None:
        """The whole number that it is, if it is one: "1,000" too."""
        return int(self.text.replace(",", "")) if _INTEGER.fullmatch(self.text) else None


class Cursor:
    """Goes through the words of a sentence; `place` is that of the next one, and may be set back."""

    def __init__(self, sentence: str) -> None:
        self._tokens = [Token(text, place, *span) for place, (text, span) in enumerate(_found(sentence), start=1)]
        self._tokens.append(Token("", len(self._tokens) + 1, len(sentence), len(sentence)))
        self.place = 0

    @property
    def token(self) -> Token:
        """The next word; empty at the end."""
        return self._tokens[self.place]

    @property
    def after(self) -> Token:
        """The word after the next one; empty at the end."""
        return self._tokens[min(self.place + 1, len(self._tokens) - 1)]

    def left(self) -> list[Token]:
        """Return the words that are left, without the end of the sentence."""
        return self._tokens[self.place : -1]

    def accept(self, *words: str) -> bool:
        """Take the next word if it is one of these."""
        if not self.token.text or self.token.word not in words:
            return False
        self.place += 1
        return True


def _found(sentence: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for match in _TOKEN.finditer(sentence):
        if match.group() not in _PUNCTUATION:
            yield match.group(), match.span()
