"""Holds a candidate policy beside the one in force: loaded, loaded anew, and its differences written to a file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from catguard.engine.candidate import Candidate, Comparison, Difference
from catguard.engine.snapshots import Engine
from catguard.errors import CatguardError, ConfigurationError
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.sources import Sources
from catguard.reloading import PolicyLoader
from catguard.telemetry import Telemetry

log = logging.getLogger("catguard.candidate")

#: How many files stay at a start: one for each worker that ran with the candidate.
KEPT: Final = 64
#: Seconds between two looks at whether there is something new to write.
WRITING: Final = 1.0


class Proposal:
    """A candidate of one component in one process.

    Args:
        engine: Whose policies are in force.
        telemetry: Counts the differences.
        loader: Where the candidate comes from.
        path: The file that its differences are written to.
    """

    def __init__(self, engine: Engine, telemetry: Telemetry, loader: PolicyLoader, path: Path) -> None:
        self._engine = engine
        self._telemetry = telemetry
        self._loader = loader
        self._path = path
        self._sources: Sources | None = None
        self._written: tuple[object, ...] = ()
        self._one_by_one = asyncio.Lock()

    def begin(self) -> None:
        """Load the candidate and let it decide; raises what loading raises."""
        sources = self._loader.read()
        self._adopt(self._loader.compile(sources), sources)

    async def reload_apart(self) -> None:
        """Take a new candidate, if there is one; a bad one is logged, and the old one stays."""
        async with self._one_by_one:
            try:
                sources = self._loader.read()
                if sources != self._sources:
                    self._adopt(await self._loader.compile_apart(sources), sources)
            except CatguardError as error:
                log.warning("the new candidate is rejected, the old one stays: %s", error)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Write the differences while the context is open, and once more at its end."""
        task = asyncio.create_task(self._write_again_and_again())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self.write()

    def write(self) -> None:
        """Write what was compared so far, if anything is new; a file that cannot be written is logged."""
        data = self._new()
        if data is not None:
            self._write(data)

    def _new(self) -> dict[str, Any] | None:
        candidate = self._engine.snapshot.candidate
        if candidate is None:
            return None
        found: Comparison = candidate.comparison
        mark = (found.live, found.candidate, sum(found.decided.values()), found.unjudged, found.failed)
        if mark == self._written:
            return None
        self._written = mark
        return as_data(found)

    def _write(self, data: dict[str, Any]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=".", delete=False) as file:
                json.dump(data, file)
            os.replace(file.name, self._path)
        except OSError as error:
            log.warning("the candidate's differences cannot be written to %s: %s", self._path, error)

    async def _write_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(WRITING)
            data = self._new()
            if data is not None:
                await asyncio.to_thread(self._write, data)

    def _adopt(self, compiled: CompiledPolicySet, sources: Sources) -> None:
        def beside(live: CompiledPolicySet) -> CompiledPolicySet:
            return live.beside(Candidate(compiled, live, self._telemetry.candidate_differs))

        self._engine.propose(beside)
        self._sources = sources


def as_data(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON holds it; `read_comparisons` reads it."""
    return {
        "live": found.live,
        "candidate": found.candidate,
        "decided": dict(found.decided),
        "unjudged": found.unjudged,
        "failed": found.failed,
        "differences": [
            {each.name: getattr(difference, each.name) for each in fields(Difference)}
            for difference in found.differences.values()
        ],
    }


def forget_comparisons(folder: Path, candidate: str) -> None:
    """Remove what workers wrote about other candidates than this revision, and all but the newest files about it."""
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    about = [path for path in files if f'"candidate": "{candidate}"' in path.read_text("utf-8", "replace")]
    for path in {*files} - {*about[:KEPT]}:
        path.unlink(missing_ok=True)


def read_comparisons(folder: Path) -> list[Comparison]:
    """Return what workers wrote into a folder, summed up by the revisions that were compared, newest last.

    Raises:
        ConfigurationError: A file is none of theirs.
    """
    found: dict[tuple[str, str], Comparison] = {}
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
        try:
            data = json.loads(path.read_text("utf-8"))
            key = (data["live"], data["candidate"])
            total = found.pop(key, None) or Comparison(*key)
            found[key] = total  # the newest file puts its revisions last
            for boundary, count in data["decided"].items():
                total.decided[boundary] = total.decided.get(boundary, 0) + count
            total.unjudged += data["unjudged"]
            total.failed += data["failed"]
            for each in data["differences"]:
                difference = Difference(**each)
                name = (difference.boundary, difference.phase, difference.assumption, difference.outcome)
                known = total.differences.setdefault(name, difference)
                if known is not difference:
                    known.count += difference.count
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{path} cannot be read ({error}): remove it") from error
    return list(found.values())
