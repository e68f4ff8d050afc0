"""Archives: the files in a ZIP, read from it without being unpacked anywhere."""

import io
import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from catguard_store.imports.folder import MAX_READ, Listing, bounded, hidden
from catguard_store.imports.report import HIDDEN, PassedOver, Refusal, Unusable, shown

MAX_MEMBERS = 10_000
MAX_DIRECTORY = 16 * 1024 * 1024
"""Bytes of the list of members, all of which is parsed at once: ten thousand with names of 1 kB take 11 MB."""

MAX_RATIO, RATIO_FROM = 200, 1024 * 1024
"""Pictures are compressed already: a member of more than 1 MiB that deflates to less than a 200th is none (a white
bitmap would be, and is no cat)."""

ENCRYPTED = 0x1
MEMBER = b"PK\x03\x04"
"""What a ZIP begins with, and each member of it (APPNOTE.TXT 4.3.7)."""


class Archive:
    """The files in a ZIP.

    Raises:
        Unusable: It is none, is damaged, or has a list of members of more than `MAX_DIRECTORY` bytes.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = _Bounded(path)
        except OSError as error:
            raise Unusable(f"it cannot be read: {error.strerror or error}") from error
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._file.longest = MAX_READ + 1
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
            self._file.close()
            raise Unusable(f"it is no ZIP that can be read: {error}") from error
        self._members: dict[str, zipfile.ZipInfo] = {}

    def list(self) -> Listing:
        """The members that are files, and what is refused or hidden; a//./b is a/b, and with a backslash it is, too."""
        refused, passed_over = [], []
        members = self._zip.infolist()
        for member in members[:MAX_MEMBERS]:
            steps = [step for step in _path(member).split("/") if step not in ("", ".")]
            name, fault = "/".join(steps), _fault(member)
            if fault is None and name in self._members:
                fault = "another member of the archive has the same name"
            if fault is not None:
                refused.append(Refusal(shown(member.orig_filename) or "(no name)", fault))
            elif any(map(hidden, steps)):
                passed_over.append(PassedOver(shown(name), HIDDEN))
            elif not _is_folder(member):
                self._members[name] = member
        if len(members) > MAX_MEMBERS:
            rest = f"{members[MAX_MEMBERS].filename} and {len(members) - MAX_MEMBERS - 1} more"
            refused.append(Refusal(shown(rest), f"an archive is imported up to {MAX_MEMBERS} members: make several"))
        return Listing(tuple(sorted(self._members)), tuple(refused), tuple(passed_over))

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises:
            Unusable: It is damaged, or longer than it says.
        """
        try:
            with self._zip.open(self._members[name]) as member:
                return bounded(member.read(MAX_READ + 1))
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            OSError,
            EOFError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            struct.error,
        ) as error:
            raise Unusable(f"it cannot be read from the archive: {error}") from error

    def close(self) -> None:
        self._zip.close()
        self._file.close()


class _Bounded(io.BufferedReader):
    """A file that gives no more bytes at once than `longest`.

    `zipfile` reads the list of members by one such call, before it parses it. What an archive says of the list's length
    may be said in several places, and which of them counts is for `zipfile` alone to know.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.longest = MAX_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as a file does; raises BadZipFile where more is asked for, or there is no bound."""
        if size is not None and size > self.longest:
            raise zipfile.BadZipFile(f"its list of members takes {size} bytes, more than {self.longest}")
        return super().read(size)


def is_archive(path: Path) -> bool:
    """Whether a file begins as a ZIP with members does, or ends as one does."""
    return zipfile.is_zipfile(path)


def _path(member: zipfile.ZipInfo) -> str:
    """The name that the archive gives; some of other systems have backslashes where the format wants slashes."""
    return member.orig_filename.replace("\\", "/")


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return _path(member).endswith("/")


def _fault(member: zipfile.ZipInfo) -> str | None:
    """Why a member is not even read."""
    name = _path(member)
    if not name:
        return "it has no name"
    if "\0" in name:  # where other readers take the name to end
        return "its name has a NUL"
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        return "its name leads out of the archive"
    if _is_folder(member):
        return "it is named as a folder, and has bytes" if member.file_size else None
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link"
    if member.flag_bits & ENCRYPTED:
        return "it is encrypted: unpack the archive with its password and import the folder"
    if member.file_size > MAX_READ:
        return f"it has {member.file_size} bytes, more than {MAX_READ}"
    if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * member.compress_size:
        return f"it is a bomb: {member.compress_size} bytes become {member.file_size}"
    return None
