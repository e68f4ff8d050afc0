import io
import struct
import tracemalloc
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from catguard.facts.images import BrokenImage, image_facts


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full(kind: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *contents)


FTYP = box(b"ftyp", b"avif", bytes(4), b"mif1", b"avif")
MDAT = box(b"mdat", bytes(20))
PITM = full(b"pitm", struct.pack(">H", 1))
ITEM = full(b"infe", struct.pack(">HH4sx", 1, 0, b"av01"), version=2)


def ispe(width: int = 61, height: int = 43) -> bytes:
    return full(b"ispe", struct.pack(">II", width, height))


def iinf(*entries: bytes) -> bytes:
    return full(b"iinf", struct.pack(">H", len(entries)), *entries)


def ipma(*entries: tuple[int, tuple[int, ...]]) -> bytes:
    bodies = [struct.pack(">HB", item, len(indexes)) + bytes(indexes) for item, indexes in entries]
    return full(b"ipma", struct.pack(">I", len(entries)), *bodies)


def iprp(*properties: bytes, uses: tuple[int, ...] | None = None) -> bytes:
    counted = uses if uses is not None else tuple(range(1, len(properties) + 1))
    return box(b"iprp", box(b"ipco", *properties), ipma((1, counted)))


def meta(*boxes: bytes) -> bytes:
    return full(b"meta", *boxes)


def track(width: int = 61, height: int = 43, samples: int = 4) -> bytes:
    stsz = full(b"stsz", struct.pack(">II", 0, samples), bytes(4 * min(samples, 100)))
    tkhd = full(b"tkhd", bytes(72), struct.pack(">II", width << 16, height << 16))
    return box(b"trak", tkhd, box(b"mdia", box(b"minf", box(b"stbl", stsz))))


STILL = meta(PITM, iinf(ITEM), iprp(ispe()))


def facts(*boxes: bytes) -> tuple[int, int, int]:
    found = image_facts(b"".join(boxes), "image/avif")
    assert found is not None
    assert found["format"] == "avif"
    return found["width"], found["height"], found["frames"]


@pytest.mark.parametrize(
    "picture",
    [
        STILL,
        meta(full(b"hdlr", bytes(25)), PITM, iinf(ITEM), iprp(ispe())),
        meta(full(b"pitm", struct.pack(">I", 1), version=1), iinf(ITEM), iprp(ispe())),
        meta(PITM, iinf(full(b"infe", struct.pack(">IH4sx", 1, 0, b"grid"), version=3)), iprp(ispe())),
        meta(PITM, full(b"iinf", struct.pack(">I", 1), ITEM, version=1), iprp(ispe())),
        meta(PITM, iinf(ITEM), iprp(ispe(9, 9), ispe(), uses=(2 | 0x80,))),
        meta(PITM, iinf(ITEM), iprp(ispe(), box(b"irot", b"\2"))),
        meta(PITM, iinf(ITEM), iprp(box(b"free"), ispe(), uses=(0, 2))),
        meta(PITM, iinf(ITEM), box(b"iprp", box(b"ipco", ispe(9, 9), ispe()), ipma((7, (1,)), (1, (2,))))),
        meta(
            PITM,
            iinf(ITEM),
            box(
                b"iprp",
                box(b"ipco", ispe()),
                full(b"ipma", struct.pack(">IIBH", 1, 1, 1, 0x8001), version=1, flags=1),
            ),
        ),
    ],
)
def test_avif_size_is_that_of_the_primary_item(picture: bytes) -> None:
    assert facts(FTYP, picture, MDAT) == (61, 43, 1)


@pytest.mark.parametrize("quarters", [1, 3])
def test_avif_that_is_turned_has_the_size_that_is_shown(quarters: int) -> None:
    assert facts(FTYP, meta(PITM, iinf(ITEM), iprp(ispe(), box(b"irot", bytes([quarters]))))) == (43, 61, 1)


def test_avif_boxes_may_have_long_sizes_and_the_last_one_none() -> None:
    ftyp = struct.pack(">I4sQ", 1, b"ftyp", 28) + FTYP[8:20]

    assert facts(ftyp, STILL, struct.pack(">I4s", 0, b"mdat"), bytes(9)) == (61, 43, 1)


@pytest.mark.parametrize("frames", [1, 4, 90])
def test_avif_frames_are_the_samples_of_a_track(frames: int) -> None:
    moov = box(b"moov", track(samples=frames), track(30, 20, samples=1))

    assert facts(box(b"ftyp", b"avis", bytes(4)), moov) == (61, 43, frames)
    assert facts(FTYP, STILL, moov) == (61, 43, frames)  # whatever the brands are: some reader may play it


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_size_is_what_pillow_shows(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    file = io.BytesIO()
    Image.radial_gradient("L").resize((61, 43)).save(file, "avif", speed=10, exif=exif)

    assert facts(file.getvalue())[:2] == ImageOps.exif_transpose(Image.open(file)).size


LONG = struct.pack(">I4sQ", 1, b"free", 2**64 - 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (box(b"ftyp", b"heic", bytes(4), b"mif1") + STILL, "brands"),
        (FTYP + MDAT, "neither a picture"),
        (FTYP + STILL + STILL, "more than one box 'meta'"),
        (FTYP + STILL + struct.pack(">I4s", 7, b"mdat"), "'mdat' at byte"),
        (FTYP + STILL + struct.pack(">I4s", 99, b"mdat"), "has 99 bytes, and 8 are there"),
        (FTYP + STILL + LONG, "18446744073709551615 bytes"),
        (FTYP + STILL + struct.pack(">I4sQ", 1, b"free", 8), "has 8 bytes"),
        (FTYP + meta(iinf(ITEM), iprp(ispe())), "'meta' has no box 'pitm'"),
        (FTYP + meta(PITM, PITM, iinf(ITEM), iprp(ispe())), "more than one box 'pitm'"),
        (FTYP + meta(PITM, iinf(), iprp(ispe())), "does not say what"),
        (FTYP + meta(PITM, iinf(ITEM.replace(b"av01", b"hvc1")), iprp(ispe())), "no AV1 picture but 'hvc1'"),
        (FTYP + meta(PITM, iinf(ITEM), iprp(box(b"pixi"))), "has 0 sizes"),
        (FTYP + meta(PITM, iinf(ITEM), iprp(ispe(), ispe(62))), "has 2 sizes"),
        (FTYP + meta(PITM, iinf(ITEM), iprp(ispe(), uses=(2,))), "property 2 of 1"),
        (FTYP + meta(PITM, iinf(ITEM), iprp(ispe(), box(b"clap", bytes(32)))), "cropped"),
        (FTYP + meta(PITM, iinf(ITEM), iprp(full(b"ispe", bytes(4)))), "'ispe' at byte .* is too short"),
        (FTYP + meta(PITM, iinf(ITEM), iprp(ispe(0, 43))), "declares 0 x 43"),
        (
            FTYP + meta(PITM, iinf(ITEM), box(b"iprp", box(b"ipco"), full(b"ipma", struct.pack(">I", 2**32 - 1)))),
            "ends before its 4294967295 entries",
        ),
        (
            FTYP + meta(PITM, iinf(ITEM), box(b"iprp", box(b"ipco"), full(b"ipma", struct.pack(">IHB", 1, 1, 200)))),
            "ends inside an entry",
        ),
        (FTYP + box(b"moov"), "no frames"),
        (FTYP + box(b"moov", track(samples=2**32 - 1)), "ends before its 4294967295 samples"),
        (FTYP + box(b"moov", box(b"trak", full(b"tkhd", bytes(80)))), "'trak' has no box 'mdia'"),
        (FTYP + STILL + box(b"moov", track(62)), "61 x 43 pixels, its sequence 62 x 43"),
    ],
)
def test_avif_that_is_broken_or_lies_is_told_in_words(data: bytes, message: str) -> None:
    with pytest.raises(BrokenImage, match=message):
        image_facts(data, "image/avif")


def test_avif_boxes_may_be_nested_deeply_and_are_many_at_no_cost() -> None:
    deep = b""
    for _ in range(2000):
        deep = box(b"moof", deep)
    many = box(b"free") * 100_000

    assert facts(FTYP, deep, many, meta(many, PITM, iinf(ITEM), iprp(ispe()))) == (61, 43, 1)


def test_avif_of_a_size_that_nobody_has_room_for_is_only_facts() -> None:
    tracemalloc.start()
    found = facts(FTYP, meta(PITM, iinf(ITEM), iprp(ispe(2**32 - 1, 2**32 - 1))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == (2**32 - 1, 2**32 - 1, 1)
    assert peak < 100_000


def _saved(**options: object) -> bytes:
    file = io.BytesIO()
    canvas = Image.radial_gradient("L").resize((61, 43))
    more = [canvas.rotate(20)] if "save_all" in options else []
    canvas.save(file, "avif", speed=10, append_images=more, **options)
    return file.getvalue()


SAVED = (
    _saved(),
    _saved(save_all=True),
    _saved(exif=b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
)


@given(data=st.data(), sample=st.sampled_from(SAVED))
def test_avif_with_damaged_boxes_is_broken_or_what_pillow_shows(data: st.DataObject, sample: bytes) -> None:
    """Damage within the boxes only: of the pictures in `mdat` the header says nothing."""
    damaged = bytearray(sample)
    places = st.integers(0, sample.index(b"mdat"))
    for place in data.draw(st.lists(places, max_size=4)):
        damaged[place] = data.draw(st.sampled_from((0, 1, 2, 255, damaged[place] ^ 1, damaged[place] ^ 128)))

    try:
        found = image_facts(bytes(damaged), "image/avif")
    except BrokenImage:
        return
    with warnings.catch_warnings(action="ignore"):
        try:
            reference = Image.open(io.BytesIO(damaged), formats=("AVIF",))
        except (OSError, SyntaxError, ValueError, RuntimeError):
            return
        turned = reference.getexif().get(0x112, 1) > 4
    assert found is not None
    assert (found["width"], found["height"]) == (reference.size[::-1] if turned else reference.size)
    assert found["frames"] >= reference.n_frames
