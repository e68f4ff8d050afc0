"""Both databases for real, the shipped policies around them, and pictures small enough to be made in a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import catguard
from catguard_store.repository import Repository, prepare_connections
from catguard_store.tables import metadata
from tests.postgresql import server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    with server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'store.db'}"
    address: str = request.getfixturevalue("postgresql")
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    await engine.dispose()
    return address


@pytest.fixture(scope="session")
def guard(root: Path) -> catguard.Guard:
    """The store's guard, with the policies that are shipped."""
    return catguard.Guard.from_file(root / "policies.yaml", component="store")


@pytest.fixture
async def engine(url: str, guard: catguard.Guard) -> AsyncIterator[AsyncEngine]:
    guarded: AsyncEngine = guard.database(create_async_engine(url))
    prepare_connections(guarded)
    yield guarded
    await guarded.dispose()


@pytest.fixture
async def repository(engine: AsyncEngine) -> Repository:
    """An empty store behind the shipped policies."""
    store = Repository(engine)
    await store.create()
    return store
