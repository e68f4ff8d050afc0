from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard import Guard
from catguard_frontend import addresses
from catguard_frontend.picturepage import TIMES
from catguard_frontend.recipes import Recipe

RECIPE = Recipe(width=480, height=620, breed="siamese", scene="rose-garden", count=3, seed=7)


def test_page_of_spells_everything_out() -> None:
    assert addresses.page_of(RECIPE) == "/picture?breed=siamese&scene=rose-garden&count=3&width=480&height=620&seed=7"


def test_picture_of_has_the_format_before_the_seed() -> None:
    expected = "/cats?breed=siamese&scene=rose-garden&count=3&width=480&height=620&format=webp&seed=7"
    assert addresses.picture_of(RECIPE) == expected


def test_srcset_uses_what_is_there_already_in_the_order_of_widths() -> None:
    told = addresses.srcset(RECIPE, (2, 1, 0.5), known={RECIPE: "/pictures/0.webp"}).split(", ")

    assert [choice.split()[1] for choice in told] == ["240w", "480w", "960w"]
    assert told[1] == "/pictures/0.webp 480w"


@pytest.fixture(scope="module")
def ends(policies: Path) -> dict[str, Guard]:
    """Both ends of an order, by the boundary that decides there."""
    components = {"outbound.render": "frontend", "inbound.render": "catomatic"}
    return {name: Guard.from_file(policies, component=component) for name, component in components.items()}


@given(width=st.integers(16, 4096), height=st.integers(16, 4096), count=st.integers(1, 12))
def test_srcset_offers_nothing_that_either_end_refuses(
    ends: dict[str, Guard], width: int, height: int, count: int
) -> None:
    recipe = Recipe(width=width, height=height, breed="tabby", scene="snow", count=count, seed=1)
    for factor in TIMES:
        size = addresses.sized(recipe, factor)
        body = {"body": size.wire()}
        allowed = all(guard.decide(name, request=body).allowed for name, guard in ends.items())
        assert (f" {size.width}w" in addresses.srcset(recipe, [factor])) == allowed
