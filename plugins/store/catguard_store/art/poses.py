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
        tail: Painted behind the body, and before it from where it is `wrapped` around on.
        bib: Outline of the white chest of those who have one.
        stripes: Of those who have them, on the body.
        belly: Where the fur is lighter.
        shadow: Where the head shades the body.
        sheen: Along the back, where glossy fur shines.
        paw: The one to look at: its centre is an anchor.
        lie: The direction in which the fur of the body lies, in degrees, clockwise from the right.
        places: Where the body has patches of another colour, if it has any.
        grain: What hairs and spots are scattered by.
        plume: A bushy tail, where it cannot be bent as a thin one.
        wrapped: From where on, 0..1, the tail lies before the body; None if it does not.
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
    places: tuple[Oval, ...]
    grain: str
    plume: Ribbon | None = None
    wrapped: float | None = None
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
    places=(Oval(690, 900, 130, 150), Oval(262, 1020, 76, 120), Oval(360, 690, 90, 120)),
    belly=Oval(500, 800, 150, 210),
    shadow=Oval(500, 616, 190, 84),
    sheen=((640, 680), (668, 770), (726, 900), (772, 1010), (784, 1090)),
    paw=(566, 1194),
    lie=90,
    grain="sitting",
)

_STANDING = Pose(
    name="standing",
    head=Frame(396, 470, 1.62, -5),
    body=(
        (450, 590), (560, 604), (680, 634), (800, 638), (900, 616), (990, 636), (1044, 712), (1054, 800),
        (1026, 880), (930, 912), (815, 900), (690, 918), (580, 952), (476, 960), (394, 916), (350, 836), (342, 740),
        (372, 650),
    ),
    thighs=(((872, 800), (850, 876), (864, 950), (904, 1014)), ((566, 800), (590, 872), (570, 950))),
    feet=(),
    limbs=(
        _leg(((430, 830), (386, 1000), (368, 1172)), (58, 46, 40), Oval(350, 1178, 74, 38), near=False),
        _leg(
            ((850, 840), (812, 960), (848, 1075), (826, 1172)),
            (86, 64, 43, 40),
            Oval(808, 1178, 74, 38),
            near=False,
        ),
        _leg(((492, 750), (520, 920), (496, 1060), (492, 1196)), (104, 72, 52, 46), Oval(474, 1196, 80, 44)),
        _leg(((944, 760), (944, 950), (1000, 1070), (980, 1196)), (108, 92, 52, 46), Oval(962, 1196, 82, 44)),
    ),
    gap=(),
    tail=Ribbon(
        ((960, 710), (1105, 698), (1200, 620), (1244, 490), (1226, 366), (1150, 316), (1086, 362)),
        (58, 48, 45, 43, 41, 39, 34),
    ),
    plume=Ribbon(
        ((960, 710), (1090, 706), (1190, 640), (1244, 520), (1256, 390), (1222, 270), (1150, 190)),
        (58, 48, 45, 43, 41, 39, 30),
    ),
    bib=((400, 660), (480, 690), (506, 790), (490, 890), (440, 950), (392, 910), (346, 820), (344, 720)),
    stripes=(
        Stripe(((622, 606), (606, 690), (626, 770)), 16),
        Stripe(((694, 622), (680, 716), (704, 810)), 18),
        Stripe(((768, 624), (758, 730), (782, 830)), 19),
        Stripe(((842, 614), (838, 716), (862, 800)), 19),
        Stripe(((912, 604), (922, 700), (914, 780)), 19),
        Stripe(((980, 620), (1004, 700), (986, 800)), 18),
        Stripe(((1044, 690), (1060, 760), (1030, 850)), 17),
        Stripe(((1068, 820), (1036, 890), (986, 910)), 16),
    ),
    places=(Oval(930, 740, 150, 130), Oval(640, 650, 130, 80), Oval(520, 830, 96, 110)),
    belly=Oval(700, 936, 190, 34),
    shadow=Oval(430, 716, 190, 80),
    sheen=((560, 652), (680, 668), (790, 672), (900, 654), (990, 680)),
    paw=(474, 1196),
    lie=8,
    grain="standing",
)

_LOAF = Pose(
    name="loaf",
    head=Frame(440, 672, 1.66, -2),
    body=(
        (440, 760), (590, 720), (740, 716), (890, 742), (1020, 800), (1112, 892), (1154, 1010), (1150, 1130),
        (1092, 1206), (960, 1232), (720, 1238), (500, 1238), (340, 1230), (256, 1186), (222, 1096), (238, 1000),
        (288, 910), (320, 820),
    ),
    thighs=(((846, 1200), (800, 1120), (830, 1030), (930, 984), (1040, 1006)),
            ((672, 880), (730, 950), (748, 1050), (716, 1150))),
    feet=(),
    limbs=(
        _leg(((356, 930), (326, 1050), (336, 1140), (374, 1194)), (72, 70, 62, 56), Oval(380, 1206, 82, 34)),
        _leg(((584, 930), (610, 1050), (598, 1140), (558, 1194)), (78, 70, 62, 56), Oval(552, 1206, 82, 34)),
    ),
    gap=((466, 1080), (466, 1160), (466, 1236)),
    tail=Ribbon(
        ((1040, 1040), (1150, 1064), (1184, 1136), (1120, 1198), (980, 1210), (850, 1206), (752, 1180)),
        (40, 46, 46, 45, 42, 38, 30),
    ),
    bib=((440, 800), (556, 860), (590, 960), (556, 1070), (466, 1150), (376, 1070), (330, 960), (340, 860)),
    stripes=(
        Stripe(((640, 706), (626, 790), (646, 880)), 17),
        Stripe(((720, 704), (716, 800), (742, 900)), 19),
        Stripe(((806, 712), (808, 806), (830, 896)), 19),
        Stripe(((894, 734), (902, 820), (916, 900)), 19),
        Stripe(((980, 768), (992, 850), (990, 930)), 19),
        Stripe(((1060, 824), (1062, 900), (1040, 970)), 18),
        Stripe(((1126, 900), (1112, 970), (1070, 1030)), 17),
        Stripe(((1160, 990), (1130, 1050), (1070, 1084)), 16),
        Stripe(((226, 1030), (266, 1056), (316, 1054)), 15),
        Stripe(((222, 1100), (270, 1122), (322, 1112)), 15),
        Stripe(((846, 1024), (872, 1072), (924, 1094)), 16),
        Stripe(((934, 980), (950, 1036), (996, 1066)), 17),
        Stripe(((812, 1096), (846, 1130), (896, 1144)), 14),
    ),
    places=(Oval(1000, 960, 170, 140), Oval(740, 760, 150, 80), Oval(260, 1080, 90, 120)),
    belly=Oval(460, 1060, 190, 150),
    shadow=Oval(450, 936, 210, 84),
    sheen=((640, 756), (760, 756), (890, 784), (1000, 840), (1078, 930)),
    paw=(380, 1206),
    lie=20,
    grain="loaf",
    wrapped=0.3,
)

_SLEEPING = Pose(
    name="sleeping",
    head=Frame(470, 985, 1.56, -12),
    body=(
        (330, 1060), (380, 940), (470, 850), (590, 790), (730, 756), (880, 756), (1020, 800), (1136, 880),
        (1214, 990), (1242, 1104), (1206, 1190), (1100, 1226), (900, 1238), (640, 1240), (440, 1236), (340, 1190),
    ),
    thighs=(((800, 1176), (774, 1090), (812, 996), (914, 944), (1036, 952), (1126, 1014)),),
    feet=(),
    limbs=(
        _leg(((480, 1120), (380, 1180), (300, 1202)), (70, 52, 38), Oval(262, 1202, 86, 36)),
        _leg(((672, 990), (704, 1080), (690, 1172), (600, 1204)), (80, 66, 48, 34), Oval(586, 1206, 84, 33)),
    ),
    gap=(),
    tail=Ribbon(
        ((1110, 1020), (1236, 1046), (1270, 1126), (1200, 1196), (1060, 1212), (920, 1206), (806, 1170)),
        (40, 46, 46, 45, 43, 40, 30),
    ),
    bib=((430, 960), (560, 990), (640, 1060), (640, 1160), (540, 1220), (400, 1210), (360, 1130), (370, 1040)),
    stripes=(
        Stripe(((540, 806), (560, 860), (610, 930)), 17),
        Stripe(((624, 770), (646, 850), (690, 930)), 19),
        Stripe(((716, 748), (740, 840), (780, 920)), 19),
        Stripe(((812, 742), (832, 830), (856, 910)), 19),
        Stripe(((908, 750), (922, 836), (926, 904)), 19),
        Stripe(((1000, 780), (1006, 856), (994, 916)), 19),
        Stripe(((1090, 834), (1082, 906), (1050, 960)), 18),
        Stripe(((1170, 910), (1146, 970), (1096, 1014)), 17),
        Stripe(((1230, 1010), (1190, 1054), (1130, 1076)), 16),
        Stripe(((826, 978), (852, 1030), (908, 1054)), 17),
        Stripe(((784, 1060), (824, 1098), (884, 1110)), 15),
        Stripe(((916, 942), (930, 1000), (982, 1036)), 17),
        Stripe(((1016, 946), (1016, 1000), (1056, 1046)), 16),
    ),
    places=(Oval(1060, 980, 170, 140), Oval(700, 800, 160, 90), Oval(640, 1060, 120, 90)),
    belly=Oval(640, 1180, 110, 50),
    shadow=Oval(620, 1110, 190, 130),
    sheen=((600, 830), (740, 796), (890, 800), (1020, 846), (1120, 930)),
    paw=(262, 1202),
    lie=24,
    grain="sleeping",
    wrapped=0.3,
    asleep=True,
)

_STRETCHING = Pose(
    name="stretching",
    head=Frame(520, 830, 1.62, -6),
    body=(
        (560, 900), (700, 866), (830, 838), (950, 776), (1060, 686), (1170, 628), (1280, 634), (1348, 706),
        (1354, 806), (1324, 900), (1210, 960), (1090, 968), (970, 1010), (850, 1078), (730, 1136), (600, 1160),
        (510, 1120), (476, 1030), (500, 950),
    ),
    thighs=(((1150, 790), (1122, 870), (1136, 950), (1184, 1010)), ((770, 910), (822, 980), (812, 1058), (748, 1116))),
    feet=(),
    limbs=(
        _leg(((650, 1010), (500, 1096), (340, 1140), (200, 1160)), (70, 58, 46, 34), Oval(174, 1162, 80, 36),
             near=False),
        _leg(((1150, 860), (1106, 970), (1142, 1075), (1122, 1172)), (86, 64, 43, 40), Oval(1104, 1178, 76, 38),
             near=False),
        _leg(((736, 1000), (668, 1104), (570, 1172), (440, 1194), (330, 1202)), (104, 86, 58, 46, 34),
             Oval(300, 1200, 86, 40)),
        _leg(((1250, 780), (1240, 950), (1296, 1070), (1276, 1196)), (104, 92, 52, 46), Oval(1258, 1196, 82, 44)),
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
        Stripe(((1352, 840), (1316, 884), (1254, 896)), 16),
        Stripe(((1334, 920), (1290, 956), (1232, 962)), 15),
        Stripe(((1140, 870), (1176, 896), (1214, 880)), 14),
    ),
    places=(Oval(1230, 740, 150, 130), Oval(980, 800, 130, 90), Oval(760, 900, 80, 90)),
    belly=Oval(880, 1070, 70, 20),
    shadow=Oval(560, 1060, 190, 84),
    sheen=((700, 900), (840, 876), (960, 820), (1070, 730), (1170, 674)),
    paw=(300, 1200),
    lie=-24,
    grain="stretching",
)
# fmt: on

POSES: Mapping[str, Pose] = {pose.name: pose for pose in (_SITTING, _STANDING, _LOAF, _SLEEPING, _STRETCHING)}
