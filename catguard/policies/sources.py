"""The texts that a policy set is made of: files that overlay each other, and those that they include."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file could not be read, where it is there."""

    why: str


#: What came of reading a file that is included; None where there is none.
Content: TypeAlias = str | Unread | None


@dataclass(frozen=True, slots=True)
class Sources:
    """Policy texts by the names that places give them.

    Attributes:
        texts: Pairs of name and text: the policy, then its overlays.
        included: The texts of the files that the policy includes, or why one could not be read, by their paths relative
            to its folder.
    """

    texts: tuple[tuple[str, str], ...]
    included: Mapping[str, Content] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all files, those that are included and could not be read among them."""
        names = [name for name, _ in self.texts]
        folder = posixpath.dirname(names[0]) if names else ""
        return (*names, *(posixpath.join(folder, name) for name in self.included))

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        included = {
            name: {"unread": content.why} if isinstance(content, Unread) else content
            for name, content in self.included.items()
        }
        return {"files": [list(pair) for pair in self.texts], "included": included}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Sources:
        """Read what `as_data` returned; raises KeyError, TypeError or ValueError for anything else."""
        texts = tuple((str(name), str(text)) for name, text in data["files"])
        included = {
            str(name): Unread(str(content["unread"])) if isinstance(content, dict) else content
            for name, content in dict(data.get("included") or {}).items()
        }
        return cls(texts, included)


#: What a policy set that was made without texts was made of.
NO_TEXTS = Sources(())
