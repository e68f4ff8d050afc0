"""Lets pass what nothing is to be said against, in one go: nearly every request and nearly every response.

A lane knows how to let pass, and nothing else. Of whatever is bad, or just unusual, it takes its hands off, and the
exchange goes the way on which everything is known: `Reception` and `decide_request`, `Answer` and `decide_response`.
It lets nothing pass that they would not let pass, and delivers what they would.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from catguard.enforcement.eager import Rest, begin
from catguard.enforcement.head import Head, media_type
from catguard.enforcement.problem import REFUSAL_HEADER
from catguard.enforcement.reading import BODILESS
from catguard.enforcement.routing import BadTarget, read_query
from catguard.engine.codec import Unreadable, dumps, loads
from catguard.engine.evaluator import Facts
from catguard.policies.codegen import ALLOWED
from catguard.policies.compiler import CompiledBoundary, CompiledPhase
from catguard.policies.phases import QUERY_BYTES

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = list[tuple[bytes, bytes]]

#: Headers of the bytes that came, not of those that are delivered.
FRAMING = frozenset((b"content-length", b"transfer-encoding", b"content-encoding"))
#: Headers by which frameworks behind proxies take another method or path than those of the request line.
REROUTING = frozenset(
    (
        b"x-http-method", b"x-http-method-override", b"x-method-override", b"x-original-method", b"x-forwarded-method",
        b"x-original-url", b"x-original-uri", b"x-original-path", b"x-rewrite-url", b"x-forwarded-uri",
        b"x-forwarded-path", b"x-forwarded-prefix", b"x-script-name",
    )
)  # fmt: skip


class Lane:
    """What is known of an inbound boundary before there is an exchange."""

    __slots__ = ("_declared", "_drop", "_dropped", "_phase", "_statuses", "method")

    def __init__(self, boundary: CompiledBoundary) -> None:
        policy = boundary.policy
        self.method = policy.method
        self._phase = boundary.request
        self._drop = FRAMING | {REFUSAL_HEADER} if policy.public else FRAMING
        headers = boundary.request.parts.get("headers")
        self._declared = frozenset(name.encode("latin-1") for name in headers.names) if headers else frozenset()
        self._dropped = FRAMING | (REROUTING - self._declared)
        self._statuses: dict[int, CompiledPhase] = {}
        for status in policy.responses:
            phase = boundary.response(int(status)) if status.isdigit() and int(status) < 400 else None
            if phase is not None and int(status) not in BODILESS and self._is_plain(phase):
                self._statuses[int(status)] = phase

    def _is_plain(self, phase: CompiledPhase) -> bool:
        """Whether answers are held back, and of JSON or of what nobody looks into."""
        return bool(phase.media) and not phase.policy.stream and "response/image" not in phase.policy.limits

    def takes(self, status: int) -> bool:
        """Whether answers of a status may be let pass here."""
        return status in self._statuses

    def take(
        self,
        scope: Scope,
        path: str,
        params: list[tuple[str, str]],
        head: Head,
        receive: Receive,
        caller: Mapping[str, Any],
    ) -> tuple[Facts | None, bytes, Receive]:
        """Read and check a request, if it is there already; `caller` are the facts of who calls and may do so.

        Returns:
            The facts of a request that is let pass, or None; its body as it is delivered; what gives the rest, the
            first message too if the request is to be read again.
        """
        phase, values = self._phase, head.values
        parts = phase.parts
        if scope["method"] != self.method or b"content-encoding" in values or phase.policy.raw:
            return None, b"", receive
        facts: Facts = {"method": self.method, "path": path, "headers": {}, "query": {}}
        if "params" in parts:
            facts["params"] = parts["params"].from_wire(params) if params else {}
        if query := scope.get("query_string"):
            try:
                facts["query"] = parts["query"].from_wire(read_query(query, limit=QUERY_BYTES))
            except BadTarget:
                return None, b"", receive
        if "headers" in parts:
            facts["headers"] = parts["headers"].from_wire(head.pairs(parts["headers"].names))
        if values.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in values:
            allowed = phase.check(facts, None, caller) == ALLOWED
            return facts if allowed else None, b"", receive
        if "body" not in parts or media_type(values.get(b"content-type")) not in (phase.media or ()):
            return None, b"", receive
        if int(values.get(b"content-length", b"0")) > phase.max_bytes:
            return None, b"", receive  # asking for a body would tell its caller to send it (RFC 9110, section 10.1.1)
        first, rest = begin(receive())
        if rest is None:
            body = first.get("body")
            if body and not first.get("more_body") and len(body) <= phase.max_bytes:
                facts["bytes"] = len(body)
                try:
                    facts["body"] = loads(body)
                except Unreadable:
                    return None, b"", _again(first, rest, receive)
                if phase.check(facts, None, caller) == ALLOWED:
                    return facts, dumps(facts["body"]), receive
        return None, b"", _again(first, rest, receive)

    def delivered(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Headers:
        """Return the headers of a request as the app gets them.

        Its own are those of the delivered body. Those that ask for another route than the one that was decided on, and
        names with an underscore, which CGI and WSGI take for a hyphen, are kept where the boundary declares them.
        """
        dropped, declared = self._dropped, self._declared
        kept = [pair for pair in headers if pair[0] not in dropped and (b"_" not in pair[0] or pair[0] in declared)]
        if body:
            kept.append((b"content-length", b"%d" % len(body)))
        return kept

    def give(
        self, request: Facts, start: Message, body: bytes, caller: Mapping[str, Any]
    ) -> tuple[Headers, bytes] | None:
        """Check an answer that is there as a whole; returns its headers and body as they are delivered."""
        phase = self._statuses[start["status"]]
        head = Head(start.get("headers", ()))
        values = head.values
        if len(body) > phase.max_bytes or b"content-encoding" in values or not head.sendable():
            return None
        media = media_type(values.get(b"content-type"))
        facts: Facts = {"status": start["status"], "headers": {}, "media": media, "bytes": len(body)}
        if "headers" in phase.parts:
            facts["headers"] = phase.parts["headers"].from_wire(head.pairs(phase.parts["headers"].names))
        if "body" in phase.parts:
            try:
                facts["body"] = loads(body)
            except Unreadable:
                return None
        if phase.check(request, facts, caller) != ALLOWED:
            return None
        if "body" in facts:
            body = dumps(facts["body"])
        drop = self._drop
        headers = [pair for pair in head.raw if pair[0] not in drop]
        headers.append((b"content-length", b"%d" % len(body)))
        return headers, body


def _again(first: Message, rest: Rest[Message] | None, receive: Receive) -> Receive:
    """Return a `receive` that gives a message which was asked for already, and then the others."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return first if rest is None else await rest

    return again
