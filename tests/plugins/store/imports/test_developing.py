from __future__ import annotations

import io
import struct
from typing import Any

import PIL.Image
import PIL.ImageCms
import pytest

from catguard_store.admission import Developed
from catguard_store.imports.developing import MAX_AREA, Facts, Film, fitted, look
from catguard_store.imports.png import check_pixels
from catguard_store.imports.report import Unusable
from catguard_store.renditions import widths

from .corpus import ORANGE, animated, cut_out, encoded, every_mode, photo, png

Pixel = tuple[int, ...]


def develop(data: bytes, kind: str = "cat", **options: object) -> Developed:
    return Film(data, look(data), kind, options.pop("anchors", {}), **options)()  # type: ignore[arg-type] # as given


def decoded(developed: Developed) -> PIL.Image.Image:
    """The largest image that would be stored."""
    return PIL.Image.open(io.BytesIO(developed.images[-1].bytes))


def near(one: Pixel, other: Pixel) -> bool:
    return all(abs(a - b) <= 24 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", every_mode())
def test_develop_every_format_and_mode(name: str) -> None:
    developed = develop(every_mode()[name])
    stored = decoded(developed)
    clear = name in (
        "rgba.png",
        "grey-alpha.png",
        "palette-alpha.png",
        "one-colour-clear.png",
        "rgba.webp",
        "lossless.webp",
        "rgba.avif",
        "clear.gif",
    )
    assert (stored.format, stored.mode, developed.opaque) == ("WEBP", "RGBA" if clear else "RGB", not clear)
    if not clear and name not in ("animated.gif", "interlaced.png"):
        assert tuple(image.width for image in developed.images) == widths("cat", 240)
        expected = photo().convert("L") if name.startswith(("grey", "sixteen", "bits")) else photo()
        seen, meant = stored.convert("RGB").resize((1, 1), 4), expected.convert("RGB").resize((1, 1), 4)
        assert near(seen.getpixel((0, 0)), meant.getpixel((0, 0))), name  # type: ignore[arg-type] # RGB has three


def test_develop_cuts_out_what_is_opaque_and_moves_the_anchors_along() -> None:
    anchors = {"nose": (0.5, 0.5), "left-ear": (0.25, 30 / 180), "far": (0.0, 1.0)}
    developed = develop(encoded(cut_out(), "PNG"), anchors=anchors)
    assert (developed.images[-1].width, developed.images[-1].height) == (120, 120)
    assert developed.anchors == {"nose": (0.5, 0.5), "left-ear": (0.0, 0.0), "far": (0.0, 1.0)}
    assert near(decoded(developed).convert("RGB").getpixel((60, 60)), ORANGE)  # type: ignore[arg-type] # RGB


def test_develop_of_a_photo_with_a_clear_margin_is_the_photo() -> None:
    picture = PIL.Image.new("RGBA", (300, 300))
    picture.paste(photo(), (20, 30))
    developed = develop(encoded(picture, "PNG"))
    assert (developed.opaque, decoded(developed).size) == (True, (240, 180))


@pytest.mark.parametrize(("kind", "whole"), [("scene", False), ("cat", True)])
def test_develop_keeps_the_size_of_layers_and_of_what_was_exported(kind: str, whole: bool) -> None:
    developed = develop(encoded(cut_out(), "PNG"), kind, anchors={"nose": (0.3, 0.3)}, whole=whole)
    assert (developed.images[-1].width, developed.images[-1].height) == (240, 180)
    assert developed.anchors == {"nose": (0.3, 0.3)}


def test_develop_of_what_cannot_be_seen_is_refused() -> None:
    with pytest.raises(Unusable, match="transparent everywhere"):
        develop(encoded(PIL.Image.new("RGBA", (50, 50), (9, 9, 9, 3)), "PNG"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_develop_sets_pictures_upright(form: str, orientation: int) -> None:
    upright = PIL.Image.new("RGB", (64, 48), "black")
    upright.paste("red", (0, 0, 32, 24))
    undo = {
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
        3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE,
        6: PIL.Image.Transpose.ROTATE_90,
        7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_270,
    }
    held = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    stored = decoded(develop(encoded(held, form, exif=exif)))
    assert stored.size == (64, 48)
    corners = [stored.getpixel(at) for at in ((8, 8), (56, 8), (8, 40), (56, 40))]
    assert [near(corner, (255, 0, 0)) for corner in corners] == [True, False, False, False]  # type: ignore[arg-type] # RGB


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, which decoders do not tell
def test_develop_ignores_exif_that_cannot_be_read() -> None:
    data = encoded(photo(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\xff\xff\xff\xff")
    assert develop(data).images[-1].width == 240


def test_develop_strips_metadata() -> None:
    exif = PIL.Image.Exif()
    exif[0x010E] = "where I live"
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(photo(), "JPEG", exif=exif, icc_profile=profile, comment=b"where I live", xmp=b"<x>where I live</x>")
    for image in develop(data).images:
        assert b"where I live" not in image.bytes
        assert PIL.Image.open(io.BytesIO(image.bytes)).info.keys() <= {"loop", "background"}
        assert not {b"EXIF", b"XMP ", b"ICCP"} & {image.bytes[at : at + 4] for at in range(len(image.bytes) - 4)}


def test_develop_converts_colour_profiles_to_srgb() -> None:
    linear = bytearray(PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("LAB")).tobytes())
    flat = PIL.Image.new("RGB", (32, 32), (200, 100, 50))
    assert near(decoded(develop(encoded(flat, "PNG", icc_profile=bytes(linear)))).getpixel((5, 5)), (200, 100, 50))  # type: ignore[arg-type] # RGB
    swapped = decoded(develop(encoded(flat, "PNG", icc_profile=_swapping()))).getpixel((5, 5))
    assert near(swapped, (50, 100, 200)) or not near(swapped, (200, 100, 50))  # type: ignore[arg-type] # RGB


def _swapping() -> bytes:
    """The profile of sRGB with the colorants of red and blue exchanged."""
    profile = bytearray(PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    places = {bytes(profile[132 + 12 * index : 136 + 12 * index]): 132 + 12 * index for index in range(count)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


@pytest.mark.parametrize("profile", [b"rubbish", bytes(200), b""])
def test_develop_ignores_broken_colour_profiles(profile: bytes) -> None:
    flat = PIL.Image.new("RGB", (32, 32), (200, 100, 50))
    stored = decoded(develop(encoded(flat, "PNG", icc_profile=profile)))
    assert near(stored.getpixel((5, 5)), (200, 100, 50))  # type: ignore[arg-type] # RGB


def test_develop_takes_the_first_frame_of_a_gif() -> None:
    data = animated("GIF", seed=5)
    assert look(data).frames == 1
    stored, first = decoded(develop(data)), photo(64, 48, seed=5)
    assert near(stored.resize((1, 1), 4).getpixel((0, 0)), first.resize((1, 1), 4).getpixel((0, 0)))  # type: ignore[arg-type] # RGB


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.98])
@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}, {"mode": "L"}, {"mode": "CMYK"}],
)
def test_develop_of_a_cut_jpeg_with_an_end_is_refused(options: dict[str, Any], share: float) -> None:
    mode, saved = options.get("mode", "RGB"), {key: value for key, value in options.items() if key != "mode"}
    data = encoded(photo(240, 180, seed=3).convert(mode), "JPEG", **saved)
    scan = data.index(b"\xff\xda")
    cut = data[: scan + round((len(data) - scan) * share)] + b"\xff\xd9"
    with pytest.raises(Unusable, match="it is damaged"):
        Film(cut, look(cut), "cat", {})()
    Film(data, look(data), "cat", {})()


def test_develop_of_a_jpeg_that_declares_more_rows_than_it_has_is_refused() -> None:
    data = bytearray(encoded(photo(240, 180), "JPEG"))
    frame = data.index(b"\xff\xc0")
    struct.pack_into(">H", data, frame + 5, 260)
    with pytest.raises(Unusable, match="before the last of the rows"):
        Film(bytes(data), look(bytes(data)), "cat", {})()


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_develop_of_a_grey_jpeg_is_fine(shade: int) -> None:
    data = encoded(PIL.Image.new("RGB", (200, 150), (shade,) * 3), "JPEG")
    assert Film(data, look(data), "cat", {})().opaque


def test_develop_of_a_jpeg_with_others_behind_it_is_fine() -> None:
    data = encoded(photo(), "MPO", save_all=True, append_images=[photo(seed=2)])
    for whole in (data, data + b"trailer", encoded(photo(), "JPEG")[:-2] + b"\xff\xff\xd9"):
        assert Film(whole, look(whole), "cat", {})().opaque


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
def test_look_tells_how_many_frames_are_animated(form: str) -> None:
    assert look(animated(form)).frames == 3


@pytest.mark.parametrize("name", [name for name in every_mode() if name != "animated.gif"])
def test_develop_of_half_a_file_is_refused(name: str) -> None:
    data = every_mode()[name]
    with pytest.raises(Unusable):
        develop(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"RIFF\0\0\0\0WEBP", b"II*\0"])
def test_look_at_what_is_no_picture_says_so(data: bytes) -> None:
    with pytest.raises(Unusable):
        look(data)


def test_look_at_a_bomb_tells_its_size_without_decoding_it() -> None:
    data = png(30_000, 30_000, rows=1)
    assert look(data) == Facts("png", 30_000, 30_000, 1)


@pytest.mark.parametrize("rows", [1, 199])
def test_develop_of_a_header_that_declares_more_than_there_is_is_refused(rows: int) -> None:
    assert develop(png(200, 200)).opaque
    with pytest.raises(Unusable, match="its header declares 5200 bytes of pixels, and there are"):
        develop(png(200, 200, rows=rows))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 5), (9, 4), (300, 7)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_pixels_of_a_png_are_counted(size: tuple[int, int], interlaced: bool) -> None:
    good = png(*size, interlaced=interlaced)
    PIL.Image.open(io.BytesIO(good)).load()
    check_pixels(good)
    with pytest.raises(Unusable, match="its header declares"):
        check_pixels(png(*size, interlaced=interlaced, short=1))


def test_develop_decodes_no_more_than_was_admitted() -> None:
    with pytest.raises(Unusable, match="its header says 100 x 100 pixels, and its decoder 240 x 180"):
        Film(encoded(photo(), "PNG"), Facts("png", 100, 100, 1), "cat", {})()


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("cat", (100, 80), (100, 80)),
        ("cat", (4000, 3000), (1024, 768)),
        ("cat", (3000, 4000), (1024, 1365)),
        ("cat", (2000, 8000), (1000, 4000)),
        ("scene", (3200, 2400), (1600, 1200)),
        ("scene", (2400, 3200), (1600, 2133)),
    ],
)
def test_fitted_to_what_is_stored_at_most(kind: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fitted(kind, *size) == expected
    assert expected[0] * expected[1] <= MAX_AREA


def test_develop_scales_down_large_photos() -> None:
    developed = develop(encoded(photo(3000, 2000), "JPEG"))
    assert [(image.width, image.height) for image in developed.images] == [
        (160, 107),
        (320, 213),
        (640, 427),
        (1024, 683),
    ]
