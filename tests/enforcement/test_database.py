"""The database enforcement point on real databases: SQLite and PostgreSQL, sync and async."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from catguard.enforcement.database import guard_engine, open_engine
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.errors import ConfigurationError
from catguard.policies.compiler import compile_policies
from catguard.policies.loader import load_text
from catguard.telemetry import Telemetry

POLICY = """
catguard: 1
system: cats
owners: {store: {team: Picture store, contact: "#store"}}
components:
  store:
    owner: store
    about: Keeps pictures.
    outbound:
      create: {to: external, sql: "CREATE pictures, images"}
      select-pictures:
        to: external
        sql: SELECT pictures
        request: {parameters: {properties: {breed: {enum: [tabby, calico], description: seeded}}}}
        response: {max_rows: {limit: 3, why: a page shows three}}
      every-picture: {to: external, sql: SELECT pictures}
      stream-pictures: {to: external, sql: SELECT pictures, response: {max_rows: 100, stream: true}}
      select-both: {to: external, sql: "SELECT pictures, images", response: {max_rows: 3}}
      insert-picture:
        to: external
        sql: INSERT pictures
        request:
          parameters: {required: [id], properties: {id: {type: string, maxLength: 4}}}
          assume: {few: {rule: request.rows <= 2000, why: an import is resumed by the thousand}}
        response: {max_rows: {limit: 1500, why: no import is larger}}
      delete-pictures: {to: external, sql: DELETE pictures, response: {max_rows: 1}}
      insert-image: {to: external, sql: INSERT images}
"""
COMPILED = compile_policies(load_text(POLICY))
METADATA = sa.MetaData()
PICTURES = sa.Table(
    "pictures",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("breed", sa.String),
    sa.Column("n", sa.Integer),
)
IMAGES = sa.Table("images", METADATA, sa.Column("picture", sa.String), sa.Column("width", sa.Integer))
SOME = sa.select(PICTURES).limit(3).execution_options(catguard="select-pictures")
EVERY = sa.select(PICTURES).execution_options(catguard="every-picture")
TWO = sa.text("select * from pictures; delete from images")
ROWS = [{"id": f"{number:04}", "breed": "tabby", "n": number} for number in range(5)]


class Started(SpanProcessor):
    """Counts the spans that were started."""

    count = 0

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.count += 1


class Guarded:
    """A guarded engine, its policy engine, and the spans of what it did."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        self.started = Started()
        provider.add_span_processor(self.started)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.policy = Engine(COMPILED)
        guard_engine(
            engine, policy=self.policy, telemetry=Telemetry("store", tracer_provider=provider), component="store"
        )

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    @property
    def span(self) -> dict[str, Any]:
        """The attributes of the last span."""
        return dict(self.spans[-1].attributes or {})


def violations(refused: pytest.ExceptionInfo[CallRefused]) -> list[str]:
    return [violation.assumption for violation in refused.value.violations]


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with what every test begins with."""
    file = tmp_path_factory.mktemp("sqlite") / "pictures.db"
    fill(f"sqlite:///{file}")
    return file


def fill(address: str) -> None:
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(sa.delete(PICTURES))
        connection.execute(sa.delete(IMAGES))
        connection.execute(sa.insert(PICTURES), ROWS)
    engine.dispose()


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


def test_declared_statement_runs_sync(sync: Guarded) -> None:
    with sync.engine.connect() as connection:
        assert len(connection.execute(SOME).all()) == 3
    assert sync.span["db.response.returned_rows"] == 3


async def test_statement_that_fails_tells_no_value_of_its_parameters(guarded: Guarded) -> None:
    missing = sa.select(PICTURES).where(PICTURES.c.breed == sa.bindparam("breed", "tabby"), sa.column("nose") == 1)
    with pytest.raises(sa.exc.DBAPIError) as failure:
        async with guarded.engine.connect() as connection:
            await connection.execute(missing.limit(3).execution_options(catguard="select-pictures"))
    assert "nose" in str(failure.value)
    told = [str(event.attributes) for span in guarded.spans for event in span.events]
    assert told
    assert all("tabby" not in text for text in [*told, str(failure.value)])


async def test_declared_statement_runs_async(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        assert len((await connection.execute(SOME)).all()) == 3
    assert guarded.span["db.response.returned_rows"] == 3


async def test_span_says_what_ran_and_no_value(guarded: Guarded) -> None:
    wanted = SOME.where(PICTURES.c.breed == sa.bindparam("breed"))
    async with guarded.engine.connect() as connection:
        await connection.execute(wanted, {"breed": "tabby"})
    (span,) = guarded.spans
    assert span.name == "SELECT pictures"
    assert span.kind.name == "CLIENT"
    attributes = guarded.span
    assert attributes["db.system.name"] in ("sqlite", "postgresql")
    assert attributes["db.namespace"] in ("pictures.db", "postgres")
    assert attributes["db.operation.name"] == "SELECT"
    assert attributes["db.collection.name"] == "pictures"
    assert attributes["db.query.summary"] == "SELECT pictures"
    assert attributes["db.query.text"].startswith("SELECT pictures.id")
    assert attributes["catguard.boundary.name"] == "store.outbound.select-pictures"
    assert "tabby" not in repr(attributes)


@pytest.mark.parametrize(
    ("statement", "parameters", "broken"),
    [
        (sa.select(PICTURES), {}, "undeclared"),
        (sa.select(IMAGES), {}, "undeclared"),
        (sa.update(PICTURES).values(n=1), {}, "undeclared"),
        (sa.text("select * from pictures"), {}, "undeclared"),
        (
            sa.text("select * from pictures; delete from images").execution_options(catguard="every-picture"),
            {},
            "undeclared",
        ),
        (sa.text("delete from images").execution_options(catguard="every-picture"), {}, "undeclared"),
        (EVERY.execution_options(catguard="evry-picture"), {}, "undeclared"),
        (EVERY.execution_options(catguard="select-both"), {}, "undeclared"),
        (CreateTable(IMAGES), {}, "undeclared"),
        (SOME.limit(4), {}, "max_rows"),
        (SOME.limit(None), {}, "max_rows"),
        (SOME.where(PICTURES.c.breed == sa.bindparam("breed")), {"breed": "dog"}, "parameters/breed/enum"),
        (sa.insert(PICTURES), {"id": None, "breed": "tabby"}, "parameters/required"),
    ],
    ids=str,
)
async def test_refused_statement_never_runs_and_leaves_the_connection_usable(
    guarded: Guarded, statement: Any, parameters: dict[str, Any], broken: str
) -> None:
    ran: list[str] = []
    sa.event.listen(guarded.engine.sync_engine, "after_cursor_execute", lambda *seen: ran.append(seen[2]))
    async with guarded.engine.begin() as connection:
        with pytest.raises(CallRefused) as refused:
            await connection.execute(statement, parameters)
        assert ran == []
        assert violations(refused) == [broken]
        assert refused.value.side == "outbound"
        assert len((await connection.execute(EVERY)).all()) == 5
    refusal, after = guarded.spans
    assert dict(refusal.attributes or {})["catguard.decision"] == "deny"
    assert dict(refusal.attributes or {})["error.type"] == "catguard.refused"
    assert dict(after.attributes or {})["catguard.decision"] == "allow"


def test_refusal_sync_leaves_the_connection_usable(sync: Guarded) -> None:
    with sync.engine.begin() as connection:
        with pytest.raises(CallRefused):
            connection.execute(SOME.limit(4))
        assert len(connection.execute(EVERY).all()) == 5


async def test_ambiguous_statement_is_told_its_candidates(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        with pytest.raises(CallRefused, match="may belong to select-pictures or every-picture or stream-pictures"):
            await connection.execute(sa.select(PICTURES))


async def test_undeclared_statement_is_told_what_to_declare(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        with pytest.raises(CallRefused, match="declares `sql: SELECT images`"):
            await connection.execute(sa.select(IMAGES))


async def test_join_subquery_and_cte_belong_to_the_boundary_of_both_tables(guarded: Guarded) -> None:
    cte = sa.select(IMAGES.c.picture).cte("few")
    statements = [
        sa.select(PICTURES.c.id).join(IMAGES, IMAGES.c.picture == PICTURES.c.id),
        sa.select(PICTURES.c.id).where(PICTURES.c.id.in_(sa.select(IMAGES.c.picture))),
        sa.select(PICTURES.c.id).join(cte, cte.c.picture == PICTURES.c.id),
    ]
    async with guarded.engine.connect() as connection:
        for statement in statements:
            await connection.execute(statement.limit(2))
            assert guarded.span["catguard.boundary.name"] == "store.outbound.select-both"


async def test_named_text_runs(guarded: Guarded) -> None:
    statement = sa.text("select id from pictures where breed = :breed")
    async with guarded.engine.connect() as connection:
        rows = await connection.execute(statement.execution_options(catguard="every-picture"), {"breed": "tabby"})
        assert len(rows.all()) == 5
    assert guarded.span["db.collection.name"] == "pictures"


async def test_text_with_literals_is_shown_without_them(guarded: Guarded) -> None:
    statement = sa.text("select id from pictures where breed = 'secret' and n = 42")
    async with guarded.engine.connect() as connection:
        await connection.execute(statement.execution_options(catguard="every-picture"))
    assert guarded.span["db.query.text"] == "select id from pictures where breed = ? and n = ?"


async def test_driver_sql_wants_a_name(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        with pytest.raises(CallRefused, match="name the boundary in the code"):
            await connection.exec_driver_sql("select id from pictures")
        named = {"catguard": "every-picture"}
        assert len((await connection.exec_driver_sql("select id from pictures", execution_options=named)).all()) == 5


async def test_definition_runs_under_its_name(guarded: Guarded) -> None:
    async with guarded.engine.begin() as connection:
        for table in METADATA.sorted_tables:
            await connection.execute(CreateTable(table, if_not_exists=True).execution_options(catguard="create"))
    assert [span.name for span in guarded.spans] == ["CREATE images", "CREATE pictures"]


async def test_definition_of_another_table_is_refused(guarded: Guarded) -> None:
    other = sa.Table("other", sa.MetaData(), sa.Column("id", sa.Integer))
    async with guarded.engine.begin() as connection:
        with pytest.raises(CallRefused, match="names create, but runs `CREATE other`"):
            await connection.execute(CreateTable(other).execution_options(catguard="create"))


async def test_create_all_runs_under_the_name_of_the_connection(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        await connection.execution_options(catguard="create")
        await connection.run_sync(METADATA.create_all)
        assert guarded.spans == (), "what the dialect asks of the catalogue is built in"
        with pytest.raises(CallRefused):
            await connection.execute(sa.select(PICTURES))


async def test_catalogue_is_closed_to_others(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        with pytest.raises(CallRefused):
            await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())


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


async def test_new_snapshot_decides_the_next_statement(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        await connection.execute(SOME)
        guarded.policy.swap(compile_policies(load_text(POLICY.replace("limit: 3,", "limit: 2,"))))
        with pytest.raises(CallRefused, match="max_rows"):
            await connection.execute(SOME)


async def test_action_audit_lets_through_and_tells(guarded: Guarded) -> None:
    actions = [("store.outbound.select-pictures", "audit")]
    guarded.policy.swap(compile_policies(load_text(POLICY, actions=actions)))
    async with guarded.engine.connect() as connection:
        assert len((await connection.execute(SOME.limit(4))).all()) == 4
    events = [event.name for event in guarded.spans[-1].events]
    assert events == ["catguard.violation", "catguard.violation"]


def test_component_without_a_section_is_an_error() -> None:
    policy = Engine(COMPILED)
    with pytest.raises(ConfigurationError, match="no component frontend"):
        guard_engine(sa.create_engine("sqlite://"), policy=policy, telemetry=Telemetry("x"), component="frontend")


@pytest.mark.parametrize("address", ["nonsense", "nosuchdb://x/y", "postgresql+nosuch://user:secret@host/db"])
def test_address_that_cannot_be_opened_is_told_without_its_password(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_engine(address)
    assert "secret" not in str(caught.value)


def test_engine_is_returned_itself() -> None:
    policy = Engine(COMPILED)
    engine: AsyncEngine = create_async_engine("sqlite+aiosqlite://")
    assert guard_engine(engine, policy=policy, telemetry=Telemetry("store"), component="store") is engine
    assert AsyncConnection is not None
