"""PNG: whether there is as much data as the header declares; the decoder fills with black what is missing."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from catguard_store.imports.report import Unusable

# PNG third edition (W3C), table 8 and 11.2.1: samples of a pixel by colour type.
SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# 8.1: first column and row of each pass of Adam7, and the steps to the next ones.
PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
WHOLE: Final = ((0, 0, 1, 1),)
STEP: Final = 1024 * 1024


def check_pixels(data: bytes) -> None:
    """Inflate the pixels of a PNG, and count them.

    Raises:
        Unusable: There are fewer than its header declares.
    """
    width, height, depth, colour, interlaced = struct.unpack_from(">IIBBxxB", data, 16)
    bits = depth * SAMPLES.get(colour, 4)
    due = 0
    for left, top, across, down in PASSES if interlaced else WHOLE:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            due += rows * (1 + (columns * bits + 7) // 8)
    found = _inflated(data, due)
    if found < due:
        raise Unusable(f"it is damaged: its header declares {due} bytes of pixels, and there are {found}")


def _inflated(data: bytes, due: int) -> int:
    """The number of bytes that the pixels have, no more than are due."""
    found, stream = 0, zlib.decompressobj()
    try:
        for chunk in _pixels(data):
            while chunk and found < due:
                found += len(stream.decompress(chunk, STEP))
                chunk = stream.unconsumed_tail
    except zlib.error as error:
        raise Unusable(f"it is damaged: {error}") from error
    # What the last bytes become is still inside when the output was cut into steps.
    while found < due and not stream.eof and (rest := stream.decompress(b"", STEP)):
        found += len(rest)
    return found


def _pixels(data: bytes) -> Iterator[bytes]:
    """The contents of the IDAT chunks."""
    position = 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            yield data[position + 8 : position + 8 + length]
        position += 12 + length
