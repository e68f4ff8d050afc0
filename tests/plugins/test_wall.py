"""What the page orders and what Cat-o-matic makes of it, through the code of both tiers."""

import itertools
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catguard_catomatic.deal import HAND, deal
from catguard_catomatic.plan import cast
from catguard_catomatic.recipe import recipe
from catguard_frontend.gallery import Wish
from catguard_frontend.menu import BREEDS, SCENES, Menu
from tests.plugins.catomatic import shapes

POSES = 5
MANY = 45
HOUSE = {
    breed: sorted((shapes.cat(f"{breed} {number}", breed=breed) for number in range(MANY)), key=lambda cat: cat.id)
    for breed in BREEDS
}
LAYERS = (shapes.layer("back"),)


def shown(wish: Wish, *stocks: Mapping[str, int]) -> list[str]:
    """The pictures of a wall, in the order of the page, from a store with so many of each breed.

    Of several stocks, the first is what the menu tells of; the cards find the others in turn, as while the store fills.
    """
    menu = Menu(dict.fromkeys(stocks[0], ""), dict.fromkeys(SCENES, ""), "")
    pictures = []
    for (_, ordered), stock in zip(wish.recipes(menu), itertools.cycle(stocks), strict=False):
        order = recipe(ordered.wire())
        cats = HOUSE[order.breed][: stock[order.breed]]
        dealt = deal(len(cats), order.seed)
        window = cats[dealt.offset : dealt.offset + HAND]
        pictures += [cat.id for cat in cast(order, dealt.arranged(window), LAYERS).cats]
    return pictures


def in_a_row(pictures: Sequence[str]) -> bool:
    return any(one == other for one, other in itertools.pairwise(pictures))


@given(
    seed=st.integers(0, 2**31 - 1),
    stock=st.dictionaries(st.sampled_from(BREEDS), st.integers(1, MANY), min_size=2),
    count=st.integers(2, 60),
)
@example(seed=4, stock={**dict.fromkeys(BREEDS, POSES), "bengal": 1}, count=60)
@example(seed=4, stock={"siamese": 1, "tabby": 1}, count=60)
def test_wall_of_many_breeds_never_shows_the_same_cat_twice_in_a_row(
    seed: int, stock: dict[str, int], count: int
) -> None:
    assert not in_a_row(shown(Wish(count=count, size="small", seed=seed), stock))


@given(
    seed=st.integers(0, 2**31 - 1), breed=st.sampled_from(BREEDS), count=st.integers(2, 60), cats=st.integers(2, MANY)
)
def test_wall_of_one_breed_never_shows_the_same_cat_twice_in_a_row(
    seed: int, breed: str, count: int, cats: int
) -> None:
    asked = Wish(count=count, size="small", seed=seed, breed=breed)
    alone = Wish(count=count, size="small", seed=seed)

    assert not in_a_row(shown(asked, {**dict.fromkeys(BREEDS, 1), breed: cats}))
    assert not in_a_row(shown(alone, {breed: cats}))


@given(
    seed=st.integers(0, 2**31 - 1),
    stock=st.dictionaries(st.sampled_from(BREEDS), st.integers(1, POSES), min_size=2),
    more=st.lists(st.integers(0, POSES), min_size=1, max_size=8),
)
def test_wall_never_shows_the_same_cat_twice_in_a_row_while_the_store_fills(
    seed: int, stock: dict[str, int], more: list[int]
) -> None:
    stocks = [{breed: cats + new for breed, cats in stock.items()} for new in (0, *more)]

    assert not in_a_row(shown(Wish(count=24, size="small", seed=seed), *stocks))


def test_wall_of_the_only_cat_there_is_shows_it_in_every_place() -> None:
    assert len(shown(Wish(count=3, size="small", seed=4), {"siamese": 1})) == 3


@pytest.mark.parametrize("seed", range(5))
def test_wall_of_one_breed_shows_all_of_its_cats(seed: int) -> None:
    assert len(set(shown(Wish(count=POSES * 2, size="small", seed=seed, breed="siamese"), {"siamese": POSES}))) == POSES


def test_walls_of_a_breed_with_many_show_all_of_them() -> None:
    """A wall of sixty goes through 45 cats at least once, if it begins where a round does."""
    walls = [shown(Wish(count=60, size="small", seed=seed, breed="siamese"), {"siamese": MANY}) for seed in range(3)]

    assert all(len(set(wall)) > HAND for wall in walls)
    assert len({cat for wall in walls for cat in wall}) == MANY


def test_wall_of_the_largest_seed_stays_within_the_seeds_there_are() -> None:
    menu = Menu(dict.fromkeys(BREEDS, ""), dict.fromkeys(SCENES, ""), "")
    seeds = [ordered.seed for _, ordered in Wish(count=60, size="small", seed=2**31 - 1).recipes(menu)]

    assert max(seeds) < 2**31
