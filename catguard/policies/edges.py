"""What holds between boundaries: both ends of each edge exist and agree, and no two boundaries answer for one call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.document import Document
from catguard.policies.model import (
    CALLER_CLASSES,
    EXTERNAL,
    PARAMETER,
    Boundary,
    Component,
    Fault,
    JsonSchema,
    Location,
    PolicySet,
)
from catguard.policies.shapes import defaults_of, undeclared_openness


def join_edges(policies: PolicySet, document: Document, faults: list[Fault], skipped: Collection[str]) -> PolicySet:
    """Return the policy set with method and path of each outbound boundary taken from its callee.

    Args:
        policies: The policy set as built from `document`.
        document: For the places of faults.
        faults: Gets what is wrong.
        skipped: Names of boundaries that could not be read and that are faults already.
    """
    joined = {}
    for component in policies.components.values():
        outbound = {
            name: _join(boundary, policies, document, faults, skipped) for name, boundary in component.outbound.items()
        }
        joined[component.name] = replace(component, outbound=outbound)
    for component in joined.values():
        _check_inbound(component, joined, document, faults, skipped)
        _check_needs(component, joined, document, faults)
    return replace(policies, components=joined)


def _path(boundary: Boundary, *steps: str) -> tuple[str, ...]:
    return ("components", boundary.component, boundary.side, boundary.operation, *steps)


def _join(
    boundary: Boundary, policies: PolicySet, document: Document, faults: list[Fault], skipped: Collection[str]
) -> Boundary:
    for phase in boundary.phases():
        for shape in phase.shapes:
            if phase.phase == "response" or boundary.kind == "sql":
                _refuse_defaults(boundary, shape.part, shape.schema, shape.location, faults)
    if boundary.to in (None, EXTERNAL):
        return boundary
    place = document.value(_path(boundary, "to"))
    component, _, operation = str(boundary.to).partition(".")
    if component not in policies.components:
        hint = did_you_mean(component, policies.components)
        faults.append(Fault(place, f"there is no component {quote(component)}", hint))
        return boundary
    callee = policies.components[component].inbound.get(operation)
    name = f"{component}.inbound.{operation}"
    if callee is None or callee.kind != "http":
        if name not in skipped:
            known = [key for key, inbound in policies.components[component].inbound.items() if inbound.kind == "http"]
            message = f"{component} has no inbound boundary {quote(operation)}: the other end of this edge is missing"
            faults.append(Fault(place, message, did_you_mean(operation, known)))
        return boundary
    strange = any(caller not in policies.components and caller not in CALLER_CLASSES for caller in callee.callers)
    if not callee.public and boundary.component not in callee.callers and not strange:
        message = (
            f"{callee.name} does not take calls from {boundary.component}: it is not in `from` at {callee.location}"
        )
        faults.append(Fault(place, message, f"add {boundary.component} there, if its owner ({callee.owner}) agrees"))
    _compare_defaults(boundary, callee, faults)
    return replace(boundary, method=callee.method, path=callee.path)


def _compare_defaults(caller: Boundary, callee: Boundary, faults: list[Fault]) -> None:
    for shape in caller.request.shapes:
        other = callee.request.shape(shape.part)
        theirs = defaults_of(other.schema) if other else {}
        for pointer, value in defaults_of(shape.schema).items():
            if pointer not in theirs or theirs[pointer] != value:
                name = f"{shape.part}/{'/'.join(pointer)}"
                says = f"is {quote(theirs[pointer])} there" if pointer in theirs else "is not written there"
                message = f"the default of {name} differs from that of {callee.name}: it {says}"
                faults.append(Fault(shape.location, message, "the receiver's default is what counts"))


def _refuse_defaults(
    boundary: Boundary, part: str, schema: JsonSchema, location: Location, faults: list[Fault]
) -> None:
    for pointer in defaults_of(schema):
        name = f"{part}/{'/'.join(pointer)}"
        where = "sql" if boundary.kind == "sql" else "responses"
        faults.append(Fault(location, f"{name} has a default, but nobody applies defaults to {where}"))


def _check_inbound(
    component: Component,
    components: dict[str, Component],
    document: Document,
    faults: list[Fault],
    skipped: Collection[str],
) -> None:
    routes: dict[tuple[str | None, str], Boundary] = {}
    calls: dict[str, Boundary] = {}
    for boundary in component.inbound.values():
        for phase in boundary.phases():
            for shape in phase.shapes:
                if phase.phase == "response":
                    _refuse_defaults(boundary, shape.part, shape.schema, shape.location, faults)
                elif shape.part == "body":
                    for at in undeclared_openness(shape.schema):
                        where = "/".join(("body", *(str(step) for step in at if step != "properties")))
                        message = f"{boundary.name}: the object at {where} does not say whether it is open"
                        faults.append(Fault(shape.location, message, "add additionalProperties: false"))
        if boundary.kind == "call":
            call = str(boundary.call)
            if call in calls:
                message = f"{boundary.name} and {calls[call].name} are both the call {quote(call)}"
                faults.append(Fault(boundary.location, message))
            calls[call] = boundary
            continue
        shape_of_path = PARAMETER.sub("{}", boundary.path or "")
        first = routes.setdefault((boundary.method, shape_of_path), boundary)
        if first is not boundary:
            message = f"{boundary.name} and {first.name} match the same calls: {boundary.method} {boundary.path}"
            faults.append(Fault(boundary.location, message, "give one of them another path, or make them one"))
        _check_callers(boundary, components, document, faults, skipped)


def _check_callers(
    boundary: Boundary,
    components: dict[str, Component],
    document: Document,
    faults: list[Fault],
    skipped: Collection[str],
) -> None:
    place = document.key(_path(boundary, "from"))
    if not boundary.callers:
        hint = "from: [component, ...] or from: public"
        faults.append(Fault(boundary.location, f"{boundary.name} does not say who calls it", hint))
    for caller in boundary.callers:
        if caller in CALLER_CLASSES:
            continue
        if caller not in components:
            known = [*components, *CALLER_CLASSES]
            faults.append(Fault(place, f"there is no component {quote(caller)}", did_you_mean(caller, known)))
            continue
        target = f"{boundary.component}.{boundary.operation}"
        if any(_may_lead(outbound, target, components) for outbound in components[caller].outbound.values()):
            continue
        if not any(name.startswith(f"{caller}.outbound.") for name in skipped):
            message = f"{caller} has no outbound boundary to {target}: the other end of this edge is missing"
            faults.append(
                Fault(place, message, f"add one under components.{caller}.outbound, or remove it from `from`")
            )


def _may_lead(outbound: Boundary, target: str, components: dict[str, Component]) -> bool:
    """Whether an outbound boundary leads somewhere, or nowhere: then it is told already, and may have been meant."""
    component, _, operation = str(outbound.to).partition(".")
    if outbound.to in (None, EXTERNAL) or outbound.to == target:
        return outbound.to == target
    return component not in components or operation not in components[component].inbound


def _check_needs(
    component: Component, components: dict[str, Component], document: Document, faults: list[Fault]
) -> None:
    for index, need in enumerate(component.needs):
        if need in components and not any(boundary.health for boundary in components[need].inbound.values()):
            place = document.value(("components", component.name, "health", "needs", index))
            faults.append(Fault(place, f"{need} declares no `health`", f"add health: {{}} to components.{need}"))
