"""From a sketch to pixels: the only place that knows the SVG renderer."""

from collections.abc import Mapping
from io import BytesIO

import PIL.Image
import resvg_py

from catguard_store.art.cat import Sketch

FAINT = 8
"""Alpha, of 255, below which a pixel at the edge is not seen and does not count."""


def rasterise(sketch: Sketch, width: int, *, crop: bool) -> tuple[PIL.Image.Image, Mapping[str, tuple[float, float]]]:
    """Render a sketch.

    Args:
        sketch: What to render.
        width: Of its whole canvas, in pixels.
        crop: Whether to cut off what is empty around the drawing.

    Returns:
        The picture, RGB if it is opaque and else RGBA; and its anchors as shares of its width and height, 0..1.

    Raises:
        ValueError: What is to be cut out is empty.
    """
    canvas = _render(sketch, width)
    if not crop:
        return _opaque(canvas), _shares(sketch, (0, 0, canvas.width, canvas.height), width)
    box = _edges(canvas)
    return canvas.crop(box), _shares(sketch, box, width)


def _render(sketch: Sketch, width: int) -> PIL.Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=sketch.svg, width=width, skip_system_fonts=True)
    with PIL.Image.open(BytesIO(png), formats=("PNG",)) as picture:
        return picture.convert("RGBA")


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    lowest, _ = picture.getchannel("A").getextrema()
    return picture.convert("RGB") if lowest == 255 else picture


def _edges(picture: PIL.Image.Image) -> tuple[int, int, int, int]:
    box = picture.getchannel("A").point([0] * FAINT + [255] * (256 - FAINT)).getbbox()
    if box is None:
        raise ValueError("the drawing is empty: nothing of it can be seen")
    return box


def _shares(sketch: Sketch, box: tuple[int, int, int, int], canvas: int) -> Mapping[str, tuple[float, float]]:
    left, top, right, bottom = box
    scale = canvas / sketch.width
    return {
        name: (_share(x * scale - left, right - left), _share(y * scale - top, bottom - top))
        for name, (x, y) in sorted(sketch.anchors.items())
    }


def _share(distance: float, length: float) -> float:
    """Four decimals are a tenth of a pixel of the largest stored width."""
    return round(min(1.0, max(0.0, distance / length)), 4)
