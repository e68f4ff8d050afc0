"""Archives: the files in a ZIP, read from it without being unpacked anywhere."""

import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from catguard_store.imports.folder import MAX_READ, bounded, hidden
from catguard_store.imports.report import Refusal, Unusable, shown

MAX_MEMBERS = 10_000
MAX_DIRECTORY = 16 * 1024 * 1024
"""Bytes of the list of members, all of which is parsed at once: ten thousand with names of 1 kB take 11 MB."""

MAX_RATIO, RATIO_FROM = 200, 1024 * 1024
"""Pictures are compressed already: a member of more than 1 MiB that deflates to less than a 200th is none (a white
bitmap would be, and is no cat)."""

# APPNOTE.TXT 4.3.16: the end of the central directory record, 22 bytes and a comment of at most 64 KiB.
END_SIGNATURE, END_BYTES, MAX_COMMENT = b"PK\x05\x06", 22, 65_535
# 4.3.15 and 4.3.14: what replaces it where numbers do not fit.
LOCATOR_SIGNATURE, LOCATOR_BYTES, END64_SIGNATURE = b"PK\x06\x07", 20, b"PK\x06\x06"
ENCRYPTED = 0x1


class Archive:
    """The files in a ZIP.

    Raises:
        Unusable: It is none, is damaged, or has a list of members of more than `MAX_DIRECTORY` bytes.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise Unusable(f"it cannot be read: {error.strerror or error}") from error
        try:
            _check_directory(self._file)
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
            self._file.close()
            raise Unusable(f"it is no ZIP that can be read: {error}") from error
        self._members: dict[str, zipfile.ZipInfo] = {}

    def list(self) -> tuple[tuple[str, ...], tuple[Refusal, ...]]:
        """The names of members in order, and what is refused by its look alone; hidden files are left out."""
        refused = []
        members = self._zip.infolist()
        for member in members[:MAX_MEMBERS]:
            if member.is_dir() or any(name != ".." and hidden(name) for name in member.filename.split("/")):
                continue
            fault = _fault(member)
            if fault is None and member.filename in self._members:
                fault = "another member of the archive has the same name"
            if fault is None:
                self._members[member.filename] = member
            else:
                refused.append(Refusal(shown(member.filename), fault))
        if len(members) > MAX_MEMBERS:
            rest = f"{members[MAX_MEMBERS].filename} and {len(members) - MAX_MEMBERS - 1} more"
            refused.append(Refusal(shown(rest), f"an archive is imported up to {MAX_MEMBERS} members: make several"))
        return tuple(sorted(self._members)), tuple(refused)

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


def is_archive(path: Path) -> bool:
    """Whether a file begins as a ZIP with members does, or ends as one does."""
    return zipfile.is_zipfile(path)


def _fault(member: zipfile.ZipInfo) -> str | None:
    """Why a member is not even read."""
    # What the archive says: `filename` ends at a NUL and has the slashes of this system.
    name = member.orig_filename
    if name.startswith(("/", "\\")) or "\\" in name or name[1:2] == ":" or ".." in name.split("/") or "\0" in name:
        return "its name leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link"
    if member.flag_bits & ENCRYPTED:
        return "it is encrypted: unpack the archive with its password and import the folder"
    if member.file_size > MAX_READ:
        return f"it has {member.file_size} bytes, more than {MAX_READ}"
    if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * member.compress_size:
        return f"it is a bomb: {member.compress_size} bytes become {member.file_size}"
    return None


def _check_directory(file: BinaryIO) -> None:
    """Look how long the list of members is, as the end of the archive says, before all of it is parsed.

    Raises:
        BadZipFile: It is too long, or is not there.
    """
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - END_BYTES - MAX_COMMENT - LOCATOR_BYTES))
    tail = file.read()
    position = tail.rfind(END_SIGNATURE)
    if position < 0 or len(tail) < position + END_BYTES:
        raise zipfile.BadZipFile("it does not end as an archive does")
    (size,) = struct.unpack_from("<I", tail, position + 12)
    locator = position - LOCATOR_BYTES
    if locator >= 0 and tail[locator : locator + 4] == LOCATOR_SIGNATURE:
        (offset,) = struct.unpack_from("<Q", tail, locator + 8)
        file.seek(min(offset, start + locator))
        record = file.read(56)
        if record.startswith(END64_SIGNATURE):
            (size,) = struct.unpack_from("<Q", record, 40)
    if size > MAX_DIRECTORY:
        raise zipfile.BadZipFile(f"its list of members takes {size} bytes, more than {MAX_DIRECTORY}")
    file.seek(0)
