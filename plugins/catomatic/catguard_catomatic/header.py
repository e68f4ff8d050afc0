"""The response header `Catomatic-Cats`: which cats stand where, and whom to thank."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catguard_catomatic.closeup import parts_of
from catguard_catomatic.pictures import Picture, credits_of

NAME = "Catomatic-Cats"
# The callers' policies refuse a longer one. Twelve cats and eight layers, each of another maker, take 46 KB at most:
# 180 characters of author and licence are 2,160 bytes, since one beyond the first plane is escaped as two of six bytes.
MAXIMUM_BYTES = 48 * 1024


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

    Sources that do not fit are left out, the last first; makers, licences and boxes never are.
    """
    boxes = [cat.wire() for cat in cats]
    thanks = [credit.wire() for credit in credits_of((*(cat.picture for cat in cats), *others))]
    while len(text := json.dumps({"cats": boxes, "credits": thanks}, separators=(",", ":"))) > MAXIMUM_BYTES:
        last = next((credit for credit in reversed(thanks) if credit["sources"]), None)
        if last is None:
            break
        last["sources"].pop()
    return text
