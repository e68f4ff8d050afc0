"""The last good policy text on disk: what is started with while its files are edited, or are broken."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from catguard.errors import ConfigurationError
from catguard.policies.model import Action
from catguard.policies.sources import Sources

#: How many texts stay: several supervisors may share a folder, each with files of its own.
KEPT: Final = 16


def place_of(folder: Path, files: Sequence[Path], actions: Sequence[tuple[str, Action]] = ()) -> Path:
    """Return where the last good text of these files is kept: a place of their own, whoever starts with them.

    Args:
        folder: Where texts are kept.
        files: The policy and its overlays.
        actions: Overrides, with which the text was found good.
    """
    named = json.dumps([[os.path.abspath(file) for file in files], [list(action) for action in actions]])
    return folder / f"{hashlib.sha256(named.encode()).hexdigest()[:16]}.json"


def keep(path: Path, revision: str, sources: Sources, *, trigger: str = "start") -> None:
    """Write texts that were loaded without a fault; whoever reads meanwhile gets the old text or the new one.

    Args:
        path: As `place_of` says; its folder is made if it is missing.
        revision: Of the policy set that was made of them.
        sources: The texts.
        trigger: Why they were read, as whoever takes them tells it.

    Raises:
        ConfigurationError: They cannot be written.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", delete=False, encoding="utf-8") as file:
            json.dump({"revision": revision, "trigger": trigger, **sources.as_data()}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())  # a text that is torn by a power cut is no last good one
        os.replace(file.name, path)
        kept = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime)
        for old in kept[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be written: {error.strerror}; give --data a folder that can"
        ) from error


def why_kept(path: Path) -> str:
    """Return why the texts were read that `keep` wrote last; "file" where that cannot be read."""
    try:
        return str(json.loads(path.read_text("utf-8"))["trigger"])
    except (OSError, ValueError, KeyError, TypeError):
        return "file"


def read_kept(path: Path) -> tuple[str, Sources]:
    """Return the revision and the texts that `keep` wrote.

    Raises:
        ConfigurationError: They cannot be read.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        return str(data["revision"]), Sources.of_data(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"the policy text kept in {path} cannot be read: {error}; start again") from error
