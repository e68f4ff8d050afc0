"""The way of one exchange through an inbound boundary: taken in, decided, served, its answer checked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlencode

from catguard.enforcement.answer import Answer, Broken
from catguard.enforcement.head import Head
from catguard.enforcement.lane import Lane
from catguard.enforcement.presence import Presence
from catguard.enforcement.problem import Headers, RefusalPage, Render, send_refusal, status_of, target, title_of
from catguard.enforcement.reception import Disconnected, Reception, identify
from catguard.enforcement.routing import Match
from catguard.engine.codec import dumps
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.evaluator import Facts, allowance, decide_request, recalled
from catguard.engine.exchange import SCOPE_KEY, Caller, Exchange
from catguard.failures import report
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.values import to_wire
from catguard.telemetry import Observation, Telemetry, names

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("catguard.inbound")

#: What a span says of an exchange whose caller left.
DISCONNECTED = "disconnected"
FAILED = "the service failed; its owner sees why under the trace id"
GUARD_FAILED = "the guard of the service failed; its owner sees why under the trace id"


class Passage:
    """One exchange at an inbound boundary, from its first byte to its last."""

    def __init__(
        self,
        snapshot: CompiledPolicySet,
        boundary: CompiledBoundary,
        match: Match,
        lane: Lane,
        scope: Scope,
        head: Head,
        send: Send,
        telemetry: Telemetry,
        render: Render | None,
    ) -> None:
        self.render = render
        self.snapshot = snapshot
        self.boundary = boundary
        self.match = match
        self.lane = lane
        self.scope = scope
        self.head = head
        self.send = send
        self.exchange: Exchange | None = None
        self.sent = False
        # Where nobody records, and no trace is to be continued, there is nothing to tell.
        unrecorded = telemetry.unrecorded() if boundary.policy.public or b"traceparent" not in head.values else None
        self.observation = unrecorded or self._observe(telemetry)
        self.recorded = unrecorded is None

    def _observe(self, telemetry: Telemetry) -> Observation:
        policy, scope = self.boundary.policy, self.scope
        server = scope.get("server") or (None, None)
        attributes: dict[str, Any] = {
            names.HTTP_REQUEST_METHOD: scope["method"],
            names.HTTP_ROUTE: policy.path,
            # The values of path parameters are the caller's: a span names them as the policy does.
            names.URL_PATH: policy.path if policy.path and "{" in policy.path else scope["path"],
            names.URL_SCHEME: scope.get("scheme", "http"),
            names.SERVER_ADDRESS: server[0],
            names.SERVER_PORT: server[1],
        }
        return telemetry.start(
            "inbound",
            policy.name,
            name=f"{policy.method} {policy.path}",
            attributes=attributes,
            headers=self.head.trace(),
            public=policy.public,
            revision=self.snapshot.revision,
        )

    async def run(self, app: App, path: str, receive: Receive, *, reaches_out: bool) -> None:
        """Take the request in, let the app answer, check the answer.

        `reaches_out` says whether anything that is guarded may be called on the way, and asks for the current span.
        """
        observation, recorded = self.observation, self.recorded
        token = observation.enter() if reaches_out or recorded else None
        try:
            caller, stranger = identify(self.boundary, self.scope, self.head)
            known = caller.facts()
            if recorded:
                observation.set(names.CALLER_COMPONENT, caller.component)
                observation.set(names.CALLER_VERIFIED, caller.verified)
            params = self.match.params(self.boundary) if self.match.texts else []
            facts, body, rest = None, b"", receive
            if stranger is None and self.snapshot.candidate is None:
                facts, body, rest = self.lane.take(self.scope, path, params, self.head, receive, known)
            if facts is not None:
                observation.decided(allowance(self.snapshot), "request")
                violations: tuple[Violation, ...] = ()
            else:
                reception = await self._receive(path, params, rest, stranger)
                if reception is None:
                    return
                facts = reception.facts
                decision = decide_request(
                    self.snapshot, self.boundary, facts, caller=known, noted=reception.violations, exact=True
                )
                observation.decided(decision, "request")
                if not decision.allowed:
                    await self.refuse(status_of(decision.violations), decision)
                    return
                violations = decision.violations
                body = dumps(facts["body"]) if "body" in facts else reception.raw
            await self._serve(app, facts, body, receive, caller, known, violations)
        except Exception as error:  # noqa: BLE001 # whatever it is, the log tells it and nobody else
            observation.failed(error)
            what = "%s failed after its answer had begun; trace %s" if self.sent else "the guard of %s failed; trace %s"
            report(log, error, what, self.boundary.name, observation.trace_id)
            # An answer without its end makes the server break the connection; raised, the server would log the words.
            if not self.sent:
                await self._fail(GUARD_FAILED)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            if token is not None:
                observation.leave(token)
            observation.end()

    async def _receive(
        self, path: str, params: list[tuple[str, str]], receive: Receive, stranger: Violation | None
    ) -> Reception | None:
        """Take a request in with everything that is wrong with it; None when the client went away."""
        reception = Reception(self.boundary, self.head)
        if stranger is not None:
            reception.violations.append(stranger)
        if not reception.refused:
            method = "GET" if self.scope["method"] == "HEAD" else self.scope["method"]
            reception.read_head(method, path, params, self.scope.get("query_string", b""))
            if reception.check_length() and not reception.refused:
                try:
                    await reception.read_body(receive)
                except Disconnected:
                    self.observation.end(error_type=DISCONNECTED)
                    return None
        return reception

    async def _serve(
        self,
        app: App,
        facts: Facts,
        body: bytes,
        receive: Receive,
        caller: Caller,
        known: dict[str, Any],
        violations: tuple[Violation, ...],
    ) -> None:
        """Let the app answer a request that was let in, and check what it answers."""
        head_only = self.scope["method"] == "HEAD"
        exchange = self.exchange = Exchange(
            self.boundary.name,
            self.snapshot.revision,
            facts,
            caller,
            self.observation.trace_id,
            self.boundary.policy.public,
            list(violations),
        )
        answer = Answer(
            self.snapshot,
            self.boundary,
            exchange,
            self.send,
            self,
            request=recalled(self.boundary, facts),
            caller=known,
            lane=None if violations or head_only or self.snapshot.candidate is not None else self.lane,
            head_only=head_only,
        )
        presence = Presence(body, receive)
        try:
            answering = app(self._checked_scope(exchange, body), presence.receive, answer)
            await presence.serve(answering, lambda: answer.finished)
        except Broken:
            return
        except Disconnected:
            self.observation.end(error_type=DISCONNECTED)
            return
        except CallRefused as refused:
            if answer.begun:
                raise
            answer.finished = True
            await self._refused_call(refused)
            return
        except Exception as error:
            if answer.begun:
                raise
            answer.finished = True
            report(log, error, "%s failed; trace %s", self.boundary.name, exchange.trace_id)
            self.observation.failed(error)
            await self._fail(FAILED)
            return
        if answer.begun:
            return  # a stream without an end stays so: the server breaks the connection
        if answer.ended:
            await answer.finish()
        else:
            await self._fail("the service gave no answer, or only a part of it")

    def _checked_scope(self, exchange: Exchange, body: bytes) -> Scope:
        """Return the scope of what was checked: query rewritten, length of the delivered body, no extensions."""
        query = exchange.request["query"]
        return {
            **self.scope,
            "method": exchange.request["method"],
            "root_path": (self.scope.get("root_path") or "").rstrip("/"),
            "headers": self.lane.delivered(self.head.raw, body),
            "query_string": urlencode(to_wire(query)).encode() if query else b"",
            "extensions": {},
            "state": dict(self.scope.get("state") or ()),
            SCOPE_KEY: exchange,
        }

    async def _refused_call(self, refused: CallRefused) -> None:
        """Answer for a handler that let CallRefused through: 500 when the own side refused, else 502."""
        # A call inside the process is one's own too, whichever phase broke.
        own = refused.side == "outbound" or ".inbound." in refused.boundary
        status = 500 if own else 502
        await self._answer(status, refused.violations, None)

    async def _fail(self, detail: str) -> None:
        await self._answer(500, (), detail)

    def decided(self, decision: Decision) -> None:
        """Take note of a decision about the response."""
        self.observation.decided(decision, "response")
        if self.exchange is not None:
            self.exchange.violations.extend(decision.violations)

    async def refuse(self, status: int, decision: Decision) -> None:
        """Answer with the violations of a decision."""
        for violation in decision.denied:
            level = logging.INFO if self.boundary.policy.public and violation.phase == "request" else logging.WARNING
            log.log(level, "refused: %s trace %s", violation, self.observation.trace_id)
        told = tuple(violation for violation in decision.violations if violation.action != "audit")
        await self._answer(status, told, None)

    def begin(self) -> None:
        """Take note that an answer leaves now: nothing else can be answered any more."""
        self.sent = True

    async def _answer(self, status: int, violations: tuple[Violation, ...], detail: str | None) -> None:
        page = RefusalPage(status, title_of(status), violations, target(self.scope))

        async def send(message: MutableMapping[str, Any]) -> None:
            self.begin()
            await self.send(message)

        await send_refusal(
            send,
            page,
            self.head,
            self.render,
            public=self.boundary.policy.public,
            trace_id=self.observation.trace_id,
            detail=detail,
            extra=self.answer_headers(),
        )
        self.complete(status)

    def complete(self, status: int) -> None:
        """End the observation with the last byte, not with the app's background work."""
        self.observation.end(status=status)

    def answer_headers(self) -> Headers:
        """Return what every answer carries: the trace, and warnings."""
        headers = [(b"traceresponse", self.observation.traceresponse.encode())]
        noted = self.exchange.violations if self.exchange else ()
        if noted and (warnings := [found for found in noted if found.action == "warn"]):
            told = ", ".join(f'"{found.boundary}/{found.assumption}"' for found in warnings)
            headers.append((b"catguard-warning", told.encode("latin-1", "replace")))
        return headers
