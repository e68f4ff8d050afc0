"""The response to a guarded call: a refusal of the callee's guard, or an answer that is checked before it is given."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2

from catguard.enforcement.head import Head, media_type
from catguard.enforcement.problem import REFUSAL_HEADER
from catguard.enforcement.reading import BODILESS, check_encoding, head_facts, read_body
from catguard.engine.codec import Unreadable, dumps, loads
from catguard.engine.decision import CallRefused, Decision, Violation, violated
from catguard.engine.evaluator import Facts, conclude, decide_response, limit_violation
from catguard.engine.exchange import Caller
from catguard.policies.compiler import CompiledBoundary, CompiledPhase, CompiledPolicySet
from catguard.policies.model import EXTERNAL
from catguard.policies.phases import PROBLEM, PROBLEM_BYTES
from catguard.telemetry import Observation

#: Most violations that are taken over from one refusal; a guard sends fewer.
MAX_VIOLATIONS = 100
#: What describes the bytes that came, not those that are given.
FRAMING_HEADERS = ("content-length", "transfer-encoding")
#: What a response may say of its connection; others, "network_stream", hand the connection out.
EXTENSIONS = ("http_version", "reason_phrase")
#: Key in the extensions of a response: the violations that were noted and let through.
VIOLATIONS_EXTENSION = "catguard.violations"


class Arrival:
    """One response on its way in.

    Args:
        snapshot: The policies that this exchange began with.
        boundary: The outbound boundary.
        request: The checked facts of the request.
        caller: The own component.
        observation: The span of the call.
        noted: The violations of the request that let it through.
        deadline: When the call ends, on the event loop's clock.
        head_only: Whether this answers HEAD.
    """

    def __init__(
        self,
        snapshot: CompiledPolicySet,
        boundary: CompiledBoundary,
        request: Facts,
        caller: Caller,
        observation: Observation,
        noted: tuple[Violation, ...],
        *,
        deadline: float,
        head_only: bool,
    ) -> None:
        self.snapshot = snapshot
        self.boundary = boundary
        self.request = request
        self.caller = caller
        self.observation = observation
        self.noted = noted
        self.deadline = deadline
        self.head_only = head_only
        self.streaming = False

    async def check(self, response: httpx2.Response) -> httpx2.Response:
        """Return the response as checked; raises CallRefused when it, or the callee, refuses."""
        try:
            return await self._check(response)
        finally:
            if not self.streaming:
                await response.aclose()

    async def _check(self, response: httpx2.Response) -> httpx2.Response:
        status = response.status_code
        head = Head(response.headers.raw)
        if self._is_refusal(head):
            raise await self._callees_refusal(response)
        phase = self.boundary.response(status)
        if phase is None:
            self._decide(self._decision({"status": status, "headers": {}}), status)
            return self._given(response, await self._read(response, None, PROBLEM_BYTES))
        facts = head_facts(phase, status, head, bodiless=self.head_only)
        if phase.policy.stream and not facts.get("bodiless"):
            self._decide(self._decision(facts, check_encoding(self.boundary, phase, head)), status)
            self.streaming = True
            return self._streamed(response, phase)
        body = await self._read(response, phase, phase.max_bytes)
        self._decide(self._decision(facts, read_body(self.boundary, phase, facts, head, body)), status)
        return self._given(response, dumps(facts["body"]) if "body" in facts else body)

    def _decision(self, facts: Facts, noted: Sequence[Violation] = ()) -> Decision:
        caller = self.caller.facts()
        return decide_response(
            self.snapshot, self.boundary, self.request, facts, caller=caller, noted=noted, exact=not self.noted
        )

    def _decide(self, decision: Decision, status: int) -> None:
        self.observation.decided(decision, "response")
        self.noted = (*self.noted, *decision.violations)
        if not decision.allowed:
            raise CallRefused(self.boundary.name, "outbound", self.noted, status=status)

    def _is_refusal(self, head: Head) -> bool:
        """Whether a guard inside the system answered; a stranger's word for it is not taken."""
        return (
            self.boundary.policy.to != EXTERNAL
            and head.values.get(REFUSAL_HEADER) == b"1"
            and media_type(head.values.get(b"content-type")) == PROBLEM
        )

    async def _callees_refusal(self, response: httpx2.Response) -> CallRefused:
        status = response.status_code
        body = await self._read(response, None, PROBLEM_BYTES)
        try:
            document = loads(body)
            told = list(document.get("violations") or ())
            found = tuple(Violation.from_wire(members) for members in told[:MAX_VIOLATIONS])
        except (Unreadable, AttributeError, TypeError):
            found = (self._unreadable("the callee's refusal must be a problem document"),)
            self.observation.decided(conclude(self.snapshot, found), "response")
            return CallRefused(self.boundary.name, "outbound", (*self.noted, *found), status=status)
        self.observation.violated(found)
        return CallRefused(self.boundary.name, "inbound", (*found, *self.noted), status=status)

    async def _read(self, response: httpx2.Response, phase: CompiledPhase | None, limit: int) -> bytes:
        """Read the body up to its limit; raises CallRefused beyond it."""
        chunks: list[bytes] = []
        count = 0
        async for chunk in _stream(response):
            count += len(chunk)
            self.hold(count, limit, phase, response.status_code)
            chunks.append(chunk)
        return b"".join(chunks)

    def hold(self, count: int, limit: int, phase: CompiledPhase | None, status: int) -> None:
        """Hold the bytes that came against their limit, which no action softens; raises CallRefused beyond it."""
        if count <= limit:
            return
        if phase is None:
            found = self._unreadable(f"an answer of this status must have at most {limit} bytes")
        else:
            text = f"the body must have {phase.policy.limits['max_bytes'].limit}"
            found = limit_violation(self.boundary, phase, "max_bytes", text, "/body")
        found = dataclasses.replace(found, action="deny")
        self.observation.decided(conclude(self.snapshot, (found,)), "response")
        raise CallRefused(self.boundary.name, "outbound", (*self.noted, found), status=status)

    def _unreadable(self, message: str) -> Violation:
        policy = self.boundary.policy
        found = violated(policy.statuses, policy.side, where="/body", message=message, status=500)
        return dataclasses.replace(found, action="deny")  # there is nothing else to let through

    def _given(self, response: httpx2.Response, body: bytes) -> httpx2.Response:
        headers = self._headers(response)
        if not self.head_only and response.status_code not in BODILESS:
            for name in FRAMING_HEADERS:
                headers.pop(name, None)
            headers["content-length"] = str(len(body))
        stream = httpx2.ByteStream(body)
        return httpx2.Response(
            response.status_code, headers=headers, stream=stream, extensions=self._extensions(response)
        )

    def _streamed(self, response: httpx2.Response, phase: CompiledPhase) -> httpx2.Response:
        return httpx2.Response(
            response.status_code,
            headers=self._headers(response),
            stream=CheckedStream(self, response, phase),
            extensions=self._extensions(response),
        )

    def _headers(self, response: httpx2.Response) -> httpx2.Headers:
        """Return the headers without what must not be taken at its word: an encoding, and a refusal that was none."""
        headers = httpx2.Headers(response.headers.raw)
        for name in ("content-encoding", REFUSAL_HEADER.decode()):
            headers.pop(name, None)
        return headers

    def _extensions(self, response: httpx2.Response) -> dict[str, object]:
        kept: dict[str, object] = {}
        kept.update((name, value) for name, value in response.extensions.items() if name in EXTENSIONS)
        return {**kept, VIOLATIONS_EXTENSION: self.noted}


class CheckedStream(httpx2.AsyncByteStream):
    """The body of a streamed response: passed on as it comes, counted, and broken off beyond its limit."""

    def __init__(self, arrival: Arrival, response: httpx2.Response, phase: CompiledPhase) -> None:
        self._arrival = arrival
        self._response = response
        self._phase = phase

    async def __aiter__(self) -> AsyncIterator[bytes]:
        arrival, count = self._arrival, 0
        chunks = aiter(_stream(self._response))
        try:
            while True:
                async with within(arrival.deadline):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                count += len(chunk)
                arrival.hold(count, self._phase.max_bytes, self._phase, self._response.status_code)
                yield chunk
        except GeneratorExit:
            raise  # its reader has enough: no failure
        except BaseException as error:
            arrival.observation.failed(error)
            raise
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close the connection, or give it back, and end the span."""
        self._arrival.observation.end(status=self._response.status_code)
        await self._response.aclose()


@asynccontextmanager
async def within(deadline: float) -> AsyncIterator[None]:
    """End what is done inside at a time of the event loop's clock, with the client's own word for it.

    Raises:
        httpx2.TimeoutException: When the time has come; a TimeoutError of somebody else passes as it is.
    """
    try:
        async with asyncio.timeout_at(deadline) as limit:
            yield
    except TimeoutError as error:
        if limit.expired():
            raise httpx2.TimeoutException("the call took longer than it may") from error
        raise


def _stream(response: httpx2.Response) -> httpx2.AsyncByteStream:
    stream = response.stream
    if not isinstance(stream, httpx2.AsyncByteStream):
        raise TypeError("the transport answered with a synchronous stream")
    return stream
