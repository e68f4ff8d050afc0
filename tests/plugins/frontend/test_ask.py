import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_frontend.ask import NotUnderstood, proposed, read
from catguard_frontend.menu import BREEDS, FORMATS, NOTHING, SCENES, Menu
from catguard_frontend.orders import EXAMPLE, Order, examples

MENU = Menu(dict.fromkeys(BREEDS, "art"), dict.fromkeys(SCENES, "art"), "edition")
IMPORTED = Menu(
    dict.fromkeys(("ragdoll", "mau2", "black-and-tan", "black", "cat", "tabby"), "art"),
    dict.fromkeys(("house-at-night", "attic", "the-moon", "plan-9"), "art"),
    "edition",
)


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        (EXAMPLE, Order(3, "siamese", "rose-garden", 480, 620)),
        ("give me three siamese cats in a rose garden at 480x620px", Order(3, "siamese", "rose-garden", 480, 620)),
        ("a cat", Order(1)),
        ("12 cats", Order(12)),
        ("Two Tabbies in the MEADOW as PNG", Order(2, "tabby", "meadow", format="png")),
        ("one tuxedo cat at 32 x 48 as jpg", Order(1, "tuxedo", width=32, height=48, format="jpeg")),
        ("two maine coons in the living room", Order(2, "maine-coon", "living-room")),
        ("a russian-blue cat on the windowsill as png", Order(1, "russian-blue", "windowsill", format="png")),
        ("six sphynxes in snow at 640 by 480", Order(6, "sphynx", "snow", width=640, height=480)),
        ("one black cat on a roof at night at 320x320", Order(1, "black", "night-roof", width=320, height=320)),
        ("one black cat on a night roof", Order(1, "black", "night-roof")),
        ("four calicoes at 640 by 480 pixels", Order(4, "calico", width=640, height=480)),
        ("please give me a siamese in rose-garden, please".replace(",", ""), Order(1, "siamese", "rose-garden")),
        ("five cats at 480\N{MULTIPLICATION SIGN}620.", Order(5, width=480, height=620)),
        ("12 siamese cats at the beach at 480x620px", Order(12, "siamese", "beach", 480, 620)),
        ("a cat at night roof", Order(1, scene="night-roof")),
    ],
)
def test_read_takes_sentences_of_the_grammar(sentence: str, order: Order) -> None:
    assert read(sentence, MENU) == order


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("siamese", Order(1, "siamese")),
        ("siamese cats", Order(3, "siamese")),
        ("tabbies", Order(3, "tabby")),
        ("the black cat", Order(1, "black")),
        ("the black cats", Order(3, "black")),
        ("kittens", Order(3)),
        ("kitty", Order(1)),
        ("two tabby kittens", Order(2, "tabby")),
        ("cats", Order(3)),
        ("cats in the snow", Order(3, scene="snow")),
        ("cat at 480px", Order(1, width=480, height=480)),
        ("a cat at 480", Order(1, width=480, height=480)),
        ("a cat 480 x 620", Order(1, width=480, height=620)),
        ("a cat, 480px", Order(1, width=480, height=480)),
        ("a cat at 1,000x1,000px", Order(1, width=1000, height=1000)),
        ("a cat at 480x620 in a meadow", Order(1, scene="meadow", width=480, height=620)),
        ("a cat as a png at 32px on the beach", Order(1, scene="beach", width=32, height=32, format="png")),
        ("some persian cats in the living room", Order(3, "persian", "living-room")),
        ("Please show me 2 black cats on the beach, thanks!", Order(2, "black", "beach")),
        ("I'd like a tabby, please.", Order(1, "tabby")),
        ("I\N{RIGHT SINGLE QUOTATION MARK}d like a tabby", Order(1, "tabby")),
        ("Hi! Can I have \N{LEFT DOUBLE QUOTATION MARK}three cats\N{RIGHT DOUBLE QUOTATION MARK}?", Order(3)),
        ("i want a picture of two cats in the snow; thank you very much", Order(2, scene="snow")),
    ],
)
def test_read_takes_what_people_say(sentence: str, order: Order) -> None:
    assert read(sentence, MENU) == order


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("thirteen", 13),
        ("twenty", 20),
        ("twenty-five", 25),
        ("ninety nine", 99),
        ("one hundred", 100),
        ("a hundred", 100),
        ("hundreds of", 100),
        ("two hundred and five", 205),
        ("two thousand three hundred", 2300),
        ("a million", 1_000_000),
        ("a dozen", 12),
        ("half a dozen", 6),
        ("two dozen", 24),
        ("3 dozen", 36),
        ("a couple of", 2),
        ("a pair of", 2),
        ("a few", 3),
        ("few", 3),
        ("some", 3),
        ("several", 5),
        ("1,000", 1000),
    ],
)
def test_read_counts_as_people_do(said: str, count: int) -> None:
    assert read(f"{said} cats", MENU) == Order(count)
    assert read(f"please give me {said} ginger cats in the snow", MENU) == Order(count, "ginger", "snow")


@pytest.mark.parametrize(
    "said", ["two three", "twenty twelve", "two hundred five hundred", "half", "3.5", "1,00", "ten a"]
)
def test_read_takes_no_number_that_is_none(said: str) -> None:
    with pytest.raises(NotUnderstood):
        read(f"{said} cats", MENU)


def test_read_takes_the_name_of_a_breed_before_a_word_for_a_number() -> None:
    menu = Menu(dict.fromkeys(("dozen", "few", "hundred-acre", "please", "the-cat"), ""), {"attic": ""}, "")

    assert read("one dozen cat", menu) == Order(1, "dozen")
    assert read("few cats", menu) == Order(3, "few")
    assert read("two hundred acre cats", menu) == Order(2, "hundred-acre")
    assert read("please please", menu) == Order(1, "please")
    assert read("the cat", menu) == Order(1, "the-cat")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("cats in paris", "I know no place called “paris” (word 3, character 9): I expected a scene (rose garden, "),
        ("a cat at home, please", "I know no place called “home” (word 4, character 10): I expected a scene ("),
        ("two unicorns in a meadow", "I know no breed called “unicorns” (word 2, character 5): I expected a breed ("),
        ("poodle cats", "I know no breed called “poodle” (word 1, character 1): I expected how many cats, "),
        ("three at 32px", "I did not understand “at” (word 2, character 7): I expected a breed ("),
        ("three poodle cats", "I know no breed called “poodle” (word 2, character 7): I expected a breed (siamese, "),
    ],
)
def test_read_tells_what_it_does_not_know(sentence: str, told: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(sentence, MENU)

    assert str(refused.value).startswith(told)


def test_read_tells_of_many_names_the_nearest() -> None:
    menu = Menu(dict.fromkeys((f"breed-{number}" for number in range(1000)), "") | {"unicorn": ""}, {"attic": ""}, "")
    with pytest.raises(NotUnderstood) as refused:
        read("two unikorn", menu)

    assert refused.value.suggestion == "unicorn"
    assert refused.value.expected[0].startswith("a breed (unicorn, breed 0, ")
    assert refused.value.expected[0].endswith(" and 989 more)")


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("two ragdolls in an attic", Order(2, "ragdoll", "attic")),
        ("one mau 2 cat in a house at night at 32x48", Order(1, "mau2", "house-at-night", 32, 48)),
        ("one MAU2 in the house-at-night", Order(1, "mau2", "house-at-night")),
        ("three black and tan cats on plan 9 as png", Order(3, "black-and-tan", "plan-9", format="png")),
        ("three black cats", Order(3, "black")),
        ("two tabbies.", Order(2, "tabby")),
        ("a cat cat", Order(1, "cat")),
    ],
)
def test_read_takes_what_was_imported(sentence: str, order: Order) -> None:
    assert read(sentence, IMPORTED) == order


@pytest.mark.parametrize(
    ("sentence", "word", "there"),
    [("a siamese cat", "siamese", "ragdoll"), ("a cat in a meadow", "meadow", "house at night")],
)
def test_read_offers_only_what_is_there(sentence: str, word: str, there: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(sentence, IMPORTED)

    assert refused.value.word == word
    offered = " ".join(refused.value.expected)
    assert there in offered
    assert "sphynx" not in offered


def test_read_without_anything_on_the_menu_still_takes_cats() -> None:
    assert read("two cats at 10x10", Menu({}, {}, "")) == Order(2, width=10, height=10)


def test_read_clamps_nothing() -> None:
    assert read("a cat at 1000000x1000000px", MENU) == Order(1, width=1_000_000, height=1_000_000)
    assert read(f"{10**40} cats", MENU).count == 10**40


@pytest.mark.parametrize(
    ("sentence", "word", "position", "character"),
    [
        ("three poodle cats", "poodle", 2, 7),
        ("three siamese cats under a rose", "under", 4, 20),
        ("three cats in a bog at 10x10", "bog", 5, 17),
        ("three cats in a", "", 5, 16),
        ("a cat at -480x620", "-", 4, 10),
        ("a cat at the bog", "bog", 5, 14),
        ("a cat as gif", "gif", 4, 10),
        ("\N{ARABIC-INDIC DIGIT THREE} cats", "\N{ARABIC-INDIC DIGIT THREE}", 1, 1),
        ("\N{FULLWIDTH DIGIT THREE} cats", "\N{FULLWIDTH DIGIT THREE}", 1, 1),
        ("", "", 1, 1),
    ],
)
def test_read_tells_the_word_that_it_did_not_understand(
    sentence: str, word: str, position: int, character: int
) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(sentence, MENU)

    assert (refused.value.word, refused.value.position, refused.value.character) == (word, position, character)
    assert refused.value.expected


@pytest.mark.parametrize(
    ("sentence", "suggestion"),
    [
        ("thirteen purple cats", None),
        ("thre purple cats", None),
        ("a dozn cats", "dozen"),
        ("cats in the snwo", "snow"),
        ("three siamees cats", "siamese"),
        ("a cat in a rose gardn", "rose garden"),
        ("thre cats", "three"),
        ("xyz", None),
    ],
)
def test_read_suggests_the_nearest_word(sentence: str, suggestion: str | None) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(sentence, MENU)

    assert refused.value.suggestion == suggestion


def _sizes() -> st.SearchStrategy[int]:
    return st.integers(min_value=0, max_value=10**20)


@given(
    count=_sizes(),
    breed=st.none() | st.sampled_from(BREEDS),
    scene=st.none() | st.sampled_from(SCENES),
    size=st.none() | st.tuples(_sizes(), _sizes()),
    image_format=st.none() | st.sampled_from(FORMATS),
)
def test_read_understands_what_sentence_says(
    count: int, breed: str | None, scene: str | None, size: tuple[int, int] | None, image_format: str | None
) -> None:
    order = Order(count, breed, scene, *(size or (None, None)), image_format)

    assert read(order.sentence(), MENU) == order


SLUGS = st.from_regex(r"[a-z]{2,6}(-[a-z]{2,6}|-?[0-9]{1,2}){0,2}", fullmatch=True)


@given(
    breeds=st.lists(SLUGS, min_size=1, max_size=4, unique=True),
    scenes=st.lists(SLUGS, min_size=1, max_size=4, unique=True),
    count=st.integers(1, 13),
)
def test_read_understands_sentences_of_any_menu(breeds: list[str], scenes: list[str], count: int) -> None:
    grammar = {"at", "as", "in", "on", "an", "the", "cat", "cats", "please", "by"}
    breeds = [breed for breed in breeds if not grammar & set(breed.split("-"))]
    scenes = [scene for scene in scenes if not grammar & set(scene.split("-"))]
    menu = Menu(dict.fromkeys(breeds, ""), dict.fromkeys(scenes, ""), "")
    for breed in breeds:
        for scene in scenes:
            read_again = read(Order(count, breed, scene).sentence(), menu)
            assert (_plain(read_again.breed), _plain(read_again.scene)) == (_plain(breed), _plain(scene))


def _plain(name: str | None) -> str:
    """A name as it sounds: mau2 and mau-2 are said alike."""
    return (name or "").replace("-", "")


WORDS = ("the", "thirteen", "purple", "siamees", "gardn", "snwo", "dozn", "of", "few", "please", "on", "gif")
WORDS += ("a", "an", "three", "3", "cats", "tabby", "in", "rose", "meadow", "at", "480", "x", "px", "as", "png", ".")


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_read_of_any_text_is_an_order_or_a_word_of_it(sentence: str) -> None:
    try:
        order = read(sentence, MENU)
    except NotUnderstood as refused:
        meant = refused.mended(sentence)
        if meant is not None:  # what is proposed is understood itself, and within what may be ordered
            nearest = read(proposed(meant, MENU) or meant, MENU)
            assert nearest == nearest.fitted()
        first = refused.word.lower().split(" ")[0]
        lost_at = sentence[refused.character - 1 :].lower()
    else:
        first = lost_at = ""
        assert read(order.sentence(), MENU) == order

    assert lost_at.startswith(first)


@pytest.mark.parametrize("menu", [MENU, IMPORTED, Menu({"mau2": "art"}, {"attic": "art"}, "edition")])
def test_examples_are_of_what_there_is(menu: Menu) -> None:
    orders = [read(sentence, menu) for sentence in examples(menu)]

    assert len(orders) == 3
    assert {order.breed for order in orders} <= set(menu.breeds)
    assert {order.scene for order in orders} <= set(menu.scenes)


def test_examples_begin_with_the_one_in_the_box() -> None:
    assert examples(MENU)[0] == EXAMPLE
    assert examples(NOTHING) == ()


ODD = st.lists(st.sampled_from(("a", "an", "the", "my", "cat", "oci", "beach", "at", "2")), min_size=1, max_size=3)
NAMES = st.lists(ODD.map("-".join).filter(lambda name: name[0] != "2"), min_size=1, max_size=8, unique=True)


@given(breeds=NAMES, scenes=NAMES, count=st.integers(1, 13), data=st.data())
def test_read_understands_what_sentence_says_of_odd_names(
    breeds: list[str], scenes: list[str], count: int, data: st.DataObject
) -> None:
    menu = Menu(dict.fromkeys(breeds, "art"), dict.fromkeys(scenes, "art"), "edition")
    breed, scene = data.draw(st.sampled_from(breeds)), data.draw(st.sampled_from(scenes))
    order = Order(count, breed, scene, 480, 620, "png")

    assert read(order.sentence(), menu) == order
    assert all(read(sentence, menu).sentence() == sentence for sentence in examples(menu))


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Order(4, "ragdoll-cat", "my-garden"), "four ragdoll-cats in my garden"),
        (Order(1, "ocicat", "the-moon"), "one ocicat in the moon"),
        (Order(2, "ocicat", "a-tree"), "two ocicats in a-tree"),
    ],
)
def test_sentence_says_neither_cat_nor_article_twice(order: Order, sentence: str) -> None:
    assert order.sentence() == sentence
