import io
import os
import struct
import tracemalloc
import warnings
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catguard.facts.images import MEDIA, BrokenImage, image_facts

FORMATS = ("webp", "png", "jpeg", "avif", "gif")
ANIMATED = ("webp", "png", "avif", "gif")


def picture(
    name: str, *, width: int = 61, height: int = 43, frames: int = 1, mode: str = "RGB", **options: object
) -> bytes:
    canvas = Image.radial_gradient("L").resize((width, height)).convert(mode)
    file = io.BytesIO()
    if name == "avif":
        options["speed"] = 10
    if frames > 1:
        more = [canvas.rotate(20 * turn) for turn in range(1, frames)]
        options |= {"save_all": True, "append_images": more, "duration": 40}
    canvas.save(file, name, **options)
    return file.getvalue()


SAMPLES = {name: picture(name) for name in FORMATS} | {f"moving {name}": picture(name, frames=4) for name in ANIMATED}


@pytest.mark.parametrize("name", FORMATS)
def test_facts_of_every_format(name: str) -> None:
    facts = image_facts(picture(name, width=120, height=77), f"image/{name}")

    assert facts == {"width": 120, "height": 77, "format": name, "frames": 1}


@pytest.mark.parametrize("name", ANIMATED)
def test_facts_of_an_animation_count_its_frames(name: str) -> None:
    facts = image_facts(picture(name, width=40, height=30, frames=7), f"image/{name}")

    assert facts == {"width": 40, "height": 30, "format": name, "frames": 7}


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("webp", "RGB", {"lossless": True}),
        ("webp", "RGBA", {}),
        ("webp", "RGB", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
        ("png", "RGBA", {}),
        ("png", "1", {}),
        ("jpeg", "L", {}),
        ("jpeg", "CMYK", {}),
        ("jpeg", "RGB", {"progressive": True, "comment": b"a cat" * 9000}),
        ("avif", "RGBA", {}),
        ("gif", "L", {"comment": b"a cat" * 200}),
    ],
)
def test_facts_of_the_variants_of_a_format(name: str, mode: str, options: dict[str, object]) -> None:
    facts = image_facts(picture(name, mode=mode, **options), f"image/{name}")

    assert facts == {"width": 61, "height": 43, "format": name, "frames": 1}


def test_facts_of_a_png_count_a_still_picture_beside_the_animation() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "png", save_all=True, append_images=frames[1:], default_image=True)

    facts = image_facts(file.getvalue(), "image/png")

    assert facts is not None
    assert facts["frames"] == Image.open(file).n_frames == 3


def test_facts_tell_the_real_format_where_the_media_type_lies() -> None:
    facts = image_facts(picture("png"), "image/webp")

    assert facts is not None
    assert facts["format"] == "png"


def test_facts_accept_a_memoryview() -> None:
    data = picture("webp")

    assert image_facts(memoryview(data), "image/webp") == image_facts(data, "image/webp")


@pytest.mark.parametrize("media", ["text/html", "image/svg+xml", "application/json", ""])
def test_facts_of_other_media_do_not_exist(media: str) -> None:
    assert image_facts(b"<svg/>", media) is None


@pytest.mark.parametrize("media", sorted(MEDIA))
@pytest.mark.parametrize("data", [b"", b"\0", b"<html>", os.urandom(300) + b"x", b"RIFF\xff\xff\xff\xffWEBP"])
def test_facts_of_garbage_are_refused(data: bytes, media: str) -> None:
    with pytest.raises(BrokenImage):
        image_facts(data, media)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kept", [3, 8, 11, 20])
def test_facts_of_a_header_cut_short_are_refused(name: str, kept: int) -> None:
    with pytest.raises(BrokenImage):
        image_facts(picture(name)[:kept], f"image/{name}")


@pytest.mark.parametrize("name", ["webp", "gif", "avif"])
def test_facts_of_a_file_cut_in_half_are_refused_where_the_container_tells(name: str) -> None:
    data = picture(name, frames=3)

    with pytest.raises(BrokenImage):
        image_facts(data[: len(data) // 2], f"image/{name}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xd8\xff\xd9", "no frame header"),
        (b"\xff\xd8\xff\xe0\x00\x01", "shorter than its own length"),
        (b"\xff\xd8\xff\xe0\x00\x02junk", "no marker at byte 6"),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IDAT", 9, 9), "does not begin with a header"),
        (b"RIFF" + struct.pack("<I", 22) + b"WEBPJUNK" + bytes(18), "begins with a chunk"),
        (b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8 " + bytes(18), "key frame"),
        (b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8L" + bytes(18), "signature"),
        (b"GIF89a" + struct.pack("<HHB", 4, 4, 0) + b"\0\0" + b"?", "no block at byte 13"),
        (b"GIF89a" + struct.pack("<HHB", 4, 4, 0) + b"\0\0" + b";", "in 0 frames"),
    ],
)
def test_a_broken_header_is_told_in_words(data: bytes, message: str) -> None:
    with pytest.raises(BrokenImage, match=message):
        image_facts(data, "image/png")


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas


@pytest.mark.parametrize(("name", "header"), [("png", png_header), ("webp", webp_header)])
def test_facts_of_a_bomb_are_only_facts(name: str, header: type) -> None:
    tracemalloc.start()
    with warnings.catch_warnings(record=True, action="always") as caught:
        facts = image_facts(header(100_000, 100_000), f"image/{name}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert facts == {"width": 100_000, "height": 100_000, "format": name, "frames": 1}
    assert caught == []
    assert peak < 10_000_000  # one pixel in a thousand would be more


def test_facts_of_a_gif_include_frames_that_stick_out_of_its_screen() -> None:
    data = bytearray(picture("gif", width=50, height=40))
    data[6:10] = struct.pack("<HH", 1, 1)

    facts = image_facts(bytes(data), "image/gif")

    assert facts == {"width": 50, "height": 40, "format": "gif", "frames": 1}


def test_facts_of_a_picture_without_area_are_refused() -> None:
    with pytest.raises(BrokenImage, match="declares 0 x 7 pixels"):
        image_facts(png_header(0, 7), "image/png")


def test_facts_let_no_warning_of_an_avif_escape() -> None:
    with warnings.catch_warnings(action="ignore"):  # Pillow warns when it writes this, too
        data = picture("avif", exif=b"MM\0*\0\0\0\x08\0\x02" + b"\x01\x0f\0\x02\0\0\xff\xff\0\0\xff\xff" * 2)

    with warnings.catch_warnings(record=True, action="always") as caught:
        assert image_facts(data, "image/avif") is not None

    assert caught == []


def test_facts_of_very_many_tiny_frames_take_linear_time() -> None:
    """A GIF frame needs 13 bytes; an opener that is quadratic in their number would run into the test's timeout."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x00"
    facts = image_facts(b"GIF89a" + struct.pack("<HHB", 1, 1, 0) + b"\0\0" + frame * 200_000 + b";", "image/gif")

    assert facts is not None
    assert facts["frames"] == 200_000


@given(sample=st.sampled_from(sorted(SAMPLES)), data=st.data())
def test_damaged_pictures_give_facts_or_broken_image_and_agree_with_pillow(sample: str, data: st.DataObject) -> None:
    damaged = bytearray(SAMPLES[sample])
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, min(80, len(damaged) - 1)) | st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    content = bytes(damaged[:cut])

    try:
        facts = image_facts(content, "image/png")
    except BrokenImage:
        return
    with warnings.catch_warnings(action="ignore"):
        try:
            reference = Image.open(io.BytesIO(content), formats=("WEBP", "PNG", "JPEG", "AVIF", "GIF"))
        except (OSError, SyntaxError, ValueError, RuntimeError, Image.DecompressionBombError):
            return
        assert facts is not None
        if facts["format"] == "gif":  # opened at its first frame, while a later one may be larger
            assert facts["width"] >= reference.width
            assert facts["height"] >= reference.height
        else:
            assert (facts["width"], facts["height"]) == reference.size
