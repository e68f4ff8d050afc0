"""What statements do together: batches, transactions, streams, and statements beside each other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateTable

from catguard.engine.decision import CallRefused
from catguard.errors import ConfigurationError
from tests.enforcement.pictures import (
    EVERY,
    PICTURES,
    SOME,
    Guarded,
    violations,
)


async def test_each_parameter_set_is_checked(guarded: Guarded) -> None:
    rows = [{"id": "a001"}, {"id": "a002"}, {"id": "too long"}]
    async with guarded.engine.begin() as connection:
        with pytest.raises(CallRefused) as refused:
            await connection.execute(sa.insert(PICTURES), rows)
        assert violations(refused) == ["parameters/id/maxLength"]
        await connection.execute(sa.insert(PICTURES), rows[:2])
    assert guarded.span["db.operation.batch.size"] == 2
    assert guarded.span["db.response.returned_rows"] == 2


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": f"{number:x}".rjust(4, "-"), "n": number} for number in range(count)]


async def test_rows_of_a_statement_count_over_all_its_batches(guarded: Guarded) -> None:
    async with guarded.engine.begin() as connection:
        with pytest.raises(CallRefused) as refused:
            await connection.execute(sa.insert(PICTURES).returning(PICTURES.c.id), numbered(2001))
        assert violations(refused) == ["few"]
    assert len(guarded.spans) == 1


async def test_batches_are_one_statement_with_one_span(guarded: Guarded) -> None:
    async with guarded.engine.begin() as connection:
        inserted = await connection.execute(sa.insert(PICTURES).returning(PICTURES.c.id), numbered(1400))
        assert len(inserted.all()) == 1400
    assert len(guarded.spans) == 1
    assert guarded.span["db.response.returned_rows"] == 1400


def test_batches_are_one_statement_with_one_span_sync(sync: Guarded) -> None:
    with sync.engine.begin() as connection:
        assert len(connection.execute(sa.insert(PICTURES).returning(PICTURES.c.id), numbered(1400)).all()) == 1400
    assert len(sync.spans) == 1
    assert sync.span["db.response.returned_rows"] == 1400


async def test_violated_response_rolls_back(guarded: Guarded) -> None:
    async def insert_and_delete() -> None:
        async with guarded.engine.begin() as connection:
            await connection.execute(sa.insert(PICTURES), {"id": "kept"})
            await connection.execute(sa.delete(PICTURES))

    with pytest.raises(CallRefused, match="max_rows"):
        await insert_and_delete()
    async with guarded.engine.connect() as connection:
        assert len((await connection.execute(EVERY)).all()) == 5


async def test_violated_response_rolls_back_even_if_the_refusal_is_swallowed(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection, connection.begin():
        with pytest.raises(CallRefused, match="max_rows"):
            await connection.execute(sa.delete(PICTURES))
    async with guarded.engine.connect() as connection:
        assert len((await connection.execute(EVERY)).all()) == 5


def test_violated_response_rolls_back_sync(sync: Guarded) -> None:
    with sync.engine.connect() as connection, connection.begin(), pytest.raises(CallRefused, match="max_rows"):
        connection.execute(sa.delete(PICTURES))
    with sync.engine.connect() as connection:
        assert len(connection.execute(EVERY).all()) == 5


async def test_violated_batches_roll_back(guarded: Guarded) -> None:
    with pytest.raises(CallRefused, match="max_rows"):
        async with guarded.engine.begin() as connection:
            await connection.execute(sa.insert(PICTURES).returning(PICTURES.c.id), numbered(1600))
    async with guarded.engine.connect() as connection:
        assert len((await connection.execute(EVERY)).all()) == 5


async def test_violated_response_in_a_savepoint_rolls_back_to_it(guarded: Guarded) -> None:
    async with guarded.engine.begin() as connection:
        await connection.execute(sa.insert(PICTURES), {"id": "kept"})
        with pytest.raises(CallRefused, match="max_rows"):
            async with connection.begin_nested():
                await connection.execute(sa.delete(PICTURES))
        assert len((await connection.execute(EVERY)).all()) == 6


def test_rows_are_counted_and_handed_on_sync(sync: Guarded) -> None:
    text = sa.text("select id from pictures").execution_options(catguard="every-picture")
    with sync.engine.connect() as connection:
        assert len(connection.execute(SOME).scalars().all()) == 3
        assert connection.execute(SOME).first() is not None
        assert len(connection.execute(text).all()) == 5


async def test_autocommit_boundary_may_have_no_response_assumptions(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(ConfigurationError, match="AUTOCOMMIT"):
            await connection.execute(sa.delete(PICTURES))
        assert len((await connection.execute(EVERY)).all()) == 5


async def test_autocommit_of_the_engine_is_seen(url: str) -> None:
    address = url.replace("sqlite://", "sqlite+aiosqlite://")
    guarded = Guarded(create_async_engine(address, isolation_level="AUTOCOMMIT"))
    async with guarded.engine.connect() as connection:
        with pytest.raises(ConfigurationError, match="AUTOCOMMIT"):
            await connection.execute(SOME)
    await guarded.engine.dispose()


async def test_stream_wants_a_streaming_boundary(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        with pytest.raises(CallRefused, match="stream: true"):
            await connection.stream(SOME)
        result = await connection.stream(SOME.execution_options(catguard="stream-pictures"))
        assert len(await result.all()) == 3
        with pytest.raises(CallRefused, match="max_rows"):
            await connection.stream(EVERY.execution_options(catguard="stream-pictures"))
    assert "db.response.returned_rows" not in dict(guarded.spans[1].attributes or {})


async def test_error_of_the_database_ends_the_span(guarded: Guarded) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with guarded.engine.begin() as connection:
            await connection.execute(sa.insert(PICTURES), {"id": "0001"})
    assert len(guarded.spans) == 1
    assert guarded.span["error.type"].endswith(("IntegrityError", "UniqueViolation"))
    assert guarded.span["db.response.status_code"] in ("SQLITE_CONSTRAINT_PRIMARYKEY", "23505")


async def test_cancelled_statement_ends_its_span(guarded: Guarded) -> None:
    if guarded.engine.dialect.name == "sqlite":
        slow = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2e6) select count(*) from n"
    else:
        slow = "select pg_sleep(30)"
    async with guarded.engine.connect() as connection:
        statement = sa.text(slow).execution_options(catguard="every-picture")
        task = asyncio.ensure_future(connection.execute(statement))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(guarded.spans) == 1
    assert guarded.span["error.type"] == "asyncio.exceptions.CancelledError"


async def test_refused_statement_leaves_nothing_to_the_next_on_its_connection(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        for _ in range(3):
            with pytest.raises(CallRefused):
                await connection.execute(SOME.limit(4))
            await connection.execute(SOME)
    assert [dict(span.attributes or {})["catguard.decision"] for span in guarded.spans] == ["deny", "allow"] * 3


async def test_concurrent_statements_are_decided_apart(guarded: Guarded) -> None:
    async def one(limit: int) -> str:
        async with guarded.engine.connect() as connection:
            try:
                return f"{len((await connection.execute(SOME.limit(limit))).all())} rows"
            except CallRefused:
                return "refused"

    outcomes = await asyncio.gather(*(one(1 + number % 4) for number in range(16)))
    assert outcomes == ["1 rows", "2 rows", "3 rows", "refused"] * 4
    assert len(guarded.spans) == 16


async def test_transactions_and_savepoints_are_built_in(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        async with connection.begin(), connection.begin_nested():
            pass
        transaction = await connection.begin()
        await transaction.rollback()
    assert guarded.spans == ()


async def test_sql_that_begins_a_transaction_is_built_in(tmp_path: Path) -> None:
    guarded = Guarded(create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/pictures.db"))

    @sa.event.listens_for(guarded.engine.sync_engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @sa.event.listens_for(guarded.engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    async with guarded.engine.begin() as connection:
        await connection.execute(CreateTable(PICTURES).execution_options(catguard="create"))
    assert [span.name for span in guarded.spans] == ["CREATE pictures"]
    await guarded.engine.dispose()


async def test_first_connect_of_the_dialect_is_built_in(url: str) -> None:
    guarded = Guarded(create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite://"), pool_pre_ping=True))
    for _ in range(2):
        async with guarded.engine.connect():
            pass
    assert guarded.spans == ()
    await guarded.engine.dispose()


async def test_driver_buffers_the_rows_where_they_are_counted(guarded: Guarded) -> None:
    """Pins what the count relies on: SQLAlchemy's async cursors hold all rows in `_rows` after execution."""
    seen: list[int] = []
    sa.event.listen(guarded.engine.sync_engine, "after_cursor_execute", lambda *args: seen.append(len(args[1]._rows)))
    async with guarded.engine.connect() as connection:
        await connection.execute(EVERY)
    assert seen == [5]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite has no FETCH FIRST
async def test_fetch_first_is_a_limit(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        statement = sa.select(PICTURES).execution_options(catguard="select-pictures")
        assert len((await connection.execute(statement.fetch(3))).all()) == 3
        with pytest.raises(CallRefused, match="max_rows"):
            await connection.execute(statement.fetch(4))
        with pytest.raises(CallRefused) as refused:
            await connection.execute(statement.order_by(PICTURES.c.breed).fetch(3, with_ties=True))
    assert [violation.where for violation in refused.value.violations] == ["/limit"], "ties come on top"
