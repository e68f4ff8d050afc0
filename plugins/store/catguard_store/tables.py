"""The tables of the store, the same on SQLite and PostgreSQL."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

metadata = MetaData()

pictures = Table(
    "pictures",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(8), CheckConstraint("kind IN ('cat', 'scene')"), nullable=False),
    Column("breed", String(32), nullable=False),
    Column("pose", String(32), nullable=False),
    Column("layer", String(16)),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("widths", JSON, nullable=False),
    Column("anchors", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("licence", String(60), nullable=False),
    Column("author", String(120)),
    Column("source", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("opaque", Boolean),
    Column("mark", BigInteger),
    UniqueConstraint("source", name="pictures_source"),
    Index("pictures_find", "kind", "breed", "pose", "id"),
    Index("pictures_of_menu", "kind", "breed", "id", "mark"),
)
"""`widths` and `tags` repeat what `images` and `picture_tags` say, written in the same transaction: a find is one
statement over one table, whatever it finds. `mark` follows from all that is known of a picture and from its images
(`Picture.mark`); a row that an older version wrote has none, and is never written again."""

picture_tags = Table(
    "picture_tags",
    metadata,
    Column("tag", String(32), primary_key=True),
    Column("picture", String(16), ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True),
    Index("picture_tags_picture", "picture"),
)

images = Table(
    "images",
    metadata,
    Column("picture", String(16), ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True),
    Column("width", Integer, primary_key=True, autoincrement=False),
    Column("height", Integer, nullable=False),
    Column("media", String(32), nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
)


def table_definitions() -> tuple[ExecutableDDLElement, ...]:
    """The tables, IF NOT EXISTS: safe to run at every start, and by two starts at once on SQLite."""
    return tuple(CreateTable(table, if_not_exists=True) for table in metadata.sorted_tables)


def index_definitions() -> tuple[ExecutableDDLElement, ...]:
    """The indexes, likewise; all columns have to be there."""
    return tuple(
        CreateIndex(index, if_not_exists=True)
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    )
