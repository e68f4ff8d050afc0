"""Finds the outbound boundary of a statement: by its operation and base tables, or by the name that the code gives."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from catguard.enforcement.statements import Statement
from catguard.engine.decision import Violation
from catguard.errors import ConfigurationError
from catguard.policies.actions import UNDECLARED
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.model import Sql
from catguard.policies.shapes import WHY_UNDECLARED

NAME_IT = 'name the boundary in the code: statement.execution_options(catguard="NAME")'


class SqlBoundaries:
    """The `sql:` boundaries of one component in one snapshot."""

    __slots__ = ("_by_name", "_by_sql", "_component")

    def __init__(self, snapshot: CompiledPolicySet, component: str) -> None:
        """Index them; raises ConfigurationError for a component that the policy does not have."""
        if component not in snapshot.policies.components:
            known = ", ".join(sorted(snapshot.policies.components))
            raise ConfigurationError(f"the policy has no component {component}; it has {known}")
        self._component = snapshot.policies.components[component]
        self._by_name: dict[str, CompiledBoundary] = {}
        self._by_sql: defaultdict[Sql, list[CompiledBoundary]] = defaultdict(list)
        for boundary in snapshot.component(component):
            if boundary.policy.sql is not None and boundary.policy.side == "outbound":
                self._by_name[boundary.policy.operation] = boundary
                self._by_sql[boundary.policy.sql].append(boundary)

    def find(self, statement: Statement, name: str | None) -> CompiledBoundary | Violation:
        """Return the boundary of a statement, or the violation that there is not exactly one.

        Args:
            statement: what is about to run.
            name: that the code gives to its boundary, if any.
        """
        if statement.several:
            return self._undeclared("/operation", "several statements in one text are refused; execute each by itself")
        if name is not None:
            return self._named(statement, name)
        if statement.text or statement.defining:
            what = "a definition (DDL)" if statement.defining else "SQL text"
            found_none = self._undeclared("/operation", f"{what} belongs to no boundary by itself; {NAME_IT}")
            return replace(found_none, action=self._component.undeclared["outbound"])
        found = self._by_sql.get(Sql(statement.operation, statement.tables), [])
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(boundary.policy.operation for boundary in found)
            return self._undeclared("/tables", f"`{statement}` may belong to {names}; {NAME_IT}")
        found_none = self._undeclared(
            "/tables",
            f"no outbound boundary of {self._component.name} declares `sql: {statement}`; declare it, or run "
            "something that is declared",
        )
        return replace(found_none, action=self._component.undeclared["outbound"])

    def _named(self, statement: Statement, name: str) -> CompiledBoundary | Violation:
        boundary = self._by_name.get(name)
        if boundary is None:
            hint = did_you_mean(name, self._by_name) or NAME_IT
            message = f"the code names the boundary {name}, which {self._component.name} does not have ({hint})"
            return self._undeclared("/operation", message)
        declared = boundary.policy.sql
        assert declared is not None
        if statement.catalogue and defines(boundary):
            return boundary
        known_in_part = statement.text or statement.defining
        fits = statement.tables <= declared.tables if known_in_part else statement.tables == declared.tables
        if statement.operation != declared.operation or not fits:
            where = "/operation" if statement.operation != declared.operation else "/tables"
            return self._undeclared(where, f"the code names {name}, but runs `{statement}`", boundary)
        return boundary

    def _undeclared(self, where: str, message: str, boundary: CompiledBoundary | None = None) -> Violation:
        declared = [str(sql) for sql in self._by_sql]
        return Violation(
            assumption=UNDECLARED,
            boundary=boundary.name if boundary else f"{self._component.name}.outbound",
            side="outbound",
            phase="request",
            where=where,
            limit=str(boundary.policy.sql) if boundary else "; ".join(declared) or "no statement at all",
            message=message,
            why=WHY_UNDECLARED,
            owner=str(self._component.owner),
            policy=str(boundary.policy.location if boundary else self._component.location),
            kind="protocol",
        )


def defines(boundary: CompiledBoundary) -> bool:
    """Whether a boundary is for definitions (DDL)."""
    sql = boundary.policy.sql
    return sql is not None and Statement(sql.operation, sql.tables).defining
