"""Pictures that tests import: drawn here, in every format and mode, good ones and bad ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import PIL.Image
import PIL.ImageCms
import PIL.ImageDraw

ORANGE = (210, 130, 50)


def photo(width: int = 240, height: int = 180, *, seed: int = 1) -> PIL.Image.Image:
    """An opaque picture with something on it."""
    random = Random(seed)
    picture = PIL.Image.new("RGB", (width, height), tuple(random.randrange(256) for _ in "rgb"))
    pen = PIL.ImageDraw.Draw(picture)
    for _ in range(20):
        x, y = random.randrange(width), random.randrange(height)
        pen.ellipse((x, y, x + width // 5, y + height // 6), fill=tuple(random.randrange(256) for _ in "rgb"))
    return picture


def cut_out(
    width: int = 240, height: int = 180, box: tuple[int, int, int, int] = (60, 30, 180, 150)
) -> PIL.Image.Image:
    """A transparent picture with an orange ellipse in a box."""
    picture = PIL.Image.new("RGBA", (width, height))
    PIL.ImageDraw.Draw(picture).ellipse((box[0], box[1], box[2] - 1, box[3] - 1), fill=(*ORANGE, 255))
    return picture


def encoded(picture: PIL.Image.Image, form: str, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, form, **options)
    return target.getvalue()


def animated(form: str, *, seed: int = 1) -> bytes:
    """Three frames, the first of which is the photo of the seed."""
    frames = [photo(64, 48, seed=seed + index) for index in range(3)]
    return encoded(frames[0], form, save_all=True, append_images=frames[1:])


def every_mode(width: int = 240, height: int = 180) -> Mapping[str, bytes]:
    """One good file of each mode and format, by names whose suffix is right."""
    rgb, rgba = photo(width, height), cut_out(width, height, (width // 4, height // 6, width * 3 // 4, height * 5 // 6))
    grey = rgb.convert("L")
    sixteen = PIL.Image.new("I;16", grey.size)
    sixteen.putdata([value * 257 for value in grey.tobytes()])
    palette = rgb.quantize(16)
    srgb = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    return {
        "rgb.jpg": encoded(rgb, "JPEG"),
        "progressive.jpg": encoded(rgb, "JPEG", progressive=True),
        "grey.jpg": encoded(grey, "JPEG"),
        "cmyk.jpg": encoded(rgb.convert("CMYK"), "JPEG"),
        "profile.jpg": encoded(rgb, "JPEG", icc_profile=srgb),
        "rgb.png": encoded(rgb, "PNG"),
        "rgba.png": encoded(rgba, "PNG"),
        "grey.png": encoded(grey, "PNG"),
        "grey-alpha.png": encoded(rgba.convert("LA"), "PNG"),
        "bits.png": encoded(rgb.convert("1"), "PNG"),
        "sixteen.png": encoded(sixteen, "PNG"),
        "palette.png": encoded(palette, "PNG"),
        "palette-alpha.png": encoded(palette, "PNG", transparency=palette.getpixel((0, 0))),
        "one-colour-clear.png": encoded(rgb, "PNG", transparency=rgb.getpixel((0, 0))),
        "interlaced.png": png(40, 30, interlaced=True),
        "rgb.webp": encoded(rgb, "WEBP"),
        "rgba.webp": encoded(rgba, "WEBP"),
        "lossless.webp": encoded(rgba, "WEBP", lossless=True),
        "rgb.avif": encoded(rgb, "AVIF", speed=10, max_threads=1),
        "rgba.avif": encoded(rgba, "AVIF", speed=10, max_threads=1),
        "plain.gif": encoded(rgb, "GIF"),
        "clear.gif": encoded(rgba, "GIF"),
        "animated.gif": animated("GIF"),
    }


def png(width: int, height: int, *, rows: int | None = None, interlaced: bool = False, short: int = 0) -> bytes:
    """A white PNG of one bit a pixel whose header says what it likes.

    Args:
        width: That it declares.
        height: That it declares.
        rows: How many there are.
        interlaced: Whether they are in the order of Adam7.
        short: How many bytes lack at the end.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def row(columns: int) -> bytes:
        return b"\0" + b"\xff" * ((columns + 7) // 8)

    pixels = zlib.compressobj(9)
    if interlaced:
        starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
        passes = [(len(range(x, width, dx)), len(range(y, height, dy))) for x, y, dx, dy in starts]
        raw = b"".join(row(columns) * lines for columns, lines in passes if columns and lines)
        data = pixels.compress(raw[: len(raw) - short])
    elif short:
        data = pixels.compress((row(width) * height)[:-short])
    else:
        data = b"".join(pixels.compress(row(width)) for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, interlaced)
    idat = chunk(b"IDAT", data + pixels.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + idat + chunk(b"IEND", b"")


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def pack(path: Path, files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write files into a ZIP."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path
