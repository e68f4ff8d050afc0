"""Reads what SQLAlchemy is about to execute into facts: the operation, the base tables, LIMIT, and the named binds.

The tables are those that SQLAlchemy renders: a statement that has not been seen yet is compiled once more by a compiler
that notes them, so that joins, subqueries, CTEs and what the ORM adds are counted as they will run.
"""

from __future__ import annotations

import datetime
import enum
import math
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Enum as EnumType
from sqlalchemy import Table
from sqlalchemy.engine import Compiled, Dialect, ExecutionContext
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler
from sqlalchemy.sql.dml import DMLState, Insert, UpdateBase
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.selectable import GenerativeSelect

from catguard.enforcement.sqltext import read_text

#: A literal column that can hold no subquery: a star, a number, a (dotted) name, a plain string.
_PLAIN_LITERAL: Final = re.compile(r"\*|[\w.]+|'[^']*'")
#: How SQLAlchemy names the binds of the rows of one INSERT ... VALUES (...), (...).
_MULTIPLE_VALUES: Final = re.compile(r"(?P<name>.+)_m(?P<row>\d+)")
#: Operations that change what there is, not what is in it.
_DEFINING: Final = frozenset({"CREATE", "ALTER", "DROP", "COMMENT", "TRUNCATE", "RENAME"})
#: Schemas in which a database describes itself.
_CATALOGUES: Final = ("pg_catalog.", "information_schema.")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement is about.

    `text` says that it is, or holds, SQL text, of which the tables are not known; `tables` are then those that are.
    `limit` is the name of the bind that LIMIT takes its value from, or that value. `binds` are the names of the binds
    that the code names, with whether each is stored as the name of an enumeration's member. `multiple` is the number
    of rows in one VALUES. `catalogue` means a read of how the database describes itself, `control` transaction control.
    """

    operation: str
    tables: frozenset[str]
    text: bool = False
    several: bool = False
    control: bool = False
    catalogue: bool = False
    limit: str | int | None = None
    binds: tuple[tuple[str, bool], ...] = ()
    multiple: int = 1

    @property
    def defining(self) -> bool:
        """Whether it is a definition (DDL)."""
        return self.operation in _DEFINING

    def __str__(self) -> str:
        return f"{self.operation} {', '.join(sorted(self.tables))}".strip()


class StatementReader:
    """Reads statements of one engine; what a compiled statement is about is read once and kept as long as it is."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        compiler = dialect.statement_compiler
        self._noting = type(f"Noting{compiler.__name__}", (_NotingCompiler, compiler), {})
        self._read: WeakKeyDictionary[Compiled, Statement] = WeakKeyDictionary()

    def read(self, context: ExecutionContext, sql: str) -> Statement:
        """Return what the statement `sql`, about to be executed in `context`, is about."""
        compiled = context.compiled
        # While SQLAlchemy computes defaults, the context has no statement yet: `sql` is then not what was compiled.
        if compiled is None or getattr(context, "statement", None) is None:
            return _from_text(sql)
        statement = self._read.get(compiled)
        if statement is None:
            statement = self._read[compiled] = self._read_compiled(compiled)
        return statement

    def _read_compiled(self, compiled: Compiled) -> Statement:
        if isinstance(compiled, DDLCompiler):
            return _definition(compiled)
        if not isinstance(compiled, SQLCompiler):
            return _from_text(compiled.string)
        if not isinstance(compiled.statement, GenerativeSelect | UpdateBase):
            return _with_binds(_from_text(compiled.string), compiled)
        noted = self._noting(self._dialect, compiled.statement, column_keys=compiled.column_keys)
        # What the ORM made of its own constructs; the statement itself for all others.
        core = compiled.compile_state.statement if compiled.compile_state is not None else compiled.statement
        tables = frozenset(noted.tables)
        statement = Statement(
            operation=" and ".join(sorted(noted.writing)) or "SELECT",
            tables=tables,
            text=noted.textual,
            catalogue=bool(tables) and not noted.writing and all(name.startswith(_CATALOGUES) for name in tables),
            limit=_limit(core, compiled),
            multiple=len(core._multi_values[0]) if isinstance(core, Insert) and core._multi_values else 1,
        )
        return _with_binds(statement, compiled)


def limit(statement: Statement, context: ExecutionContext) -> int | None:
    """Return the value of LIMIT, None without one or if only the database knows it."""
    value: Any = statement.limit
    if isinstance(value, str):
        value = _compiled_parameters(context)[0].get(value)
    return value if isinstance(value, int) else None


def parameter_sets(statement: Statement, context: ExecutionContext) -> Iterator[dict[str, Any]]:
    """Yield the values of the named binds, one record for each set of parameters, as JSON can say them.

    NULL is an absent member: in SQL it is no value. Driver SQL has the names of a mapping, and none in a sequence.
    """
    if context.compiled is None:
        for values in context.parameters or [()]:
            members = values.items() if isinstance(values, Mapping) else ()
            yield {str(name): json_value(value) for name, value in members if value is not None}
        return
    # The binds that SQLAlchemy made of a list for IN.
    expanded: Mapping[str, Sequence[str]] = getattr(context, "_expanded_parameters", {})
    for values in _compiled_parameters(context):
        named: dict[str, Any] = {}
        for name, by_name in statement.binds:
            value = [values[item] for item in expanded[name]] if name in expanded else values.get(name)
            if value is not None:
                named[name] = json_value(value, by_name=by_name)
        yield from [named] if statement.multiple == 1 else _rows(named, statement.multiple)


def json_value(value: Any, *, by_name: bool = False) -> Any:
    """Return a bound value as JSON can say it.

    bytes: {"bytes": their number}; dates and times: RFC 3339, without an offset where they have none; UUIDs: strings;
    Decimals: numbers, integers where they are whole, else the nearest double, so that bounds can be assumed of them;
    numbers that are no numbers: strings ("nan", "inf"); members of an enumeration: what is stored; anything else:
    {"type": the name of its class}.
    """
    match value:
        case enum.Enum():
            return value.name if by_name else json_value(value.value)
        case None | bool():
            return value
        case int():
            return int(value)  # validators do not know subclasses of int and str, of which SQLAlchemy has some
        case str():
            return str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            if not value.is_finite():
                return str(value).lower()
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes() | bytearray() | memoryview():
            return {"bytes": memoryview(value).nbytes}
        case datetime.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case Mapping():
            return {str(name): json_value(member) for name, member in value.items()}
        case list() | tuple() | set() | frozenset():
            return [json_value(item) for item in value]
        case _:
            return {"type": type(value).__qualname__}


class _NotingCompiler(SQLCompiler):
    """A compiler that notes the tables it renders, what it writes with, and whether SQL text is among it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.tables: set[str] = set()
        self.writing: set[str] = set()
        self.textual = False
        super().__init__(*args, **options)

    def visit_table(self, table: Any, *args: Any, **options: Any) -> Any:
        self.tables.add(str(table.fullname))
        return super().visit_table(table, *args, **options)  # type: ignore[no-untyped-call] # SQLAlchemy's

    def visit_insert(self, insert_stmt: Any, *args: Any, **options: Any) -> Any:
        self.writing.add("INSERT")
        self.tables.add(str(insert_stmt.table.fullname))
        return super().visit_insert(insert_stmt, *args, **options)  # type: ignore[no-untyped-call] # SQLAlchemy's

    def visit_update(self, update_stmt: Any, *args: Any, **options: Any) -> Any:
        self.writing.add("UPDATE")
        return super().visit_update(update_stmt, *args, **options)

    def visit_delete(self, delete_stmt: Any, *args: Any, **options: Any) -> Any:
        self.writing.add("DELETE")
        return super().visit_delete(delete_stmt, *args, **options)  # type: ignore[no-untyped-call] # SQLAlchemy's

    def visit_textclause(self, textclause: Any, *args: Any, **options: Any) -> Any:
        self.textual = True
        return super().visit_textclause(textclause, *args, **options)  # type: ignore[no-untyped-call] # SQLAlchemy's

    def visit_tstring(self, tstring: Any, *args: Any, **options: Any) -> Any:
        self.textual = True
        return super().visit_tstring(tstring, *args, **options)  # type: ignore[no-untyped-call] # SQLAlchemy's

    def visit_column(self, column: ColumnClause[Any], *args: Any, **options: Any) -> str:
        if column.is_literal and not _PLAIN_LITERAL.fullmatch(str(column.name)):
            self.textual = True
        return super().visit_column(column, *args, **options)

    def get_statement_hint_text(self, hint_texts: Any) -> Any:
        self.textual = True
        return super().get_statement_hint_text(hint_texts)  # type: ignore[no-untyped-call] # SQLAlchemy's


def _definition(compiled: DDLCompiler) -> Statement:
    element = getattr(compiled.statement, "element", None)
    table = element if isinstance(element, Table) else getattr(element, "table", None)
    statement = _from_text(compiled.string)
    return Statement(statement.operation, frozenset({str(table.fullname)})) if isinstance(table, Table) else statement


def _from_text(sql: str) -> Statement:
    found = read_text(sql)
    return Statement(
        operation=found.operation,
        tables=frozenset(),
        text=True,
        several=found.several,
        control=found.control,
        catalogue=found.operation == "PRAGMA" and "=" not in sql,
    )


def _with_binds(statement: Statement, compiled: SQLCompiler) -> Statement:
    # A bind is unique when SQLAlchemy made its name: a literal in an expression, LIMIT, IN. Values have their column's.
    dml = compiled.dml_compile_state
    columns = dml.statement.table.c if isinstance(dml, DMLState) else ()
    return replace(
        statement,
        binds=tuple(
            (str(name), isinstance(bind.type, EnumType))
            for bind, name in compiled.bind_names.items()
            if not bind.unique or name in columns
        ),
    )


def _limit(core: Any, compiled: SQLCompiler) -> str | int | None:
    """Return the name of the bind behind LIMIT or FETCH FIRST, or its value."""
    if not isinstance(core, GenerativeSelect):
        return None
    clause, options = core._fetch_clause, core._fetch_clause_options or {}
    if clause is None or options.get("percent") or options.get("with_ties"):
        clause = core._limit_clause
    if clause is None:
        return None
    return compiled.bind_names.get(clause)  # type: ignore[call-overload,no-any-return] # no bind is no key


def _rows(named: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """Return the rows of one INSERT ... VALUES (...), (...)."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, value in named.items():
        found = _MULTIPLE_VALUES.fullmatch(name)
        if found and int(found["row"]) < count:
            rows[int(found["row"])][found["name"]] = value
    return rows


def _compiled_parameters(context: ExecutionContext) -> Sequence[Mapping[str, Any]]:
    return getattr(context, "compiled_parameters", None) or [{}]
