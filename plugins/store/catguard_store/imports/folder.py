"""Folders: the files below a directory, without what leads out of it."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catguard_store.imports.report import HIDDEN, PassedOver, Refusal, Unusable, shown

MAX_READ = 64 * 1024 * 1024
"""Bytes: longer files are not even read. The policy of `admit` says how long a picture may be; this is far above."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a folder or an archive.

    Attributes:
        names: Of the files to look into, in order.
        refused: By its look alone.
        passed_over: Likewise: what is hidden.
    """

    names: tuple[str, ...]
    refused: tuple[Refusal, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below a directory; their names are relative to it, with slashes."""

    root: Path

    def list(self) -> Listing:
        """The regular files, and what is none or is hidden."""
        names, refused, passed_over = [], [], []

        def unreadable(error: OSError) -> None:
            refused.append(self._refusal(Path(error.filename), f"the folder cannot be read: {error.strerror or error}"))

        for folder, folders, files in os.walk(self.root, onerror=unreadable):
            place = Path(folder)
            passed_over += [self._passed_over(place / name, "/") for name in folders if hidden(name)]
            folders[:] = sorted(name for name in folders if not hidden(name))
            refused += [
                self._refusal(place / name, f"the folder is {self._link(place / name)}")
                for name in folders
                if (place / name).is_symlink()
            ]
            for name in sorted(files):
                path = place / name
                if hidden(name):
                    passed_over.append(self._passed_over(path))
                elif fault := self._fault(path):
                    refused.append(self._refusal(path, fault))
                else:
                    names.append(path.relative_to(self.root).as_posix())
        return Listing(tuple(names), tuple(refused), tuple(passed_over))

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            Unusable: It cannot be read, or has more than `MAX_READ`.
        """
        try:
            # Not blocking: in place of the file there may be a pipe by now.
            descriptor = os.open(self.root / name, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                return bounded(file.read(MAX_READ + 1))
        except OSError as error:
            raise Unusable(f"it cannot be read: {error.strerror or error}") from error

    def close(self) -> None:
        """Nothing is open."""

    def _fault(self, path: Path) -> str | None:
        try:
            kind = path.stat().st_mode
        except OSError as error:
            if path.is_symlink():
                return f"it is {self._link(path)}"
            return f"it cannot be looked at: {error.strerror or error}"
        if path.is_symlink() and not self._inside(path):
            return f"it is {self._link(path)}"
        return None if stat.S_ISREG(kind) else "it is no regular file"

    def _inside(self, path: Path) -> bool:
        return path.resolve(strict=True).is_relative_to(self.root.resolve())

    def _link(self, path: Path) -> str:
        """What is wrong with a link to a file, or with any link to a folder."""
        try:
            inside = self._inside(path)
        except RuntimeError:  # what pathlib raises at links in a ring
            return "a link that leads to itself"
        except OSError as error:
            if error.errno == errno.ELOOP:
                return "a link that leads to itself"
            return f"a link that leads nowhere: {error.strerror or error}"
        if inside:
            return "a link to another folder of the directory: its files are imported from there"
        return "a link that leads out of the directory"

    def _refusal(self, path: Path, reason: str) -> Refusal:
        return Refusal(shown(path.relative_to(self.root).as_posix()), reason)

    def _passed_over(self, path: Path, end: str = "") -> PassedOver:
        return PassedOver(shown(path.relative_to(self.root).as_posix() + end), HIDDEN)


def hidden(name: str) -> bool:
    """Whether a file or folder is one that systems leave behind, such as .DS_Store, and nobody means to import."""
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def bounded(data: bytes) -> bytes:
    """The data.

    Raises:
        Unusable: There is nothing of it, or more than `MAX_READ`.
    """
    if not data:
        raise Unusable("the file is empty")
    if len(data) > MAX_READ:
        raise Unusable(f"the file has more than {MAX_READ // 1024**2} MiB")
    return data


def parts(name: str) -> Iterator[str]:
    """The names of the folders that a file lies in, from outside."""
    yield from name.split("/")[:-1]
