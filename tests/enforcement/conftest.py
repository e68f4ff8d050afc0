"""Fixtures of the enforcement points: a real PostgreSQL server, an edge to call along, and guarded tables."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from tests.enforcement.outbound import POLICY, Edge
from tests.enforcement.pictures import Guarded, fill
from tests.postgresql import server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server."""
    with server() as address:
        yield address


@pytest.fixture(scope="session")
def outbound_policies() -> CompiledPolicySet:
    return compile_texts([("policies.yaml", POLICY)])


@pytest.fixture
def edge(outbound_policies: CompiledPolicySet) -> Edge:
    return Edge(outbound_policies)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with what every test begins with."""
    file = tmp_path_factory.mktemp("sqlite") / "pictures.db"
    fill(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with five pictures."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite'), tmp_path)}"
    address = str(request.getfixturevalue("postgresql"))
    fill(address)
    return address


@pytest.fixture
def sync(url: str) -> Iterator[Guarded]:
    guarded = Guarded(sa.create_engine(url))
    yield guarded
    guarded.engine.dispose()
    assert guarded.started.count == len(guarded.spans), "every span is ended"


@pytest.fixture
async def guarded(url: str) -> AsyncIterator[Guarded]:
    guarded = Guarded(create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite://")))
    yield guarded
    await guarded.engine.dispose()
    assert guarded.started.count == len(guarded.spans), "every span is ended"
