"""Reads an order written as a sentence, by a small grammar, and says of any other sentence where it left it.

    sentence = courtesy [["a"] "picture" "of"] [count | "the"] kind {place | size | format} courtesy
    count    = INTEGER | number in words | "a" | "an" | "a dozen" | "a few" | "some" ... (`counting`)
    kind     = breed ["cat"] | "cat" | "kitten" | "kitty"
    place    = ("in" | "on" | "at") ["a" | "an" | "the"] scene
    size     = ["at"] INTEGER ["px"] ["x" INTEGER ["px"]]
    format   = "as" ["a"] format
    breed    = a name on the menu, such as "maine coon"
    scene    = likewise, or as one says it: "roof at night"
    courtesy = words that ask and thank, such as "please show me"

Breeds and kinds may stand in the plural. Without a count, a singular is one cat and a plural are three; one number as
size is a square; place, size and format come in any order, once each; without "at", a size has an "x" or a "px".
Punctuation means nothing. What is on the menu is what there are pictures of. Numbers have no bound here: what may be
ordered is the policy's to say.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from catguard_frontend import counting
from catguard_frontend.menu import FORMATS, PLACES, Menu
from catguard_frontend.names import Named, Names, and_more, nearest
from catguard_frontend.orders import Order
from catguard_frontend.tokens import Cursor, Token

Unknown = Literal["breed", "place"]

_ARTICLES = ("a", "an", "the")
#: Plurals that take more than an s.
_PLURALS: Mapping[str, str] = {"tabbies": "tabby", "tuxedoes": "tuxedo", "calicoes": "calico", "sphynxes": "sphynx"}
_FORMATS: Mapping[str, str] = {name: name for name in FORMATS} | {"jpg": "jpeg"}
_CATS = ("cat", "cats")
_ONE, _MANY = ("cat", "kitten", "kitty"), ("cats", "kittens", "kitties")
_TIMES = ("x", "\N{MULTIPLICATION SIGN}", "by")
_PIXELS = ("px", "pixel", "pixels")
#: What people say around an order, and what means nothing to it.
_BEFORE = frozenset((
    "please", "kindly", "hi", "hello", "hey", "dear", "give", "show", "draw", "make", "get", "send", "find", "bring",
    "me", "us", "i", "we", "you", "i'd", "i'll", "we'd", "want", "would", "like", "love", "need", "can", "could",
    "may", "will", "let's", "let", "have", "see", "to",
))  # fmt: skip
_BEHIND = frozenset((
    "please", "kindly", "thanks", "thank", "thx", "cheers", "you", "very", "much", "so", "now",
))  # fmt: skip
_PICTURES = ("picture", "pictures", "photo", "photos", "image", "images", "drawing")
#: What may come after a scene, beside a number.
_AFTER = frozenset({"", "at", "as", "in", "on", *_BEHIND})
#: Words that are tried as what was meant, at most.
_TRIED = 3
_UNKNOWN: Mapping[Unknown | None, str] = {
    None: "I did not understand",
    "breed": "I know no breed called",
    "place": "I know no place called",
}


class NotUnderstood(Exception):
    """A sentence left the grammar at `word` (empty at its end); `position`, in words, and `character` count from 1.

    In the sentence the word is what is between `character - 1` and `end`, counted from 0. `expected` is what could have
    stood there, `suggestion` a word with which the sentence is understood, if one is near.
    """

    def __init__(
        self,
        token: Token,
        expected: Iterable[str],
        *,
        near: Sequence[str] = (),
        unknown: Unknown | None = None,
        suggestion: str | None = None,
    ) -> None:
        """`near` are the words that may have been meant, `unknown` says what is not there by that name."""
        self.token = token
        self.word = token.text
        self.position = token.position
        self.character = token.start + 1
        self.end = token.end
        self.expected = tuple(expected)
        self.near = tuple(near)
        self.unknown = unknown
        self.suggestion = suggestion
        place = f" (word {self.position}, character {self.character})" if self.word else ""
        hint = f" Did you mean “{suggestion}”?" if suggestion else ""
        super().__init__(f"{self.what}{place}: I expected {', or '.join(self.expected)}.{hint}")

    @property
    def what(self) -> str:
        """What was not understood, without a full stop: "I know no place called “paris”"."""
        return f"{_UNKNOWN[self.unknown]} “{self.word}”" if self.word else "The sentence ends too early"

    def mended(self, sentence: str, suggestion: str | None = None) -> str | None:
        """Return the sentence with what was probably meant, or None if nothing comes near."""
        meant = suggestion or self.suggestion
        return f"{sentence[: self.character - 1]}{meant}{sentence[self.end :]}" if meant else None


def read(sentence: str, menu: Menu) -> Order:
    """Return what `sentence` asks for, by the names that are on the menu.

    Raises:
        NotUnderstood: the sentence is not one of the grammar; what it suggests makes it one.
    """
    try:
        return _Reader(sentence, menu).order()
    except NotUnderstood as lost:
        meant = next((word for word in lost.near if _understood(lost.mended(sentence, word) or "", menu)), None)
        raise NotUnderstood(lost.token, lost.expected, unknown=lost.unknown, suggestion=meant) from None


def proposed(sentence: str, menu: Menu) -> str | None:
    """Return the sentence of the nearest order that is not refused for its size or number, if that is another order."""
    order = read(sentence, menu)
    return order.fitted().sentence() if order.fitted() != order else None


def _understood(sentence: str, menu: Menu) -> bool:
    try:
        _Reader(sentence, menu).order()
    except NotUnderstood:
        return False
    return True


class _Reader:
    """A recursive-descent reader without recursion: it looks ahead as far as a name goes."""

    def __init__(self, sentence: str, menu: Menu) -> None:
        self._breeds = Names(menu.breeds, {**_PLURALS, **{f"{breed}s": breed for breed in menu.breeds}})
        self._scenes = Names(menu.scenes, {_bare(phrase): scene for scene, phrase in PLACES.items()})
        self._cursor = Cursor(sentence)

    def order(self) -> Order:
        cursor = self._cursor
        self._courtesies()
        count = counting.count(cursor, self._breed_here)
        if count is None and not self._breed_here():
            cursor.accept("the")
        breed, many = self._kind(counted=count is not None)
        scene = image_format = None
        size: tuple[int, int] | None = None
        while True:
            if scene is None and self._at_place():
                scene = self._scene()
            elif size is None and self._at_size():
                size = self._size()
            elif image_format is None and cursor.accept("as"):
                image_format = self._format()
            else:
                break
        self._end(scene=scene, sized=size is not None, image_format=image_format)
        width, height = size or (None, None)
        return Order(
            count or (counting.FEW if many else 1) if count is None else count,
            breed,
            scene,
            width,
            height,
            image_format,
        )

    def _courtesies(self) -> None:
        cursor = self._cursor
        while cursor.token.word in _BEFORE and not self._breed_here():
            cursor.place += 1
        start = cursor.place
        cursor.accept(*_ARTICLES)
        if self._breed_here() or not (cursor.accept(*_PICTURES) and cursor.accept("of")):
            cursor.place = start

    def _breed_here(self) -> bool:
        return self._name(self._breeds) is not None

    def _kind(self, *, counted: bool) -> tuple[str | None, bool]:
        """Take which cats, and whether they are many."""
        cursor = self._cursor
        found = self._name(self._breeds, but=_CATS)
        if found is not None:
            cursor.place += found.words
            if cursor.token.word in (*_ONE, *_MANY):
                return found.name, self._many()
            return found.name, found.other or found.name.endswith("cats")
        if cursor.token.word in (*_ONE, *_MANY):
            return None, self._many()
        names = self._breeds.names
        said = cursor.token.word.isalpha() and cursor.token.word not in _AFTER
        unknown: Unknown | None = "breed" if said and (counted or cursor.after.word in (*_ONE, *_MANY)) else None
        how_many = [] if counted else ["how many cats, such as “three” or “3”"]
        words = (*names, *_ONE, *_MANY, *counting.WORDS)
        raise self._lost([*how_many, _one_of("a breed", names, cursor.token.word), "“cats”"], words, unknown=unknown)

    def _many(self) -> bool:
        many = self._cursor.token.word in _MANY
        self._cursor.place += 1
        return many

    def _at_place(self) -> bool:
        """Take what stands before a place; an "at" before a size stays."""
        cursor = self._cursor
        if cursor.accept("in", "on"):
            return True
        word = cursor.after.word
        if cursor.token.word != "at" or not word[:1].isalpha() or word in _TIMES:
            return False
        cursor.place += 1
        return True

    def _scene(self) -> str:
        cursor = self._cursor
        start = cursor.place
        behind = start + (cursor.token.word in _ARTICLES)
        # "the-moon" is said without another article, "moon" with "a".
        for place in (start, behind) if cursor.token.word == "the" else (behind, start):
            cursor.place = place
            found = self._name(self._scenes, ends=True)
            if found is not None:
                cursor.place += found.words
                return found.name
        cursor.place = behind
        lost = list(itertools.takewhile(lambda token: not _ends(token), cursor.left()))
        first, end = cursor.token, (lost or [cursor.token])[-1].end
        phrase = Token(" ".join(token.word for token in lost), first.position, first.start, end)
        names = self._scenes.names
        raise self._lost([_one_of("a scene", names, phrase.word)], names, token=phrase, unknown="place")

    def _name(self, names: Names, *, ends: bool = False, but: Sequence[str] = ()) -> Named | None:
        """Return the longest of `names` that comes next; where it `ends`, what may follow a scene has to follow."""
        left = self._cursor.left()
        for found in names.find([token.word for token in left], but=but):
            if not ends or found.words == len(left) or _ends(left[found.words], behind=left[found.words - 1].word):
                return found
        return None

    def _at_size(self) -> bool:
        cursor = self._cursor
        if cursor.accept("at"):
            return True
        return cursor.token.integer is not None and cursor.after.word in (*_TIMES, *_PIXELS)

    def _size(self) -> tuple[int, int]:
        cursor = self._cursor
        width = self._pixels("a width in pixels, as in “at 480x620px”")
        return (
            (width, self._pixels("a height in pixels, as in “at 480x620px”"))
            if cursor.accept(*_TIMES)
            else (width, width)
        )

    def _pixels(self, expected: str) -> int:
        number = self._cursor.token.integer
        if number is None:
            raise self._lost([expected], ())
        self._cursor.place += 1
        self._cursor.accept(*_PIXELS)
        return number

    def _format(self) -> str:
        cursor = self._cursor
        cursor.accept("a", "an")
        word = cursor.token.word
        if word not in _FORMATS:
            raise self._lost([_one_of("a format", FORMATS, word)], _FORMATS)
        cursor.place += 1
        return _FORMATS[word]

    def _end(self, *, scene: str | None, sized: bool, image_format: str | None) -> None:
        cursor = self._cursor
        while cursor.token.text and cursor.token.word in _BEHIND:
            cursor.place += 1
        if cursor.token.text:
            later = [
                *(["“in a …”"] if scene is None else []),
                *(["“at WIDTHxHEIGHTpx”"] if not sized else []),
                *(["“as FORMAT”"] if image_format is None else []),
                "the end of the sentence",
            ]
            raise self._lost(later, ("in", "at", "as", "please"))

    def _lost(
        self,
        expected: Iterable[str],
        words: Iterable[str],
        *,
        token: Token | None = None,
        unknown: Unknown | None = None,
    ) -> NotUnderstood:
        token = token or self._cursor.token
        near = difflib.get_close_matches(token.word[:40], list(words), n=_TRIED, cutoff=0.7) if token.text else []
        return NotUnderstood(token, expected, near=[word.replace("-", " ") for word in near], unknown=unknown)


def _ends(token: Token, *, behind: str = "") -> bool:
    """Tell whether a scene may end before `token`; an "at" that is `behind` a number belongs to that."""
    return token.word in _AFTER or (token.integer is not None and behind != "at")


def _bare(phrase: str) -> str:
    """Return a place without its preposition and article: "on a roof at night" is a "roof at night"."""
    return " ".join(word for word in phrase.split()[1:] if word not in _ARTICLES)


def _one_of(what: str, names: Sequence[str], wished: str) -> str:
    told = nearest(wished, names)
    return f"{what} ({', '.join(name.replace('-', ' ') for name in told)}{and_more(len(told), names)})"
