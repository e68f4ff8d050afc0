import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_frontend.accept import KEYS, preferred

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
SAFARI = "image/webp,image/avif,image/jxl,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("", "jpeg"),
        ("*/*", "jpeg"),
        ("image/*", "jpeg"),
        ("image/*;q=0.1, */*;q=0", "jpeg"),
        ("image/webp", "webp"),
        ("image/avif", "avif"),
        ("IMAGE/WEBP ; Q=0.5", "webp"),
        (CHROME, "webp"),
        (SAFARI, "webp"),
        ("image/avif,image/webp", "webp"),
        ("image/avif, image/webp;q=0.9", "avif"),
        ("image/avif;q=0.5, image/webp;q=0.4, image/jpeg;q=0.1", "avif"),
        ("image/avif;q=0.5, */*", "jpeg"),
        ("image/webp;q=0.5, image/*;q=0.9, */*;q=0.1", "jpeg"),
        ("image/webp, image/jpeg", "webp"),
        ("image/webp;q=0, */*", "jpeg"),
        ("image/webp;q=0, image/avif;q=0", "jpeg"),
        ("image/jpeg;q=0, image/webp;q=0.001", "webp"),
        ("image/png", "jpeg"),
        ("image/webp;q=2", "jpeg"),
        ("image/webp;q=-1", "jpeg"),
        ("image/webp;q=nan, image/avif;q=0.1", "avif"),
        ("image/webp;q=0.1234", "jpeg"),
        ("image/webp;q=\N{FULLWIDTH DIGIT ONE}", "jpeg"),
        ("image/webp;charset=x;q=0.3", "webp"),
        (",,;;,=", "jpeg"),
        ('"image/webp"', "jpeg"),
        ("image/webp" + "," * 8192, "webp"),
    ],
)
def test_preferred_comes_down_to_a_key(accept: str, format: str) -> None:
    assert preferred(accept) == format


@given(st.text(max_size=300) | st.lists(st.sampled_from([*"image/webp,*;q=.019 ", "image/avif", "webp"])).map("".join))
def test_preferred_of_anything_is_a_key(accept: str) -> None:
    assert preferred(accept) in KEYS


RANGES = st.sampled_from(["image/webp", "image/avif", "image/jpeg", "image/png", "image/*", "*/*", "text/html"])
QUALITIES = st.sampled_from(["", ";q=1", ";q=0.9", ";q=0.5", ";q=0.001", ";q=0"])


@given(st.dictionaries(RANGES, QUALITIES).map(lambda ranges: [f"{name}{quality}" for name, quality in ranges.items()]))
def test_preferred_does_not_depend_on_order(ranges: list[str]) -> None:
    assert preferred(",".join(ranges)) == preferred(", ".join(reversed(ranges)))
