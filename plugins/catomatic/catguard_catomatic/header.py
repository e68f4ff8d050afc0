"""The response header `Catomatic-Cats`: which cats stand where, and whom to thank."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catguard_catomatic.closeup import parts_of
from catguard_catomatic.pictures import Picture, credits_of

NAME = "Catomatic-Cats"
# The callers' policies refuse a longer one.
MAXIMUM_BYTES = 8192
# A credit in the callers' policies has at most so many characters.
CREDIT_LENGTH, MAXIMUM_CREDITS = 200, 16


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and its box in the result: left, top, right, bottom in whole pixels."""

    picture: Picture
    box: tuple[int, int, int, int]

    def wire(self) -> Mapping[str, Any]:
        left, top, right, bottom = self.box
        return {
            "picture": self.picture.id,
            "breed": self.picture.breed,
            "pose": self.picture.pose,
            "box": {"x": left, "y": top, "width": right - left, "height": bottom - top},
            "parts": parts_of(self.picture),
        }


def header(cats: Sequence[Shown], others: Sequence[Picture] = ()) -> str:
    """The header's value, in ASCII.

    Args:
        cats: From far to near.
        others: Further pictures whose makers are thanked, such as the scene's.

    Credits that do not fit are left out, the last first: the boxes are what callers rely on.
    """
    thanks = credits_of((*(cat.picture for cat in cats), *others))
    credits_ = [credit[:CREDIT_LENGTH] for credit in thanks[:MAXIMUM_CREDITS]]
    value: dict[str, Any] = {"cats": [cat.wire() for cat in cats], "credits": credits_}
    while len(text := json.dumps(value, separators=(",", ":"))) > MAXIMUM_BYTES and credits_:
        credits_.pop()
    return text
