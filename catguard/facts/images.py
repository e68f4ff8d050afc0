"""What the header of a picture says (size, format, frames), read without decoding a pixel.

The bytes are hostile until a policy has allowed them, so nothing is done here that the header alone does not need.
Pillow's openers do more: WebP allocates the canvas that the header declares, PNG inflates text chunks, JPEG and AVIF
parse EXIF, and what they accept depends on a process-wide pixel limit that warns. The containers are therefore read
here (AVIF in `avif`). Each reader does work in proportion to the number of bytes, whatever sizes they declare.

Sources: PNG third edition (W3C, 5.2, 11.2.1, 11.3.4), JPEG (ITU-T T.81, annex B), GIF89a, WebP container (RFC 9649).
"""

import struct
from collections.abc import Callable
from typing import Final, Literal, TypedDict

from catguard.facts import avif

Format = Literal["webp", "png", "jpeg", "avif", "gif"]

MEDIA: Final[frozenset[str]] = frozenset({"image/webp", "image/png", "image/jpeg", "image/avif", "image/gif"})

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
JPEG_PREFIX: Final = b"\xff\xd8\xff"
GIF_SIGNATURES: Final = (b"GIF87a", b"GIF89a")

# T.81 table B.1: SOF0..SOF15 declare a frame; C4, C8 and CC in that range are other things.
JPEG_FRAME_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length: TEM and RST0..RST7.
JPEG_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD8)})
JPEG_END_MARKERS: Final = frozenset({0xD9, 0xDA})  # EOI, SOS: no frame header can follow


class BrokenImage(ValueError):
    """The bytes are no picture of a known format, or their header is broken or incomplete."""


class ImageFacts(TypedDict):
    """What a picture's header declares; `width` and `height` in pixels, before any rotation that EXIF asks for."""

    width: int
    height: int
    format: Format
    frames: int


def image_facts(data: bytes | memoryview, media: str) -> ImageFacts | None:
    """Read the facts of a picture from its header.

    Args:
        data: The whole picture.
        media: Its media type as declared, without parameters. Which format it really is, the bytes say.

    Returns:
        The facts, or None where `media` is no picture whose facts are known (`MEDIA`).

    Raises:
        BrokenImage: `media` is one of `MEDIA` and the bytes are no such picture.
    """
    if media not in MEDIA:
        return None
    data = bytes(data)
    try:
        name, (width, height, frames) = _read(data)
    except (struct.error, IndexError):
        raise BrokenImage(f"the picture ends inside its header, after {len(data)} bytes") from None
    if width < 1 or height < 1 or frames < 1:
        raise BrokenImage(f"the {name} header declares {width} x {height} pixels in {frames} frames")
    return {"width": width, "height": height, "format": name, "frames": frames}


_Header = tuple[int, int, int]  # width, height, frames


def _read(data: bytes) -> tuple[Format, _Header]:
    readers: tuple[tuple[bool, Format, Callable[[bytes], _Header]], ...] = (
        (data[:4] == b"RIFF" and data[8:12] == b"WEBP", "webp", _webp),
        (data.startswith(JPEG_PREFIX), "jpeg", _jpeg),
        (data.startswith(PNG_SIGNATURE), "png", _png),
        (data[4:8] == b"ftyp", "avif", _avif),
        (data.startswith(GIF_SIGNATURES), "gif", _gif),
    )
    for matches, name, reader in readers:
        if matches:
            return name, reader(data)
    raise BrokenImage("the bytes do not begin as a WebP, PNG, JPEG, AVIF or GIF picture")


def _png(data: bytes) -> _Header:
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    if kind != b"IHDR" or length != 13:
        raise BrokenImage("the PNG does not begin with a header chunk (IHDR)")
    animated, still = 0, 1
    position = 8 + 12 + 13
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            return width, height, animated + still
        if kind == b"acTL":
            (animated,) = struct.unpack_from(">I", data, position + 8)
        elif kind == b"fcTL" and animated:
            still = 0  # what follows is the first frame of the animation, not a still picture beside it
        position += 12 + length


def _jpeg(data: bytes) -> _Header:
    position = 2
    while True:
        if data[position] != 0xFF:
            raise BrokenImage(f"the JPEG has no marker at byte {position}, where one is due")
        while data[position] == 0xFF:
            position += 1
        marker = data[position]
        position += 1
        if marker in JPEG_BARE_MARKERS:
            continue
        if marker in JPEG_END_MARKERS or marker == 0:
            raise BrokenImage("the JPEG has no frame header before its picture data")
        (length,) = struct.unpack_from(">H", data, position)
        if length < 2:
            raise BrokenImage(f"the JPEG segment at byte {position} is shorter than its own length field")
        if marker in JPEG_FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, position + 3)
            return width, height, 1
        position += length


def _webp(data: bytes) -> _Header:
    size, kind = struct.unpack_from("<I4x4s", data, 4)
    if size + 8 > len(data):
        raise BrokenImage(f"the WebP says that it has {size + 8} bytes; {len(data)} arrived")
    if kind == b"VP8 ":
        start, width, height = struct.unpack_from("<3sHH", data, 23)
        if start != b"\x9d\x01\x2a":
            raise BrokenImage("the WebP does not begin with a key frame")
        return width & 0x3FFF, height & 0x3FFF, 1
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", data, 20)
        if signature != 0x2F:
            raise BrokenImage("the lossless WebP lacks its signature byte")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 1
    if kind != b"VP8X":
        raise BrokenImage("the WebP begins with a chunk that is no picture")
    flags, wide, high = struct.unpack_from("<B3x3s3s", data, 20)
    width, height = int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    animated = flags & 0x02
    return width, height, _webp_frames(data, size + 8) if animated else 1


def _webp_frames(data: bytes, end: int) -> int:
    frames, position = 0, 12
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        frames += kind == b"ANMF"
        position += 8 + length + (length & 1)
    return frames


def _gif(data: bytes) -> _Header:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _colour_table(flags)
    frames = 0
    while position < len(data):
        block = data[position]
        if block == 0x3B:  # trailer
            break
        if block == 0x2C:  # image descriptor, its colour table, the code size, then the pixels in sub-blocks
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, position + 1)
            # Decoders enlarge the screen for a frame that sticks out of it, so that a 1 x 1 GIF may become a huge one.
            width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            position += 11 + _colour_table(flags)
        elif block == 0x21:  # extension: label, then sub-blocks
            position += 2
        else:
            raise BrokenImage(f"the GIF has no block at byte {position}, where one is due")
        while length := data[position]:
            position += 1 + length
        position += 1
    return width, height, frames


def _colour_table(flags: int) -> int:
    """The bytes of a GIF colour table, which its flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _avif(data: bytes) -> _Header:
    try:
        return avif.header(data)
    except avif.Malformed as error:
        raise BrokenImage(f"the AVIF header cannot be read: {error}") from error
