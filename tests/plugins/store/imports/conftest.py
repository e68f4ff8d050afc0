"""The import command as it is run, in this process, on a store of the test's own."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import create_async_engine

from catguard import reloading
from catguard.policies.clock import Clock
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from catguard.policies.model import Action
from catguard.policies.sources import Sources
from catguard_store.commands import cats
from catguard_store.records import Image, Picture
from catguard_store.repository import Repository

ROOT = Path(__file__).parents[4]


@dataclass(frozen=True)
class Store:
    """The store in a folder for data, or at a URL, and the commands on it."""

    data: Path
    url: str | None = None

    def run(self, *arguments: str | Path) -> Result:
        """Run `catguard cats ARGUMENT...`."""
        place = ["--policies", str(ROOT / "policies.yaml"), "--data", str(self.data)]
        variables = {"CATGUARD_STORE_DATABASE": self.url or ""}
        return CliRunner().invoke(cats, [*map(str, arguments), *place], env=variables, prog_name="catguard cats")

    def take(self, *arguments: str | Path) -> dict[str, Any]:
        """Import, and give what is said of it as JSON."""
        done = self.run("import", "--json", *arguments)
        assert done.exit_code in (0, 1), done.output
        report: dict[str, Any] = json.loads(done.stdout)
        assert done.exit_code == bool(report["refused"])
        return report

    def pictures(self) -> dict[str, Picture]:
        """Everything that is stored, by where it came from."""
        return {picture.source: picture for picture in self.ask(_all)}

    def image(self, picture: Picture, width: int) -> Image:
        image: Image = self.ask(lambda repository: repository.image(picture.id, width))
        return image

    def ask(self, question: Callable[[Repository], Any]) -> Any:
        """Ask the store's repository something."""

        async def ask() -> Any:
            engine = create_async_engine(self.url or f"sqlite+aiosqlite:///{self.data / 'store' / 'store.db'}")
            try:
                return await question(Repository(engine))
            finally:
                await engine.dispose()

        return asyncio.run(ask())


async def _all(repository: Repository) -> list[Picture]:
    return [picture for kind in ("cat", "scene") for picture in await repository.find(limit=1000, kind=kind)]


@functools.cache
def _compiled(texts: tuple[tuple[str, str], ...], actions: tuple[tuple[str, Action], ...]) -> CompiledPolicySet:
    return compile_texts(texts, actions=actions)


@pytest.fixture(autouse=True, scope="package")
def compiled_once() -> Iterator[None]:
    """Here all commands run in one process: each would compile the same policies anew, which takes half a second."""

    def compile_sources(sources: Sources, *, actions: Sequence[tuple[str, Action]], clock: Clock) -> CompiledPolicySet:
        assert not sources.included
        return _compiled(sources.texts, tuple(actions))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reloading, "compile_sources", compile_sources)
        yield


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "var")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """An empty folder for pictures."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder
