"""Reads an order written as a sentence, by a grammar of one rule, and says of any other sentence where it left it.

    sentence = ["please"] ["give" "me"] count (breed ["cat"] | "cat")
               [("in" | "on" | "at") ["a" | "an" | "the"] scene] ["at" INTEGER "x" INTEGER ["px"]]
               ["as" format] ["please"] ["."]
    breed    = a name on the menu, such as "maine coon"
    scene    = likewise, or as one says it: "roof at night"
    count    = "a" | "an" | "one" ... "twelve" | INTEGER

Breeds and `cat` may stand in the plural. What is on the menu is what there are pictures of. Numbers have no bound here:
what may be ordered is the policy's to say.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catguard_frontend.menu import FORMATS, NUMBERS, PLACES, Menu
from catguard_frontend.words import cats, located

EXAMPLE = "three siamese cats in a rose garden at 480x620px"

#: A number, a word (with inner hyphens), or any other single character.
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+(?:-[^\W\d_]+)*|\S")
#: What parts the words of a name: hyphens, and the change between letters and digits.
_PARTING = re.compile(r"-+|(?<=[0-9])(?=[^\W\d_])|(?<=[^\W\d_])(?=[0-9])")
_COUNTS: Mapping[str, int] = {"a": 1, "an": 1} | {word: value for value, word in enumerate(NUMBERS, start=1)}
_ARTICLES = ("a", "an", "the")
#: Plurals that take more than an s.
_PLURALS: Mapping[str, str] = {"tabbies": "tabby", "tuxedoes": "tuxedo", "calicoes": "calico", "sphynxes": "sphynx"}
#: What may come after a scene.
_AFTER = ("", "at", "as", "please", ".")
_FORMATS: Mapping[str, str] = {name: name for name in FORMATS} | {"jpg": "jpeg"}
_CATS = ("cat", "cats")
_TIMES = ("x", "\N{MULTIPLICATION SIGN}", "by")
_PIXELS = ("px", "pixel", "pixels")


@dataclass(frozen=True, slots=True)
class Order:
    """What a sentence asks for; what it leaves open is None. Lengths are pixels."""

    count: int
    breed: str | None = None
    scene: str | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None

    def sentence(self) -> str:
        """Return the sentence in the grammar's plainest words; reading it gives this order again."""
        words = [NUMBERS[self.count - 1] if 1 <= self.count <= len(NUMBERS) else str(self.count)]
        if self.breed is None:
            words.append("cat" if self.count == 1 else "cats")
        else:
            kind = cats(self.breed, self.count)
            # With its hyphens, "ragdoll-cat" is not taken for the cat of a breed "ragdoll".
            words.append(kind.replace(" ", "-") if self.breed.endswith(("-cat", "-cats")) else kind)
        if self.scene is not None:
            words.append(located(self.scene))
        if self.width is not None and self.height is not None:
            words.append(f"at {self.width}x{self.height}px")
        if self.format is not None:
            words.append(f"as {self.format}")
        return " ".join(words)


class NotUnderstood(Exception):
    """A sentence left the grammar at `word` (empty at its end); `position`, in words, and `character` count from 1.

    In the sentence the word is what is between `character - 1` and `end`, counted from 0.
    """

    def __init__(self, token: Token, expected: Iterable[str], *, suggestion: str | None = None) -> None:
        self.word = token.text
        self.position = token.position
        self.character = token.start + 1
        self.end = token.end
        self.expected = tuple(expected)
        self.suggestion = suggestion
        what = f"“{self.word}” (word {self.position}, character {self.character})" if self.word else "the end here"
        hint = f" Did you mean “{suggestion}”?" if suggestion else ""
        super().__init__(f"I did not understand {what}: I expected {', or '.join(self.expected)}.{hint}")

    def mended(self, sentence: str) -> str | None:
        """Return the sentence with what was probably meant, or None if nothing comes near."""
        return f"{sentence[: self.character - 1]}{self.suggestion}{sentence[self.end :]}" if self.suggestion else None


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
        return self.text.lower()


def examples(menu: Menu) -> tuple[str, ...]:
    """Return sentences of several kinds about what is on the menu; none where that is nothing."""
    breeds, scenes = tuple(menu.breeds), tuple(menu.scenes)
    if not breeds or not scenes:
        return ()
    orders = (
        Order(3, breeds[0], scenes[0], 480, 620),
        Order(1, breeds[-3 % len(breeds)], scenes[5 % len(scenes)]),
        Order(12, breeds[4 % len(breeds)], scenes[-1]),
    )
    return tuple(order.sentence() for order in orders)


def read(sentence: str, menu: Menu) -> Order:
    """Return what `sentence` asks for, by the names that are on the menu.

    Raises:
        NotUnderstood: the sentence is not one of the grammar.
    """
    return _Reader(sentence, menu).order()


class _Names:
    """The names of breeds or scenes, found in a sentence by their words: hyphens and digits part words as spaces do."""

    def __init__(self, names: Iterable[str], others: Mapping[str, str]) -> None:
        """`others` are further words for names that may be among `names`."""
        self.names = tuple(names)
        self._by_words = {_words(other): name for other, name in others.items() if name in self.names}
        self._by_words |= {_words(name): name for name in self.names}  # a name itself goes before words for another
        # A hyphen between words may be a token of its own.
        self.longest = max((2 * words.count("-") + 1 for words in self._by_words), default=0)

    def find(self, words: Iterable[str]) -> str | None:
        """Return the name that these words of a sentence are."""
        return self._by_words.get(_words("-".join(words)))


def _words(text: str) -> str:
    """Return the words of a name with one hyphen between them: "maine coon" is "maine-coon", "mau2" is "mau-2"."""
    return _PARTING.sub("-", text.lower().replace(" ", "-"))


class _Reader:
    """A recursive-descent reader without recursion: the grammar has one rule and looks ahead as far as a name goes."""

    def __init__(self, sentence: str, menu: Menu) -> None:
        self._breeds = _Names(menu.breeds, {**_PLURALS, **{f"{breed}s": breed for breed in menu.breeds}})
        self._scenes = _Names(menu.scenes, {_bare(phrase): scene for scene, phrase in PLACES.items()})
        found = list(_TOKEN.finditer(sentence))
        self._tokens = [Token(match.group(), place, *match.span()) for place, match in enumerate(found, start=1)]
        self._tokens.append(Token("", len(found) + 1, len(sentence), len(sentence)))
        self._next = 0

    def order(self) -> Order:
        self._accept("please")
        if self._accept("give"):
            self._expect(("me",), ["“me”"])
        count = self._count()
        breed = self._breed(plural=count != 1)
        scene = self._scene() if self._accept("in", "on") or self._at_a_place() else None
        width, height = self._size() if self._accept("at") else (None, None)
        image_format = self._named(_FORMATS, "a format") if self._accept("as") else None
        self._end(scene=scene, width=width, image_format=image_format)
        return Order(count, breed, scene, width, height, image_format)

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _accept(self, *words: str) -> bool:
        if self._token.word not in words:
            return False
        self._next += 1
        return True

    def _expect(self, words: tuple[str, ...], expected: list[str], *, near: Iterable[str] = ()) -> None:
        if not self._accept(*words):
            raise self._lost(expected, (*words, *near))

    def _lost(self, expected: Iterable[str], words: Iterable[str], *, token: Token | None = None) -> NotUnderstood:
        token = token or self._token
        near = difflib.get_close_matches(token.word, list(words), n=1, cutoff=0.7) if token.text else []
        return NotUnderstood(token, expected, suggestion=near[0].replace("-", " ") if near else None)

    def _count(self) -> int:
        token = self._token
        if token.word in _COUNTS:
            self._next += 1
            return _COUNTS[token.word]
        return self._integer(["how many cats, such as “three” or “3”"], _COUNTS)

    def _integer(self, expected: list[str], words: Iterable[str] = ()) -> int:
        token = self._token
        if not (token.text.isascii() and token.text.isdigit()):
            raise self._lost(expected, words)
        self._next += 1
        return int(token.text)

    def _breed(self, *, plural: bool) -> str | None:
        breed = self._name(self._breeds, but=_CATS)
        if breed is not None:
            self._accept(*_CATS)
            return breed
        names = self._breeds.names
        self._expect(_CATS, [_one_of("a breed", names), "“cats”" if plural else "“cat”"], near=names)
        return None

    def _at_a_place(self) -> bool:
        """Take an "at" before a place; the one before a size stays."""
        start = self._next
        if self._accept("at"):
            after = self._next
            if self._token.word in _ARTICLES or self._name(self._scenes, before=_AFTER) is not None:
                self._next = after
                return True
        self._next = start
        return False

    def _scene(self) -> str:
        start = self._next
        behind = start + (self._token.word in _ARTICLES)
        # "the-moon" is said without another article, "moon" with "a".
        for place in (start, behind) if self._token.word == "the" else (behind, start):
            self._next = place
            scene = self._name(self._scenes, before=_AFTER)
            if scene is not None:
                return scene
        self._next = behind
        lost = list(itertools.takewhile(lambda token: token.word not in _AFTER, self._tokens[self._next :]))
        first, end = self._token, (lost or [self._token])[-1].end
        phrase = Token(" ".join(token.word for token in lost), first.position, first.start, end)
        raise self._lost([_one_of("a scene", self._scenes.names)], self._scenes.names, token=phrase)

    def _name(self, names: _Names, *, before: Sequence[str] = (), but: Sequence[str] = ()) -> str | None:
        """Take the longest of `names` that comes next.

        Args:
            names: among which it is.
            before: words, one of which has to follow; none where that is no matter.
            but: words that are not taken as the last one of a name where there is a name without.
        """
        words = [*self._following(), ""]
        for length in range(min(names.longest, len(words) - 1), 0, -1):
            name = names.find(words[:length])
            if name is not None and (not before or words[length] in before):
                shorter = names.find(words[: length - 1]) if words[length - 1] in but else None
                self._next += length if shorter is None else length - 1
                return shorter or name
        return None

    def _following(self) -> list[str]:
        """Return the words that are left, without the end of the sentence."""
        return [token.word for token in self._tokens[self._next : -1]]

    def _size(self) -> tuple[int, int]:
        width = self._integer(["a width in pixels, as in “at 480x620px”"])
        self._expect(_TIMES, ["“x” and a height, as in “at 480x620px”"])
        height = self._integer(["a height in pixels, as in “at 480x620px”"])
        self._accept(*_PIXELS)
        return width, height

    def _named(self, names: Mapping[str, str], what: str) -> str:
        token = self._token
        if token.word not in names:
            raise self._lost([_one_of(what, dict.fromkeys(names.values()))], names)
        self._next += 1
        return names[token.word]

    def _end(self, *, scene: str | None, width: int | None, image_format: str | None) -> None:
        self._accept("please")
        self._accept(".")
        if self._token.text:
            later = [
                *(["“in a …”"] if scene is None and width is None and image_format is None else []),
                *(["“at WIDTHxHEIGHTpx”"] if width is None and image_format is None else []),
                *(["“as FORMAT”"] if image_format is None else []),
                "the end of the sentence",
            ]
            raise self._lost(later, ("in", "at", "as", "please"))


def _bare(phrase: str) -> str:
    """Return a place without its preposition and article: "on a roof at night" is a "roof at night"."""
    return " ".join(word for word in phrase.split()[1:] if word not in _ARTICLES)


def _one_of(what: str, names: Iterable[str]) -> str:
    return f"{what} ({', '.join(name.replace('-', ' ') for name in names)})"
