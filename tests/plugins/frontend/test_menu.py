import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_frontend.menu import Menu, NotOffered
from catguard_frontend.recipes import Recipe

TOLD = {
    "edition": "e" * 16,
    "cats": [
        {"breed": "ragdoll", "pictures": 1, "art": "1" * 16},
        {"breed": "tabby", "pictures": 5, "art": "2" * 16},
        {"breed": "siamese", "pictures": 5, "art": "3" * 16},
    ],
    "scenes": [
        {"scene": "attic", "layers": ["back", "ground"], "art": "4" * 16},
        {"scene": "barn", "layers": ["foreground"], "art": "5" * 16},
        {"scene": "snow", "layers": ["back"], "art": "6" * 16},
    ],
}
MENU = Menu.from_wire(TOLD)
RECIPE = Recipe(width=480, height=480, breed="tabby", scene="snow", seed=1)


def test_menu_offers_what_is_known_first_and_the_rest_by_name() -> None:
    assert tuple(MENU.breeds) == ("siamese", "tabby", "ragdoll")
    assert tuple(MENU.scenes) == ("snow", "attic")  # a barn without a back is not finished


@pytest.mark.parametrize(("kind", "change"), [("breed", {"breed": "poodle"}), ("scene", {"scene": "barn"})])
def test_art_of_what_is_not_on_the_menu_says_what_is(kind: str, change: dict[str, str]) -> None:
    with pytest.raises(NotOffered) as missing:
        MENU.art(Recipe(**{**RECIPE.wire(), **change}))

    assert missing.value.kind == kind
    assert missing.value.name in change.values()
    assert missing.value.offered == tuple(MENU.breeds if kind == "breed" else MENU.scenes)


def test_not_offered_says_some_of_very_many() -> None:
    missing = NotOffered("breed", "poodle", [f"breed-{number}" for number in range(1000)])

    assert len(str(missing)) < 600
    assert "breed-0, breed-1" in str(missing)
    assert "and 988 more" in str(missing)
    assert len(missing.offered) == 1000


def test_art_changes_with_breed_and_scene_of_the_recipe_only() -> None:
    before = MENU.art(RECIPE)

    assert Menu({**MENU.breeds, "siamese": "x"}, MENU.scenes, MENU.edition).art(RECIPE) == before
    assert Menu({**MENU.breeds, "tabby": "x"}, MENU.scenes, MENU.edition).art(RECIPE) != before
    assert Menu(MENU.breeds, {**MENU.scenes, "snow": "x"}, MENU.edition).art(RECIPE) != before


def test_art_of_a_closer_look_changes_with_the_edition_and_the_picture() -> None:
    one, other = Menu({}, {}, "a"), Menu({}, {}, "b")

    assert len({one.art_of("0" * 16), one.art_of("1" * 16), other.art_of("0" * 16)}) == 3


@given(st.integers(0, 2**31 - 1))
def test_breed_of_a_seed_stays_unless_the_new_one_takes_its_place(seed: int) -> None:
    before = MENU.breed("breed", seed)
    after = Menu({**MENU.breeds, "newcomer": "x"}, MENU.scenes, MENU.edition).breed("breed", seed)

    assert after in (before, "newcomer")


def test_breeds_of_many_seeds_are_all_there_are() -> None:
    assert {MENU.breed("breed", seed) for seed in range(60)} == set(MENU.breeds)
