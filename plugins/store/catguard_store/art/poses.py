"""The poses: where the parts of a cat lie, as data. The ground is the line y = 1240 of each pose's own canvas."""

from collections.abc import Mapping
from dataclasses import dataclass

from catguard_store.art.curves import Frame, Point, Ribbon

GROUND = 1240.0


@dataclass(frozen=True, slots=True)
class Oval:
    """An ellipse by its centre and radii."""

    x: float
    y: float
    radius_x: float
    radius_y: float


@dataclass(frozen=True, slots=True)
class Stripe:
    """A brush stroke by its spine and half width."""

    spine: tuple[Point, ...]
    width: float


@dataclass(frozen=True, slots=True)
class Limb:
    """A leg with its paw; `near` ones are painted over the body, far ones behind it and darker."""

    ribbon: Ribbon
    paw: Oval
    near: bool = True


@dataclass(frozen=True, slots=True)
class Pose:
    """One posture.

    Attributes:
        width: Of the canvas, before the drawing is cropped.
        head: Where the head sits, and how large and turned it is.
        body: Outline of trunk and haunch, without limbs.
        thighs: Lines where a haunch bulges over the body.
        feet: Paws without a leg to be seen.
        limbs: Far ones first.
        gap: The dark between the front legs.
        tail: Painted behind the body.
        bib: Outline of the white chest of those who have one.
        stripes: Of those who have them, on the body.
        belly: Where the fur is lighter.
        shadow: Where the head shades the body.
        lie: The direction in which the fur of the body lies, in degrees, clockwise from the right.
    """

    name: str
    width: float
    head: Frame
    body: tuple[Point, ...]
    thighs: tuple[tuple[Point, ...], ...]
    feet: tuple[Oval, ...]
    limbs: tuple[Limb, ...]
    gap: tuple[Point, ...]
    tail: Ribbon
    bib: tuple[Point, ...]
    stripes: tuple[Stripe, ...]
    belly: Oval
    shadow: Oval
    lie: float


def _both(*stripes: Stripe, axis: float) -> tuple[Stripe, ...]:
    """Stripes, given by their distance from an axis, on both sides of it."""
    return tuple(
        Stripe(tuple((axis + side * x, y) for x, y in stripe.spine), stripe.width)
        for side in (-1, 1)
        for stripe in stripes
    )


def _leg(spine: tuple[Point, ...], widths: tuple[float, ...], paw: Oval, *, near: bool = True) -> Limb:
    return Limb(Ribbon(spine, widths, round_tip=False), paw, near)


def _flip(points: tuple[Point, ...], axis: float) -> tuple[Point, ...]:
    return tuple((2 * axis - x, y) for x, y in reversed(points))


# fmt: off
_SITTING_THIGH: tuple[Point, ...] = ((300, 905), (368, 960), (404, 1050), (408, 1150), (378, 1204))

_SITTING = Pose(
    name="sitting",
    width=1150,
    head=Frame(500, 392, 1.7),
    body=(
        (500, 500), (610, 530), (664, 620), (686, 730), (702, 840), (748, 930), (796, 1030), (806, 1130),
        (776, 1206), (690, 1232), (500, 1236), (310, 1232), (224, 1206), (194, 1130), (204, 1030), (252, 930),
        (298, 840), (314, 730), (336, 620), (390, 530),
    ),
    thighs=(_SITTING_THIGH, _flip(_SITTING_THIGH, 500)),
    feet=(Oval(318, 1200, 88, 34), Oval(682, 1200, 88, 34)),
    limbs=(
        _leg(((424, 720), (430, 960), (438, 1190)), (86, 62, 52), Oval(434, 1194, 72, 46)),
        _leg(((576, 720), (570, 960), (562, 1190)), (86, 62, 52), Oval(566, 1194, 72, 46)),
    ),
    gap=((500, 860), (500, 1060), (500, 1236)),
    tail=Ribbon(
        ((660, 1160), (820, 1198), (940, 1150), (978, 1030), (930, 920), (908, 820), (956, 730)),
        (54, 50, 47, 44, 42, 40, 36),
    ),
    bib=(
        (500, 520), (600, 560), (640, 660), (612, 770), (566, 880), (500, 980), (434, 880), (388, 770), (360, 660),
        (400, 560),
    ),
    stripes=_both(
        Stripe(((196, 650), (160, 664), (124, 668)), 15),
        Stripe(((204, 720), (164, 740), (122, 746)), 16),
        Stripe(((214, 795), (172, 818), (128, 824)), 16),
        Stripe(((270, 900), (212, 944), (150, 936)), 18),
        Stripe(((316, 990), (256, 1024), (196, 1020)), 19),
        Stripe(((326, 1072), (262, 1102), (198, 1094)), 19),
        Stripe(((320, 1150), (266, 1168), (206, 1158)), 17),
        axis=500,
    ),
    belly=Oval(500, 800, 150, 210),
    shadow=Oval(500, 616, 190, 84),
    lie=90,
)

_STANDING = Pose(
    name="standing",
    width=1400,
    head=Frame(418, 500, 1.66, -5),
    body=(
        (430, 620), (545, 612), (665, 634), (790, 636), (900, 614), (990, 636), (1046, 712), (1056, 820),
        (1030, 905), (930, 915), (815, 902), (690, 920), (570, 948), (470, 940), (390, 880), (362, 775), (378, 680),
    ),
    thighs=(((876, 790), (852, 870), (862, 945), (900, 1010)),),
    feet=(),
    limbs=(
        _leg(((448, 820), (404, 1000), (392, 1165)), (58, 48, 44), Oval(376, 1176, 74, 40), near=False),
        _leg(
            ((880, 850), (846, 970), (888, 1075), (870, 1165)),
            (86, 66, 45, 44),
            Oval(852, 1176, 76, 40),
            near=False,
        ),
        _leg(((502, 760), (496, 1000), (490, 1190)), (94, 56, 50), Oval(474, 1196, 80, 44)),
        _leg(((944, 760), (944, 950), (1000, 1070), (980, 1190)), (108, 92, 52, 50), Oval(962, 1196, 82, 44)),
    ),
    gap=(),
    tail=Ribbon(
        ((960, 710), (1105, 698), (1200, 620), (1244, 490), (1226, 366), (1150, 316), (1086, 362)),
        (58, 48, 45, 43, 41, 39, 34),
    ),
    bib=((420, 660), (500, 700), (520, 790), (500, 890), (440, 960), (390, 920), (340, 820), (340, 700)),
    stripes=(
        Stripe(((622, 616), (606, 690), (626, 770)), 16),
        Stripe(((694, 628), (680, 716), (704, 810)), 18),
        Stripe(((768, 630), (758, 730), (782, 830)), 19),
        Stripe(((842, 620), (838, 716), (862, 800)), 19),
        Stripe(((912, 604), (922, 700), (914, 780)), 19),
        Stripe(((980, 620), (1004, 700), (986, 800)), 18),
        Stripe(((1044, 690), (1060, 760), (1030, 850)), 17),
        Stripe(((1068, 820), (1036, 890), (986, 910)), 16),
    ),
    belly=Oval(690, 940, 300, 70),
    shadow=Oval(430, 752, 190, 80),
    lie=8,
)
# fmt: on

POSES: Mapping[str, Pose] = {pose.name: pose for pose in (_SITTING, _STANDING)}
