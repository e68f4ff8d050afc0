"""Supplies: pictures that are offered to the store, one by one; `Files` are those of a folder or an archive."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from catguard_store.admission import Candidate, Proposal
from catguard_store.art.scene import SCENES
from catguard_store.imports import sidecar
from catguard_store.imports.archive import MEMBER, Archive, is_archive
from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.developing import Film
from catguard_store.imports.exported import drawing, identity, source
from catguard_store.imports.folder import Folder
from catguard_store.imports.labels import Defaults, labels
from catguard_store.imports.report import ARCHIVE, HIDDEN, NO_PICTURE, PassedOver, Refusal, Renaming, Unusable, shown
from catguard_store.imports.sidecar import Rows
from catguard_store.records import LAYERS

SUFFIXES: Final = {
    ".png": "png",
    ".apng": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".jfif": "jpeg",
    ".webp": "webp",
    ".avif": "avif",
    ".gif": "gif",
}
ARCHIVES: Final = frozenset((".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst"))
SIGNATURES: Final = ((0, b"\x89PNG"), (0, b"\xff\xd8\xff"), (8, b"WEBP"), (4, b"ftypavi"), (0, b"GIF8"))
"""Enough to tell that something wants to be a picture; the header reader says whether it is one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A picture that may be stored.

    Attributes:
        proposal: What is known of it.
        candidate: Looks into it; raises Unusable.
        renamed: Those of its names that people wrote in other letters.
    """

    proposal: Proposal
    candidate: Callable[[Darkroom], Awaitable[tuple[Candidate, str | None]]]
    renamed: tuple[Renaming, ...] = ()


class Supply(Protocol):
    """Where pictures come from that are imported."""

    @property
    def names(self) -> Sequence[str]:
        """Of everything that there is to offer."""
        ...

    @property
    def refused(self) -> Sequence[Refusal]:
        """What cannot be offered at all."""
        ...

    @property
    def passed_over(self) -> Sequence[PassedOver]:
        """What nobody means to offer."""
        ...

    def offer(self, name: str) -> Offer | PassedOver:
        """Offer one, if it is a picture; may block, and is called in a thread. Raises Unusable."""
        ...


class Files:
    """The pictures of a folder or an archive, with what a sidecar says of them.

    Args:
        place: A folder or a ZIP.
        sidecar: A CSV or JSON file elsewhere; without it, cats.csv or cats.json at the top of the place.
        defaults: What is said of all pictures.
        restore: Whether exports are believed which picture of another store a file was.

    Raises:
        Unusable: The place is neither, or the sidecar cannot be understood.
    """

    def __init__(self, place: Path, *, sidecar: Path | None = None, defaults: Defaults, restore: bool = False) -> None:
        self._files = _open(place)
        try:
            listing = self._files.list()
            self._rows, self._root, own = self._sidecar(listing.names, sidecar)
        except BaseException:
            self._files.close()
            raise
        self._defaults, self._restore = defaults, restore
        self.names = tuple(sorted((name for name in listing.names if name != own), key=self._turn))
        hidden = {self._below(other.name) for other in listing.passed_over} & {shown(file) for file in self._rows}
        there = {self._below(name) for name in self.names} | {refusal.name for refusal in listing.refused}
        absent = [
            Refusal(shown(file), f"{row.where} names it, and it is {HIDDEN if shown(file) in hidden else 'not there'}")
            for file, row in self._rows.items()
            if file not in there
        ]
        self.refused = (*listing.refused, *absent)
        self.passed_over = tuple(other for other in listing.passed_over if self._below(other.name) not in hidden)

    def offer(self, name: str) -> Offer | PassedOver:
        """Read a file, and say what it shows.

        Raises:
            Unusable: It cannot be read, or nothing says what it shows.
        """
        data = self._files.read(name)
        suffix = PurePosixPath(name).suffix.lower()
        row = self._rows.get(self._below(name))
        wants = any(data[start : start + len(mark)] == mark for start, mark in SIGNATURES)
        named = suffix in SUFFIXES or (guess_type(name)[0] or "").startswith("image/")
        if not wants and not named and row is None:
            return PassedOver(shown(name), ARCHIVE if suffix in ARCHIVES else NO_PICTURE)
        shows = labels(self._below(name), row, self._defaults)
        digest = hashlib.sha256(data).hexdigest()
        was = None if row is None else identity(row, digest, trusted=self._restore)
        if was is not None and (drawn := drawing(*was)) is not None:

            async def redrawn(_: Darkroom) -> tuple[Candidate, str | None]:
                return drawn, None

            return Offer(drawn.proposal, redrawn)

        if shows.kind == "scene" and shows.breed in SCENES:
            raise Unusable(f"the store draws a scene {shows.breed} of its own: give this one another name")
        proposal = Proposal(
            kind=shows.kind,
            breed=shows.breed,
            pose=shows.pose,
            layer=shows.layer,
            tags=shows.tags,
            licence=shows.licence,
            author=shows.author,
            source=source(digest, name) if was is None else was[0],
            digest=digest if was is None else was[1],
        )

        async def candidate(darkroom: Darkroom) -> tuple[Candidate, str | None]:
            facts = await darkroom.look(data)
            film = Film(data, facts, shows.kind, shows.anchors, whole=was is not None)
            lies = suffix != "" and SUFFIXES.get(suffix) != facts.format
            note = f"its name ends in {shown(suffix)}, and it is {facts.format.upper()}" if lies else None
            return Candidate(proposal, len(data), facts.width, facts.height, facts.frames, film), note

        return Offer(proposal, candidate, shows.renamed)

    def close(self) -> None:
        self._files.close()

    def _turn(self, name: str) -> tuple[bool, bool]:
        """Where in the order a file is: what people see of an import that is under way is whole."""
        below = self._below(name)
        row = self._rows.get(below)
        try:
            # A scene is offered when it has a back.
            last = labels(below, row, self._defaults).layer == LAYERS[0]
        except Unusable:
            last = False
        # Of a file and its copies, the one that the sidecar knows comes first.
        return last, row is None

    def _below(self, name: str) -> str:
        return name.removeprefix(self._root)

    def _sidecar(self, names: Sequence[str], given: Path | None) -> tuple[Rows, str, str | None]:
        """The rows; the folder that they and all names are below; and the name of the file that they are from."""
        if given is not None:
            try:
                return sidecar.read(given.name, given.read_bytes()), "", None
            except OSError as error:
                raise Unusable(f"{given} cannot be read: {error.strerror or error}") from error
        tops = {name.partition("/")[0] for name in names}
        # Archives often hold the folder that was packed, and not what is in it.
        roots = ["", *([f"{tops.pop()}/"] if len(tops) == 1 and isinstance(self._files, Archive) else [])]
        found = [(f"{root}{name}", root) for root in roots for name in sidecar.NAMES if f"{root}{name}" in names]
        if len(found) > 1:
            raise Unusable(f"there are {' and '.join(name for name, _ in found)}: choose one by --sidecar")
        if not found:
            return {}, "", None
        (name, root) = found[0]
        return sidecar.read(shown(name), self._files.read(name)), root, name


def _open(place: Path) -> Folder | Archive:
    if place.is_dir():
        return Folder(place)
    if is_archive(place):
        return Archive(place)
    raise Unusable(f"{shown(str(place))} {_no_archive(place)}")


def _no_archive(place: Path) -> str:
    """What a file is that is no ZIP to read."""
    try:
        with place.open("rb") as file:
            start = file.read(len(MEMBER))
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    if start == MEMBER:
        return (
            "is a damaged ZIP: it begins as one, and the list of its members, which is at its end, is missing; it was "
            "cut off, so fetch or pack it again"
        )
    if place.suffix.lower() == ".zip":
        return f"has the name of a ZIP, and {'begins as none' if start else 'is empty'}: fetch or pack it again"
    if place.suffix.lower() in ARCHIVES:
        return "is neither a folder nor a ZIP: unpack it, and import the folder"
    return "is neither a folder nor a ZIP"
