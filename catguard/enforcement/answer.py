"""Holds an app's response back until it is checked, then sends what was checked, or the refusal in its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from catguard.enforcement.problem import REFUSAL_HEADER, Headers
from catguard.enforcement.reading import BODILESS, check_encoding, head_facts, header, read_body
from catguard.enforcement.reception import media_type
from catguard.engine.codec import dumps
from catguard.engine.decision import Decision, Violation, violated
from catguard.engine.evaluator import Facts, conclude, decide_response, limit_violation
from catguard.engine.exchange import Exchange
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

    def answer_headers(self) -> Headers:
        """Return what every answer carries."""


class Answer:
    """The `send` of one exchange."""

    def __init__(
        self,
        snapshot: CompiledPolicySet,
        boundary: CompiledBoundary,
        exchange: Exchange,
        send: Send,
        outcome: Outcome,
        *,
        request: Facts,
        head_only: bool,
    ) -> None:
        self.snapshot = snapshot
        self.boundary = boundary
        self.exchange = exchange
        self.outcome = outcome
        self.head_only = head_only
        self._request = request
        self.status = 0
        self.finished = False
        self.ended = False
        self._send = send
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._count = 0
        self._limit = 0
        self._phase: CompiledPhase | None = None
        self._streaming = False
        self._own_refusal = False
        self._waits_for_app = False

    @property
    def begun(self) -> bool:
        """Whether something was sent, so that nothing else can be answered any more."""
        return self.finished or self._streaming

    async def __call__(self, message: Mapping[str, Any]) -> None:
        """Take a message of the app."""
        if self.finished:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)

    async def _start(self, message: Mapping[str, Any]) -> None:
        self.status = message["status"]
        self._headers = [(name.lower(), value) for name, value in message.get("headers", ())]
        self._own_refusal = self.status >= 400 and (REFUSAL_HEADER, b"1") in self._headers and self._media() == PROBLEM
        self._phase = self.boundary.response(self.status)
        # What an app sends with a 5xx may be an accident's leftovers: it waits until the app returned or raised.
        self._waits_for_app = self.status >= 500 and not self._own_refusal
        if self._own_refusal or self._phase is None:
            self._limit = PROBLEM_BYTES
            return
        self._limit = self._phase.max_bytes
        if self._phase.policy.stream and not self.head_only:
            decision = self._decide(self._head_facts(), check_encoding(self.boundary, self._phase, self._pairs()))
            self.outcome.decided(decision)
            if not decision.allowed:
                self.finished = True
                await self.outcome.refuse(500, decision)
                return
            self._streaming = True
            headers = self._kept(b"transfer-encoding")
            await self._send({"type": message["type"], "status": self.status, "headers": [*headers, *self._extra()]})

    async def _body(self, message: Mapping[str, Any]) -> None:
        chunk, more = message.get("body", b""), message.get("more_body", False)
        self._count += len(chunk)
        if self._count > self._limit:
            await self._too_long()
            return
        if self._streaming:
            await self._send({"type": message["type"], "body": chunk, "more_body": more})
            if not more:
                self.finished = True
                self.outcome.complete(self.status)
            return
        self._chunks.append(chunk)
        self.ended = not more
        if not more and not self._waits_for_app:
            await self.finish()

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
        body = b"".join(self._chunks)
        if not self._own_refusal:
            facts = self._head_facts()
            decision = self._decide(facts, self._read(facts, body))
            self.outcome.decided(decision)
            if not decision.allowed:
                await self.outcome.refuse(500, decision)
                return
            if "body" in facts:
                body = dumps(facts["body"])
        await self._deliver(body)

    async def _deliver(self, body: bytes) -> None:
        headers = self._kept(*OWN_HEADERS)
        if self.status not in BODILESS:
            headers.append((b"content-length", str(len(body)).encode()))
        shown = b"" if self.head_only or self.status in BODILESS else body
        await self._send({"type": "http.response.start", "status": self.status, "headers": [*headers, *self._extra()]})
        await self._send({"type": "http.response.body", "body": shown})
        self.outcome.complete(self.status)

    def _decide(self, facts: Facts, noted: list[Violation]) -> Decision:
        caller = self.exchange.caller.facts()
        return decide_response(
            self.snapshot,
            self.boundary,
            self._request,
            facts,
            caller=caller,
            noted=noted,
            exact=not self.exchange.violations,
        )

    def _kept(self, *drop: bytes) -> list[tuple[bytes, bytes]]:
        """Return the app's headers but for some, and outside the system without the mark of a refusal."""
        if self.boundary.policy.public:
            drop = (*drop, REFUSAL_HEADER)
        return [header for header in self._headers if header[0] not in drop]

    def _extra(self) -> Headers:
        return self.outcome.answer_headers()

    def _media(self) -> str | None:
        return media_type(header(self._pairs(), "content-type"))

    def _head_facts(self) -> Facts:
        """Return what the head of the response says."""
        if self._phase is None:
            return {"status": self.status, "headers": {}}
        return head_facts(self._phase, self.status, self._pairs())

    def _read(self, facts: Facts, body: bytes) -> list[Violation]:
        """Add what the body says to the facts; returns what cannot be read of it."""
        if self._phase is None:
            return []
        return read_body(self.boundary, self._phase, facts, self._pairs(), body)

    def _pairs(self) -> list[tuple[str, str]]:
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers]

    def _undeclared_status(self) -> Violation:
        text = f"the status {self.status} is not declared"
        return violated(self.boundary.policy.statuses, "inbound", where="/status", message=text, status=500)
