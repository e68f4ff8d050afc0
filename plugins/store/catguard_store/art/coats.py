"""What makes a breed: colours, markings and measures, as data types without any entry."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours, `#rrggbb`. `fur` is lit, `shade` lies in shadow, `light` is the soft belly and muzzle.

    `iris` and `iris_edge` are those of the left eye, as it is seen, and of the right one unless `other_iris` says
    otherwise.
    """

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
    other_iris: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """A blot of a second colour on one part, in shares of the part's bounding box; `wobble` varies its edge.

    On the body the box is that of one of the pose's places: `body-0` is the first.
    """

    part: str
    x: float
    y: float
    radius_x: float
    radius_y: float
    colour: str
    wobble: int = 0


@dataclass(frozen=True, slots=True)
class Coat:
    """Which markings lie over the fur. Strengths are 0..1.

    Attributes:
        points: Strength of dark face, ears, legs and tail.
        stripes: Strength of stripes on back, legs, tail and forehead.
        rosettes: Strength of ringed spots on the body, plain ones on the legs, rings on the tail.
        wrinkles: Strength of folds of the skin.
        gloss: Strength of the light that runs along the back.
        white: Parts that stay white: any of `blaze`, `bib`, `socks`, `chin`.
        patches: Blots of a second and third colour.
    """

    points: float = 0.0
    stripes: float = 0.0
    rosettes: float = 0.0
    wrinkles: float = 0.0
    gloss: float = 0.0
    white: frozenset[str] = frozenset()
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """How a breed differs in shape from the common cat, as factors of its measures.

    Attributes:
        ear: Of the height of the ears.
        splay: Of how far their tips are apart.
        cheek: Of the width of the face.
        chin: Of its length below the eyes.
        eye: Of the size of the eyes.
        slant: Of the eyes, in degrees.
        snub: How far the nose is pressed in between the eyes, 0..1.
        apart: Of the distance of the eyes.
        head: Of the size of the head.
        legs: Of the thickness of the legs.
        fur: Length of the fur in canvas units: 0 is bald, 12 is short, and from 30 on it hangs in tufts.
        ruff: Whether a collar of long fur hangs over the chest.
        drape: How far the fur of the belly hangs down, in canvas units.
        tufts: Length of the brushes on the ears.
        tail: Of its thickness at root, middle and tip.
        whiskers: Whether there are any.
    """

    ear: float = 1.0
    splay: float = 1.0
    cheek: float = 1.0
    chin: float = 1.0
    eye: float = 1.0
    slant: float = 6.0
    snub: float = 0.0
    apart: float = 1.0
    head: float = 1.0
    legs: float = 1.0
    fur: float = 12.0
    ruff: bool = False
    drape: float = 0.0
    tufts: float = 0.0
    tail: tuple[float, float, float] = (1.0, 1.0, 1.0)
    whiskers: bool = True

    @property
    def long_haired(self) -> bool:
        return self.fur >= 30


@dataclass(frozen=True, slots=True)
class Breed:
    """One entry of the catalogue; `tags` are words by which its pictures are found."""

    name: str
    palette: Palette
    coat: Coat = field(default_factory=Coat)
    build: Build = field(default_factory=Build)
    tags: tuple[str, ...] = ()
