"""The way of one exchange through an inbound boundary: taken in, decided, served, its answer checked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlencode

from catguard.enforcement.answer import Answer, Broken
from catguard.enforcement.problem import Headers, RefusalPage, Render, send_refusal, status_of, target, title_of
from catguard.enforcement.reception import Disconnected, Head, Reception, identify
from catguard.enforcement.routing import Match
from catguard.engine.codec import dumps
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.evaluator import decide_request, recalled
from catguard.engine.exchange import SCOPE_KEY, Exchange
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.values import to_wire
from catguard.telemetry import Observation, Telemetry, names

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("catguard.inbound")


class Passage:
    """One exchange at an inbound boundary, from its first byte to its last."""

    def __init__(
        self,
        snapshot: CompiledPolicySet,
        boundary: CompiledBoundary,
        match: Match,
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
        self.scope = scope
        self.head = head
        self.send = send
        self.exchange: Exchange | None = None
        self.observation = self._observe(telemetry)

    def _observe(self, telemetry: Telemetry) -> Observation:
        policy, scope = self.boundary.policy, self.scope
        server = scope.get("server") or (None, None)
        attributes: dict[str, Any] = {
            names.HTTP_REQUEST_METHOD: scope["method"],
            names.HTTP_ROUTE: policy.path,
            names.URL_PATH: scope["path"],
            names.URL_SCHEME: scope.get("scheme", "http"),
            names.SERVER_ADDRESS: server[0],
            names.SERVER_PORT: server[1],
        }
        return telemetry.start(
            "inbound",
            policy.name,
            name=f"{policy.method} {policy.path}",
            attributes={name: value for name, value in attributes.items() if value is not None},
            headers=self.head.values,
            public=policy.public,
            revision=self.snapshot.revision,
        )

    async def run(self, app: App, path: str, receive: Receive) -> None:
        """Take the request in, let the app answer, check the answer."""
        try:
            with self.observation.active():
                await self._run(app, path, receive)
        except BaseException as error:
            self.observation.failed(error)
            raise
        finally:
            self.observation.end()

    async def _run(self, app: App, path: str, receive: Receive) -> None:
        reception = Reception(self.boundary, self.head)
        caller, stranger = identify(self.boundary, self.scope, self.head)
        self.observation.set(names.CALLER_COMPONENT, caller.component)
        self.observation.set(names.CALLER_VERIFIED, caller.verified)
        if stranger is not None:
            reception.violations.append(stranger)
        if not reception.refused:
            method = "GET" if self.scope["method"] == "HEAD" else self.scope["method"]
            params = self.match.params(self.boundary)
            reception.read_head(method, path, params, self.scope.get("query_string", b""))
            announced = reception.check_length()
            if announced and not reception.refused:
                try:
                    await reception.read_body(receive)
                except Disconnected:
                    self.observation.end(error_type="disconnected")
                    return
        decision = decide_request(
            self.snapshot, self.boundary, reception.facts, caller=caller.facts(), noted=reception.violations, exact=True
        )
        self.observation.decided(decision, "request")
        if not decision.allowed:
            await self.refuse(status_of(decision.violations), decision)
            return
        self.exchange = Exchange(
            boundary=self.boundary.name,
            revision=self.snapshot.revision,
            request=reception.facts,
            caller=caller,
            trace_id=self.observation.trace_id,
            public=self.boundary.policy.public,
            violations=list(decision.violations),
        )
        await self._serve(app, self.exchange, reception, receive)

    async def _serve(self, app: App, exchange: Exchange, reception: Reception, receive: Receive) -> None:
        head_only = self.scope["method"] == "HEAD"
        request = recalled(self.boundary, exchange.request)
        answer = Answer(self.snapshot, self.boundary, exchange, self.send, self, request=request, head_only=head_only)
        body = self._checked_body(reception)
        try:
            await app(self._checked_scope(exchange, body), _replay(body, receive), answer)
        except Broken:
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
            log.exception("%s failed; trace %s", self.boundary.name, exchange.trace_id)
            self.observation.failed(error)
            await self._fail("the service failed; its owner sees why under the trace id")
            return
        if answer.begun:
            return  # a stream without an end stays so: the server breaks the connection
        if answer.ended:
            await answer.finish()
        else:
            await self._fail("the service gave no answer, or only a part of it")

    def _checked_body(self, reception: Reception) -> bytes:
        return dumps(reception.facts["body"]) if "body" in reception.facts else reception.raw

    def _checked_scope(self, exchange: Exchange, body: bytes) -> Scope:
        """Return the scope of what was checked: query rewritten, length of the delivered body, no extensions."""
        drop = (b"content-length", b"transfer-encoding", b"content-encoding")
        headers = [header for header in self.scope["headers"] if header[0].lower() not in drop]
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        return {
            **self.scope,
            "method": exchange.request["method"],
            "path": exchange.request["path"],
            "headers": headers,
            "query_string": urlencode(to_wire(exchange.query)).encode(),
            "extensions": {},
            "state": dict(self.scope.get("state") or {}),
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

    async def _answer(self, status: int, violations: tuple[Violation, ...], detail: str | None) -> None:
        page = RefusalPage(status, title_of(status), violations, target(self.scope))
        await send_refusal(
            self.send,
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
        warnings = [found for found in (self.exchange.violations if self.exchange else ()) if found.action == "warn"]
        if warnings:
            told = ", ".join(f'"{found.boundary}/{found.assumption}"' for found in warnings)
            headers.append((b"catguard-warning", told.encode("latin-1", "replace")))
        return headers


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the checked body once, and then what the server says that is no body."""
    given = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal given
        while given:
            message = await receive()
            if message["type"] != "http.request":
                return message
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
