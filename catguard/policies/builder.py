"""The policy set out of a document: owners, components and boundaries, each fault with its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from catguard.policies.actions import NEVER_SOFT, Actions, of_undeclared
from catguard.policies.clock import Clock, utc_now
from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.document import Document, Path
from catguard.policies.model import (
    EXTERNAL,
    PARAMETER,
    Action,
    Boundary,
    Component,
    Example,
    FailurePolicy,
    Fault,
    Kind,
    Owner,
    Phase,
    PolicySet,
    Refusal,
    Side,
    Sql,
    Switch,
    Variable,
)
from catguard.policies.phases import PhaseBuilder, Written
from catguard.policies.shapes import WHY_UNDECLARED, ShapeReader
from catguard.policies.waivers import Waivers

SIDES: tuple[Side, ...] = ("inbound", "outbound")
#: The one response of kinds that have no status.
ANY_STATUS = "*"


class Builder:
    """Builds the policy set of one document.

    Args:
        document: What was written.
        faults: Gets what is wrong.
        actions: Overrides.
        skip: Paths whose form is wrong, and what lies there is left out.
        told: Paths whose form is wrong, of details too that were left out before.
        clock: Says when waivers end.
    """

    def __init__(
        self,
        document: Document,
        faults: list[Fault],
        *,
        actions: Sequence[tuple[str, Action]] = (),
        skip: Collection[Path] = (),
        told: Collection[Path] = (),
        clock: Clock = utc_now,
    ) -> None:
        self.document = document
        self.faults = faults
        self.overrides = tuple(actions)
        self.skip = skip
        self.shapes = ShapeReader(document, faults, broken={str(path[1]) for path in told if path[:1] == ("shapes",)})
        self.owners = {
            name: Owner(name, str(entry["team"]), str(entry["contact"]))
            for name, entry in document.data["owners"].items()
            if not self.skipped(("owners", name))
        }
        self.nobody = Owner("nobody", "nobody", "nowhere")
        self.waivers = Waivers(document, faults, self.owner, clock=clock, skip={*skip, *told})

    def skipped(self, path: Path) -> bool:
        return any(bad[: len(path)] == path for bad in self.skip)

    def build(self) -> PolicySet:
        data = self.document.data
        components = {
            name: self.component(name, entry)
            for name, entry in data["components"].items()
            if isinstance(entry, dict) and ("components", name) not in self.skip
        }
        self.waivers.check(components, {".".join(map(str, path[1:4])) for path in self.shapes.incomplete})
        content = json.dumps([data, self.overrides], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return PolicySet(
            system=str(data.get("system", "")),
            owners=self.owners,
            components=components,
            files=self.document.files,
            revision=hashlib.sha256(content.encode()).hexdigest(),
            actions=self.overrides,
            waivers=self.waivers.all,
            surprises=self.document.surprises,
            lint=self.switches(data, ()),
            unused_shapes={
                name: self.document.key(("shapes", name))
                for name in data.get("shapes") or {}
                if not self.shapes.is_used(name)
            },
        )

    def component(self, name: str, data: Mapping[str, Any]) -> Component:
        path: Path = ("components", name)
        owner = self.owner(data.get("owner"), (*path, "owner"))
        sides: dict[Side, dict[str, Boundary]] = {"inbound": {}, "outbound": {}}
        for side, boundaries in sides.items():
            for operation, entry in (data.get(side) or {}).items():
                at = (*path, side, operation)
                if not self.skipped(at) and isinstance(entry, dict):
                    boundaries[operation] = self.boundary(name, side, operation, entry, at, owner)
        needs = tuple((data.get("health") or {}).get("needs", ()))
        location = self.document.key(path)
        about = str(data.get("about", ""))
        undeclared = self.undeclared(name, data.get("undeclared"))
        return Component(name, owner, about, location, needs, sides["inbound"], sides["outbound"], undeclared)

    def defaults(self, component: str, side: Side) -> Mapping[str, Any]:
        """Return the defaults of a component's side: those of the policy, and over them those of its own file."""
        data = self.document.data
        scope = self.document.scope(self.document.key(("components", component)))
        own = (data.get("included") or {}).get(scope) or {}
        common, special = ((found.get("defaults") or {}).get(side) or {} for found in (data, own))
        return {**common, **special}

    def undeclared(self, component: str, written: Any) -> dict[Side, Action]:
        """Return what becomes of undeclared calls: as written there, for all components of the file, or by override."""
        own = written if isinstance(written, dict) else {"inbound": written, "outbound": written}
        actions: dict[Side, Action] = {}
        for side in SIDES:
            action: Action = own.get(side) or self.defaults(component, side).get("undeclared") or "deny"
            actions[side] = of_undeclared(component, side, action, self.overrides)
        return actions

    def owner(self, name: Any, path: Path) -> Owner:
        if name in self.owners:
            return self.owners[name]
        if isinstance(name, str) and not self.skipped(("owners", name)):
            hint = did_you_mean(name, self.owners)
            self.faults.append(Fault(self.document.value(path), f"there is no owner {quote(name)}", hint))
        return self.nobody

    def boundary(
        self, component: str, side: Side, operation: str, data: Mapping[str, Any], path: Path, owner: Owner
    ) -> Boundary:
        name = f"{component}.{side}.{operation}"
        defaults = self.defaults(component, side)
        kind = self.kind(side, data, path)
        own: Mapping[str, Action] = data.get("actions") or {}
        actions = Actions(name, data.get("action") or defaults.get("action") or "deny", own, self.overrides)
        if "owner" in data:
            owner = self.owner(data["owner"], (*path, "owner"))
        failure_policy: FailurePolicy = data.get("failure_policy") or defaults.get("failure_policy") or "fail"
        written = Written(
            boundary=name,
            kind=kind,
            owner=owner,
            owners=self.owners,
            actions=actions,
            failure_policy=failure_policy,
            waivers=self.waivers.of(name),
            document=self.document,
            shapes=self.shapes,
            faults=self.faults,
        )
        request = PhaseBuilder(written, "request", None, (*path, "request")).build(data.get("request") or {})
        responses = self.responses(written, data.get("response") or {}, path)
        made = PhaseBuilder(written, "response", None, (*path, "response"))
        named = ", ".join(responses)
        boundary = Boundary(
            name=name,
            component=component,
            side=side,
            operation=operation,
            kind=kind,
            owner=owner,
            about=str(data.get("about", "")),
            action=actions.of("boundary"),
            location=self.document.key(path),
            request=request,
            responses=responses,
            statuses=made.assumption("status", WHY_UNDECLARED, f"one of {named}", made.place(), kind="limit"),
            permitted=PhaseBuilder(written, "request", None, (*path, "from")).assumption(
                "from",
                "only known callers call",
                ", ".join(self.callers(data, defaults)),
                self.document.key((*path, "from")),
            ),
            callers=self.callers(data, defaults) if kind == "http" and side == "inbound" else (),
            to=data.get("to"),
            call=data.get("call"),
            sql=_sql(data["sql"]) if kind == "sql" else None,
            variables=tuple(
                Variable(key, str(expression), self.document.value((*path, "variables", key)))
                for key, expression in (data.get("variables") or {}).items()
            ),
            examples=tuple(self.examples(data.get("examples") or {}, (*path, "examples"))),
            health=path not in self.document.keys,
            lint=self.switches(data, path),
            **self.route(data, path, request),
        )
        self.check_ids(boundary, own, path)
        return boundary

    def switches(self, data: Mapping[str, Any], path: Path) -> dict[str, Switch]:
        """Return the rules of the linter that are switched off at a path."""
        return {
            rule: Switch(str(entry["off"]), self.document.key((*path, "lint", rule)))
            for rule, entry in (data.get("lint") or {}).items()
            if isinstance(entry, dict) and "off" in entry
        }

    def kind(self, side: Side, data: Mapping[str, Any], path: Path) -> Kind:
        place = self.document.key(path)
        if side == "inbound":
            if ("http" in data) == ("call" in data):
                hint = "http: GET /path for a route, call: name for a function in the process"
                self.faults.append(Fault(place, "an inbound boundary says either `http` or `call`", hint))
            if "call" in data and "from" in data:
                message = "a call inside the process has no `from`"
                self.faults.append(Fault(self.document.key((*path, "from")), message))
            return "call" if "call" in data else "http"
        external = data.get("to") == EXTERNAL
        if external and ("http" in data) == ("sql" in data):
            message = "a boundary that leads out of the system says either `http` or `sql`"
            self.faults.append(Fault(place, message))
        for key in ("http", "sql"):
            if key in data and not external:
                message = f"`{key}` belongs to the callee: it comes from `to`"
                self.faults.append(
                    Fault(self.document.key((*path, key)), message, "only `to: external` says it itself")
                )
        return "sql" if external and "sql" in data else "http"

    def callers(self, data: Mapping[str, Any], defaults: Mapping[str, Any]) -> tuple[str, ...]:
        callers = data.get("from", defaults.get("from", ()))
        return (callers,) if isinstance(callers, str) else tuple(callers)

    def route(self, data: Mapping[str, Any], path: Path, request: Phase) -> dict[str, Any]:
        """Return method and path of `http:`, its parameters held against `params`."""
        if "http" not in data:
            return {}
        method, _, template = str(data["http"]).partition(" ")
        shape = request.shape("params")
        declared = set(shape.schema.get("properties", {})) if shape else set()
        in_path = PARAMETER.findall(template)
        place = self.document.value((*path, "http"))
        for name in sorted(set(in_path) - declared):
            hint = "declare it under request.params.properties"
            self.faults.append(Fault(place, f"the path parameter {{{name}}} has no shape", hint))
        if unused := sorted(declared - set(in_path)):
            where = self.document.key((*path, "request", "params"))
            self.faults.append(Fault(where, f"the path has no parameter {', '.join(unused)}"))
        return {"method": method, "path": template.strip()}

    def responses(self, written: Written, data: Mapping[str, Any], path: Path) -> dict[str, Phase]:
        at = (*path, "response")
        if written.kind != "http":
            return {ANY_STATUS: PhaseBuilder(written, "response", ANY_STATUS, at).build(data)}
        responses = {}
        for status, entry in data.items():
            if not status[:1].isdigit():
                message = f"`{status}` stands under a status: 200, 404, 4XX ..."
                self.faults.append(Fault(self.document.key((*at, status)), message))
                continue
            responses[status] = PhaseBuilder(written, "response", status, (*at, status)).build(entry or {})
        if not responses:
            message = "no response is declared, so that every answer would be refused"
            self.faults.append(Fault(self.document.key(path), message, "declare at least 200 under `response`"))
        return responses

    def examples(self, data: Mapping[str, Any], path: Path) -> list[Example]:
        found = []
        for name, entry in data.items():
            refusals = []
            for index, refusal in enumerate(entry.get("refuse") or ()):
                by = refusal["by"]
                at = self.document.value((*path, name, "refuse", index))
                ids = (by,) if isinstance(by, str) else tuple(by)
                refusals.append(Refusal(ids, refusal.get("request"), refusal.get("response"), at))
            location = self.document.key((*path, name))
            found.append(Example(name, entry.get("request") or {}, entry.get("response"), tuple(refusals), location))
        return found

    def check_ids(self, boundary: Boundary, own: Mapping[str, Action], path: Path) -> None:
        """Hold the ids in `actions` and in `by` against those that exist."""
        if any(shape[: len(path)] == path for shape in self.shapes.incomplete):
            return  # what a shape lacks is told, and which ids it would have had nobody knows
        known = {assumption.id for assumption in boundary.assumptions()} | {"status"}
        for identity in own:
            if identity not in known:
                place = self.document.key((*path, "actions", identity))
                message = f"{boundary.name} has no assumption {quote(identity)}"
                self.faults.append(Fault(place, message, did_you_mean(identity, known)))
            elif identity in NEVER_SOFT and own[identity] != "deny":
                place = self.document.key((*path, "actions", identity))
                self.faults.append(Fault(place, f"{identity} cannot be softened", "remove the action, raise the limit"))
        for example in boundary.examples:
            for refusal in example.refusals:
                for identity in refusal.by:
                    if identity not in known:
                        message = f"{boundary.name} has no assumption {quote(identity)}"
                        self.faults.append(Fault(refusal.location, message, did_you_mean(identity, known)))


def _sql(text: str) -> Sql:
    operation, _, tables = text.partition(" ")
    return Sql(operation.upper(), frozenset(name.strip() for name in tables.split(",")))
