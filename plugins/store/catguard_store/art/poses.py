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
        head: Where the head sits, and how large and turned it is.
        body: Outline of trunk and haunch, without limbs.
        thighs: Lines where a haunch bulges over the body.
        feet: Paws without a leg to be seen.
        limbs: Far ones first.
        gap: The dark between the front legs.
        tail: Painted behind the body, or before it where it is `wrapped` around.
        bib: Outline of the white chest of those who have one.
        stripes: Of those who have them, on the body.
        belly: Where the fur is lighter.
        shadow: Where the head shades the body.
        sheen: Along the back, where glossy fur shines.
        paw: The one to look at: its centre is an anchor.
        lie: The direction in which the fur of the body lies, in degrees, clockwise from the right.
        asleep: Whether the eyes are closed.
    """

    name: str
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
    sheen: tuple[Point, ...]
    paw: Point
    lie: float
    wrapped: bool = False
    asleep: bool = False


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
    sheen=((640, 680), (668, 770), (726, 900), (772, 1010), (784, 1090)),
    paw=(566, 1194),
    lie=90,
)

_STANDING = Pose(
    name="standing",
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
    sheen=((560, 652), (680, 664), (790, 668), (900, 650), (990, 676)),
    paw=(474, 1196),
    lie=8,
)

_LOAF = Pose(
    name="loaf",
    head=Frame(440, 690, 1.66, -2),
    body=(
        (440, 760), (590, 720), (740, 716), (890, 742), (1020, 800), (1112, 892), (1154, 1010), (1150, 1130),
        (1092, 1206), (960, 1232), (720, 1238), (500, 1238), (340, 1230), (258, 1180), (232, 1080), (252, 950),
        (320, 830),
    ),
    thighs=(((846, 1226), (796, 1140), (826, 1036), (930, 984), (1040, 1006)),),
    feet=(Oval(372, 1206, 92, 34), Oval(556, 1206, 92, 34)),
    limbs=(),
    gap=((464, 1060), (464, 1150), (464, 1236)),
    tail=Ribbon(
        ((1130, 1106), (1104, 1176), (1010, 1204), (870, 1206), (728, 1200)),
        (28, 44, 44, 42, 34),
    ),
    bib=((440, 800), (560, 860), (604, 960), (580, 1070), (464, 1150), (350, 1070), (318, 960), (340, 860)),
    stripes=(
        Stripe(((640, 706), (626, 790), (646, 880)), 17),
        Stripe(((720, 704), (716, 800), (742, 900)), 19),
        Stripe(((806, 712), (808, 806), (830, 896)), 19),
        Stripe(((894, 734), (902, 820), (916, 900)), 19),
        Stripe(((980, 768), (992, 850), (990, 930)), 19),
        Stripe(((1060, 824), (1062, 900), (1040, 970)), 18),
        Stripe(((1126, 900), (1112, 970), (1070, 1030)), 17),
        Stripe(((1160, 990), (1130, 1050), (1070, 1084)), 16),
        Stripe(((236, 1040), (280, 1066), (330, 1064)), 15),
        Stripe(((238, 1110), (286, 1130), (338, 1126)), 15),
    ),
    belly=Oval(460, 1060, 190, 150),
    shadow=Oval(450, 936, 210, 84),
    sheen=((640, 756), (760, 756), (890, 784), (1000, 840), (1078, 930)),
    paw=(372, 1206),
    lie=20,
    wrapped=True,
)

_SLEEPING = Pose(
    name="sleeping",
    head=Frame(430, 968, 1.6, -7),
    body=(
        (420, 930), (510, 850), (630, 786), (780, 752), (940, 760), (1086, 812), (1196, 906), (1250, 1030),
        (1236, 1150), (1150, 1220), (960, 1238), (700, 1240), (470, 1236), (370, 1200), (340, 1100), (360, 1000),
    ),
    thighs=(((790, 1170), (760, 1080), (812, 980), (930, 934), (1060, 966)),),
    feet=(Oval(262, 1202, 84, 36), Oval(640, 1204, 88, 35)),
    limbs=(),
    gap=(),
    tail=Ribbon(
        ((1218, 1096), (1192, 1174), (1090, 1204), (910, 1206), (740, 1202)),
        (28, 46, 46, 43, 34),
    ),
    bib=((430, 960), (560, 990), (640, 1060), (640, 1160), (540, 1230), (400, 1220), (360, 1130), (370, 1040)),
    stripes=(
        Stripe(((610, 790), (620, 850), (660, 920)), 17),
        Stripe(((690, 762), (704, 850), (744, 930)), 19),
        Stripe(((780, 744), (794, 840), (826, 920)), 19),
        Stripe(((870, 744), (882, 830), (900, 910)), 19),
        Stripe(((960, 758), (970, 840), (966, 910)), 19),
        Stripe(((1046, 786), (1052, 864), (1030, 930)), 19),
        Stripe(((1130, 838), (1128, 910), (1090, 970)), 18),
        Stripe(((1206, 916), (1186, 976), (1130, 1020)), 17),
        Stripe(((1256, 1010), (1214, 1054), (1146, 1076)), 16),
    ),
    belly=Oval(560, 1190, 80, 50),
    shadow=Oval(600, 1110, 190, 130),
    sheen=((630, 832), (770, 796), (920, 800), (1060, 850), (1150, 930)),
    paw=(640, 1204),
    lie=24,
    wrapped=True,
    asleep=True,
)

_STRETCHING = Pose(
    name="stretching",
    head=Frame(520, 830, 1.62, -6),
    body=(
        (560, 900), (700, 866), (830, 838), (950, 776), (1060, 686), (1170, 628), (1280, 634), (1348, 706),
        (1358, 820), (1310, 920), (1210, 960), (1090, 968), (970, 1010), (850, 1078), (730, 1136), (600, 1160),
        (510, 1120), (476, 1030), (500, 950),
    ),
    thighs=(((1150, 790), (1122, 870), (1136, 950), (1184, 1010)),),
    feet=(),
    limbs=(
        _leg(((690, 1040), (520, 1130), (360, 1166), (230, 1172)), (66, 52, 44, 40), Oval(184, 1178, 78, 38),
             near=False),
        _leg(((1180, 860), (1140, 970), (1176, 1075), (1158, 1165)), (86, 66, 45, 44), Oval(1140, 1176, 76, 40),
             near=False),
        _leg(((744, 1014), (620, 1118), (480, 1186), (340, 1198)), (86, 66, 48, 42), Oval(300, 1200, 86, 40)),
        _leg(((1250, 780), (1240, 950), (1296, 1070), (1276, 1190)), (104, 92, 52, 50), Oval(1258, 1196, 82, 44)),
    ),
    gap=(),
    tail=Ribbon(
        ((1270, 720), (1390, 650), (1448, 530), (1430, 400), (1370, 310), (1390, 220)),
        (56, 48, 45, 43, 40, 34),
    ),
    bib=((520, 900), (620, 930), (668, 990), (650, 1060), (590, 1096), (520, 1080), (476, 1020), (470, 950)),
    stripes=(
        Stripe(((760, 852), (740, 920), (764, 1000)), 16),
        Stripe(((836, 830), (822, 910), (850, 990)), 18),
        Stripe(((910, 796), (904, 880), (934, 960)), 19),
        Stripe(((984, 744), (984, 840), (1018, 920)), 19),
        Stripe(((1054, 684), (1062, 780), (1096, 870)), 19),
        Stripe(((1124, 642), (1142, 740), (1166, 830)), 19),
        Stripe(((1204, 618), (1228, 700), (1230, 790)), 19),
        Stripe(((1290, 636), (1304, 710), (1282, 800)), 18),
        Stripe(((1356, 716), (1362, 780), (1324, 860)), 17),
    ),
    belly=Oval(900, 1030, 170, 40),
    shadow=Oval(560, 1060, 190, 84),
    sheen=((700, 900), (840, 876), (960, 820), (1070, 730), (1170, 674)),
    paw=(300, 1200),
    lie=-24,
)
# fmt: on

POSES: Mapping[str, Pose] = {pose.name: pose for pose in (_SITTING, _STANDING, _LOAF, _SLEEPING, _STRETCHING)}
