"""Rectangles and the window through which a picture is seen: pure geometry, in fractions or pixels."""

from dataclasses import dataclass

from catguard_catomatic.pictures import Point


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its left upper corner, its width and its height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlap(self, other: "Box") -> "Box | None":
        """The part that both cover, if any."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.right, other.right) - left, min(self.bottom, other.bottom) - top
        return Box(left, top, width, height) if width > 0 and height > 0 else None

    def mirrored(self) -> "Box":
        """The same part of a mirrored picture; for boxes in fractions of it."""
        return Box(1 - self.right, self.y, self.width, self.height)

    def within(self, frame: "Box") -> "Box":
        """This box, given in fractions of `frame`, in the unit of `frame`."""
        return Box(
            frame.x + self.x * frame.width,
            frame.y + self.y * frame.height,
            self.width * frame.width,
            self.height * frame.height,
        )

    def rounded(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in whole pixels: at least one pixel wide and high."""
        left, top = round(self.x), round(self.y)
        return left, top, max(left + 1, round(self.right)), max(top + 1, round(self.bottom))


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture (in fractions of it) that is seen, and the size in pixels at which it is seen."""

    part: Box
    width: int
    height: int

    def apply(self, point: Point) -> Point:
        """Where a point of the picture appears, in pixels."""
        x, y = point
        return (x - self.part.x) / self.part.width * self.width, (y - self.part.y) / self.part.height * self.height


def cover(proportion: float, width: int, height: int, *, focus: Point) -> Window:
    """The largest window of a picture that fills `width` x `height` without distortion.

    Args:
        proportion: Width by height of the picture.
        width: Of the window, in pixels.
        height: Of the window, in pixels.
        focus: The point of the picture, in fractions of it, that the window keeps as near to its middle as it can.
    """
    wanted = width / height
    share_x, share_y = min(1.0, wanted / proportion), min(1.0, proportion / wanted)
    x = min(max(focus[0] - share_x / 2, 0.0), 1 - share_x)
    y = min(max(focus[1] - share_y / 2, 0.0), 1 - share_y)
    return Window(Box(x, y, share_x, share_y), width, height)
