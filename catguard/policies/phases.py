"""One phase of a boundary out of the document: its limits, shapes and rules as assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from sys import intern
from typing import Any

from catguard.policies.actions import Actions, of_whole_boundary
from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.document import Document, Path
from catguard.policies.model import (
    Action,
    Assumption,
    AssumptionKind,
    FailurePolicy,
    Fault,
    Kind,
    Location,
    Owner,
    Phase,
    PhaseName,
    Rule,
    Shape,
    Waiver,
)
from catguard.policies.quantities import format_quantity, parse_quantity
from catguard.policies.shapes import WHY_UNDECLARED, WITHOUT_REASON, ShapeReader, built_in_shape

#: What is not written has numbers (DESIGN.md section 3): silence is never unbounded.
REQUEST_BYTES = 64 * 1024
RESPONSE_BYTES = 1024 * 1024
#: Rows of a hundred bytes, as many as fill RESPONSE_BYTES.
RETURNED_ROWS = 10_000
QUERY_BYTES = 8 * 1024
PROBLEM_BYTES = 64 * 1024
JSON_DEPTH = 64
SILENCE = "what is not written has this limit"
JSON = "application/json"
PROBLEM = "application/problem+json"
#: As RFC 9110 calls them; Python has its older names up to 3.12.
_TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content"}

#: RFC 9457, section 3.1, with room for members of one's own.
PROBLEM_SHAPE: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "maxLength": 2000},
        "title": {"type": "string", "maxLength": 2000},
        "status": {"type": "integer", "minimum": 100, "maximum": 599},
        "detail": {"type": "string", "maxLength": 20000},
        "instance": {"type": "string", "maxLength": 2000},
        "violations": {"type": "array", "maxItems": 100, "items": {"type": "object"}},
    },
}

REQUEST_PARTS: Mapping[Kind, tuple[str, ...]] = {
    "http": ("params", "query", "headers", "body"),
    "call": ("args",),
    "sql": ("parameters",),
}
RESPONSE_PARTS: Mapping[Kind, tuple[str, ...]] = {"http": ("headers", "body"), "call": ("result",), "sql": ()}
#: What the code hands over as it is, and no strict codec has read.
HANDED_OVER: Mapping[tuple[Kind, PhaseName], str] = {
    ("call", "request"): "args",
    ("call", "response"): "result",
    ("sql", "request"): "parameters",
}
REQUEST_KEYS: Mapping[Kind, tuple[str, ...]] = {
    "http": (*REQUEST_PARTS["http"], "max_bytes", "media", "assume"),
    "call": ("args", "assume"),
    "sql": ("parameters", "assume"),
}
RESPONSE_KEYS: Mapping[Kind, tuple[str, ...]] = {
    "http": ("max_bytes", "media", "headers", "body", "stream", "assume"),
    "call": ("result", "max_bytes", "assume"),
    "sql": ("max_rows", "max_bytes", "stream", "assume"),
}


def title_of(status: int) -> str:
    """Return the phrase of an HTTP status."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


@dataclass(frozen=True, slots=True)
class Written:
    """What the assumptions of one boundary have in common."""

    boundary: str
    kind: Kind
    owner: Owner
    owners: Mapping[str, Owner]
    actions: Actions
    failure_policy: FailurePolicy
    waivers: Mapping[str, Waiver]
    document: Document
    shapes: ShapeReader
    faults: list[Fault]


@dataclass(slots=True)
class PhaseBuilder:
    """Builds one phase; `path` is where it is written, or where it would be."""

    written: Written
    phase: PhaseName
    status: str | None
    path: Path
    limits: dict[str, Assumption] = field(default_factory=dict)

    def build(self, data: Mapping[str, Any]) -> Phase:
        """Return the phase of what is written at `path`."""
        kind = self.written.kind
        by_kind = REQUEST_KEYS if self.phase == "request" else RESPONSE_KEYS
        keys = by_kind[kind]
        for key in data:
            if key not in keys and any(key in others for others in by_kind.values()):
                message = f"`{key}` means nothing in the {self.phase} of a boundary of the kind {kind}"
                self.fault(self.written.document.key((*self.path, key)), message, did_you_mean(key, keys))
        raw = data.get("body") == "raw"
        media = self._media(data, raw=raw)
        max_bytes = self._max_bytes(data, media)
        returns = kind == "sql" and self.phase == "response"
        rows = self._limit("max_rows", data.get("max_rows"), default=RETURNED_ROWS) if returns else None
        shapes = self._shapes(data, media, raw=raw)
        self._built_in(data, media)
        return Phase(
            phase=self.phase,
            status=self.status,
            location=self.place(),
            max_bytes=max_bytes,
            limits=self.limits,
            media=media,
            shapes=shapes,
            rules=tuple(self._rules(data.get("assume") or {})),
            stream=bool(data.get("stream", False)),
            raw=raw,
            max_rows=rows,
            binds_statement="max_rows" in data,
        )

    def place(self, *steps: str) -> Location:
        return self.written.document.key((*self.path, *steps))

    def fault(self, location: Location, message: str, hint: str | None = None) -> None:
        self.written.faults.append(Fault(location, message, hint))

    def assumption(
        self,
        identity: str,
        why: str,
        limit: str,
        location: Location,
        *,
        kind: AssumptionKind = "shape",
        action: Action | None = None,
        owner: Owner | None = None,
    ) -> Assumption:
        written = self.written
        soft = action or written.actions.own.get(identity)
        if soft not in (None, "deny", written.actions.action) and of_whole_boundary(identity):
            hint = "give the boundary the action"
            self.fault(location, f"{identity} can be softened only with the whole boundary", hint)
        other = written.actions.own.get(identity)
        if action is not None and other not in (None, action):
            self.fault(location, f"{identity} has the action {action} here and {other} under `actions`", "write one")
        return Assumption(
            id=intern(identity),  # as many boundaries say the same
            boundary=written.boundary,
            phase=self.phase,
            status=self.status,
            kind=kind,
            why=why,
            action=written.actions.of(identity, action),
            owner=owner or written.owner,
            location=location,
            limit=intern(limit),
            waiver=written.waivers.get(identity),
        )

    def _limit(self, key: str, value: Any, *, default: int | None = None, why: str = SILENCE) -> int:
        """Read a limit (a quantity, or one with its reason) and note its assumption."""
        location, action = self.place(key), None
        if isinstance(value, dict):
            why, action = value.get("why", WITHOUT_REASON), value.get("action")
            value, location = value["limit"], self.place(key, "limit")
        elif value is not None:
            why = WITHOUT_REASON
        try:
            number = parse_quantity(value) if value is not None else default or 0
        except ValueError as error:
            self.fault(location, f"`{key}`: {error}")
            number = default or 0
        if key == "max_bytes" and action not in (None, "deny"):
            self.fault(
                self.place(key, "action"), "byte limits cannot be softened", "remove the action, raise the limit"
            )
        unit = "rows" if key == "max_rows" else "bytes"
        text = f"at most {format_quantity(number)} {unit}"
        self.limits[key] = self.assumption(key, why, text, location, kind="limit", action=action)
        return number

    def _max_bytes(self, data: Mapping[str, Any], media: tuple[str, ...] | None) -> int:
        kind = self.written.kind
        if kind in ("sql", "call") and self.phase == "request":
            return 0  # nothing that has a size is sent: there is no such assumption
        if self.phase == "request":
            self._limit_query()
            default = REQUEST_BYTES if "body" in data else 0
        else:
            default = PROBLEM_BYTES if media == (PROBLEM,) else RESPONSE_BYTES
        return self._limit("max_bytes", data.get("max_bytes"), default=default)

    def _limit_query(self) -> None:
        text = f"at most {format_quantity(QUERY_BYTES)} bytes"
        self.limits["query/max_bytes"] = self.assumption("query/max_bytes", SILENCE, text, self.place(), kind="limit")
        why, text = "two readers of a broken query read two things", "percent-encoded UTF-8 without NUL"
        self.limits["query/readable"] = self.assumption("query/readable", why, text, self.place(), kind="limit")

    def _media(self, data: Mapping[str, Any], *, raw: bool) -> tuple[str, ...] | None:
        if "media" in data:
            written = data["media"]
            return tuple(written["limit"] if isinstance(written, dict) else written)
        if self.phase == "request":
            return (JSON,) if "body" in data and not raw else None
        if self.status is not None and self.status[0] in "45" and "body" not in data:
            return (PROBLEM,)
        return (JSON,) if "body" in data else None

    def _shapes(self, data: Mapping[str, Any], media: tuple[str, ...] | None, *, raw: bool) -> tuple[Shape, ...]:
        kind = self.written.kind
        parts = (REQUEST_PARTS if self.phase == "request" else RESPONSE_PARTS)[kind]
        shapes = []
        for part in parts:
            if part == "body" and raw:
                continue
            if part in data:
                shapes.append(self.written.shapes.read(part, (*self.path, part), self.assumption))
            elif part in ("params", "query", "args") and self.phase == "request":
                empty = {"type": "object", "unevaluatedProperties": False}
                shapes.append(built_in_shape(part, empty, WHY_UNDECLARED, self.assumption, self.place()))
        if media == (PROBLEM,) and "body" not in data:
            why = "errors are problem documents"
            shapes.append(built_in_shape("body", PROBLEM_SHAPE, why, self.assumption, self.place()))
        return tuple(shapes)

    def _built_in(self, data: Mapping[str, Any], media: tuple[str, ...] | None) -> None:
        """Note the assumptions that hold without being written."""
        if self.written.kind != "http":
            self._readable_part(data)
            return
        place = self.place("body") if "body" in data else self.place("media") if "media" in data else self.place()

        def note(identity: str, why: str, limit: str, kind: AssumptionKind = "shape") -> None:
            self.limits[identity] = self.assumption(identity, why, limit, place, kind=kind)

        written = data["media"] if isinstance(data.get("media"), dict) else {}
        self.limits["media"] = self.assumption(
            "media",
            written.get("why", WHY_UNDECLARED),
            ", ".join(media or ()) or ("any" if data.get("body") == "raw" else "no body"),
            self.place("media", "limit") if written else place,
            kind="limit",
            action=written.get("action"),
        )
        note("body/readable", "two readers of broken text read two things", f"JSON as in RFC 7493, {JSON_DEPTH} levels")
        note("body/undeclared", WHY_UNDECLARED, "no body")
        note("body/required", "the policy declares a body", "a body")
        note("content-encoding", "what is compressed has no size that can be checked", "no encoding", "limit")
        if media and any(name.startswith("image/") for name in media):
            note("response/image", "a picture whose header is broken has no size", "an image of the declared format")

    def _readable_part(self, data: Mapping[str, Any]) -> None:
        """Note that what the code hands over can be said in JSON: nothing else can be held against a shape."""
        part = HANDED_OVER.get((self.written.kind, self.phase))
        if part is None:
            return
        place = self.place(part) if part in data else self.place()
        identity, limit = f"{part}/readable", f"values of JSON, {JSON_DEPTH} levels"
        self.limits[identity] = self.assumption(identity, "no check can read anything else", limit, place, kind="limit")

    def _rules(self, assume: Mapping[str, Any]) -> list[Rule]:
        rules = []
        for name, entry in assume.items():
            path = (*self.path, "assume", name)
            owner = None
            if "owner" in entry:
                owner = self.written.owners.get(entry["owner"])
                if owner is None:
                    hint = did_you_mean(entry["owner"], self.written.owners)
                    place = self.written.document.value((*path, "owner"))
                    self.fault(place, f"there is no owner {quote(entry['owner'])}", hint)
            assumption = self.assumption(
                name,
                entry["why"],
                str(entry["rule"]).strip(),
                self.written.document.key(path),
                kind="rule",
                action=entry.get("action"),
                owner=owner,
            )
            place = self.written.document.value((*path, "rule"))
            failure_policy = entry.get("failure_policy", self.written.failure_policy)
            rules.append(Rule(assumption, str(entry["rule"]), place, failure_policy))
        return rules
