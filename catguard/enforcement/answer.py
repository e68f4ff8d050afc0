"""Holds an app's response back until it is checked, then sends what was checked, or the refusal in its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from catguard.enforcement.head import Head, is_sendable, media_type
from catguard.enforcement.problem import REFUSAL_HEADER, Headers
from catguard.enforcement.reading import BODILESS, check_encoding, head_facts, read_body
from catguard.engine.codec import dumps
from catguard.engine.decision import Decision, Violation, violated
from catguard.engine.evaluator import Facts, conclude, decide_response, limit_violation
from catguard.policies.compiler import CompiledBoundary, CompiledPhase, CompiledPolicySet
from catguard.policies.phases import PROBLEM, PROBLEM_BYTES

Send = Callable[[Any], Awaitable[None]]

OWN_HEADERS = (b"content-length", b"transfer-encoding")


class Broken(Exception):
    """A streamed response broke an assumption after its first bytes had left; the connection must end."""


class Outcome(Protocol):
    """Who is told how the exchange went on: the inbound enforcement point."""

    def decided(self, decision: Decision) -> None:
        """Take note of a decision about the response."""

    async def refuse(self, status: int, decision: Decision) -> None:
        """Answer with the violations in place of the response."""

    def complete(self, status: int) -> None:
        """Take note that the last byte was sent."""

    def begin(self) -> None:
        """Take note that an answer leaves now."""

    def answer_headers(self) -> Headers:
        """Return what every answer carries."""


class Answer:
    """The answer of one exchange: takes the messages of the app."""

    # What an exchange begins with; most have nothing else to the end.
    status = 0
    finished = False
    ended = False
    _head = Head(())
    _count = 0
    _limit = 0
    _phase: CompiledPhase | None = None
    _streaming = False
    _own_refusal = False
    _waits_for_app = False

    def __init__(
        self,
        snapshot: CompiledPolicySet,
        boundary: CompiledBoundary,
        noted: Sequence[Violation],
        send: Send,
        outcome: Outcome,
        *,
        request: Facts,
        caller: Facts,
        head_only: bool,
    ) -> None:
        self.snapshot = snapshot
        self.boundary = boundary
        self.noted = noted
        self.outcome = outcome
        self.head_only = head_only
        self._request = request
        self._caller = caller
        self._send = send
        self._chunks: list[bytes] = []

    @property
    def begun(self) -> bool:
        """Whether something was sent, so that nothing else can be answered any more."""
        return self.finished or self._streaming

    async def __call__(self, message: Mapping[str, Any]) -> None:
        """Take a message of the app."""
        if self.finished:
            return
        if message["type"] == "http.response.body":
            chunk, more = message.get("body", b""), message.get("more_body", False)
            if type(chunk) is not bytes:
                chunk = bytes(memoryview(chunk))  # as servers take it, and raises of what they do not take
            self._count += len(chunk)
            if self._count > self._limit:
                await self._too_long()
            elif self._streaming:
                await self._pass_on(chunk, more=more)
            else:
                self._chunks.append(chunk)
                self.ended = not more
                if not more and not self._waits_for_app:
                    await self.finish()
        elif message["type"] == "http.response.start":
            if self._streaming:
                raise ValueError("the answer has begun already, and with it what is allowed of it")
            self.begin(message)
            if self._phase is not None and self._phase.policy.stream and not (self.head_only or self._own_refusal):
                await self._begin_stream(self._phase)

    def begin(self, message: Mapping[str, Any]) -> None:
        """Take note of how the answer begins."""
        status = self.status = message["status"]
        head = self._head = Head(message.get("headers", ()))
        if not is_sendable(head.values):
            raise ValueError("a header of the answer has a name or a value that no server may send")
        self._phase = self.boundary.response(status)
        if status >= 400:
            self._own_refusal = head.values.get(REFUSAL_HEADER) == b"1" and self._media() == PROBLEM
            # What an app sends with a 5xx may be an accident's leftovers: it waits until the app returned or raised.
            self._waits_for_app = status >= 500 and not self._own_refusal
        plain = self._own_refusal or self._phase is None
        self._limit = PROBLEM_BYTES if plain or self._phase is None else self._phase.max_bytes

    async def _begin_stream(self, phase: CompiledPhase) -> None:
        decision = self._decide(self._head_facts(), check_encoding(self.boundary, phase, self._head))
        self.outcome.decided(decision)
        if not decision.allowed:
            self.finished = True
            await self.outcome.refuse(500, decision)
            return
        self._streaming = True
        headers = [*self._kept(b"transfer-encoding"), *self._extra()]
        self.outcome.begin()
        await self._send({"type": "http.response.start", "status": self.status, "headers": headers})

    async def _pass_on(self, chunk: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": chunk, "more_body": more})
        if not more:
            self.finished = True
            self.outcome.complete(self.status)

    async def _too_long(self) -> None:
        phase = self._phase
        if phase is None:
            found: Violation = self._undeclared_status()
        else:
            text = f"the body must have {phase.policy.limits['max_bytes'].limit}"
            found = limit_violation(self.boundary, phase, "max_bytes", text, "/body")
        # Whatever the action: there is nothing else to let through.
        decision = conclude(self.snapshot, (dataclasses.replace(found, action="deny"),))
        self.finished = True
        self.outcome.decided(decision)
        if self._streaming:
            raise Broken
        await self.outcome.refuse(500, decision)

    async def finish(self) -> None:
        """Check what was held back and send it."""
        self.finished = True
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        if not self._own_refusal:
            facts = self._head_facts()
            decision = self._decide(facts, self._read(facts, body))
            if decision.allowed and "body" in facts:
                body = dumps(facts["body"])
                if len(body) > self._limit:  # 1e15 is 1000000000000000.0 when it is written again
                    await self._too_long()
                    return
            self.outcome.decided(decision)
            if not decision.allowed:
                await self.outcome.refuse(500, decision)
                return
        headers = self._kept(*OWN_HEADERS)
        headers += self._extra()
        if self.status not in BODILESS:
            headers.append((b"content-length", b"%d" % len(body)))
        shown = b"" if self.head_only or self.status in BODILESS else body
        self.outcome.begin()
        await self._send({"type": "http.response.start", "status": self.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": shown})
        self.outcome.complete(self.status)

    def _decide(self, facts: Facts, noted: list[Violation]) -> Decision:
        return decide_response(
            self.snapshot,
            self.boundary,
            self._request,
            facts,
            caller=self._caller,
            noted=noted,
            exact=not self.noted,
        )

    def _kept(self, *drop: bytes) -> list[tuple[bytes, bytes]]:
        """Return the app's headers but for some, and outside the system without the mark of a refusal."""
        if self.boundary.policy.public:
            drop = (*drop, REFUSAL_HEADER)
        return [header for header in self._head.raw if header[0] not in drop]

    def _extra(self) -> Headers:
        return self.outcome.answer_headers()

    def _media(self) -> str | None:
        return media_type(self._head.values.get(b"content-type"))

    def _head_facts(self) -> Facts:
        """Return what the head of the response says."""
        if self._phase is None:
            return {"status": self.status, "headers": {}}
        return head_facts(self._phase, self.status, self._head)

    def _read(self, facts: Facts, body: bytes) -> list[Violation]:
        """Add what the body says to the facts; returns what cannot be read of it."""
        if self._phase is None:
            return []
        return read_body(self.boundary, self._phase, facts, self._head, body)

    def _undeclared_status(self) -> Violation:
        text = f"the status {self.status} is not declared"
        return violated(self.boundary.policy.statuses, "inbound", where="/status", message=text, status=500)
