"""Developing: a stranger's picture is decoded, set upright, made sRGB, cut out, scaled and encoded anew.

Runs in the processes of the darkroom only. The order of the checks: what the header declares (`look`), the policy, and
then the pixels, of no more than was declared.
"""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Final

import PIL.Image
import PIL.ImageCms
import PIL.ImageFile

import catguard
from catguard_store.admission import Developed
from catguard_store.imports.jpeg import with_noise
from catguard_store.imports.png import check_pixels
from catguard_store.imports.report import Unusable
from catguard_store.renditions import WIDTHS, encode

FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    # A photo of a telephone is a JPEG with further pictures behind it (MPO), of which the first is meant.
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "avif": ("AVIF",),
    "gif": ("GIF",),
}
MAX_AREA: Final = 4_000_000
"""Pixels of the largest image that is stored; the store's policy lets no larger one out."""

FAINT: Final = 8
"""Alpha, of 255, below which a pixel is not seen and does not count."""

ORIENTATION: Final = 0x0112
"""The tag of EXIF 2.32 (4.6.4) that says how the camera was held, and what undoes it."""

UPRIGHT: Final[Mapping[int, PIL.Image.Transpose]] = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
BROKEN_PICTURE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
    OverflowError,
    ZeroDivisionError,
    RecursionError,
    RuntimeError,
)
"""What Pillow's plugins raise at bytes that are no picture, or half of one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture's header declares: its format, size in pixels as stored, and how many frames are meant.

    Of a GIF the first frame alone is taken: it counts as one.
    """

    format: str
    width: int
    height: int
    frames: int


def look(data: bytes) -> Facts:
    """Read a header; no pixel is decoded.

    Raises:
        Unusable: The bytes are no PNG, JPEG, WebP, AVIF or GIF, or their header is broken.
    """
    try:
        # The media type says only that it is asked about a picture; which format it is, the bytes say.
        facts = catguard.image_facts(data, "image/png")
    except ValueError as error:
        raise Unusable(str(error)) from error
    assert facts is not None
    frames = 1 if facts["format"] == "gif" else facts["frames"]
    return Facts(facts["format"], facts["width"], facts["height"], frames)


@dataclass(frozen=True, slots=True)
class Film:
    """A picture to develop.

    Attributes:
        data: The file.
        facts: What was admitted of it.
        kind: `cat` or `scene`.
        anchors: By name, as shares of the picture as it is seen, upright.
        whole: Whether it is stored as it is, without cutting off what is empty around it.
    """

    data: bytes
    facts: Facts
    kind: str
    anchors: Mapping[str, tuple[float, float]]
    whole: bool = False

    def __call__(self) -> Developed:
        """Develop it.

        Raises:
            Unusable: It is damaged, or not what its header declares, or nothing of it can be seen.
        """
        picture = _opaque(_normal(_upright(_load(self.data, self.facts, self.kind))))
        return finish(picture, self.kind, self.anchors, whole=self.whole)


def finish(
    picture: PIL.Image.Image, kind: str, anchors: Mapping[str, tuple[float, float]], *, whole: bool = False
) -> Developed:
    """Cut out a cat with transparency, scale, and encode at the stored widths.

    Raises:
        Unusable: Nothing of it can be seen, or an image takes more bytes than may be stored.
    """
    if picture.mode == "RGBA":
        box = picture.getchannel("A").point([0] * FAINT + [255] * (256 - FAINT)).getbbox()
        if box is None:
            raise Unusable("nothing of it can be seen: it is transparent everywhere")
        if kind == "cat" and not whole:
            anchors = {name: _within(point, box, picture.size) for name, point in anchors.items()}
            picture = _opaque(picture.crop(box))
    width, height = fitted(kind, *picture.size)
    if (width, height) != picture.size:
        picture = picture.resize((width, height), PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
    try:
        return Developed(encode(picture, kind), anchors, opaque=picture.mode == "RGB")
    except ValueError as error:
        raise Unusable(str(error)) from error


def fitted(kind: str, width: int, height: int) -> tuple[int, int]:
    """The size in pixels at which a picture of some size is stored at most; nothing is enlarged."""
    # The widest of which width * (width * height / own width) is no more than the area.
    fit = min(width, WIDTHS[kind][-1], isqrt(MAX_AREA * width // height))
    return max(1, fit), max(1, min(round(height * fit / width), MAX_AREA // max(1, fit)))


def _load(data: bytes, facts: Facts, kind: str) -> PIL.Image.Image:
    """Decode all pixels of the first frame."""
    try:
        if facts.format == "png":
            check_pixels(data)
        picture = PIL.Image.open(io.BytesIO(data), formats=FORMATS[facts.format])
        # An AVIF may say in its header that it is turned: as it is seen, or as it is stored.
        if any(
            found > said for found, said in zip(sorted(picture.size), sorted((facts.width, facts.height)), strict=True)
        ):
            raise Unusable(
                f"its header says {facts.width} x {facts.height} pixels, and its decoder "
                f"{picture.width} x {picture.height}"
            )
        # A JPEG is decoded at a half, fourth or eighth where that is still twice as large as what is stored.
        width, height = fitted(kind, *picture.size)
        picture.draft(None, (2 * width, 2 * height))
        picture.load()
        if facts.format == "jpeg" and (noisy := with_noise(data)) is not None:
            again = PIL.Image.open(io.BytesIO(noisy), formats=FORMATS["jpeg"])
            again.draft(None, (2 * width, 2 * height))
            if again.tobytes() != picture.tobytes():
                raise Unusable("it is damaged: its data ends before the last of the rows that its header declares")
    except MemoryError:
        raise
    except BROKEN_PICTURE as error:
        raise Unusable(f"it is damaged: {error or type(error).__name__}") from error
    return picture


def _upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Turn it as the camera was held; EXIF that cannot be read says nothing."""
    try:
        orientation = picture.getexif().get(ORIENTATION, 1)
    except BROKEN_PICTURE:
        return picture
    method = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    if method is None:
        return picture
    turned = picture.transpose(method)
    turned.info = picture.info
    return turned


def _normal(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Bring any mode and colour profile to sRGB, as RGB or RGBA.

    Raises:
        Unusable: The mode has no colours that are known.
    """
    try:
        profile = picture.info.get("icc_profile")
        if picture.mode.startswith("I"):
            # Converted as they are, 16 bits would be cut off at 255.
            picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
            # A transparent grey of 16 bits is none of 8 bits.
            picture.info.pop("transparency", None)
        if picture.mode in ("P", "PA", "1", "LA") or picture.has_transparency_data:
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        if profile:
            picture = _to_srgb(picture, profile)
        if picture.mode in ("RGB", "RGBA"):
            return picture
        if picture.mode not in ("L", "CMYK", "YCbCr", "LAB", "RGBX", "HSV", "RGBa", "La"):
            raise Unusable(f"its pixels are of the mode {picture.mode}: save it as RGB")
        return picture.convert("RGBA" if picture.mode in ("RGBa", "La") else "RGB")
    except MemoryError:
        raise
    except BROKEN_PICTURE as error:
        raise Unusable(f"its colours cannot be read: {error}") from error


def _to_srgb(picture: PIL.Image.Image, profile: bytes) -> PIL.Image.Image:
    """Convert to sRGB; a profile that is broken, or of another mode, is ignored."""
    target = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        given = PIL.ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = PIL.ImageCms.profileToProfile(picture, given, PIL.ImageCms.createProfile("sRGB"), outputMode=target)
    except (PIL.ImageCms.PyCMSError, *BROKEN_PICTURE):
        return picture
    return picture if converted is None else converted


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    """RGB where nothing shows through; metadata stays behind, as the encoder of WebP takes none from a picture."""
    clear = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
    return picture if clear else picture.convert("RGB")


def _within(point: tuple[float, float], box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[float, float]:
    """Where a point lies in the part of a picture that is kept; what lies outside comes to its edge."""
    (x, y), (left, top, right, bottom), (width, height) = point, box, size
    return _share(x * width - left, right - left), _share(y * height - top, bottom - top)


def _share(distance: float, length: float) -> float:
    return round(min(1.0, max(0.0, distance / length)), 4)
