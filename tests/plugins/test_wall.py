"""What the page orders and what Cat-o-matic makes of it, through the code of both tiers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_catomatic.deal import HAND, deal
from catguard_catomatic.plan import cast
from catguard_catomatic.recipe import recipe
from catguard_frontend.gallery import Wish
from catguard_frontend.menu import BREEDS, SCENES, Menu
from tests.plugins.catomatic import shapes

POSES = 5
MENU = Menu(dict.fromkeys(BREEDS, ""), dict.fromkeys(SCENES, ""), "")
MANY = 45
HOUSE = {breed: [shapes.cat(f"{breed} {number}", breed=breed) for number in range(MANY)] for breed in BREEDS}
LAYERS = (shapes.layer("back"),)


def shown(wish: Wish, *, poses: int = POSES) -> list[str]:
    """The pictures of a wall, in the order of the page."""
    pictures = []
    for _, ordered in wish.recipes(MENU):
        order = recipe(ordered.wire())
        dealt, cats = deal(poses, order.seed), sorted(HOUSE[order.breed][:poses], key=lambda cat: cat.id)
        window = cats[dealt.offset : dealt.offset + HAND]
        pictures += [cat.id for cat in cast(order, dealt.arranged(window), LAYERS).cats]
    return pictures


@given(
    seed=st.integers(0, 2**31 - 1),
    breed=st.none() | st.sampled_from(BREEDS),
    count=st.integers(2, 60),
    poses=st.integers(2, MANY),
)
def test_wall_never_shows_the_same_cat_twice_in_a_row(seed: int, breed: str | None, count: int, poses: int) -> None:
    pictures = shown(Wish(count=count, size="small", seed=seed, breed=breed), poses=poses)

    assert all(one != other for one, other in itertools.pairwise(pictures))


@pytest.mark.parametrize("seed", range(5))
def test_wall_of_one_breed_shows_all_of_its_cats(seed: int) -> None:
    assert len(set(shown(Wish(count=POSES * 2, size="small", seed=seed, breed="siamese")))) == POSES


def test_walls_of_a_breed_with_many_show_all_of_them() -> None:
    """A wall of sixty goes through 45 cats at least once, if it begins where a round does."""
    walls = [shown(Wish(count=60, size="small", seed=seed, breed="siamese"), poses=MANY) for seed in range(3)]

    assert all(len(set(wall)) > HAND for wall in walls)
    assert len({cat for wall in walls for cat in wall}) == MANY


def test_wall_of_the_largest_seed_stays_within_the_seeds_there_are() -> None:
    seeds = [ordered.seed for _, ordered in Wish(count=60, size="small", seed=2**31 - 1).recipes(MENU)]

    assert max(seeds) < 2**31
