from catguard_catomatic.recipe import CloseUpRecipe, SceneRecipe, recipe


def test_recipe_with_a_breed_is_a_scene() -> None:
    body = {"breed": "tabby", "scene": "meadow", "count": 2, "width": 480, "height": 620, "format": "png", "seed": 7}

    assert recipe(body) == SceneRecipe("tabby", "meadow", 2, 480, 620, "png", 7)


def test_recipe_with_a_picture_is_a_close_up() -> None:
    body = {"picture": "0123456789abcdef", "part": "nose", "count": 1, "width": 480, "height": 620, "format": "webp"}

    assert recipe(body) == CloseUpRecipe("0123456789abcdef", "nose", 480, 620, "webp", 0)


def test_recipe_with_a_picture_and_no_part_shows_all_of_it() -> None:
    body = {"picture": "0123456789abcdef", "count": 1, "width": 480, "height": 620, "format": "webp", "seed": 1}

    assert recipe(body) == CloseUpRecipe("0123456789abcdef", None, 480, 620, "webp", 1)
