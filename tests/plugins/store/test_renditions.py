from __future__ import annotations

import hashlib
from io import BytesIO
from itertools import pairwise

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_store import renditions
from catguard_store.renditions import APART, WIDTHS, encode, widths


@given(st.sampled_from(sorted(WIDTHS)), st.integers(1, 70_000))
def test_widths_never_enlarge(kind: str, width: int) -> None:
    stored = widths(kind, width)
    assert stored == tuple(sorted(set(stored)))
    assert stored[-1] == min(width, WIDTHS[kind][-1])
    assert set(stored[:-1]) <= set(WIDTHS[kind])
    assert all(large >= APART * small for small, large in pairwise(stored))


def test_encode_keeps_proportions_and_transparency() -> None:
    picture = PIL.Image.new("RGBA", (640, 320), (0, 0, 0, 0))
    picture.paste((200, 100, 50, 255), (160, 80, 480, 240))
    for image in encode(picture, "cat"):
        assert image.height == image.width // 2
        assert hashlib.sha256(image.bytes).hexdigest() == image.digest
        with PIL.Image.open(BytesIO(image.bytes)) as opened:
            assert (opened.format, opened.mode, opened.size) == ("WEBP", "RGBA", (image.width, image.height))
            corner, middle = opened.getpixel((0, 0)), opened.getpixel((image.width // 2, image.height // 2))
            assert isinstance(corner, tuple)
            assert isinstance(middle, tuple)
            assert (corner[3], middle[3]) == (0, 255)


def test_encode_of_a_line_keeps_a_pixel_of_height() -> None:
    assert encode(PIL.Image.new("RGB", (2000, 1)), "scene")[0].height == 1


def test_encode_refuses_what_one_row_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renditions, "MAX_BYTES", 10)
    with pytest.raises(ValueError, match="store it smaller"):
        encode(PIL.Image.new("RGB", (160, 160)), "cat")
