import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_frontend.ask import EXAMPLE, NotUnderstood, Order, examples, read
from catguard_frontend.menu import BREEDS, FORMATS, NOTHING, SCENES, Menu

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


@pytest.mark.parametrize(("sentence", "word"), [("a siamese cat", "siamese"), ("a cat in a meadow", "meadow")])
def test_read_offers_only_what_is_there(sentence: str, word: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(sentence, IMPORTED)

    assert refused.value.word == word
    offered = " ".join(refused.value.expected)
    assert ("ragdoll" in offered) or ("house at night" in offered)
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
        ("cats", "cats", 1, 1),
        ("three siamese cats under a rose", "under", 4, 20),
        ("three cats in a bog at 10x10", "bog", 5, 17),
        ("three cats in a", "", 5, 16),
        ("a cat at 480", "", 5, 13),
        ("a cat at -480x620", "-", 4, 10),
        ("a cat at the bog", "bog", 5, 14),
        ("a cat as gif", "gif", 4, 10),
        ("a cat at 480x620 in a meadow", "in", 7, 18),
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


WORDS = ("a", "an", "three", "3", "cats", "tabby", "in", "rose", "meadow", "at", "480", "x", "px", "as", "png", ".")


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_read_of_any_text_is_an_order_or_a_word_of_it(sentence: str) -> None:
    try:
        order = read(sentence, MENU)
    except NotUnderstood as refused:
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
