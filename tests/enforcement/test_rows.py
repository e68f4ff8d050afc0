"""Rows that come back are bounded by number and bytes, written or not, and are not all read before somebody counts."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from catguard.enforcement.database import guard_engine
from catguard.enforcement.rows import FIRST_PIECE, PIECE, RowLimits
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.policies.loader import compile_texts
from catguard.policies.phases import RESPONSE_BYTES, RETURNED_ROWS
from catguard.telemetry import Telemetry

POLICY = """
catguard: 1
system: cats
owners: {store: {team: Picture store, contact: "#store"}}
components:
  store:
    owner: store
    about: Keeps notes.
    outbound:
      create: {to: external, sql: CREATE notes}
      insert: {to: external, sql: INSERT notes}
      plain: {to: external, sql: SELECT notes}
      large: {to: external, sql: SELECT notes, response: {max_bytes: {limit: 4Mi, why: books}}}
      heard: {to: external, sql: SELECT notes, response: {max_rows: {limit: 3, why: few, action: audit}}}
      update: {to: external, sql: UPDATE notes}
      stream: {to: external, sql: SELECT notes, response: {stream: true}}
"""
COMPILED = compile_texts([("store.yaml", POLICY)])
NOTES = sa.Table("notes", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
#: SQLite makes 200 MB of it, row by row.
ENDLESS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
SELECT i, hex(zeroblob(1000)) FROM n
"""


class Notes:
    """A guarded database of either kind, asked in the same way."""

    def __init__(self, engine: Any) -> None:
        self.engine = guard_engine(
            engine, policy=Engine(COMPILED), telemetry=Telemetry("store", exceptions=""), component="store"
        )

    async def ask(self, statement: Any, boundary: str, parameters: Any = None) -> list[Any]:
        statement = statement.execution_options(catguard=boundary)
        if isinstance(self.engine, AsyncEngine):
            async with self.engine.begin() as connection:
                found = await connection.execute(statement, parameters)
                return list(found) if found.returns_rows else []
        with self.engine.begin() as connection:
            result = connection.execute(statement, parameters)
            return list(result) if result.returns_rows else []

    async def write(self, count: int, text: str = "x") -> None:
        some = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
        statement = sa.text(f"{some} INSERT INTO notes SELECT i, :text FROM n")
        await self.ask(statement, "insert", {"last": count - 1, "text": text})


@pytest.fixture(params=["sqlite", "aiosqlite", "psycopg", "async psycopg"])
async def notes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Notes]:
    kind = request.param
    url = request.getfixturevalue("postgresql") if "psycopg" in kind else f"sqlite:///{tmp_path}/notes.db"
    plain = sa.create_engine(url)
    NOTES.metadata.drop_all(plain)
    NOTES.metadata.create_all(plain)
    plain.dispose()
    engine: Any = sa.create_engine(url)
    if kind.startswith("a"):
        engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
    yield Notes(engine)
    if isinstance(engine, AsyncEngine):
        await engine.dispose()
    else:
        engine.dispose()


async def refused(notes: Notes, statement: Any, boundary: str) -> list[str]:
    with pytest.raises(CallRefused) as caught:
        await notes.ask(statement, boundary)
    return [violation.assumption for violation in caught.value.violations]


async def test_rows_are_bounded_where_nothing_is_written(notes: Notes) -> None:
    await notes.write(RETURNED_ROWS)
    assert len(await notes.ask(sa.select(NOTES), "plain")) == RETURNED_ROWS
    await notes.ask(sa.insert(NOTES), "insert", {"n": RETURNED_ROWS, "text": "one more"})
    assert await refused(notes, sa.select(NOTES), "plain") == ["max_rows"]
    await notes.ask(sa.update(NOTES).values(text="y"), "update")  # what is changed does not come back


async def test_bytes_of_rows_are_bounded_and_the_limit_can_be_written(notes: Notes) -> None:
    await notes.write(FIRST_PIECE * 2, "ä" * (RESPONSE_BYTES // (FIRST_PIECE * 4)))
    assert await refused(notes, sa.select(NOTES), "plain") == ["max_bytes"]
    assert len(await notes.ask(sa.select(NOTES), "large")) == FIRST_PIECE * 2
    assert len(await notes.ask(sa.select(NOTES).limit(FIRST_PIECE), "plain")) == FIRST_PIECE


async def test_rows_come_whole_whatever_the_pieces(notes: Notes) -> None:
    await notes.write(FIRST_PIECE + 2 * PIECE + 1)
    for count in (
        0,
        1,
        FIRST_PIECE - 1,
        FIRST_PIECE,
        FIRST_PIECE + 1,
        FIRST_PIECE + PIECE,
        FIRST_PIECE + 2 * PIECE + 1,
    ):
        found = await notes.ask(sa.select(NOTES).order_by(NOTES.c.n).limit(count), "plain")
        assert [row.n for row in found] == list(range(count))


async def test_limit_that_is_only_heard_of_cuts_nothing_off(notes: Notes) -> None:
    await notes.write(FIRST_PIECE * 4)
    assert len(await notes.ask(sa.select(NOTES), "heard")) == FIRST_PIECE * 4


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("notes", ["sqlite", "aiosqlite"], indirect=True)
async def test_rows_without_end_do_not_fill_the_memory(notes: Notes, memory: None) -> None:
    assert await refused(notes, sa.text(ENDLESS), "plain") == ["max_bytes"]
    assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    assert await notes.ask(sa.text("select 1"), "plain") == [(1,)]  # the connection is as good as before


@pytest.mark.parametrize(
    ("rows", "size", "piece"), [(0, 0, PIECE), (16, 160, 85), (16, 1600, 1), (16, 992, 1), (2, 2, PIECE)]
)
def test_next_piece_is_about_what_may_still_come(rows: int, size: int, piece: int) -> None:
    assert RowLimits(None, 1000 if size != 2 else 10**6).next_piece(rows, size) == piece
