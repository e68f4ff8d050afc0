"""A small SVG writer: shapes are appended in the order in which they are painted, definitions are shared by content."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from xml.sax.saxutils import quoteattr

from catguard_store.art.curves import Frame, Point, ellipse, number

Stop = tuple[float, str, float]
"""Offset 0..1, colour, opacity 0..1."""


class Document:
    """One SVG document in the making; `text()` is the same for the same calls, byte for byte.

    Args:
        width: Of the view box, in its own units.
        height: Of the view box.
        left: The x of its left edge.
        top: The y of its upper edge.
    """

    def __init__(self, width: float, height: float, *, left: float = 0.0, top: float = 0.0) -> None:
        self.width = width
        self.height = height
        self.left = left
        self.top = top
        self._definitions: dict[str, tuple[str, str]] = {}
        self._shapes: list[str] = []

    def path(self, data: str, *, opacity: float = 1.0, **attributes: str | float) -> None:
        """One path; keyword names are SVG's, with `_` for `-`.

        `opacity` goes to fill and stroke each: as an attribute of its own it would make the renderer compose every
        path on a layer of the whole canvas, which doubles its time.
        """
        if opacity < 1:
            attributes = {"fill_opacity": opacity, "stroke_opacity": opacity, **attributes}
        self._shapes.append(f"<path d={quoteattr(data)}{_attributes(attributes)}/>")

    @contextmanager
    def group(self, **attributes: str | float) -> Iterator[None]:
        """Whatever is painted inside is transformed, clipped, blurred or faded together."""
        self._shapes.append(f"<g{_attributes(attributes)}>")
        yield
        self._shapes.append("</g>")

    def linear(self, start: Point, end: Point, stops: Sequence[Stop]) -> str:
        """A gradient along a line in user space; returns what `fill` and `stroke` take."""
        (x1, y1), (x2, y2) = start, end
        return self._define("linearGradient", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, **_USER_SPACE}, _stops(stops))

    def radial(self, centre: Point, radius: float, stops: Sequence[Stop], *, transform: str = "") -> str:
        """A gradient around a point in user space; returns what `fill` and `stroke` take."""
        attributes: dict[str, str | float] = {"cx": centre[0], "cy": centre[1], "r": radius, **_USER_SPACE}
        if transform:
            attributes["gradientTransform"] = transform
        return self._define("radialGradient", attributes, _stops(stops))

    def clip(self, *outlines: str) -> str:
        """The union of outlines; returns what `clip_path` takes."""
        return self._define("clipPath", {}, "".join(f"<path d={quoteattr(outline)}/>" for outline in outlines))

    def glow(self, x: float, y: float, radius_x: float, radius_y: float, colour: str, opacity: float = 1.0) -> None:
        """An ellipse that fades out: what a Gaussian blur would do, at a twentieth of its cost."""
        stops = [(offset, colour, share) for offset, share in _FADING]
        flat = f"translate({number(x)} {number(y)}) scale(1 {number(radius_y / radius_x)})"
        fill = self.radial((0, 0), radius_x, stops, transform=flat)
        self.path(ellipse(x, y, radius_x, radius_y), fill=fill, opacity=opacity)

    def haze(self, data: str, width: float, colour: str, opacity: float) -> None:
        """A soft line along a path: strokes of growing width over each other, so no filter is needed."""
        line = {"fill": "none", "stroke": colour, "stroke_linejoin": "round", "stroke_linecap": "round"}
        for step in range(1, _HAZE_STEPS + 1):
            self.path(data, opacity=opacity / _HAZE_STEPS, stroke_width=width * step / _HAZE_STEPS, **line)

    def symbol(self, name: str, paint: Callable[["Document"], None]) -> str:
        """What `paint` paints, defined once by name and painted wherever `use` puts it."""
        if name not in self._definitions:
            outside, self._shapes = self._shapes, []
            paint(self)
            content, self._shapes = "".join(self._shapes), outside
            self._definitions[name] = (name, f'<g id="{name}">{content}</g>')
        return name

    def use(self, symbol: str, frame: Frame, **attributes: str | float) -> None:
        """One copy of a symbol; `fill` reaches those of its paths that have none."""
        self._shapes.append(f'<use href="#{symbol}" transform="{frame.transform}"{_attributes(attributes)}/>')

    def fade(self, *ramps: tuple[str, Point, Point]) -> str:
        """A mask of outlines, each from nothing at its start to everything at its end; returns what `mask` takes."""
        area: dict[str, str | float] = {
            "x": self.left,
            "y": self.top,
            "width": self.width,
            "height": self.height,
            "maskUnits": "userSpaceOnUse",
        }
        fills = ((data, self.linear(start, end, _APPEARING)) for data, start, end in ramps)
        return self._define("mask", area, "".join(f'<path d={quoteattr(data)} fill="{fill}"/>' for data, fill in fills))

    def text(self) -> str:
        """The whole document."""
        box = " ".join(number(value) for value in (self.left, self.top, self.width, self.height))
        definitions = "".join(element for _, element in self._definitions.values())
        shapes = "".join(self._shapes)
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><defs>{definitions}</defs>{shapes}</svg>'

    def _define(self, name: str, attributes: Mapping[str, str | float], content: str) -> str:
        key = f"{name}{_attributes(attributes)}>{content}"
        if key not in self._definitions:
            identifier = f"d{len(self._definitions)}"
            element = f'<{name} id="{identifier}"{_attributes(attributes)}>{content}</{name}>'
            self._definitions[key] = (identifier, element)
        return f"url(#{self._definitions[key][0]})"


_FADING = ((0.0, 1.0), (0.25, 0.93), (0.45, 0.72), (0.65, 0.4), (0.82, 0.14), (1.0, 0.0))
"""Offsets and opacities of a bell, by eye."""

_APPEARING: Sequence[Stop] = ((0, "#ffffff", 0), (1, "#ffffff", 1))

_HAZE_STEPS = 4

_USER_SPACE: Mapping[str, str | float] = {"gradientUnits": "userSpaceOnUse"}


def _attributes(attributes: Mapping[str, str | float]) -> str:
    pairs = ((name.replace("_", "-"), value) for name, value in attributes.items())
    return "".join(f" {name}={quoteattr(value if isinstance(value, str) else number(value))}" for name, value in pairs)


def _stops(stops: Sequence[Stop]) -> str:
    return "".join(
        f'<stop offset="{number(offset)}" stop-color="{colour}" stop-opacity="{number(opacity)}"/>'
        for offset, colour, opacity in stops
    )


def mixed(colour: str, other: str, share: float) -> str:
    """The colour, `#rrggbb`, that holds `share` of the other one."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(one + (two - one) * share) for one, two in pairs).hex()


def dark(colour: str) -> bool:
    """Whether lines on a colour, `#rrggbb`, show only if they are lighter; by the luma of ITU-R BT.601."""
    red, green, blue = bytes.fromhex(colour[1:])
    return 0.299 * red + 0.587 * green + 0.114 * blue < 110
