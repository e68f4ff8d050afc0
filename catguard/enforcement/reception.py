"""Takes a request in: its target, its caller, its head and its body as facts, or the violations that refuse it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from catguard.enforcement.eager import begin
from catguard.enforcement.head import Head, media_type
from catguard.enforcement.routing import BadFraming, BadTarget, read_query
from catguard.engine import context
from catguard.engine.codec import Unreadable, loads, pointer
from catguard.engine.decision import Violation, violated
from catguard.engine.evaluator import Facts, limit_violation
from catguard.engine.exchange import UNKNOWN, Caller
from catguard.engine.masking import without_names
from catguard.policies.compiler import CompiledBoundary
from catguard.policies.phases import QUERY_BYTES

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]

#: DESIGN.md section 3: what is not written has numbers.
BODY_SECONDS = 10.0
PUBLIC = Caller("public")


class Disconnected(Exception):
    """The caller went away before it was answered."""


def identify(boundary: CompiledBoundary, scope: Scope, head: Head) -> tuple[Caller, Violation | None]:
    """Return who calls, and the violation when such a caller may not.

    At public boundaries nobody is asked. Elsewhere the caller is what `Catguard-Context` says, as long as there are no
    keys; one that says nothing is let in on loopback only.
    """
    policy = boundary.policy
    if policy.public:
        return PUBLIC, None
    component = context.parse(head.text(b"catguard-context") or "").component
    caller = Caller(component or UNKNOWN)
    if component in policy.callers or (component is None and _is_loopback(scope)):
        return caller, None
    message = (
        "the caller is not among those that may call"
        if component
        else "a caller must say who it is, in Catguard-Context"
    )
    return caller, violated(policy.permitted, policy.side, where="/caller", message=message, status=403)


def _is_loopback(scope: Scope) -> bool:
    server = scope.get("server")
    if not server:
        return False
    try:
        return ipaddress.ip_address(server[0]).is_loopback
    except ValueError:
        return bool(server[0] == "localhost")


def check_framing(head: Head) -> None:
    """Refuse a head that leaves open how long the body is, as some servers let it pass; raises BadFraming."""
    values = head.values
    length = values.get(b"content-length")
    # Not every server takes the space off that follows a value and is no part of it.
    if length is not None and not (len(length) < 20 and (length.isdigit() or length.strip(b" \t").isdigit())):
        raise BadFraming("the length of the body is no number, or told more than once")
    if b"transfer-encoding" in values and (length is not None or values[b"transfer-encoding"].lower() != b"chunked"):
        raise BadFraming("the body has a length and a coding, or another coding than chunked")


class Reception:
    """Takes in one request of one boundary; `violations` are what it found, `facts` what is left to be decided."""

    def __init__(self, boundary: CompiledBoundary, head: Head, *, seconds: float = BODY_SECONDS) -> None:
        self.boundary = boundary
        self.head = head
        self.seconds = seconds
        self.facts: Facts = {}
        self.violations: list[Violation] = []
        self.raw = b""

    def note(self, key: str, message: str, where: str) -> None:
        self.violations.append(limit_violation(self.boundary, self.boundary.request, key, message, where))

    @property
    def refused(self) -> bool:
        """Whether something denies already."""
        return any(violation.action == "deny" for violation in self.violations)

    def read_head(self, method: str, path: str, params: list[tuple[str, str]], query: bytes) -> None:
        """Read target and headers into facts."""
        parts = self.boundary.request.parts
        self.facts = {"method": method, "path": path, "headers": {}, "query": {}}
        if "params" in parts:
            self.facts["params"] = parts["params"].from_wire(params) if params else {}
        if query:
            self._read_query(query)
        if "headers" in parts:
            self.facts["headers"] = parts["headers"].from_wire(self.head.pairs(parts["headers"].names))
        encoding = self.head.text(b"content-encoding")
        if encoding is not None and encoding.strip().lower() not in ("", "identity"):
            text = "the body must be sent as it is, without content-encoding"
            self.note("content-encoding", text, "/headers/content-encoding")

    def _read_query(self, query: bytes) -> None:
        try:
            self.facts["query"] = self.boundary.request.parts["query"].from_wire(read_query(query, limit=QUERY_BYTES))
        except BadTarget as error:
            key = "query/max_bytes" if len(query) > QUERY_BYTES else "query/readable"
            assumption = self.boundary.request.policy.limits[key]
            self.violations.append(
                violated(assumption, self.boundary.policy.side, where="/query", message=str(error), status=400)
            )

    def check_length(self) -> bool:
        """Hold what the head says of the body against the limits; returns whether a body is announced."""
        values = self.head.values
        announced = values.get(b"content-length", b"0").strip()
        length = int(announced) if announced.isdigit() and len(announced) < 20 else 0
        if not length and b"transfer-encoding" not in values:
            return False
        request = self.boundary.request
        if not request.takes_body:
            self.note("body/undeclared", "no body is declared", "/body")
            return False
        if length > request.max_bytes:
            self._too_long()
        if request.media is not None and media_type(self.head.values.get(b"content-type")) not in request.media:
            self.note("media", f"the media type must be {', '.join(sorted(request.media))}", "/headers/content-type")
        return True

    def _too_long(self) -> None:
        limit = self.boundary.request.policy.limits["max_bytes"].limit
        self.note("max_bytes", f"the body must have {limit}", "/body")

    async def read_body(self, receive: Receive) -> None:
        """Read the body, at most as much as is allowed and for as long as is allowed; raises Disconnected."""
        message, rest = begin(receive())
        if rest is None and message["type"] == "http.request" and not message.get("more_body", False):
            chunk = message.get("body", b"")
            if len(chunk) > self.boundary.request.max_bytes:
                self._too_long()
            else:
                self._take(chunk)
            return
        try:
            async with asyncio.timeout(self.seconds):
                await self._read_chunks(message if rest is None else await rest, receive)
        except TimeoutError:
            assumption = self.boundary.request.policy.limits["max_bytes"]
            text = f"the body must arrive within {self.seconds:g} s"
            self.violations.append(
                violated(assumption, self.boundary.policy.side, where="/body", message=text, status=408)
            )

    async def _read_chunks(self, message: Mapping[str, Any], receive: Receive) -> None:
        limit = self.boundary.request.max_bytes
        chunks: list[bytes] = []
        count = 0
        while True:
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            count += len(chunk)
            if count > limit:
                self._too_long()
                return
            chunks.append(chunk)
            if not message.get("more_body", False):
                break
            message = await receive()
        self._take(b"".join(chunks))

    def _take(self, body: bytes) -> None:
        self.raw = body
        self.facts["bytes"] = len(body)
        self.read_json()

    def read_json(self) -> None:
        """Parse the body once, where its shape is declared."""
        request = self.boundary.request
        if request.policy.raw and self.raw and media_type(self.head.values.get(b"content-type")) == "application/json":
            self._parse()
        elif "body" in request.parts and self.raw:
            value = self._parse()
            if value is not _NOTHING:
                self.facts["body"] = value

    def _parse(self) -> Any:
        try:
            return loads(self.raw)
        except Unreadable as error:
            where, text, parts = pointer("body") + error.where, str(error), self.boundary.request.parts
            words = parts["body"].words if "body" in parts else frozenset[str]()
            masked = (without_names(where, words), text)
            if error.beyond_range and "body" in parts:
                steps = tuple(int(step) if step.isdecimal() else step for step in error.where.split("/")[1:])
                assumption = parts["body"].range_assumption(steps)
                side = self.boundary.policy.side
                self.violations.append(violated(assumption, side, where=where, message=text, status=422, masked=masked))
            else:
                self.note("body/readable", text, where)
                self.violations[-1] = replace(self.violations[-1], masked=masked)
            return _NOTHING


_NOTHING = object()
