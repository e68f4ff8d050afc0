"""The menu: which breeds and scenes can be ordered, and what else this tier offers by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from catguard_frontend.names import and_more, nearest
from catguard_frontend.recipes import Recipe

Option = TypeVar("Option")

#: The breeds that are offered before others, in this order, where there are pictures of them.
BREEDS = (
    "siamese", "tabby", "tuxedo", "calico", "ginger", "russian-blue", "black", "white", "persian", "maine-coon",
    "bengal", "sphynx",
)  # fmt: skip
#: The scenes that are offered before others, where there are pictures of them, and how one says that a cat is there.
PLACES: Mapping[str, str] = {
    "rose-garden": "in a rose garden",
    "meadow": "in a meadow",
    "living-room": "in a living room",
    "windowsill": "on a windowsill",
    "beach": "on a beach",
    "snow": "in the snow",
    "bookshelf": "on a bookshelf",
    "night-roof": "on a roof at night",
}
SCENES = tuple(PLACES)
FORMATS = ("webp", "png", "jpeg", "avif")
PARTS = ("nose", "eyes", "face", "ear", "paw", "tail")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: How close the zoom page offers to go, where the picture stays within what may be ordered. At 0.7 it is 1,600 pixels
#: wide.
SCALES = (0.0, 0.25, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class Frame:
    """The proportion of one picture on the page; `name` is its class in the style sheet."""

    name: str
    width: int
    height: int


FRAMES = (Frame("portrait", 3, 4), Frame("square", 1, 1), Frame("landscape", 4, 3), Frame("wide", 3, 2))
#: Pixels of a picture's height on the page by size. Rows are shown a little lower than this, so that cats stay sharp.
HEIGHTS = {"small": 192, "medium": 288, "large": 384}

#: Cats that a page of large ones may have (the rule `large-cats-are-few`).
MOST_LARGE = 24

#: A scene without this layer, as while it is being drawn, has nothing to put cats before.
BACK = "back"

#: Seeds have 31 bits (the shape `Seed` of the policy).
SEEDS = 2**31


def number(*parts: object) -> int:
    """Return a number below `SEEDS` that follows from `parts` alone, evenly spread."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % SEEDS


def choose(options: Sequence[Option], *parts: object) -> Option:
    """Return the one of `options` that follows from `parts` alone: the same wish gives the same page."""
    return options[number(*parts) % len(options)]


class NotOffered(LookupError):
    """A breed or a scene is not on the menu: `kind` says which; `name` was asked for, `offered` is what there is."""

    def __init__(self, kind: str, name: str, offered: Sequence[str]) -> None:
        self.kind = kind
        self.name = name
        self.offered = tuple(offered)
        told = nearest(name, self.offered)
        more = and_more(len(told), self.offered)
        super().__init__(f"There is no {kind} “{name}” here. There are: {', '.join(told)}{more}.")


@dataclass(frozen=True, slots=True)
class Menu:
    """What can be ordered, as Cat-o-matic told it; a menu is never changed.

    Attributes:
        breeds: those with pictures, in the order in which they are offered, each with what names its pictures.
        scenes: likewise.
        edition: names the way in which Cat-o-matic draws.
    """

    breeds: Mapping[str, str]
    scenes: Mapping[str, str]
    edition: str

    @classmethod
    def from_wire(cls, told: Mapping[str, Any]) -> Menu:
        """Read the answer to `GET /v1/menu` as the outbound policy let it in."""
        breeds = {entry["breed"]: entry["art"] for entry in told["cats"]}
        scenes = {entry["scene"]: entry["art"] for entry in told["scenes"] if BACK in entry["layers"]}
        return cls(_in_order(breeds, BREEDS), _in_order(scenes, SCENES), told["edition"])

    def art(self, recipe: Recipe) -> str:
        """Return what names everything that a picture of cats in a scene is made from, apart from the recipe itself.

        Raises:
            NotOffered: its breed or its scene is not on the menu.
        """
        breed, scene = str(recipe.breed), str(recipe.scene)
        if breed not in self.breeds:
            raise NotOffered("breed", breed, tuple(self.breeds))
        if scene not in self.scenes:
            raise NotOffered("scene", scene, tuple(self.scenes))
        return f"{self.breeds[breed]}/{self.scenes[scene]}"

    def art_of(self, original: str) -> str:
        """Return the same for a closer look: `original` names all that is known of the one picture that it is of."""
        return f"{self.edition}/{original}"

    def breed(self, *parts: object, but: str | None = None) -> str:
        """Return the breed that follows from `parts`; another breed on the menu leaves most choices as they were.

        It is not the breed `but` where there is any other.
        """
        return _drawn([name for name in self.breeds if name != but] or self.breeds, "breed", *parts)

    def scene(self, *parts: object) -> str:
        """Return the scene that follows from `parts`, likewise."""
        return _drawn(self.scenes, "scene", *parts)


def _in_order(art: Mapping[str, str], known: Sequence[str]) -> Mapping[str, str]:
    names = [*(name for name in known if name in art), *sorted(art.keys() - set(known))]
    return {name: art[name] for name in names}


def _drawn(names: Iterable[str], *parts: object) -> str:
    """Return the name that draws the highest lot (rendezvous hashing: Thaler and Ravishankar, 1998)."""
    return max(names, key=lambda name: number(*parts, name))


#: What there is where nobody says what there is.
NOTHING = Menu({}, {}, edition="")
