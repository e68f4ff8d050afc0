"""JPEG: whether there is as much data as the header declares; the decoder fills with grey what is missing.

libjpeg warns of that, and Pillow does not pass its warnings on. So a picture is decoded a second time with noise behind
its data: a decoder that has all that it wants passes over it, and one that wants more takes it for pixels.
"""

import re
import struct
from random import Random
from typing import Final

# ITU-T T.81, table B.1.
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
FIRST_ARITHMETIC, CONDITIONING, LAST_FRAME = 0xC9, 0xCC, 0xCF
MARKER_IN_DATA: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""B.1.1.2 to B.1.1.5: in the data of a scan a stuffed zero, a restart marker or another fill byte may follow 0xff."""

NOISE: Final = b"\0" + bytes(Random(1).choices(range(1, 255), k=4096))
"""The zero, in case that the data is cut behind an 0xff; nothing of it is a marker."""


def with_noise(data: bytes) -> bytes | None:
    """The same picture with noise between its data and its end.

    Returns:
        None where that tells nothing: its structure is not that of T.81, or it is coded arithmetically, where decoders
        look ahead.
    """
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if FIRST_ARITHMETIC <= marker <= LAST_FRAME and marker != CONDITIONING:
            return None
        (length,) = struct.unpack_from(">H", data, position + 2)
        position += 2 + length
        if marker == START_OF_SCAN:
            found = MARKER_IN_DATA.search(data, position)
            position = found.start() if found else len(data)
            if found is None or data[position + 1] == END_OF_IMAGE:
                return b"".join((data[:position], NOISE, bytes((0xFF, END_OF_IMAGE))))
    return None
