"""Upgrading: columns that stores of an older version lack are added to their tables, empty."""

from sqlalchemy import DDL, Column, Connection, Table, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from catguard_store.tables import metadata

OPTIONS = {"catguard": "add-column"}


async def add_columns(engine: AsyncEngine) -> None:
    """Add the columns that the tables lack; a column that was added later than its table may be NULL.

    Raises:
        DBAPIError: The database refuses, and not because another process has just added the same.
    """
    for table, column in await _lacking(engine):
        kind = column.type.compile(dialect=engine.dialect)
        definition = f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"
        statement = DDL(definition)  # type: ignore[no-untyped-call] # SQLAlchemy's
        try:
            async with engine.begin() as connection:
                await connection.execute(statement, execution_options=OPTIONS)
        except DBAPIError:
            if (table, column) in await _lacking(engine):
                raise


async def _lacking(engine: AsyncEngine) -> list[tuple[Table, Column[object]]]:
    def compare(connection: Connection) -> list[tuple[Table, Column[object]]]:
        there = inspect(connection)
        return [
            (table, column)
            for table in metadata.sorted_tables
            for names in [{str(found["name"]) for found in there.get_columns(table.name)}]
            for column in table.columns
            if column.name not in names
        ]

    async with engine.connect() as connection:
        await connection.execution_options(**OPTIONS)
        return await connection.run_sync(compare)
