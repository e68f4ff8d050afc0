"""Derives the OpenAPI document of a component from its inbound boundaries, so that it cannot differ from the checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catguard.policies.keywords import types_of
from catguard.policies.model import Boundary, Phase, PolicySet
from catguard.policies.phases import PROBLEM, PROBLEM_SHAPE, title_of

OPENAPI: Final = "3.1.1"
#: Header parameters that OpenAPI says elsewhere and ignores as parameters (3.1.1, section 4.8.12.1).
_SAID_ELSEWHERE: Final = frozenset({"accept", "content-type", "authorization"})
#: What a record's schema may have to be written as one parameter for each property.
_PLAIN_RECORD: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "unevaluatedProperties", "description", "title"}
)
#: No text of a target has a NUL, whatever its shape says (enforcement/routing.py).
_NO_NUL: Final = r"^[^\u0000]*$"
_PROBLEM_REF: Final = {"$ref": "#/components/schemas/Problem"}


def openapi(policies: PolicySet, component: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a component's inbound http boundaries.

    Every answer that a guard may give in place of the component's is the `default` response of each operation: a
    problem document. Rules have no counterpart in OpenAPI; their reasons stand in the descriptions.

    Raises:
        KeyError: The policy set has no such component.
    """
    found = policies.components[component]
    paths: dict[str, dict[str, Any]] = {}
    for boundary in found.inbound.values():
        if boundary.kind == "http" and boundary.path is not None and boundary.method is not None:
            paths.setdefault(boundary.path, {})[boundary.method.lower()] = _operation(boundary)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": f"{policies.system}: {component}",
            "version": policies.revision[:12],
            "description": found.about,
            "contact": {"name": str(found.owner)},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": {"Problem": dict(PROBLEM_SHAPE)}},
    }


def _operation(boundary: Boundary) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": boundary.operation}
    reasons = [f"- `{rule.expression}`: {rule.assumption.why}" for rule in boundary.request.rules]
    if boundary.about:
        operation["summary"] = boundary.about
    if reasons:
        operation["description"] = "\n".join(("It must hold that", *reasons))
    parameters = [
        *_parameters(boundary, "params", "path"),
        *_parameters(boundary, "query", "query"),
        *_parameters(boundary, "headers", "header"),
    ]
    if parameters:
        operation["parameters"] = parameters
    if boundary.request.media is not None:
        examples = _examples(boundary, "body")
        content = {name: {**inner, **examples} for name, inner in _content(boundary.request).items()}
        operation["requestBody"] = {"required": True, "content": content}
    operation["responses"] = {
        **{status: _response(status, phase) for status, phase in boundary.responses.items()},
        "default": _refusal(boundary),
    }
    return operation


def _parameters(boundary: Boundary, part: str, place: str) -> list[dict[str, Any]]:
    shape = boundary.request.shape(part)
    if shape is None:
        return []
    schema = shape.schema
    if place == "query" and not _PLAIN_RECORD.issuperset(schema):
        # What holds between parameters can be said of an object only, whose members then are the parameters.
        members = {name: _in_target(member) for name, member in schema.get("properties", {}).items()}
        described = {**schema, "type": "object", "properties": members}
        exploded = {"name": "query", "in": "query", "style": "form", "explode": True, "schema": described}
        return [{**exploded, **_examples(boundary, part)}]
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": place,
            "required": place == "path" or name in required,
            **({"description": member["description"]} if "description" in member else {}),
            # An empty value counts as absent.
            **({"allowEmptyValue": True} if place == "query" and name not in required else {}),
            "schema": _in_header(member) if place == "header" else _in_target(member),
            **(_examples(boundary, part, name) if _in_header(member) is member or place != "header" else {}),
        }
        for name, member in schema.get("properties", {}).items()
        if place != "header" or name.lower() not in _SAID_ELSEWHERE
    ]


def _examples(boundary: Boundary, *steps: str) -> dict[str, Any]:
    """Return the member `examples` of what is at these steps into a request: the boundary's own, by their names."""
    found: dict[str, Any] = {}
    for example in boundary.examples:
        value: Any = example.request
        for step in steps:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            found[example.name] = {"value": value}
    return {"examples": found} if found else {}


def _in_header(member: Any) -> Any:
    """Return the schema of one line of a header: OpenAPI cannot say that a header may have several lines."""
    return member.get("items", {}) if types_of(member) == {"array"} else member


def _in_target(member: Any) -> Any:
    """Return the schema of a parameter in path or query, with what holds for every text there."""
    bare = types_of(member) == {"string"} and not {"pattern", "format", "enum", "const"} & set(member)
    return {**member, "pattern": _NO_NUL} if bare else member


def _content(phase: Phase) -> dict[str, Any]:
    body = phase.shape("body")
    schema: Mapping[str, Any] = body.schema if body is not None else {}
    if schema == PROBLEM_SHAPE:
        schema = _PROBLEM_REF
    return {name: {"schema": schema} for name in phase.media or ()}


def _response(status: str, phase: Phase) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _phrase(status)}
    headers = phase.shape("headers")
    if headers is not None:
        required = headers.schema.get("required", ())
        response["headers"] = {
            name: {"required": name in required, "schema": member}
            for name, member in headers.schema.get("properties", {}).items()
        }
    content = _content(phase)
    if status[0] in "45":
        content.setdefault(PROBLEM, {"schema": _PROBLEM_REF})  # a guard may refuse with the same status
    if content:
        response["content"] = content
    return response


def _refusal(boundary: Boundary) -> dict[str, Any]:
    content: dict[str, Any] = {PROBLEM: {"schema": _PROBLEM_REF}}
    if any("text/html" in (phase.media or ()) for phase in boundary.responses.values()):
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": "Refused, or failed: a problem document says what was assumed", "content": content}


def _phrase(status: str) -> str:
    if status.isdigit():
        return title_of(int(status))
    return {"2": "Success", "3": "Redirection", "4": "Client error", "5": "Server error"}.get(status[0], "Answer")
