"""Lets pass what nothing is to be said against, in one go: nearly every request and nearly every response.

A lane knows how to let pass, and nothing else. Of whatever is bad, or just unusual, it takes its hands off, and the
exchange goes the way on which everything is known: `Reception` and `decide_request`, `Answer` and `decide_response`.
It lets nothing pass that they would not let pass, and delivers what they would.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from catguard.enforcement.eager import Rest, begin
from catguard.enforcement.head import Head, is_sendable, media_type
from catguard.enforcement.problem import REFUSAL_HEADER
from catguard.enforcement.reading import BODILESS
from catguard.enforcement.reception import PUBLIC
from catguard.enforcement.routing import BadTarget, read_query
from catguard.engine.codec import Unreadable, dumps, read
from catguard.engine.evaluator import Facts
from catguard.policies.codegen import ALLOWED
from catguard.policies.compiler import CompiledBoundary, CompiledPhase, CompiledPolicySet
from catguard.policies.phases import QUERY_BYTES

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = list[tuple[bytes, bytes]]

#: Headers of the bytes that came, not of those that are delivered.
FRAMING = frozenset((b"content-length", b"transfer-encoding", b"content-encoding"))
#: Headers of answers that are looked at more closely: codings, and what is sent along with each answer.
UNUSUAL_IN_ANSWERS = frozenset((b"transfer-encoding", b"content-encoding", b"traceresponse", b"catguard-warning"))
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

    __slots__ = (
        "_declared",
        "_dropped",
        "_headers",
        "_max_bytes",
        "_media",
        "_params",
        "_phase",
        "_unusual",
        "answers",
        "boundary",
        "method",
        "public",
        "public_caller",
        "reaches_out",
        "recalls_request",
        "snapshot",
    )

    def __init__(self, snapshot: CompiledPolicySet, boundary: CompiledBoundary, *, reaches_out: bool) -> None:
        policy, phase = boundary.policy, boundary.request
        self.snapshot = snapshot
        self.boundary = boundary
        self.public = policy.public
        #: Whether anything that is guarded may be called on the way, and asks for the current span.
        self.reaches_out = reaches_out
        self.recalls_request = boundary.recalls_request
        #: The facts of the caller where nobody is asked who calls.
        self.public_caller = PUBLIC.facts()
        #: None where bodies are taken as they come: they are read on the other way.
        self.method = None if phase.policy.raw else policy.method
        self._phase = phase
        self._params, self._headers = phase.parts.get("params"), phase.parts.get("headers")
        self._max_bytes = phase.max_bytes
        self._media = _contents(phase) if "body" in phase.parts else {}
        names = self._headers.names if self._headers is not None else ()
        self._declared = frozenset(name.encode("latin-1") for name in names)
        self._dropped = FRAMING | (REROUTING - self._declared)
        self._unusual = self._dropped - {b"content-length"}
        # By status: what answers are that are held back, and of JSON or of what nobody looks into.
        self.answers: dict[int, AnswerLane] = {}
        if snapshot.candidate is not None:  # it is asked beside each decision, on the other way
            self.method = None
            return
        for status in policy.responses:
            answer = boundary.response(int(status)) if status.isdigit() and int(status) < 400 else None
            if answer is not None and int(status) not in BODILESS and _is_plain(answer):
                self.answers[int(status)] = AnswerLane(int(status), answer, public=policy.public)

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
        values = head.values
        if scope["method"] != self.method or not (head.ordinary or self._unusual.isdisjoint(values)):
            return None, b"", receive
        facts: Facts
        length = values.get(b"content-length", b"0")
        if length == b"0":
            facts = {"method": self.method, "path": path, "headers": {}, "query": {}}
        else:  # with all of its keys at once: a dict that grows later takes longer
            facts = {"method": self.method, "path": path, "headers": {}, "query": {}, "bytes": 0, "body": None}
        if self._params is not None:
            facts["params"] = self._params.from_wire(params) if params else {}
        if query := scope.get("query_string"):
            try:
                facts["query"] = self._phase.parts["query"].from_wire(read_query(query, limit=QUERY_BYTES))
            except BadTarget:
                return None, b"", receive
        if self._headers is not None:
            facts["headers"] = self._headers.from_wire(head.pairs(self._headers.names))
        if length == b"0":
            allowed = self._phase.check(facts, None, caller) >= ALLOWED
            return facts if allowed else None, b"", receive
        content = values.get(b"content-type")
        if content not in self._media and media_type(content) not in self._media.values():
            return None, b"", receive
        if int(length) > self._max_bytes:
            return None, b"", receive  # asking for a body would tell its caller to send it (RFC 9110, section 10.1.1)
        first, rest = begin(receive())
        if rest is None:
            body = first.get("body")
            if body and not first.get("more_body") and len(body) <= self._max_bytes:
                facts["bytes"] = len(body)
                try:
                    facts["body"], text = read(body)
                except Unreadable:
                    return None, b"", _again(first, rest, receive)
                within = self._phase.within
                found = within(facts, None, caller)
                if found >= ALLOWED:
                    return facts, text if found == ALLOWED else dumps(facts["body"]), receive
        return None, b"", _again(first, rest, receive)

    def delivered(self, head: Head, body: bytes) -> Headers:
        """Return the headers of a request as the app gets them.

        Its own are those of the delivered body. Those that ask for another route than the one that was decided on, and
        names with an underscore, which CGI and WSGI take for a hyphen, are kept where the boundary declares them.
        """
        values = head.values
        if head.ordinary or (
            len(values) == len(head.raw) and self._unusual.isdisjoint(values) and b"_" not in b"".join(values)
        ):
            values = values.copy()
            if body:
                values[b"content-length"] = b"%d" % len(body)
            else:
                values.pop(b"content-length", None)
            return list(values.items())
        kept = [pair for pair in head.raw if self._is_kept(pair[0])]
        if body:
            kept.append((b"content-length", b"%d" % len(body)))
        return kept

    def _is_kept(self, name: bytes) -> bool:
        return name not in self._dropped and (b"_" not in name or name in self._declared)


class AnswerLane:
    """What is known of the answers of one status before there is one."""

    __slots__ = ("_allowed", "_headers", "_max_bytes", "_media", "_phase", "_reads_body", "_unusual", "status")

    def __init__(self, status: int, phase: CompiledPhase, *, public: bool) -> None:
        self.status = status
        self._phase = phase
        self._max_bytes = phase.max_bytes
        self._media = _contents(phase)
        self._allowed = frozenset(self._media.values())
        self._headers = phase.parts.get("headers")
        self._reads_body = "body" in phase.parts
        self._unusual = UNUSUAL_IN_ANSWERS | {REFUSAL_HEADER} if public else UNUSUAL_IN_ANSWERS

    def give(
        self, request: Facts, raw: Iterable[tuple[bytes, bytes]], body: bytes, caller: Mapping[str, Any]
    ) -> tuple[dict[bytes, bytes], bytes] | None:
        """Check an answer that is there as a whole; returns its headers and body as they are delivered."""
        pairs = raw if isinstance(raw, list) else list(raw)
        values = dict(pairs)
        content = values.get(b"content-type")
        media = self._media.get(content)
        # Where there is only a type that the policy names, and a length, which is written anew, no header is looked at.
        if media is None or len(pairs) != 2 or b"content-length" not in values:
            if len(values) != len(pairs) or not is_sendable(values) or not self._unusual.isdisjoint(values):
                return None
            media = media or media_type(content)
            if media not in self._allowed:
                return None
        if type(body) is not bytes or len(body) > self._max_bytes:
            return None
        facts: Facts = {"status": self.status, "headers": {}, "media": media, "bytes": len(body)}
        if self._headers is not None:
            facts["headers"] = self._headers.from_wire(Head(values.items()).pairs(self._headers.names))
        if self._reads_body:
            try:
                facts["body"], body = read(body)
            except Unreadable:
                return None
        within = self._phase.within
        found = within(request, facts, caller)
        if found < ALLOWED:
            return None
        if found != ALLOWED and self._reads_body:
            body = dumps(facts["body"])
        length = len(body)
        if length > self._max_bytes:
            return None  # 1e15 is 1000000000000000.0 when it is written again
        values[b"content-length"] = b"%d" % length
        return values, body


def _is_plain(phase: CompiledPhase) -> bool:
    """Whether answers are held back, and of JSON or of what nobody looks into."""
    return bool(phase.media) and not phase.policy.stream and "response/image" not in phase.policy.limits


def _contents(phase: CompiledPhase) -> dict[bytes | None, str]:
    """Return the media types of a phase by the value of Content-Type that is just that."""
    return {media.encode("latin-1"): media for media in phase.media or ()}


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
