"""The inbound enforcement point: an ASGI app around another that lets in what the policy declares, and out likewise."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

from catguard.enforcement.head import Head, asks_for_websocket
from catguard.enforcement.lane import Lane
from catguard.enforcement.passage import DISCONNECTED, FAILED, GUARD_FAILED, Passage
from catguard.enforcement.presence import UnreadPresence
from catguard.enforcement.problem import (
    RefusalPage,
    Render,
    problem_document,
    refusal_headers,
    send_refusal,
    target,
)
from catguard.enforcement.reception import Disconnected, check_framing
from catguard.enforcement.reply import Point
from catguard.enforcement.routing import BadFraming, BadTarget, Match, RouteTable, below, read_path, shown_path
from catguard.engine.snapshots import Engine, Prepared
from catguard.errors import ConfigurationError
from catguard.failures import report, stack
from catguard.policies.actions import UNDECLARED
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.model import Action
from catguard.policies.phases import PROBLEM, title_of
from catguard.telemetry import Observation, Telemetry, known_method, names

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("catguard.inbound")

NO_WEBSOCKET = "no boundary declares a websocket"


@dataclass(frozen=True, slots=True)
class _Routes:
    """What is known of the routes under one policy set.

    `lanes` are by the name of the boundary, `plain` by method and by the bytes of a path that is written out: with the
    path and what answers there.
    """

    table: RouteTable
    lanes: dict[str, Lane]
    plain: dict[tuple[str, bytes | None], tuple[str, Match, Lane]]

    @classmethod
    def of(cls, snapshot: CompiledPolicySet, component: str) -> _Routes:
        """Return the routes of a component."""
        table = RouteTable(snapshot.component(component))
        lanes = {found.name: Lane(snapshot, found, reaches_out=table.reaches_out) for found in table.boundaries}
        plain: dict[tuple[str, bytes | None], tuple[str, Match, Lane]] = {
            (method, raw): (path, match, lanes[boundary.name])
            for raw, (path, match) in table.written.items()
            for method, boundary in match.methods.items()
        }
        return cls(table, lanes, plain)

    def find(self, scope: Scope) -> tuple[str, Match | None]:
        """Return the path below the mount, and what answers there; raises BadTarget.

        The bytes of the target decide where the server tells them, and must be what it calls the path: the app routes
        on that. Both are handed on as they are.
        """
        raw: bytes | None = scope.get("raw_path")
        told: str = scope["path"]
        root = scope.get("root_path")
        path = read_path(raw or quote_from_bytes(told.encode("utf-8", "surrogatepass")).encode())
        if path != told:
            raise BadTarget("the path is told in two ways")
        if root:
            path = below(path, root.rstrip("/"))
        return path, self.table.match(path)


class InboundGuard:
    """Guards an ASGI app of one component.

    Args:
        app: What answers the requests that are let in.
        engine: Holds the policies.
        component: Whose inbound boundaries these are.
        telemetry: Where spans and violations go.
        render: Makes the page of a refusal for callers that prefer text/html.
    """

    def __init__(
        self, app: App, *, engine: Engine, component: str, telemetry: Telemetry, render: Render | None = None
    ) -> None:
        self.app = app
        self.engine = engine
        self.component = component
        self.telemetry = telemetry
        self.render = render
        self._point = Point(app, telemetry, render)
        self._routes = Prepared(engine, self._table)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        kind = scope["type"]
        if kind == "http":
            try:
                way = self._way(scope, receive, send)
            except Exception as error:  # noqa: BLE001 # whatever it is, nothing was answered yet
                way = self._failed(scope, send, error)
            await way
        elif kind == "lifespan":
            await self._live(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)
        else:
            raise ConfigurationError(f"a guard takes scopes of http, websocket and lifespan, and refuses {kind!r}")

    def _table(self, snapshot: CompiledPolicySet) -> _Routes:
        return _Routes.of(snapshot, self.component)

    def _way(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return what becomes of a request: the passage through its boundary, or the answer that there is none."""
        snapshot = self.engine.snapshot
        head = Head(scope["headers"])
        routes = self._routes.of(snapshot)
        method = scope["method"]
        plain = routes.plain.get((method, scope.get("raw_path")))
        try:
            check_framing(head)
            if not head.ordinary and asks_for_websocket(method, head) and self._action(snapshot) == "deny":
                return self._undeclared(scope, head, send, snapshot, 403, NO_WEBSOCKET)
            if plain is not None and plain[0] == scope["path"] and not scope.get("root_path"):
                path, match, lane = plain
                passage = Passage(self._point, lane, match, scope, head, receive, send)
                return self._held(passage, path) if lane.reaches_out else passage.run(path)
            path, found = routes.find(scope)
        except BadTarget as error:
            # What follows on the connection may be another request to us than to a proxy (RFC 9112, section 6.3).
            ends = isinstance(error, BadFraming) and scope.get("http_version", "1.1")[:1] == "1"
            extra = ((b"connection", b"close"),) if ends else ()
            return self._undeclared(scope, head, send, snapshot, 400, str(error), extra=extra)
        boundary = found.methods.get("GET" if method == "HEAD" else method) if found else None
        if found is not None and boundary is not None:
            lane = routes.lanes[boundary.name]
            passage = Passage(self._point, lane, found, scope, head, receive, send)
            return self._held(passage, path) if lane.reaches_out else passage.run(path)
        if found is not None and method == "OPTIONS":
            return self._options(scope, head, send, snapshot, found.allow())
        action = self._action(snapshot)
        if action != "deny":
            return self._unchecked(scope, head, receive, send, snapshot, action)
        if found is None:
            return self._undeclared(scope, head, send, snapshot, 404, "nothing is declared at this path")
        message = f"this path takes {found.allow()}"
        return self._undeclared(scope, head, send, snapshot, 405, message, extra=((b"allow", found.allow().encode()),))

    async def _held(self, passage: Passage, path: str) -> None:
        """Lead an exchange through whose calls are decided by its own snapshot."""
        with self.engine.hold(passage.lane.snapshot):
            await passage.run(path)

    async def _failed(self, scope: Scope, send: Send, error: Exception) -> None:
        """Answer for a guard that failed before there was an exchange; no more is told than that."""
        snapshot = self.engine.snapshot
        observation = self._observe(scope, Head(()), snapshot)
        observation.failed(error)
        report(log, error, "the guard of %s failed; trace %s", self.component, observation.trace_id)
        page = RefusalPage(500, title_of(500), (), "")
        extra = [(b"traceresponse", observation.traceresponse.encode())]
        try:
            await send_refusal(send, page, Head(()), None, public=True, detail=GUARD_FAILED, extra=extra)
        finally:
            observation.end(status=500)

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
        self.telemetry.undeclared(scope["method"], self._shown(scope, snapshot), action)
        observation = self._observe(scope, head, snapshot)
        observation.set(names.ACTION, action)
        status: int | None = None
        ended = False
        extra = [(b"traceresponse", observation.traceresponse.encode())]
        if action == "warn":
            extra.append((b"catguard-warning", f'"{self.component}.inbound/{UNDECLARED}"'.encode()))

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        presence = UnreadPresence(receive)
        try:
            with observation.active():
                await presence.serve(self.app(scope, presence.receive, answer), lambda: ended)
        except Disconnected:
            observation.end(error_type=DISCONNECTED)
        except Exception as error:  # noqa: BLE001 # raised, the server would log its words
            observation.failed(error)
            report(log, error, "%s failed on what nothing declares; trace %s", self.component, observation.trace_id)
            if status is None:
                status = 500
                page = RefusalPage(500, title_of(500), (), "")
                await send_refusal(send, page, head, None, public=True, detail=FAILED, extra=extra)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            observation.end(status=status)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app begin and end; servers log the words in which it says that it failed."""
        failed: MutableMapping[str, Any] | None = None

        async def tell(message: MutableMapping[str, Any]) -> None:
            nonlocal failed
            if message["type"].endswith(".failed"):
                failed = message
            else:
                await send(message)

        words = "the application says that it failed"
        try:
            await self.app(scope, receive, tell)
        except Exception as error:
            words = stack(error)
            raise
        finally:
            if failed is not None:
                await send({**failed, "message": words})

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a websocket, which no boundary can declare, unless what is not declared passes."""
        snapshot = self.engine.snapshot
        action = self._action(snapshot)
        self.telemetry.undeclared("GET", self._shown(scope, snapshot), action)
        observation = self._observe(scope, Head(scope["headers"]), snapshot)
        observation.set(names.ACTION, action)
        status = None
        try:
            if action != "deny":
                with observation.active():
                    await self._converse(scope, receive, send, observation)
            elif (await receive())["type"] == "websocket.connect":
                status = 403
                await self._deny(scope, send, observation)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            observation.end(status=status)

    async def _converse(self, scope: Scope, receive: Receive, send: Send, observation: Observation) -> None:
        """Let the app serve a websocket; one that it fails on is closed, with no more told than that."""
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 # raised, the server would log its words
            observation.failed(error)
            report(log, error, "%s failed on a websocket; trace %s", self.component, observation.trace_id)
            with contextlib.suppress(Exception):  # it may be closed already
                await send({"type": "websocket.close", "code": 1011, "reason": "the service failed"})

    async def _deny(self, scope: Scope, send: Send, observation: Observation) -> None:
        """Deny the handshake; servers that take no answer to it send a 403 of their own when it is closed."""
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1008, "reason": "not declared"})
            return
        body = problem_document(403, (), public=True, detail=NO_WEBSOCKET)
        headers = [
            *refusal_headers(PROBLEM.encode(), body, own=False),
            (b"traceresponse", observation.traceresponse.encode()),
        ]
        await send({"type": "websocket.http.response.start", "status": 403, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})

    def _shown(self, scope: Scope, snapshot: CompiledPolicySet) -> str:
        return shown_path(scope["path"], self._routes.of(snapshot).table.words)

    def _observe(self, scope: Scope, head: Head, snapshot: CompiledPolicySet) -> Observation:
        """Observe an exchange of no boundary."""
        method = scope.get("method", "GET")  # a websocket's handshake is one
        return self.telemetry.start(
            "inbound",
            None,
            name=known_method(method),
            attributes={names.HTTP_REQUEST_METHOD: method, names.URL_PATH: self._shown(scope, snapshot)},
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
        extra: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Answer what no boundary declares; a counter notes it, not an event each."""
        public = self._routes.of(snapshot).table.public
        self.telemetry.undeclared(scope["method"], self._shown(scope, snapshot))
        observation = self._observe(scope, head, snapshot)
        page = RefusalPage(status, title_of(status), (), target(scope))
        told = [(b"traceresponse", observation.traceresponse.encode()), *extra]
        try:
            await send_refusal(send, page, head, self.render, public=public, detail=detail, extra=told)
        finally:
            observation.end(status=status)
