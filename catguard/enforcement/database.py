"""The database enforcement point: every statement that a SQLAlchemy engine executes is decided, counted and traced.

It listens to the engine's events. A statement is refused in `before_cursor_execute`, before the driver sees it, so that
the connection stays usable; its rows are decided in `after_cursor_execute`, and a violated response rolls the
transaction back. Transactions and what the dialect asks at its first connect are built in.
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, event, make_url
from sqlalchemy import Engine as SqlEngine
from sqlalchemy.engine import CursorResult, ExceptionContext, ExecutionContext
from sqlalchemy.engine.interfaces import ExecuteStyle
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from catguard.enforcement.eager import begin
from catguard.enforcement.rows import RowLimits, fetch, hold, is_streamed, size_of
from catguard.enforcement.sqlboundaries import SqlBoundaries, defines
from catguard.enforcement.sqltext import shown
from catguard.enforcement.statements import Statement, StatementReader, limit, parameter_sets
from catguard.engine.codec import Unreadable
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.evaluator import conclude, decide_request, decide_response, unreadable
from catguard.engine.plain import plain
from catguard.engine.snapshots import Engine, Prepared
from catguard.errors import ConfigurationError
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.telemetry import AttributeValue, Observation, Telemetry, names

AnyEngine = TypeVar("AnyEngine", SqlEngine, AsyncEngine)

#: The execution option by which the code names a boundary.
OPTION: Final = "catguard"
#: SQLAlchemy's names of systems where the semantic conventions have another.
_SYSTEMS: Final = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}


def guard_engine(engine: AnyEngine, *, policy: Engine, telemetry: Telemetry, component: str) -> AnyEngine:
    """Guard a SQLAlchemy engine.

    Args:
        engine: sync or async; engines made from it by `execution_options` are guarded too.
        policy: the policy engine that decides.
        telemetry: of the component.
        component: whose outbound `sql:` boundaries the statements must match.

    Returns:
        The same engine.
    """
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    # What its errors say goes into logs and spans, and parameters are values of somebody's request.
    target.hide_parameters = True
    guard = DatabaseGuard(target, policy=policy, telemetry=telemetry, component=component)
    event.listen(target, "before_cursor_execute", guard.before)
    event.listen(target, "after_cursor_execute", guard.after)
    event.listen(target, "after_execute", guard.after_all)
    event.listen(target, "handle_error", guard.failed)
    return engine


def open_engine(url: str, **options: Any) -> AsyncEngine:
    """Return a new async engine; raises ConfigurationError for an address or driver that SQLAlchemy does not know."""
    try:
        return create_async_engine(url, **options)
    except (ImportError, ValueError, TypeError, SQLAlchemyError) as error:
        raise ConfigurationError(f"cannot open a database at {_masked(url)}: {error}") from error


@dataclass(slots=True)
class _Running:
    """A statement on its way: what decides it, what was asked, and what has come back so far.

    `rows` have come back, or were changed if none come; `size` are the bytes in those that came back.
    """

    snapshot: CompiledPolicySet
    boundary: CompiledBoundary
    request: dict[str, Any]
    observation: Observation
    limits: RowLimits
    streamed: bool = False
    rows: int = 0
    size: int | None = None

    def decide(self, sets: list[dict[str, Any]], *, streamed: bool) -> None:
        """Decide the statement with each of its parameter sets; raises CallRefused at the first that is denied."""
        response = self.boundary.response()
        self.streamed = streamed
        found: dict[tuple[str, str], Violation] = {}
        if streamed and response is not None and not response.policy.stream and _decides(self.boundary):
            found["stream", "/rows"] = _unstreamed(self.boundary)
        self.request["rows"] = len(sets)
        for parameters in sets:
            noted: tuple[Violation, ...] = ()
            try:
                self.request["parameters"] = plain(parameters)
            except Unreadable as error:
                self.request["parameters"] = {}
                noted = (unreadable(self.boundary, self.boundary.request, "parameters", error),)
            decision = decide_request(self.snapshot, self.boundary, self.request, noted=noted)
            found.update({(violation.assumption, violation.where): violation for violation in decision.violations})
            if not decision.allowed:
                break
        decision = conclude(self.snapshot, tuple(found.values()))
        _conclude(self.observation, decision, "request", self.boundary.name)

    def take(self, cursor: Any, context: ExecutionContext) -> None:
        """Count what a statement returned or, if it returns nothing, changed.

        Async drivers have fetched all rows by now (`cursor._rows`). Of others they are fetched here.
        """
        if cursor.description is None:
            self.rows += max(cursor.rowcount, 0)
            return
        rows = getattr(cursor, "_rows", None)
        if rows is None:
            if context.execute_style is ExecuteStyle.INSERTMANYVALUES:
                return  # SQLAlchemy has them, and gives them in the end
            rows = fetch(cursor, context, self.limits)
        self.rows += len(rows)
        self.size = (self.size or 0) + size_of(rows)

    def decide_rows(self, connection: Connection) -> None:
        """Decide the rows; raises CallRefused after the transaction, or the innermost savepoint, is rolled back."""
        exceeded = self.size is not None and self.limits.exceeded(self.rows, self.size)
        if self.streamed or not (exceeded or _decides(self.boundary)):
            return
        response = {"rows": self.rows} if self.size is None else {"rows": self.rows, "bytes": self.size}
        decision = decide_response(self.snapshot, self.boundary, self.request, response)
        if not decision.allowed:
            transaction = connection.get_nested_transaction() or connection.get_transaction()
            if transaction is not None:
                transaction.rollback()
        _conclude(self.observation, decision, "response", self.boundary.name)


class DatabaseGuard:
    """The listeners of one engine; the state of a statement hangs on its execution context and ends with it."""

    def __init__(self, engine: SqlEngine, *, policy: Engine, telemetry: Telemetry, component: str) -> None:
        self._policy = policy
        self._telemetry = telemetry
        self._reader = StatementReader(engine.dialect)
        self._running: WeakKeyDictionary[ExecutionContext, _Running] = WeakKeyDictionary()
        self._boundaries = Prepared(policy, lambda snapshot: SqlBoundaries(snapshot, component))
        database = engine.url.database or ""
        self._server: dict[str, AttributeValue] = {
            names.DB_SYSTEM_NAME: _SYSTEMS.get(engine.dialect.name, engine.dialect.name),
            # An SQLite database is a file: its name says which, its folder is nobody's business.
            names.DB_NAMESPACE: PurePath(database).name if engine.dialect.name == "sqlite" else database,
        }
        if engine.url.host:
            self._server[names.SERVER_ADDRESS] = engine.url.host
        if engine.url.port:
            self._server[names.SERVER_PORT] = engine.url.port

    def before(
        self, connection: Connection, cursor: Any, sql: str, _parameters: Any, context: ExecutionContext, _many: bool
    ) -> None:
        """Decide a statement that is about to run; raises CallRefused."""
        if context in self._running:
            return  # a further batch of an INSERT that was decided as a whole
        statement = self._reader.read(context, sql)
        if statement.control:
            return
        snapshot = self._policy.current()
        boundary = self._boundaries.of(snapshot).find(statement, context.execution_options.get(OPTION))
        if isinstance(boundary, CompiledBoundary) and statement.catalogue and defines(boundary):
            return  # what `create_all` asks before it creates
        sets = list(parameter_sets(statement, context))
        observation = self._start(snapshot, boundary, statement, sql, len(sets))
        try:
            if isinstance(boundary, Violation):
                _conclude(observation, conclude(snapshot, (boundary,)), "request", boundary.boundary)
                # Let through: its span ends before the driver runs it, as nothing of what comes back is checked.
                observation.end()
                return
            _check_rollback(connection, boundary)
            request = _request(statement, boundary, context)
            running = _Running(snapshot, boundary, request, observation, RowLimits.of(boundary))
            running.decide(sets, streamed=is_streamed(context))
        except BaseException as error:
            observation.failed(error)
            observation.end()
            raise
        self._running[context] = running
        if not running.streamed:
            hold(cursor, running.limits)

    def after(
        self, connection: Connection, cursor: Any, _sql: str, _parameters: Any, context: ExecutionContext, _many: bool
    ) -> None:
        """Count what came back, and decide it; raises CallRefused after a rollback."""
        running = self._running.get(context)
        if running is None:
            return
        if not running.streamed:
            running.take(cursor, context)
        if context.execute_style is not ExecuteStyle.INSERTMANYVALUES:
            self._finish(connection, context)

    def after_all(
        self, connection: Connection, _statement: Any, _many: Any, _parameters: Any, _options: Any, result: Any
    ) -> None:
        """Decide what came back of an INSERT that ran in batches."""
        context = result.context if isinstance(result, CursorResult) else None
        running = self._running.get(context) if context is not None else None
        if context is not None and running is not None:
            rows = getattr(context, "_insertmanyvalues_rows", None)
            if rows:
                running.rows, running.size = len(rows), size_of(rows)
            self._finish(connection, context)

    def failed(self, error: ExceptionContext) -> None:
        """End the span of a statement that broke."""
        running = self._running.pop(error.execution_context, None) if error.execution_context else None
        if running is None:
            return
        original = error.original_exception
        if isinstance(original, asyncio.CancelledError) and error.connection is not None:
            _interrupt(error.connection)
        code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
        if isinstance(code, str):
            running.observation.set(names.DB_RESPONSE_STATUS_CODE, code)
        running.observation.failed(original)
        running.observation.end()

    def _start(
        self,
        snapshot: CompiledPolicySet,
        boundary: CompiledBoundary | Violation,
        statement: Statement,
        sql: str,
        rows: int,
    ) -> Observation:
        declared = boundary.policy.sql if isinstance(boundary, CompiledBoundary) else None
        tables = sorted(statement.tables or (declared.tables if declared else ()))
        summary = " ".join((statement.operation, *tables))
        attributes: dict[str, AttributeValue] = {
            **self._server,
            names.DB_OPERATION_NAME: statement.operation,
            names.DB_QUERY_SUMMARY: summary,
            names.DB_QUERY_TEXT: shown(sql, written=statement.text),
        }
        if len(tables) == 1:
            attributes[names.DB_COLLECTION_NAME] = tables[0]
        if rows > 1:
            attributes[names.DB_OPERATION_BATCH_SIZE] = rows
        name = boundary.name if isinstance(boundary, CompiledBoundary) else None
        return self._telemetry.start("database", name, name=summary, attributes=attributes, revision=snapshot.revision)

    def _finish(self, connection: Connection, context: ExecutionContext) -> None:
        running = self._running.pop(context)
        observation = running.observation
        try:
            if not running.streamed:
                observation.set(names.DB_RESPONSE_RETURNED_ROWS, running.rows)
            running.decide_rows(connection)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            observation.end()


def _conclude(observation: Observation, decision: Decision, phase: str, boundary: str) -> None:
    observation.decided(decision, phase)
    if not decision.allowed:
        raise CallRefused(boundary, "outbound", decision.violations)


def _request(statement: Statement, boundary: CompiledBoundary, context: ExecutionContext) -> dict[str, Any]:
    """Return the facts of a statement but for its parameters."""
    assert boundary.policy.sql is not None
    # The tables of SQL text are those of the boundary that the code names for it.
    tables = boundary.policy.sql.tables if statement.text else statement.tables
    request: dict[str, Any] = {"operation": statement.operation, "tables": sorted(tables)}
    value = limit(statement, context)
    if value is not None:
        request["limit"] = value
    return request


def _check_rollback(connection: Connection, boundary: CompiledBoundary) -> None:
    """Refuse to check what cannot be rolled back."""
    if not _decides(boundary):
        return
    chosen = connection.get_execution_options().get("isolation_level")
    default = getattr(connection.dialect, "_on_connect_isolation_level", None)
    if (chosen or default) == "AUTOCOMMIT":
        raise ConfigurationError(
            f"{boundary.name} ({boundary.policy.location}) has assumptions about the response, and the connection is "
            "in AUTOCOMMIT: a violation could not be rolled back; use a transaction, or a boundary without a response"
        )


def _decides(boundary: CompiledBoundary) -> bool:
    """Whether anything is written that is assumed of what comes back."""
    response = boundary.response()
    return response is not None and (response.policy.binds_statement or bool(response.policy.rules))


def _unstreamed(boundary: CompiledBoundary) -> Violation:
    return Violation(
        assumption="stream",
        boundary=boundary.name,
        side="outbound",
        phase="request",
        where="/rows",
        limit="rows that the driver fetches at once",
        message="rows that are streamed cannot be counted before they are used: say `stream: true` or do not stream",
        why="a response is withheld until it is checked",
        owner=str(boundary.policy.owner),
        policy=str(boundary.policy.location),
        kind="protocol",
    )


def _interrupt(connection: Connection) -> None:
    """Stop a statement that nobody waits for any more: SQLite's would run on in its thread, psycopg stops its own."""
    interrupt = getattr(connection.connection.driver_connection, "interrupt", None)
    if inspect.iscoroutinefunction(interrupt):
        begin(interrupt())  # aiosqlite's does not wait


def _masked(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "an address that is none"
