"""What `health:` declares: the boundaries /healthz and /readyz, and the call behind the latter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catguard.policies.document import Document
from catguard.policies.model import Fault, Location

HEALTHZ = "healthz"
READYZ = "readyz"


def health_call(component: str) -> str:
    """Return the name of the outbound boundary that asks a neighbour for its health."""
    return f"{HEALTHZ}-{component}"


def _answer(status: str) -> dict[str, Any]:
    return {
        "media": ["application/json"],
        "max_bytes": {"limit": "1Ki", "why": "an answer has two words"},
        "body": {
            "type": "object",
            "description": "probes compare it to the letter",
            "additionalProperties": False,
            "required": ["status", "component"],
            "properties": {"status": {"const": status}, "component": {"type": "string", "maxLength": 64}},
        },
    }


def declare_health(document: Document, faults: list[Fault]) -> Document:
    """Return the document with the boundaries of each `health:` written out; their place is that of `health`."""
    values = dict(document.values)
    components: dict[str, Any] = {}

    def declare(component: dict[str, Any], path: tuple[str, ...], name: str, boundary: Any, place: Location) -> None:
        side = path[-1]
        boundaries = component.setdefault(side, {})
        if name in boundaries:
            faults.append(Fault(document.key((*path, name)), f"`{name}` is declared by `health`", "remove one of them"))
            return
        boundaries[name] = boundary
        values[(*path, name)] = place

    for name, written in document.data["components"].items():
        component = dict(written)
        for side in ("inbound", "outbound"):
            if side in component:
                component[side] = dict(component[side] or {})
        components[name] = component
        if "health" not in component:
            continue
        path = ("components", name)
        place = document.key((*path, "health"))
        about = {
            HEALTHZ: "Says that the process answers.",
            READYZ: "Says that the neighbours that it needs answer too.",
        }
        alive = {
            "http": f"GET /{HEALTHZ}",
            "from": "public",
            "about": about[HEALTHZ],
            "response": {"200": _answer("ok")},
        }
        ready = {"http": f"GET /{READYZ}", "from": "public", "about": about[READYZ]}
        ready["response"] = {"200": _answer("ready"), "503": {}}  # type: ignore[assignment] # one literal per line
        declare(component, (*path, "inbound"), HEALTHZ, alive, place)
        declare(component, (*path, "inbound"), READYZ, ready, place)
        for need in (component["health"] or {}).get("needs", ()):
            call = {
                "to": f"{need}.{HEALTHZ}",
                "about": f"Asks {need} for its health.",
                "response": {"200": _answer("ok")},
            }
            declare(component, (*path, "outbound"), health_call(need), call, place)
    return replace(document, data={**document.data, "components": components}, values=values)
