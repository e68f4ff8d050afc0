"""What becomes of each file of an import: imported, stored already, refused, or passed over."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final


class Unusable(Exception):  # like catguard.CallRefused: it says what became of a picture
    """A file cannot be imported; the text says why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not imported.

    Attributes:
        name: Of the file, below the folder or archive.
        reason: In words.
        assumption: Id of the broken assumption, where a policy refused it.
        policy: Where that is written: file:line:column.
    """

    name: str
    reason: str
    assumption: str | None = None
    policy: str | None = None

    def __str__(self) -> str:
        written = f" [{self.assumption}, {self.policy}]" if self.assumption else ""
        return f"{self.name}: {self.reason}{written}"


HIDDEN: Final = "hidden"
ARCHIVE: Final = "an archive within"
NO_PICTURE: Final = "no picture"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that neither is a picture nor says that it is, or that nobody means to import.

    Attributes:
        name: Of the file; of a hidden folder, all of which is left out, with a slash behind it.
        reason: `HIDDEN`, `ARCHIVE` or `NO_PICTURE`.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that is in the store now.

    Attributes:
        name: Of the file.
        id: Of the picture.
        as_: What it is in the store: "ragdoll, posing".
        note: What is worth saying of it, if anything.
    """

    name: str
    id: str
    as_: str
    note: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Renaming:
    """A name that is not what people wrote in other letters.

    Attributes:
        what: Breed, scene, pose or tag.
        written: As it is written, as it can be printed.
        name: That it has in the store.
        folder: Whether a folder was named so.
    """

    what: str
    written: str
    name: str
    folder: bool = False

    def __str__(self) -> str:
        return f"{'folder ' if self.folder else ''}{self.written!r} is {self.what} {self.name}"


@dataclass(slots=True)
class Report:
    """All files of an import."""

    imported: list[Entry] = field(default_factory=list)
    duplicates: list[Entry] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    renamed: set[Renaming] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        """For programs; what there is not is absent."""
        return {
            "imported": [_entry(entry) for entry in sorted(self.imported, key=lambda entry: entry.name)],
            "duplicates": [_entry(entry) for entry in sorted(self.duplicates, key=lambda entry: entry.name)],
            "refused": [
                _present(name=refusal.name, reason=refusal.reason, assumption=refusal.assumption, policy=refusal.policy)
                for refusal in sorted(self.refused, key=lambda refusal: refusal.name)
            ],
            "passed_over": [
                _present(name=other.name, reason=other.reason)
                for other in sorted(self.passed_over, key=lambda other: other.name)
            ],
            "renamed": [{"what": one.what, "written": one.written, "name": one.name} for one in sorted(self.renamed)],
        }

    def others(self) -> str:
        """How many files were passed over, and why: `3 other files passed over (hidden: 2, no picture: 1)`."""
        reasons = sorted(Counter(other.reason for other in self.passed_over).items())
        why = ", ".join(f"{reason}: {number}" for reason, number in reasons)
        return f"{counted(len(self.passed_over), 'other file')} passed over{f' ({why})' if why else ''}"


def shown(name: str) -> str:
    """A file's name as it can be printed and stored: what moves cursors or is no character becomes a question mark."""
    composed = unicodedata.normalize("NFC", name)
    return "".join(letter if letter.isprintable() else "?" for letter in composed)


def _entry(entry: Entry) -> dict[str, Any]:
    return _present(name=entry.name, id=entry.id, picture=entry.as_, note=entry.note)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def counted(number: int, noun: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(lines: Iterable[str], *, most: int = 50) -> Iterable[str]:
    """The first lines, and how many more there are."""
    found = list(lines)
    yield from found[:most]
    if len(found) > most:
        yield f"... and {len(found) - most} more: --json has them all"
