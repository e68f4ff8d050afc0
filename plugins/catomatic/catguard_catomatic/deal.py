"""The deal: which cat of a breed a seed shows first, however many there are, and which ones it is looked up with."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from catguard_catomatic.pictures import Picture

#: Cats that are looked up at a time; the twelve at most that a picture shows are chosen out of these.
HAND: Final = 20
#: Cats of a breed that are dealt, the first ones by id: the policy lets nobody ask for one further behind.
REACH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Deal:
    """The cats of a seed: `HAND` of a breed, in the order of their ids, beginning with the one at `offset`.

    Attributes:
        offset: How many cats of the breed come before them.
        first: Which one of them is shown first.
    """

    offset: int
    first: int

    def arranged(self, cats: Sequence[Picture]) -> tuple[Picture, ...]:
        """The cats that were looked up, at least one, with the one to show first in front.

        Should some have been taken out of the store since they were counted, it is the last one.
        """
        ordered = sorted(cats, key=lambda cat: cat.id)
        first = ordered.pop(min(self.first, len(ordered) - 1))
        return (first, *ordered)


def deal(total: int, seed: int) -> Deal:
    """Deal the cats of a breed: so many seeds in a row show each of them first, two in a row never the same.

    As many seeds as there are cats make a round, in which the cats come in a shuffled order of its own. Nothing but the
    arguments decides, so the same seed shows the same cat as long as the store has the same ones.

    Args:
        total: How many cats there are, at least one; of one alone every seed shows that one.
        seed: Of the recipe.
    """
    size = min(total, REACH)
    place = _dealt(size, seed)
    offset = min(max(0, place - HAND // 2), max(0, size - HAND))
    return Deal(offset, place - offset)


def _dealt(size: int, turn: int) -> int:
    """What comes at `turn` if a pack of `size` is dealt and shuffled again and again: nothing twice in a row."""
    round_, place = divmod(turn, size)
    if size < 3:  # shuffling two could only make them follow themselves
        return place
    pack = _shuffled(size, round_)
    if round_ and place < 2 and pack[0] == _shuffled(size, round_ - 1)[-1]:
        pack[0], pack[1] = pack[1], pack[0]  # the last one stays the last: the next round looks at nothing else
    return pack[place]


def _shuffled(size: int, round_: int) -> list[int]:
    return Random(f"pack {round_}").sample(range(size), size)
