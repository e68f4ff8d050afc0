"""The database enforcement point on real databases: SQLite and PostgreSQL, sync and async."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from catguard.enforcement.database import guard_engine, open_engine
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.errors import ConfigurationError
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry
from tests.enforcement.pictures import (
    COMPILED,
    EVERY,
    IMAGES,
    METADATA,
    PICTURES,
    POLICY,
    SOME,
    Guarded,
    violations,
)


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


async def test_new_snapshot_decides_the_next_statement(guarded: Guarded) -> None:
    async with guarded.engine.connect() as connection:
        await connection.execute(SOME)
        guarded.policy.swap(compile_texts([("policies.yaml", POLICY.replace("limit: 3,", "limit: 2,"))]))
        with pytest.raises(CallRefused, match="max_rows"):
            await connection.execute(SOME)


async def test_action_audit_lets_through_and_tells(guarded: Guarded) -> None:
    actions = [("store.outbound.select-pictures", "audit")]
    guarded.policy.swap(compile_texts([("policies.yaml", POLICY)], actions=actions))
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
