"""Pixels: decode what the store sent, resize, encode. Each of them releases the interpreter lock while it works."""

import io
import os
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from PIL import Image, ImageFilter

from catguard_catomatic.geometry import Box
from catguard_catomatic.recipe import Format

Encode = Callable[[Image.Image, Format], bytes]

# What the store may send; Pillow would otherwise try 40 parsers on the bytes.
STORED_FORMATS: Final = ("WEBP", "PNG")
# A picture of the store is at most 4096 pixels wide; imgproxy allows 50 MP, imaginary 18. Below the size at which
# Pillow warns of a decompression bomb (89 MP), so that it is refused here and not loaded.
MAXIMUM_PIXELS: Final = 40_000_000

# Measured on 480 x 620: WebP method 2 takes 10 ms and method 4 takes 22 for 5 % less; PNG level 1 28 ms instead of 107.
ENCODERS: Final[Mapping[Format, Mapping[str, Any]]] = {
    "webp": {"quality": 79, "method": 2},
    "jpeg": {"quality": 80},
    "png": {"compress_level": 1},
    "avif": {"quality": 63, "speed": 8, "max_threads": 1},
}


# Enlarging blurs edges; this brings them back (radius in pixels of the original, percent, threshold). Judged by eye on
# noses and eyes enlarged two- and threefold: more draws halos around whiskers.
SHARPEN_RADIUS, SHARPEN_PERCENT, SHARPEN_THRESHOLD = 0.6, 60, 2


class Resize(Protocol):
    """What `resize` is, also where it is guarded."""

    def __call__(
        self, image: Image.Image, width: int, height: int, *, part: Box | None = None, quick: bool = False
    ) -> Image.Image: ...


class UnusablePicture(ValueError):
    """The store sent bytes that are no picture, or one too large to be opened."""


def decode(data: bytes) -> Image.Image:
    """Decode a picture of the store to RGB, or to RGBA if it has transparency.

    Raises:
        UnusablePicture: The bytes are no WebP or PNG, are damaged, or declare more than `MAXIMUM_PIXELS`.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=STORED_FORMATS)
        if image.width * image.height > MAXIMUM_PIXELS:
            raise UnusablePicture(f"the store sent {image.width} x {image.height} pixels; at most {MAXIMUM_PIXELS}")
        # convert() loads all of the pixels: a lazily loaded image must not be shared between threads.
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusablePicture(f"the store sent {len(data)} bytes that are no picture: {error}") from error


def decoded_bytes(image: Image.Image) -> int:
    """What a decoded picture takes in memory: Pillow keeps RGB in four bytes a pixel, too."""
    return 4 * image.width * image.height


def crop(image: Image.Image, part: Box) -> Image.Image:
    """The part of a picture, given in fractions of it, to whole pixels."""
    left, top, right, bottom = part.within(Box(0, 0, image.width, image.height)).rounded()
    left, top = min(left, image.width - 1), min(top, image.height - 1)
    return image.crop((left, top, min(max(right, left + 1), image.width), min(max(bottom, top + 1), image.height)))


def resize(image: Image.Image, width: int, height: int, *, part: Box | None = None, quick: bool = False) -> Image.Image:
    """Resize to `width` x `height` pixels: averaged where it shrinks, sharpened a little where it grows.

    Args:
        image: The decoded picture.
        width: Of the result.
        height: Of the result.
        part: What to take of the picture, in fractions of it; else all.
        quick: Take half the time and lose a little sharpness where it shrinks, as scenery can.
    """
    across, down = (part.width, part.height) if part else (1.0, 1.0)
    box = (
        (part.x * image.width, part.y * image.height, part.right * image.width, part.bottom * image.height)
        if part
        else None
    )
    if max(width / (image.width * across), height / (image.height * down)) > 1:
        larger = image.resize((width, height), Image.Resampling.LANCZOS, box=box)
        growth = width / (image.width * across)
        return (
            larger.filter(ImageFilter.UnsharpMask(SHARPEN_RADIUS * growth, SHARPEN_PERCENT, SHARPEN_THRESHOLD))
            if growth > 1.2 and larger.mode == "RGB"
            else larger
        )
    if quick:
        return image.resize((width, height), Image.Resampling.HAMMING, box=box)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)


def encode(image: Image.Image, format: Format) -> bytes:
    """Encode as `format`, into a file in memory: into `BytesIO` the JPEG encoder would hold the interpreter lock."""
    with os.fdopen(os.memfd_create(f"catomatic.{format}"), "w+b") as file:
        image.save(file, format, **ENCODERS[format])
        file.seek(0)
        return file.read()
