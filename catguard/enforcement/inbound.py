"""The inbound enforcement point: an ASGI app around another that lets in what the policy declares, and out likewise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote_from_bytes

from catguard.enforcement.head import Head
from catguard.enforcement.lane import Lane
from catguard.enforcement.passage import Passage
from catguard.enforcement.problem import RefusalPage, Render, send_refusal, target, title_of
from catguard.enforcement.routing import BadTarget, Match, RouteTable, read_path
from catguard.engine.snapshots import Engine, Prepared
from catguard.policies.actions import UNDECLARED
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.model import Action
from catguard.telemetry import Observation, Telemetry, names

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class InboundGuard:
    """Guards an ASGI app of one component.

    Args:
        app: What answers the requests that are let in.
        engine: Holds the policies.
        component: Whose inbound boundaries these are.
        telemetry: Where spans and violations go.
        render: Makes the page of a refusal for callers that prefer text/html.

    Raises:
        ConfigurationError: When answers are pictures, and the library that reads their headers is not installed.
    """

    def __init__(
        self, app: App, *, engine: Engine, component: str, telemetry: Telemetry, render: Render | None = None
    ) -> None:
        self.app = app
        self.engine = engine
        self.component = component
        self.telemetry = telemetry
        self.render = render
        self._routes = Prepared(engine, self._table)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    def _table(self, snapshot: CompiledPolicySet) -> tuple[RouteTable, dict[str, Lane]]:
        routes = RouteTable(snapshot.component(self.component))
        return routes, {found.name: Lane(found) for found in routes.boundaries}

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        snapshot = self.engine.snapshot
        head = Head(scope["headers"])
        table, lanes = self._routes.of(snapshot)
        raw_path: bytes = scope.get("raw_path") or quote_from_bytes(scope["path"].encode()).encode()
        match: Match | None
        known = table.written.get(raw_path)
        if known is not None:
            path, match = known
        else:
            try:
                path = read_path(raw_path)
            except BadTarget as error:
                await self._undeclared(scope, head, send, snapshot, 400, str(error))
                return
            match = table.match(path)
        method = scope["method"]
        boundary = match.methods.get("GET" if method == "HEAD" else method) if match else None
        if match is not None and boundary is None and method == "OPTIONS":
            await self._options(scope, head, send, snapshot, match.allow())
        elif match is None or boundary is None:
            action = self._action(snapshot)
            if action != "deny":
                await self._unchecked(scope, head, receive, send, snapshot, action)
            elif match is None:
                await self._undeclared(scope, head, send, snapshot, 404, "nothing is declared at this path")
            else:
                message = f"this path takes {match.allow()}"
                await self._undeclared(scope, head, send, snapshot, 405, message, allow=match.allow())
        else:
            passage = Passage(
                snapshot, boundary, match, lanes[boundary.name], scope, head, send, self.telemetry, self.render
            )
            if table.reaches_out:
                with self.engine.hold(snapshot):
                    await passage.run(self.app, path, receive, reaches_out=True)
            else:
                await passage.run(self.app, path, receive, reaches_out=False)

    async def _options(self, scope: Scope, head: Head, send: Send, snapshot: CompiledPolicySet, allow: str) -> None:
        """Say what a path takes."""
        observation = self._observe(scope, head, snapshot)
        headers = [(b"allow", allow.encode()), (b"traceresponse", observation.traceresponse.encode())]
        try:
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        finally:
            observation.end(status=204)

    def _action(self, snapshot: CompiledPolicySet) -> Action:
        """What becomes of requests that no boundary declares."""
        return snapshot.policies.components[self.component].undeclared["inbound"]

    async def _unchecked(
        self, scope: Scope, head: Head, receive: Receive, send: Send, snapshot: CompiledPolicySet, action: Action
    ) -> None:
        """Let the app answer what no boundary declares: nothing of it is checked."""
        self.telemetry.undeclared(scope["method"], scope["path"], action)
        observation = self._observe(scope, head, snapshot)
        observation.set(names.ACTION, action)
        status: int | None = None
        extra = [(b"traceresponse", observation.traceresponse.encode())]
        if action == "warn":
            extra.append((b"catguard-warning", f'"{self.component}.inbound/{UNDECLARED}"'.encode()))

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        try:
            with observation.active():
                await self.app(scope, receive, answer)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            observation.end(status=status)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a websocket, which no boundary can declare, unless what is not declared passes."""
        action = self._action(self.engine.snapshot)
        self.telemetry.undeclared("GET", scope["path"], action)
        if action == "deny":
            # Closing before accepting answers 403.
            await send({"type": "websocket.close", "code": 1008, "reason": "not declared"})
        else:
            await self.app(scope, receive, send)

    def _observe(self, scope: Scope, head: Head, snapshot: CompiledPolicySet) -> Observation:
        """Observe an exchange of no boundary."""
        method = scope["method"]
        return self.telemetry.start(
            "inbound",
            None,
            name=method,
            attributes={names.HTTP_REQUEST_METHOD: method, names.URL_PATH: scope["path"]},
            headers=head.trace(),
            public=True,
            revision=snapshot.revision,
        )

    async def _undeclared(
        self,
        scope: Scope,
        head: Head,
        send: Send,
        snapshot: CompiledPolicySet,
        status: int,
        detail: str,
        *,
        allow: str | None = None,
    ) -> None:
        """Answer what no boundary declares; a counter notes it, not an event each."""
        public = self._routes.of(snapshot)[0].public
        self.telemetry.undeclared(scope["method"], scope["path"])
        observation = self._observe(scope, head, snapshot)
        extra = [(b"traceresponse", observation.traceresponse.encode())]
        if allow:
            extra.append((b"allow", allow.encode()))
        page = RefusalPage(status, title_of(status), (), target(scope))
        try:
            await send_refusal(send, page, head, self.render, public=public, detail=detail, extra=extra)
        finally:
            observation.end(status=status)
