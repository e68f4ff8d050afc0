"""The breeds: palette, coat and build of each, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours, `#rrggbb`. `fur` is lit, `shade` lies in shadow, `light` is the soft belly and muzzle."""

    fur: str
    shade: str
    light: str
    line: str
    marking: str
    iris: str
    iris_edge: str
    nose: str = "#e88f92"
    ear: str = "#f0b4ae"
    ear_deep: str = "#c9827f"
    whisker: str = "#ffffff"


@dataclass(frozen=True, slots=True)
class Patch:
    """A blot of a second colour on one part, in shares of the part's bounding box; `wobble` varies its edge."""

    part: str
    x: float
    y: float
    radius_x: float
    radius_y: float
    colour: str
    wobble: int = 0


@dataclass(frozen=True, slots=True)
class Coat:
    """Which markings lie over the fur.

    Attributes:
        points: Strength 0..1 of dark face, ears, legs and tail.
        stripes: Strength 0..1 of stripes on back, legs, tail and forehead.
        white: Parts that stay white: any of `blaze`, `bib`, `socks`, `tail-tip`, `chin`.
        patches: Blots of a second and third colour.
    """

    points: float = 0.0
    stripes: float = 0.0
    white: frozenset[str] = frozenset()
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """How a breed differs in shape from the common cat, as factors of its measures; `slant` of the eyes in degrees."""

    ear: float = 1.0
    splay: float = 1.0
    cheek: float = 1.0
    chin: float = 1.0
    eye: float = 1.0
    slant: float = 6.0


@dataclass(frozen=True, slots=True)
class Breed:
    name: str
    palette: Palette
    coat: Coat
    build: Build = field(default_factory=Build)
    tags: tuple[str, ...] = ()


_ORANGE, _BLACK = "#e0893c", "#38302f"

_CALICO_PATCHES = (
    Patch("head", 0.16, 0.16, 0.34, 0.42, _ORANGE, 1),
    Patch("head", 0.88, 0.14, 0.30, 0.40, _BLACK, 2),
    Patch("left-ear", 0.5, 0.5, 2.0, 2.0, _ORANGE, 3),
    Patch("right-ear", 0.5, 0.5, 2.0, 2.0, _BLACK, 4),
    Patch("body", 0.90, 0.42, 0.26, 0.24, _ORANGE, 5),
    Patch("body", 0.10, 0.72, 0.26, 0.22, _BLACK, 6),
    Patch("body", 0.52, 0.05, 0.22, 0.22, _BLACK, 7),
    Patch("tail", 0.5, 0.30, 1.0, 0.36, _BLACK, 9),
    Patch("tail", 0.5, 0.95, 1.0, 0.32, _ORANGE, 10),
)

BREEDS: Mapping[str, Breed] = {
    breed.name: breed
    for breed in (
        Breed(
            name="siamese",
            palette=Palette(
                fur="#fbf1df",
                shade="#dcbf98",
                light="#fffaf0",
                line="#38241b",
                marking="#573b2f",
                iris="#5cc3f2",
                iris_edge="#1c5fb4",
                nose="#33211b",
                ear="#8a6457",
                ear_deep="#4a322a",
                whisker="#fff8ee",
            ),
            coat=Coat(points=1.0),
            build=Build(ear=1.16, splay=1.06, cheek=0.93, chin=0.92, eye=0.98, slant=13),
            tags=("dark-points", "blue-eyes", "short-hair"),
        ),
        Breed(
            name="tabby",
            palette=Palette(
                fur="#dcb68a",
                shade="#a5764f",
                light="#fbeedb",
                line="#4a3022",
                marking="#54341f",
                iris="#b9d458",
                iris_edge="#5d8a2c",
                nose="#d98a80",
                ear="#eab9a2",
                ear_deep="#b87a66",
            ),
            coat=Coat(stripes=1.0, white=frozenset({"chin"})),
            tags=("stripes", "green-eyes", "short-hair"),
        ),
        Breed(
            name="tuxedo",
            palette=Palette(
                fur="#4a4a58",
                shade="#1d1c26",
                light="#ffffff",
                line="#15141b",
                marking="#26252f",
                iris="#ffd75e",
                iris_edge="#c98a1b",
                ear="#d99a9a",
                ear_deep="#7c4a52",
            ),
            coat=Coat(white=frozenset({"blaze", "bib", "socks", "chin"})),
            tags=("black-and-white", "yellow-eyes", "short-hair"),
        ),
        Breed(
            name="calico",
            palette=Palette(
                fur="#fffaf3",
                shade="#dccbbd",
                light="#ffffff",
                line="#6a5348",
                marking=_ORANGE,
                iris="#f0b843",
                iris_edge="#9c6a1a",
            ),
            coat=Coat(patches=_CALICO_PATCHES),
            tags=("patches", "amber-eyes", "short-hair"),
        ),
    )
}


def mixed(colour: str, other: str, share: float) -> str:
    """The colour that holds `share` of the other one."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(one + (two - one) * share) for one, two in pairs).hex()
