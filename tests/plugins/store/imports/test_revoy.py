from __future__ import annotations

import asyncio
import io
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from catguard_store.admission import Developed
from catguard_store.art.breeds import BREEDS
from catguard_store.drawings import Drawings
from catguard_store.imports import revoy
from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.report import PassedOver, Unusable
from catguard_store.imports.revoy import Revoy
from catguard_store.imports.supply import Offer

from .conftest import Store


def test_pack_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first, again, other = (Revoy(count=9, seed=seed).names for seed in (1, 1, 2))
    assert first == again
    assert len(set(first)) == 9
    assert set(first) != set(other)


def offered(pack: Revoy) -> list[Offer]:
    offers = [pack.offer(name) for name in pack.names]
    assert not any(isinstance(offer, PassedOver) for offer in offers)
    return [offer for offer in offers if isinstance(offer, Offer)]


def test_pack_is_a_breed_of_its_own_beside_those_that_are_drawn() -> None:
    assert {offer.proposal.breed for offer in offered(Revoy(count=9, seed=0))} == {"revoy"}
    assert "revoy" not in BREEDS


def test_pack_stands_as_tall_beside_equal_faces_as_what_is_drawn() -> None:
    tabby = next(one for one in Drawings().proposals() if (one.breed, one.pose) == ("tabby", "sitting"))
    (offer,) = offered(Revoy(count=1, seed=0))
    candidate, _ = asyncio.run(offer.candidate(Darkroom()))
    own, drawn = (_height_in_faces(one.develop()) for one in (candidate, Drawings().candidate(tabby)))
    assert own == pytest.approx(drawn, rel=0.1)


def _height_in_faces(cat: Developed) -> float:
    """How tall a cat is, where its face is one wide: those are what all cats of a picture have alike."""
    largest = cat.images[-1]
    (left, _), (right, _) = cat.anchors["face-top-left"], cat.anchors["face-bottom-right"]
    return largest.height / (largest.width * (right - left))


def test_pack_puts_cats_together_and_credits_their_painter(store: Store) -> None:
    report = store.take("--pack", "revoy", "--count", "3", "--seed", "3")
    assert len(report["imported"]) == 3
    for picture in store.pictures().values():
        assert (picture.author, picture.licence) == ("David Revoy, peppercarrot.com", "CC-BY-4.0")
        assert (picture.kind, picture.pose, picture.opaque) == ("cat", "sitting", False)
        assert {"nose", "left-eye", "right-eye", "paw", "face-top-left", "face-bottom-right"} <= picture.anchors.keys()
        image = PIL.Image.open(io.BytesIO(store.image(picture, picture.width).bytes))
        alpha = image.convert("RGBA").getchannel("A")
        for anchor in ("nose", "left-eye", "right-eye", "paw", "tail"):
            x, y = picture.anchors[anchor]
            assert alpha.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1)))) == 255, anchor


def test_pack_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(revoy, "distribution", missing)
    with pytest.raises(Unusable, match=r"pip install 'catguard-store\[revoy\]'"):
        Revoy(count=1, seed=0)


def test_pack_of_another_version_says_which_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(revoy, "_folder", lambda: tmp_path)
    with pytest.raises(Unusable, match=r"has no parts in 000#00body: pip install 'robohash>=2\.0,<3'"):
        Revoy(count=1, seed=0)
