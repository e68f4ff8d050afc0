"""The last good policy text on disk: what a tier is started again with while its files are edited, or are broken."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from catguard.errors import ConfigurationError

#: How many texts stay: several supervisors may share a folder, each with a text of its own.
KEPT: Final = 16


def keep(folder: Path, revision: str, texts: Sequence[tuple[str, str]]) -> Path:
    """Write policy texts that were loaded without a fault, under their revision.

    Args:
        folder: Where texts are kept; made if it is missing.
        revision: Of the policy set that was made of them.
        texts: Pairs of a file's name, as places call it, and its text.

    Returns:
        The file that `read_kept` reads.

    Raises:
        ConfigurationError: It cannot be written.
    """
    path = folder / f"{revision}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", delete=False, encoding="utf-8") as file:
            json.dump({"revision": revision, "files": texts}, file, ensure_ascii=False)
        os.replace(file.name, path)
        kept = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime)
        for old in kept[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be written: {error.strerror}; give --data a folder that can"
        ) from error
    return path


def read_kept(path: Path) -> list[tuple[str, str]]:
    """Return the texts that `keep` wrote.

    Raises:
        ConfigurationError: They cannot be read.
    """
    try:
        return [(name, text) for name, text in json.loads(path.read_text("utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"the policy text kept in {path} cannot be read: {error}; start again") from error
