"""Names: what a breed, pose, layer's scene, tag or anchor that people write is called in addresses and in SQL."""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

from catguard_store.imports.report import Renaming, Unusable, shown

LENGTH: Final = 32
"""Characters of a name; the policy's shape `Slug` allows no more."""


def slug(text: str, what: str) -> str:
    """A name as it stands in addresses and SQL: "Russian Blue" is russian-blue, and "Łódź" is lodz.

    Raises:
        Unusable: No name can be made of it, or it is longer than `LENGTH`.
    """
    # Composed first, as systems differ in it: of й in two characters only the и would be known.
    letters = (_latin(letter) for letter in unicodedata.normalize("NFC", text))
    found = re.sub(r"[^a-z0-9]+", "-", "".join(letters).lower()).strip("-")
    if not found[:1].isalpha():
        raise Unusable(f"no {what} can be named {shown(text)!r}: a name begins with one of the letters a to z")
    if len(found) > LENGTH:
        raise Unusable(
            f"no {what} can be named {shown(text)!r}: {found} has {len(found)} characters, and a name at most "
            f"{LENGTH}; shorten it, or say a shorter one in a sidecar"
        )
    return found


def renaming(text: str, what: str, name: str, *, folder: bool = False) -> Renaming | None:
    """What to tell people of a name, None where it is what they wrote but for case, spaces and hyphens."""
    plain = re.sub(r"[\s_-]+", "-", unicodedata.normalize("NFC", text).lower()).strip("-")
    return None if plain == name else Renaming(what, shown(text), name, folder)


def _latin(letter: str) -> str:
    """The letters a to z that stand for one of any script; signs of softness, as those are no letters, are left out."""
    if letter.isascii():
        return letter
    latin = anyascii(letter)
    return latin.replace("'", "") if letter.isalpha() else latin
