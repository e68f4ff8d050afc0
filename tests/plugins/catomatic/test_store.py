import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
import httpx2
import pytest

from catguard_catomatic.deal import HAND, deal
from catguard_catomatic.failures import StoreBroken
from catguard_catomatic.pictures import Picture, Stored
from catguard_catomatic.store import Store, Unknown, together
from tests.plugins.catomatic import shapes
from tests.plugins.catomatic.stand_in import PICTURES, StandInStore, record

MANY = tuple(shapes.cat(f"cat {number}") for number in range(45))
TOM = Picture.from_wire(record(shapes.cat("tom")))


@pytest.fixture
def behind() -> StandInStore:
    return StandInStore()


@pytest.fixture
async def store(behind: StandInStore) -> AsyncIterator[Store]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(behind.app), base_url="http://store") as client:
        yield Store(client, workers=anyio.CapacityLimiter(2))


async def test_cats_of_a_breed(store: Store, behind: StandInStore) -> None:
    assert {cat.id for cat in await store.cats("siamese", 7)} == {
        each.id for each in PICTURES if each.breed == "siamese"
    }
    assert behind.asked == ["/v1/pictures?kind=cat&breed=siamese&limit=20"]


async def test_cats_of_a_breed_with_many_are_those_around_the_one_that_is_dealt(
    store: Store, behind: StandInStore
) -> None:
    behind.pictures = MANY
    ids = sorted(each.id for each in MANY)

    for seed in range(len(MANY)):
        behind.asked.clear()
        cats = await store.cats("siamese", seed)

        dealt = deal(len(MANY), seed)
        window = ids[dealt.offset : dealt.offset + HAND]
        assert [cat.id for cat in cats] == [window.pop(dealt.first), *window]
        further = [f"/v1/pictures?kind=cat&breed=siamese&limit=20&offset={dealt.offset}"] if dealt.offset else []
        assert behind.asked == ["/v1/pictures?kind=cat&breed=siamese&limit=20", *further]


async def test_cats_that_were_taken_out_since_they_were_counted_are_not_waited_for(
    store: Store, behind: StandInStore
) -> None:
    behind.pictures, behind.total = MANY, 2000
    far = next(seed for seed in range(2000) if deal(2000, seed).offset >= len(MANY))
    near = next(seed for seed in range(2000) if deal(2000, seed).offset == len(MANY) - 1)

    assert len(await store.cats("siamese", far)) == HAND
    assert [cat.id for cat in await store.cats("siamese", near)] == [max(each.id for each in MANY)]


async def test_cats_of_an_unknown_breed_are_told_in_words(store: Store) -> None:
    with pytest.raises(Unknown, match="no cats of the breed “unicorn”"):
        await store.cats("unicorn", 7)


async def test_scene_that_is_unknown_is_told_in_words(store: Store) -> None:
    with pytest.raises(Unknown, match="no scene called “moon”"):
        await store.scene("moon")


def heap(*, backs: int, foregrounds: int = 9) -> tuple[Picture, ...]:
    """A scene with as many layers of a name as somebody has imported."""
    names = [*("back" for _ in range(backs)), *("foreground" for _ in range(foregrounds))]
    key = [hashlib.sha256(f"{name} {place}".encode()).hexdigest() for place, name in enumerate(names)]
    return tuple(
        replace(shapes.layer(name), id=f"{name == 'back':x}{digest[:15]}", digest=digest)
        for name, digest in zip(names, key, strict=True)
    )


@pytest.mark.parametrize("backs", [1, 2, 9])
async def test_scene_has_one_layer_of_each_name_and_always_a_back(
    store: Store, behind: StandInStore, backs: int
) -> None:
    behind.pictures = heap(backs=backs)

    layers = await store.scene("garden")

    assert sorted(str(layer.layer) for layer in layers) == ["back", "foreground"]
    for found in layers:
        assert found.id == min(each.id for each in behind.pictures if each.layer == found.layer)


async def test_scene_of_few_layers_is_asked_for_once(store: Store, behind: StandInStore) -> None:
    assert len(await store.scene("garden")) == 2
    assert len(behind.asked) == 1


@pytest.mark.parametrize("foregrounds", [1, 9])
async def test_scene_without_a_back_is_told_in_words(store: Store, behind: StandInStore, foregrounds: int) -> None:
    behind.pictures = heap(backs=0, foregrounds=foregrounds)

    with pytest.raises(Unknown, match="scene “garden” has no background"):
        await store.scene("garden")


async def test_picture_that_is_unknown_is_told_in_words(store: Store) -> None:
    with pytest.raises(Unknown, match="no picture 0000000000000000"):
        await store.picture("0000000000000000")


async def test_images_are_decoded_and_fetched_once(store: Store, behind: StandInStore) -> None:
    needs = (Stored(TOM, 64), Stored(TOM, 128))

    first = await store.images(needs)
    again = await store.images(needs)

    assert {key: image.width for key, image in first.items()} == {need.key: need.width for need in needs}
    assert again == first
    assert len(behind.asked) == 2


async def test_images_of_a_picture_that_was_taken_out_are_unknown(store: Store, behind: StandInStore) -> None:
    behind.gone.add(TOM.id)

    with pytest.raises(Unknown, match="any more"):
        await store.images([Stored(TOM, 64)])


async def test_images_that_are_no_pictures_are_refused_and_not_kept(store: Store, behind: StandInStore) -> None:
    behind.bytes = b"RIFF, but no picture"

    with pytest.raises(StoreBroken, match=TOM.id):
        await store.images([Stored(TOM, 64)])
    behind.bytes = None
    assert await store.images([Stored(TOM, 64)])


async def test_together_raises_the_failure_itself_and_ends_the_rest() -> None:
    ended = []

    async def fails() -> None:
        raise LookupError("no")

    async def waits() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    with pytest.raises(LookupError, match="no"):
        await together([waits(), fails()])
    assert ended == [True]
