import io
import struct
import zlib

import pytest
from PIL import Image

from catguard_catomatic import pixels
from catguard_catomatic.geometry import Box


def encoded(mode: str, name: str, size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    image = Image.radial_gradient("L").resize(size).convert(mode)
    if mode.endswith("A"):
        image.putalpha(100)
    image.save(file, name)
    return file.getvalue()


@pytest.mark.parametrize(
    ("mode", "name", "expected"),
    [
        ("RGB", "webp", "RGB"),
        ("RGBA", "webp", "RGBA"),
        ("RGBA", "png", "RGBA"),
        ("L", "png", "RGB"),
        ("LA", "png", "RGBA"),
    ],
)
def test_decode_gives_rgb_or_rgba_with_all_pixels_loaded(mode: str, name: str, expected: str) -> None:
    image = pixels.decode(encoded(mode, name))

    assert (image.mode, image.size) == (expected, (40, 30))
    assert type(image) is Image.Image  # no lazy file behind it


@pytest.mark.parametrize("data", [b"", b"no picture", encoded("RGB", "png")[:200], encoded("RGB", "webp")[:50]])
def test_decode_of_broken_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(pixels.UnusablePicture):
        pixels.decode(data)


@pytest.mark.parametrize("name", ["jpeg", "gif", "bmp", "tiff", "ppm"])
def test_decode_of_a_format_that_the_store_does_not_keep_is_refused(name: str) -> None:
    with pytest.raises(pixels.UnusablePicture):
        pixels.decode(encoded("RGB", name))


@pytest.mark.parametrize("side", [7_000, 10_000, 100_000])
def test_decode_of_a_bomb_is_refused_before_its_pixels(side: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")

    with pytest.raises(pixels.UnusablePicture, match="pixels"):
        pixels.decode(bomb)


@pytest.mark.parametrize("size", [(10, 10), (80, 60), (10, 60), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_resize_gives_exactly_the_size(size: tuple[int, int], mode: str) -> None:
    image = pixels.resize(Image.new(mode, (40, 30), "red"), *size)

    assert (image.size, image.mode) == (size, mode)


def test_resize_leaves_no_dark_rim_around_transparency() -> None:
    cutout = Image.new("RGBA", (64, 64))
    cutout.paste((255, 255, 255, 255), (16, 16, 48, 48))

    small = pixels.resize(cutout, 20, 20)

    rim = [(red, alpha) for red, _, _, alpha in small.get_flattened_data() if 20 < alpha < 235]
    assert rim
    assert min(red for red, _ in rim) > 240


@pytest.mark.parametrize("format", ["webp", "png", "jpeg", "avif"])
def test_encode_carries_no_metadata(format: str) -> None:
    image = Image.new("RGB", (20, 20), "red")
    image.info.clear()

    with Image.open(io.BytesIO(pixels.encode(image, format))) as result:
        assert result.format == format.upper()
        assert "exif" not in result.info
        assert "icc_profile" not in result.info


def test_crop_is_never_empty_and_never_beyond_the_picture() -> None:
    image = Image.new("RGB", (10, 10), "red")

    assert pixels.crop(image, Box(0, 0, 1, 1)).size == (10, 10)
    assert pixels.crop(image, Box(0.2, 0.5, 0.5, 0.2)).size == (5, 2)
    assert pixels.crop(image, Box(0.999, 0.999, 0.001, 0.001)).size == (1, 1)
    assert pixels.crop(image, Box(0.999, 0.999, 0.001, 0.001)).getpixel((0, 0)) == (255, 0, 0)


def test_decoded_bytes_are_four_a_pixel() -> None:
    assert pixels.decoded_bytes(Image.new("RGB", (10, 20))) == 800
