"""Distributions that are installed for one test: real metadata, in a folder in which alone plugins are looked for."""

import importlib.metadata
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Distributions:
    """Installs distributions of one module each, with an entry point for catguard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, source: str, *, entry: str | None = None, version: str = "1.2.3") -> None:
        """Install a distribution whose module has the same name, with underscores."""
        module = name.replace("-", "_")
        (self.folder / f"{module}.py").write_text(source)
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[catguard]\n{entry or module} = {module}\n")


@contextmanager
def only_own_distributions(folder: Path) -> Iterator[Distributions]:
    """Hide the plugins that are really installed; modules of the folder are forgotten at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setattr("catguard.plugins.distributions", lambda: importlib.metadata.distributions(path=[str(folder)]))
        yield Distributions(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
