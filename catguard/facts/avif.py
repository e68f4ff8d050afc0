"""What the boxes of an AVIF say of its size and its frames, read without a decoder.

An AVIF is a tree of boxes. Only the few that tell the size are entered, along paths that are fixed, so that no nesting
and no loop in the bytes costs anything: the work is in proportion to the bytes, whatever they declare.

Sources: ISO/IEC 14496-12 (boxes; 4.2, 8.2-8.7, 8.11), ISO/IEC 23008-12 (HEIF; 6.5.3 ispe, 6.5.10 irot, 9.3 ipma) and
AV1 Image File Format 1.1 (brands, sections 2.1 and 6).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

# Of the brands that a file claims, one of these makes it an AVIF: of one picture, of a sequence.
BRANDS: Final = frozenset({b"avif", b"avis"})
# What the primary item may be: one AV1 picture, or a grid of them whose whole size is told all the same.
PICTURES: Final = frozenset({b"av01", b"grid"})


class Malformed(ValueError):
    """The boxes do not say what an AVIF has to say, or contradict each other."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box by its four letters, and the part of the file that is its content."""

    kind: bytes
    start: int
    end: int


def header(data: bytes) -> tuple[int, int, int]:
    """The width and height in pixels as the picture is to be shown, and the number of frames.

    Unlike the orientation in EXIF, the turn that an AVIF declares (`irot`) is no metadata: every reader obeys it.

    Raises:
        Malformed: What the boxes say is broken, contradictory, or of a kind whose size readers do not agree on.
        struct.error: A box ends before what it has to contain.
    """
    top = _unique(data, 0, len(data), {b"ftyp", b"meta", b"moov"})
    if not BRANDS & _brands(data, top[b"ftyp"]):
        raise Malformed("its brands are not those of an AVIF")
    still = _item(data, top[b"meta"]) if b"meta" in top else None
    moving = _sequence(data, top[b"moov"]) if b"moov" in top else None
    if still is None and moving is None:
        raise Malformed("it has neither a picture (meta) nor a sequence (moov)")
    width, height, turned = still or (*(moving or (0, 0, 0))[:2], False)
    if moving is not None and moving[:2] != (width, height):
        raise Malformed(f"its picture has {width} x {height} pixels, its sequence {moving[0]} x {moving[1]}")
    return (height, width, 1) if turned and moving is None else (width, height, moving[2] if moving else 1)


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie between two places, one after the other."""
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:  # up to the end
            size = end - start
        if start + size > end or start + size < content:
            raise Malformed(f"the box {_name(kind)} at byte {start} has {size} bytes, and {end - start} are there")
        yield Box(kind, content, start + size)
        start += size


def _unique(data: bytes, start: int, end: int, kinds: set[bytes]) -> dict[bytes, Box]:
    """The boxes of some kinds, none of which may be there twice: readers differ in which they believe."""
    found: dict[bytes, Box] = {}
    for box in _boxes(data, start, end):
        if box.kind in kinds:
            if box.kind in found:
                raise Malformed(f"it has more than one box {_name(box.kind)}")
            found[box.kind] = box
    return found


def _inside(data: bytes, box: Box, kind: bytes, *, skip: int = 0) -> Box:
    """The one box of a kind in a box."""
    try:
        return _unique(data, box.start + skip, box.end, {kind})[kind]
    except KeyError:
        raise Malformed(f"the box {_name(box.kind)} has no box {_name(kind)}") from None


def _brands(data: bytes, box: Box) -> set[bytes]:
    """The major brand and those that the file is compatible with; four bytes between them are a version."""
    brands = data[box.start : box.end]
    return {brands[:4], *(brands[place : place + 4] for place in range(8, len(brands), 4))}


def _item(data: bytes, meta: Box) -> tuple[int, int, bool]:
    """The primary item's width and height as stored, and whether it is turned onto its side."""
    primary = _primary(data, _inside(data, meta, b"pitm", skip=4))
    if (kind := _item_type(data, _inside(data, meta, b"iinf", skip=4), primary)) not in PICTURES:
        raise Malformed(f"its primary item is no AV1 picture but {_name(kind)}")
    properties = _inside(data, meta, b"iprp", skip=4)
    sizes, quarters = set(), 0
    for box in _properties(data, properties, primary):
        if box.kind == b"ispe":
            sizes.add(_fields(data, box, ">4xII"))
        elif box.kind == b"irot":
            quarters += _fields(data, box, ">B")[0] & 3
        elif box.kind == b"clap":
            raise Malformed("it is cropped on showing (clap), which not all readers do")
    if len(sizes) != 1:
        raise Malformed(f"its primary item has {len(sizes)} sizes (ispe) instead of one")
    ((width, height),) = sizes
    return width, height, quarters % 2 == 1


def _primary(data: bytes, box: Box) -> int:
    """The number of the item that is the picture; the first four bytes of such a box are version and flags."""
    number: int = _fields(data, box, ">4xI" if data[box.start] else ">4xH")[0]
    return number


def _item_type(data: bytes, box: Box, item: int) -> bytes:
    start = box.start + (8 if data[box.start] else 6)  # version, flags, the number of entries
    for entry in _boxes(data, start, box.end):
        if entry.kind != b"infe":
            continue
        number, kind = _fields(data, entry, ">4xI2x4s" if data[entry.start] > 2 else ">4xH2x4s")
        if number == item:
            return bytes(kind)
    raise Malformed(f"it does not say what its primary item ({item}) is")


def _properties(data: bytes, properties: Box, item: int) -> Iterator[Box]:
    """What an item is associated with: the boxes of `ipco` that an entry of an `ipma` counts, from 1 on."""
    container = _inside(data, properties, b"ipco")
    known = list(_boxes(data, container.start, container.end))
    for box in _boxes(data, properties.start, properties.end):
        if box.kind != b"ipma":
            continue
        for index in _associations(data, box, item):
            if index > len(known):
                raise Malformed(f"its primary item has the property {index} of {len(known)}")
            if index:  # 0 is none
                yield known[index - 1]


def _associations(data: bytes, box: Box, item: int) -> Iterator[int]:
    (versioned, entries) = _fields(data, box, ">II")
    number = ">IB" if versioned >> 24 else ">HB"
    width, mask = (2, 0x7FFF) if versioned & 1 else (1, 0x7F)  # the highest bit says that it is essential
    place = box.start + 8
    for _ in range(entries):
        if place >= box.end:
            raise Malformed(f"the box 'ipma' ends before its {entries} entries")
        owner, count = struct.unpack_from(number, data, place)
        place += struct.calcsize(number)
        if place + count * width > box.end:
            raise Malformed("the box 'ipma' ends inside an entry")
        if owner == item:
            for start in range(place, place + count * width, width):
                yield int.from_bytes(data[start : start + width], "big") & mask
        place += count * width


def _sequence(data: bytes, moov: Box) -> tuple[int, int, int]:
    """Width and height of the largest track, and the most samples that any has."""
    width = height = frames = 0
    for track in _boxes(data, moov.start, moov.end):
        if track.kind != b"trak":
            continue
        head = _inside(data, track, b"tkhd")
        wide, high = _fields(data, Box(head.kind, head.end - 8, head.end), ">II")  # its last fields: 16.16 fixed point
        table = track
        for kind in (b"mdia", b"minf", b"stbl", b"stsz"):
            table = _inside(data, table, kind)
        each, samples = _fields(data, table, ">4xII")
        if not each and table.start + 12 + 4 * samples > table.end:
            raise Malformed(f"the box 'stsz' ends before its {samples} samples")
        width, height, frames = max(width, wide >> 16), max(height, high >> 16), max(frames, samples)
    if not frames:
        raise Malformed("its sequence has no frames")
    return width, height, frames


def _fields(data: bytes, box: Box, layout: str) -> tuple[Any, ...]:
    """The first fields of a box, all of which lie in it."""
    if box.start + struct.calcsize(layout) > box.end:
        raise Malformed(f"the box {_name(box.kind)} at byte {box.start} is too short")
    return struct.unpack_from(layout, data, box.start)


def _name(kind: bytes) -> str:
    return repr(kind.decode("latin-1"))
