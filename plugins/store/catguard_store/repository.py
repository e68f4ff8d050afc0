"""Pictures in the database: every statement that the store makes, each bounded and with its binds named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Integer, Row, Select, String, bindparam, delete, event, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import ExecutableDDLElement

from catguard_store.records import Image, Picture
from catguard_store.tables import images, index_definitions, picture_tags, pictures, table_definitions
from catguard_store.upgrade import add_columns

BUSY_TIMEOUT_MS = 5_000
"""How long a writer of SQLite waits for another one; seeding holds the lock for milliseconds a picture."""

_FILTERS = ("kind", "breed", "pose", "layer", "source", "id")
_FIELDS = tuple(field.name for field in fields(Picture))


def prepare_connections(engine: AsyncEngine) -> None:
    """Let readers and a writer share an SQLite file; nothing to do elsewhere.

    WAL outlives the connection; the other two settings belong to each connection. They run on the driver's own
    connection as it is made, before the engine hands it out.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", "journal_mode = WAL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


class Repository:
    """The store's view of its database.

    Attributes:
        engine: Guarded or not; SQLite (aiosqlite) or PostgreSQL (psycopg).
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def create(self) -> None:
        """Make the tables, columns and indexes that are missing."""
        await self._define(table_definitions())
        await add_columns(self.engine)
        await self._define(index_definitions())

    async def find(
        self,
        *,
        limit: int,
        offset: int = 0,
        tag: str | None = None,
        after: str | None = None,
        **filters: str | None,
    ) -> tuple[Picture, ...]:
        """Pictures that match all filters given, in the order of their ids.

        Args:
            limit: How many at most.
            offset: How many of them to pass over.
            tag: One that they all have.
            after: Id of the one behind which to go on.
            filters: Any of kind, breed, pose, layer, source and id.
        """
        statement = _matching(select(pictures), tag, filters).order_by(pictures.c.id)
        if after is not None:
            statement = statement.where(pictures.c.id > bindparam("after", after, String))
        if offset:
            statement = statement.offset(bindparam("offset", offset, Integer))
        async with self.engine.connect() as connection:
            rows = await connection.execute(statement.limit(bindparam("limit", limit, Integer)))
            return tuple(_picture(row) for row in rows)

    async def count(self, *, tag: str | None = None, **filters: str | None) -> int:
        """How many pictures `find` would find with the same filters and no limit."""
        counted = _matching(select(func.count()).select_from(pictures), tag, filters)
        async with self.engine.connect() as connection:
            # One row, and a LIMIT nevertheless: the policy knows no search without.
            number: int = (await connection.execute(counted.limit(bindparam("limit", 1, Integer)))).scalar_one()
        return number

    async def picture(self, identifier: str) -> Picture | None:
        found = await self.find(id=identifier, limit=1)
        return found[0] if found else None

    async def by_source(self, source: str) -> Picture | None:
        found = await self.find(source=source, limit=1)
        return found[0] if found else None

    async def image(self, identifier: str, width: int) -> Image | None:
        """The smallest image at least `width` wide, else the widest that there is; None for an unknown picture."""
        asked, own = bindparam("width", width, Integer), images.c.picture == bindparam("id", identifier, String)
        others = images.alias("others")
        theirs = others.c.picture == bindparam("id", identifier, String)
        enough = select(func.min(others.c.width)).where(theirs, others.c.width >= asked).scalar_subquery()
        widest = select(func.max(others.c.width)).where(theirs).scalar_subquery()
        statement = (
            select(images.c.width, images.c.height, images.c.media, images.c.bytes, images.c.digest)
            .where(own, images.c.width == func.coalesce(enough, widest))
            .limit(bindparam("limit", 1, Integer))
        )
        async with self.engine.connect() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else Image(row.width, row.height, row.media, row.bytes, row.digest)

    async def insert(self, picture: Picture, stored: Iterable[Image], *, replaces: str | None = None) -> bool:
        """Keep a picture with its images, all or nothing.

        Args:
            picture: What is known of it.
            stored: Its images, one for each of `picture.widths`.
            replaces: Id of the picture that this one supersedes; it goes in the same transaction.

        Returns:
            False when another process has stored the same picture meanwhile.
        """
        kept = tuple(stored)
        try:
            async with self.engine.begin() as connection:
                if replaces is not None:
                    await connection.execute(delete(pictures).where(pictures.c.id == bindparam("id", replaces, String)))
                await connection.execute(insert(pictures), _row(picture, kept))
                for image in kept:
                    row = {name: getattr(image, name) for name in ("width", "height", "media", "bytes", "digest")}
                    await connection.execute(insert(images), {"picture": picture.id, **row})
                for tag in picture.tags:
                    await connection.execute(insert(picture_tags), {"picture": picture.id, "tag": tag})
        except IntegrityError:
            if await self.picture(picture.id) is None:
                raise
            return False
        return True

    async def remove(self, identifier: str) -> bool:
        """Remove a picture with its images and tags; False where there was none."""
        async with self.engine.begin() as connection:
            found = await connection.execute(
                delete(pictures).where(pictures.c.id == bindparam("id", identifier, String))
            )
        return found.rowcount == 1

    async def _define(self, definitions: Iterable[ExecutableDDLElement]) -> None:
        async with self.engine.begin() as connection:
            for definition in definitions:
                await connection.execute(definition, execution_options={"catguard": "create"})


def _matching(statement: Select[Any], tag: str | None, filters: Mapping[str, str | None]) -> Select[Any]:
    """A statement over pictures, of those alone that match."""
    if tag is not None:
        tagged = picture_tags.c.picture == pictures.c.id
        statement = statement.join(picture_tags, tagged).where(picture_tags.c.tag == bindparam("tag", tag, String))
    else:
        statement = statement.execution_options(catguard="select-pictures")  # the menu reads that table too
    for name in _FILTERS:
        if filters.get(name) is not None:
            statement = statement.where(pictures.c[name] == bindparam(name, filters[name], String))
    return statement


def _row(picture: Picture, stored: Sequence[Image]) -> dict[str, Any]:
    """The binds of an insert; what a picture does not have is no bind, and NULL in its column."""
    columns = {name: getattr(picture, name) for name in _FIELDS}
    anchors = {name: list(point) for name, point in picture.anchors.items()}
    lists = {"widths": list(picture.widths), "tags": list(picture.tags), "anchors": anchors}
    row = {**columns, **lists, "mark": picture.mark(stored)}
    return {name: value for name, value in row.items() if value is not None and value is not False}


def _picture(row: Row[Any]) -> Picture:
    known = {name: row._mapping[name] for name in _FIELDS}
    known["anchors"] = {name: (x, y) for name, (x, y) in known["anchors"].items()}
    known["opaque"] = bool(known["opaque"])
    return Picture(**{**known, "widths": tuple(known["widths"]), "tags": tuple(known["tags"])})
