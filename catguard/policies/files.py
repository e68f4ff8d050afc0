"""Reads the texts of files; pipes and devices, which may never end or never begin, are none."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_regular(path: Path) -> str:
    """Return the text of a regular file; raises OSError with what is wrong, and UnicodeDecodeError."""
    # Without O_NONBLOCK the opening of a pipe waits until somebody writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        words = os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "it is not a file"
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, words, str(path))
    with os.fdopen(descriptor, encoding="utf-8") as file:
        return file.read()
