import datetime
import enum
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship
from sqlalchemy.schema import CreateIndex, CreateTable

from catguard.enforcement.statements import Statement, StatementReader, json_value, limit, parameter_sets


class Base(DeclarativeBase):
    pass


class Picture(Base):
    __tablename__ = "pictures"
    id: Mapped[str] = mapped_column(primary_key=True)
    breed: Mapped[str | None]
    images: Mapped[list["Image"]] = relationship()


class Image(Base):
    __tablename__ = "images"
    picture: Mapped[str] = mapped_column(sa.ForeignKey("pictures.id"), primary_key=True)
    width: Mapped[int] = mapped_column(primary_key=True)


pictures = Base.metadata.tables["pictures"]
images = Base.metadata.tables["images"]


class Seen(list[tuple[Statement, int | None, list[dict[str, Any]]]]):
    """What was read of each statement: its facts, its limit, its parameters."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.reader = StatementReader(engine.dialect)
        sa.event.listen(engine, "before_cursor_execute", self.note)

    def note(self, _conn: Any, _cursor: Any, sql: str, _parameters: Any, context: Any, _many: bool) -> None:
        statement = self.reader.read(context, sql)
        self.append((statement, limit(statement, context), list(parameter_sets(statement, context))))

    def of(self, statement: Any, *parameters: Any) -> Statement:
        self.clear()
        with self.engine.begin() as connection:
            connection.execute(statement, *parameters)
        return self[-1][0]


@pytest.fixture
def seen() -> Iterator[Seen]:
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield Seen(engine)
    engine.dispose()


CTE = sa.select(images.c.picture).cte("few")
UNION = sa.union_all(sa.select(pictures.c.id), sa.select(images.c.picture))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (sa.select(pictures), "SELECT pictures"),
        (sa.select(pictures.alias("p")), "SELECT pictures"),
        (sa.select(pictures).join(images), "SELECT images, pictures"),
        (sa.select(pictures).where(pictures.c.id.in_(sa.select(images.c.picture))), "SELECT images, pictures"),
        (sa.select(pictures).where(sa.exists().where(images.c.picture == pictures.c.id)), "SELECT images, pictures"),
        (sa.select(sa.select(images).subquery()), "SELECT images"),
        (sa.select(sa.select(sa.func.count()).select_from(images).scalar_subquery()), "SELECT images"),
        (sa.select(pictures).join(CTE, CTE.c.picture == pictures.c.id), "SELECT images, pictures"),
        (UNION, "SELECT images, pictures"),
        (sa.select(Picture).options(joinedload(Picture.images)), "SELECT images, pictures"),
        (sa.select(Picture).where(Picture.images.any(Image.width > 1)), "SELECT images, pictures"),
        (sa.select(sa.select(Picture.id).join(Picture.images).subquery()), "SELECT images, pictures"),
        (sa.insert(pictures).values(id="a"), "INSERT pictures"),
        (sa.insert(images).from_select(["picture", "width"], sa.select(pictures.c.id, 1)), "INSERT images, pictures"),
        (sa.update(pictures).values(breed="tabby"), "UPDATE pictures"),
        (sa.update(Picture).values(breed="tabby"), "UPDATE pictures"),
        (sa.delete(pictures).where(pictures.c.id.in_(sa.select(images.c.picture))), "DELETE images, pictures"),
        (sa.select(sa.func.count()).select_from(pictures), "SELECT pictures"),
        (sa.select(1), "SELECT"),
    ],
    ids=str,
)
def test_operation_and_base_tables(seen: Seen, statement: Any, expected: str) -> None:
    read = seen.of(statement)
    assert str(read) == expected
    assert not read.text


@pytest.mark.parametrize(
    "statement",
    [
        sa.text("select * from pictures"),
        sa.text("select id from pictures").columns(pictures.c.id),
        sa.select(sa.text("id")).select_from(sa.text("pictures")),
        sa.select(pictures).where(sa.text("id in (select picture from images)")),
        sa.select(sa.literal_column("(select picture from images)")),
        sa.insert(pictures).prefix_with("OR IGNORE").values(id="b"),
        sa.select(pictures).with_statement_hint("-- hint"),
    ],
    ids=str,
)
def test_sql_text_is_told(seen: Seen, statement: Any) -> None:
    assert seen.of(statement).text


@pytest.mark.parametrize("literal", ["*", "1", "pictures.id", "'x'"])
def test_literal_column_without_room_for_a_subquery_is_no_text(seen: Seen, literal: str) -> None:
    assert not seen.of(sa.select(sa.literal_column(literal)).select_from(pictures)).text


def test_cte_that_writes_is_named_by_what_it_writes_with() -> None:
    from sqlalchemy.dialects import postgresql

    gone = sa.delete(pictures).returning(pictures.c.id).cte("gone")
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's
    reader = StatementReader(dialect)
    context: Any = type("Context", (), {"statement": ""})()
    context.compiled = sa.select(gone.c.id).compile(dialect=dialect)
    assert str(reader.read(context, "")) == "DELETE pictures"
    context.compiled = sa.insert(images).from_select(["picture"], sa.select(gone.c.id)).compile(dialect=dialect)
    assert str(reader.read(context, "")) == "DELETE and INSERT images, pictures"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (sa.select(pictures).limit(7), 7),
        (sa.select(pictures).limit(sa.bindparam("most", 8)), 8),
        (sa.select(pictures), None),
        (sa.select(sa.select(pictures).limit(7).subquery()), None),
        (UNION.limit(5), 5),
        (sa.select(Picture).limit(6), 6),
        (sa.select(Picture).options(joinedload(Picture.images)).limit(6), None),
        (sa.select(pictures).limit(sa.select(sa.func.count()).select_from(images).scalar_subquery()), None),
    ],
    ids=str,
)
def test_limit_is_that_of_the_statement_itself(seen: Seen, statement: Any, expected: int | None) -> None:
    seen.of(statement)
    assert seen[-1][1] == expected


def test_limit_is_that_of_this_execution_when_the_statement_is_cached(seen: Seen) -> None:
    limits = []
    for value in (3, 9):
        seen.of(sa.select(pictures).limit(value))
        limits.append(seen[-1][1])
    assert limits == [3, 9]


def test_parameters_are_those_that_the_code_names(seen: Seen) -> None:
    seen.of(
        sa.select(pictures).where(pictures.c.id == sa.bindparam("id"), pictures.c.breed == "made up by SQLAlchemy"),
        {"id": "0123"},
    )
    assert seen[-1][2] == [{"id": "0123"}]


def test_parameters_of_an_update_are_values_and_named_binds(seen: Seen) -> None:
    statement = sa.update(pictures).where(pictures.c.id == sa.bindparam("which")).values(breed="tabby")
    seen.of(statement, {"which": "a"})
    assert seen[-1][2] == [{"breed": "tabby", "which": "a"}]


def test_parameters_of_text_are_its_binds(seen: Seen) -> None:
    seen.of(sa.text("select :breed"), {"breed": "calico"})
    assert seen[-1][2] == [{"breed": "calico"}]


def test_null_is_an_absent_parameter(seen: Seen) -> None:
    seen.of(sa.insert(pictures), {"id": "a", "breed": None})
    assert seen[-1][2] == [{"id": "a"}]


def test_each_row_is_a_set_of_parameters(seen: Seen) -> None:
    rows = [{"id": "a", "breed": "tabby"}, {"id": "b", "breed": "calico"}]
    seen.of(sa.insert(pictures), rows)
    assert seen[-1][2] == rows


def test_each_row_of_multiple_values_is_a_set_of_parameters(seen: Seen) -> None:
    rows = [{"id": "a", "breed": "tabby"}, {"id": "b", "breed": "calico"}, {"id": "c", "breed": "tuxedo"}]
    seen.of(sa.insert(pictures).values(rows))
    assert seen[-1][2] == rows


def test_list_for_in_is_an_array(seen: Seen) -> None:
    wanted = sa.bindparam("wanted", expanding=True)
    seen.of(sa.select(pictures).where(pictures.c.id.in_(wanted)), {"wanted": ["a", "b"]})
    assert seen[-1][2] == [{"wanted": ["a", "b"]}]


def test_driver_sql_has_the_names_of_its_mapping(seen: Seen) -> None:
    with seen.engine.begin() as connection:
        connection.exec_driver_sql("select :breed", {"breed": "siamese"})
        connection.exec_driver_sql("select ?", ("siamese",))
    assert [sets for _, _, sets in seen] == [[{"breed": "siamese"}], [{}]]


def test_definition_names_its_table(seen: Seen) -> None:
    by_breed = sa.Index("by_breed", sa.Table("pictures", sa.MetaData(), sa.Column("breed")).c.breed)
    read = seen.of(CreateTable(pictures, if_not_exists=True))
    assert str(read) == "CREATE pictures"
    assert read.defining
    assert str(seen.of(CreateIndex(by_breed))) == "CREATE pictures"


def test_savepoint_is_control(seen: Seen) -> None:
    with seen.engine.begin() as connection, connection.begin_nested():
        pass
    assert [read.control for read, _, _ in seen] == [True, True]


def test_sql_of_a_default_is_text_of_its_own(seen: Seen) -> None:
    counted = sa.Table(
        "counted",
        sa.MetaData(),
        sa.Column(
            "id", sa.Integer, primary_key=True, default=sa.select(sa.func.count()).select_from(images).scalar_subquery()
        ),
        implicit_returning=False,  # then SQLAlchemy asks for the value first
    )
    counted.create(seen.engine)
    seen.of(sa.insert(counted))
    assert [str(read) for read, _, _ in seen] == ["SELECT", "INSERT counted"]
    assert [read.text for read, _, _ in seen] == [True, False]


def test_orm_session_is_read_as_it_runs(seen: Seen) -> None:
    with Session(seen.engine) as session:
        session.add(Picture(id="a", breed="tabby", images=[Image(width=3)]))
        session.commit()
        assert session.get(Picture, "a") is not None
    assert [str(read) for read, _, _ in seen] == ["INSERT pictures", "INSERT images", "SELECT pictures"]
    assert seen[0][2] == [{"id": "a", "breed": "tabby"}]


class Pose(enum.Enum):
    SITTING = "sitting"


class Whole(int):
    pass


class Cat:
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"abc", {"bytes": 3}),
        (memoryview(b"abcd"), {"bytes": 4}),
        (datetime.datetime(2027, 1, 31, 12, 30, tzinfo=datetime.UTC), "2027-01-31T12:30:00Z"),
        (datetime.datetime(2027, 1, 31, 12, 30), "2027-01-31T12:30:00"),
        (datetime.date(2027, 1, 31), "2027-01-31"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("3.00"), 3),
        (Decimal("0.25"), 0.25),
        (Decimal("NaN"), "nan"),
        (float("inf"), "inf"),
        (True, True),
        (Whole(3), 3),
        (sa.sql.quoted_name("breed", quote=True), "breed"),
        (Pose.SITTING, "sitting"),
        ([1, b"x"], [1, {"bytes": 1}]),
        ({"a": Decimal(1)}, {"a": 1}),
        (Cat(), {"type": "Cat"}),
    ],
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", repr(value)),
)
def test_bound_value_as_json(value: Any, expected: Any) -> None:
    found = json_value(value)
    assert found == expected
    assert type(found) is type(expected)


def test_enumeration_is_the_name_that_is_stored() -> None:
    assert json_value(Pose.SITTING, by_name=True) == "SITTING"
