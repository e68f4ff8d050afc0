"""The way of one exchange through an inbound boundary: taken in, decided, served, its answer checked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlencode

from catguard.enforcement.answer import Answer, Broken
from catguard.enforcement.eager import start
from catguard.enforcement.head import Head
from catguard.enforcement.lane import AnswerLane, Lane
from catguard.enforcement.presence import Presence
from catguard.enforcement.problem import status_of
from catguard.enforcement.reception import PUBLIC, Disconnected, Reception, identify
from catguard.enforcement.reply import Point, Reply
from catguard.enforcement.routing import Match
from catguard.engine.codec import dumps
from catguard.engine.decision import CallRefused, Violation
from catguard.engine.evaluator import Facts, allowance, decide_request, recalled
from catguard.engine.exchange import SCOPE_KEY, UNKNOWN, Exchange
from catguard.engine.masking import MASK
from catguard.failures import report
from catguard.policies.model import CALLER_CLASSES
from catguard.policies.values import to_wire
from catguard.telemetry import Observation, Telemetry, names

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("catguard.inbound")

#: Callers that are no component.
NOBODY = (UNKNOWN, *CALLER_CLASSES)
#: What a span says of an exchange whose caller left.
DISCONNECTED = "disconnected"
FAILED = "the service failed; its owner sees why under the trace id"
GUARD_FAILED = "the guard of the service failed; its owner sees why under the trace id"


class Passage(Reply):
    """One exchange at an inbound boundary, from its first byte to its last.

    The app gets `receive` and `send` of it.
    """

    __slots__ = (
        "_answers",
        "_body",
        "_known",
        "_presence",
        "_receive",
        "_request",
        "_start",
        "answer",
        "match",
        "passed",
        "recorded",
    )
    _known: Facts
    _request: Facts

    def __init__(
        self, point: Point, lane: Lane, match: Match, scope: Scope, head: Head, receive: Receive, send: Send
    ) -> None:
        self.point = point
        self.lane = lane
        self.scope = scope
        self.head = head
        self._send = send
        self.violations = []
        self.sent = False
        self.match = match
        self._receive = receive
        #: Whether the answer went by the lane: then there is nothing left to do.
        self.passed = False
        #: By status, as long as the answer may go by the lane; its beginning is held back until there is a body.
        self._answers: Mapping[int, AnswerLane] | None = None
        self._start: Message | None = None
        self.answer: Answer | None = None
        self._presence: Presence | None = None
        self._body: bytes | None = None
        # Where nobody records, and no trace is to be continued, there is nothing to tell.
        unrecorded = point.telemetry.unrecorded() if lane.public or b"traceparent" not in head.values else None
        self.recorded = unrecorded is None
        self.observation = unrecorded or self._observe(point.telemetry)

    def _observe(self, telemetry: Telemetry) -> Observation:
        policy, scope = self.lane.boundary.policy, self.scope
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
            revision=self.lane.snapshot.revision,
        )

    async def run(self, path: str) -> None:
        """Take the request in, let the app answer, check the answer."""
        observation, recorded, lane = self.observation, self.recorded, self.lane
        token = observation.enter() if recorded or lane.reaches_out else None
        try:
            if lane.public:
                caller, known, stranger = PUBLIC, lane.public_caller, None
            else:
                caller, stranger = identify(lane.boundary, self.scope, self.head)
                known = caller.facts()
            self._known = known
            if recorded:
                # Anybody can call itself anything: what is no component is as good as a value.
                named = caller.component in lane.snapshot.policies.components or caller.component in NOBODY
                observation.set(names.CALLER_COMPONENT, caller.component if named else MASK)
                observation.set(names.CALLER_VERIFIED, caller.verified)
            params = self.match.params(lane.boundary) if self.match.texts else []
            facts, body, rest = None, b"", self._receive
            if stranger is None:
                facts, body, rest = lane.take(self.scope, path, params, self.head, rest, known)
            if facts is not None:
                self._answers = lane.answers
                if recorded:
                    observation.decided(allowance(lane.snapshot), "request")
            else:
                reception = await self._take_in(path, params, rest, stranger)
                if reception is None or not await self._decide(reception):
                    return
                facts = reception.facts
                body = dumps(facts["body"]) if "body" in facts else reception.raw
                if not self.violations and self.scope["method"] != "HEAD":
                    self._answers = lane.answers
            self._body = body
            self._request = recalled(lane.boundary, facts) if lane.recalls_request else facts
            exchange = Exchange(
                lane.boundary.name,
                lane.snapshot.revision,
                facts,
                caller,
                observation.trace_id,
                lane.public,
                self.violations,
            )
            try:
                app = self.point.app
                going = start(app(self._checked_scope(exchange, body), self.receive, self.send))
                if going is not None:
                    await self._caller_presence().attend(going, self._is_finished)
            except Exception as error:
                if not await self._settled(error):
                    raise
                return
            if not self.passed:
                await self._finish()
        except Exception as error:  # noqa: BLE001 # whatever it is, the log tells it and nobody else
            observation.failed(error)
            what = "%s failed after its answer had begun; trace %s" if self.sent else "the guard of %s failed; trace %s"
            report(log, error, what, lane.boundary.name, observation.trace_id)
            # An answer without its end makes the server break the connection; raised, the server would log the words.
            if not self.sent:
                await self.fail(GUARD_FAILED)
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            if token is not None:
                observation.leave(token)
            if recorded:
                observation.end()

    async def _take_in(
        self, path: str, params: list[tuple[str, str]], receive: Receive, stranger: Violation | None
    ) -> Reception | None:
        """Take a request in with everything that is wrong with it; None when the client went away."""
        reception = Reception(self.lane.boundary, self.head)
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

    async def _decide(self, reception: Reception) -> bool:
        """Decide what was taken in, and answer what is refused; returns whether it is let in."""
        lane = self.lane
        decision = decide_request(
            lane.snapshot, lane.boundary, reception.facts, caller=self._known, noted=reception.violations, exact=True
        )
        self.observation.decided(decision, "request")
        if not decision.allowed:
            await self.refuse(status_of(decision.violations), decision)
            return False
        self.violations += decision.violations
        return True

    async def receive(self) -> Message:
        """Give the app the checked body once, and then what the server says that is no body."""
        body = self._body
        if body is not None:
            self._body = None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._caller_presence().receive()

    async def send(self, message: Message) -> None:
        """Take a message of the app's: an answer that the lane lets pass leaves at once, any other is `Answer`'s."""
        kind, answers = message["type"], self._answers
        if answers is not None:  # else it does not go by the lane, or not any more
            if kind == "http.response.start":
                if message["status"] in answers:
                    self._start = message
                    return
            elif kind == "http.response.body" and self._start is not None and not message.get("more_body"):
                start, self._answers = self._start, None
                status, body = start["status"], message.get("body", b"")
                given = answers[status].give(self._request, start.get("headers", ()), body, self._known)
                if given is not None:
                    headers, body = given
                    self.passed = self.sent = True
                    observation, send = self.observation, self._send
                    if self.recorded:
                        observation.decided(allowance(self.lane.snapshot), "response")
                    headers[b"traceresponse"] = observation.traceresponse.encode()
                    head = {"type": "http.response.start", "status": status, "headers": list(headers.items())}
                    await send(head)
                    await send({"type": "http.response.body", "body": body})
                    if self.recorded:
                        observation.end(status=status)
                    return
        if not self.passed:
            await (self.answer or self._careful_answer())(message)

    def _careful_answer(self) -> Answer:
        """Return what takes the answer on the way on which everything is known, told how it began."""
        lane, self._answers = self.lane, None
        answer = self.answer = Answer(
            lane.snapshot,
            lane.boundary,
            self.violations,
            self._send,
            self,
            request=self._request,
            caller=self._known,
            head_only=self.scope["method"] == "HEAD",
        )
        if self._start is not None:
            answer.begin(self._start)
        return answer

    def _caller_presence(self) -> Presence:
        if self._presence is None:
            self._presence = Presence(self._receive)
        return self._presence

    def _is_finished(self) -> bool:
        """Whether the caller was answered to the end."""
        return self.passed or (self.answer is not None and self.answer.finished)

    async def _settled(self, error: Exception) -> bool:
        """Answer for an app that raised; returns whether that is all that is to be done."""
        answer = self.answer
        if isinstance(error, Broken):
            return True
        if isinstance(error, Disconnected):
            self.observation.end(error_type=DISCONNECTED)
            return True
        if self.passed or (answer is not None and answer.begun):
            return False
        self._answers, self.passed = None, True  # whatever the app sends from now on is too late
        if isinstance(error, CallRefused):
            await self.refused_call(error)
            return True
        report(log, error, "%s failed; trace %s", self.lane.boundary.name, self.observation.trace_id)
        self.observation.failed(error)
        await self.fail(FAILED)
        return True

    async def _finish(self) -> None:
        """Send what was held back until the app returned."""
        answer = self.answer
        if answer is not None and answer.begun:
            return  # a stream without an end stays so: the server breaks the connection
        if answer is not None and answer.ended:
            await answer.finish()
        else:
            await self.fail("the service gave no answer, or only a part of it")

    def _checked_scope(self, exchange: Exchange, body: bytes) -> Scope:
        """Return the scope of what was checked: query rewritten, length of the delivered body, no extensions."""
        scope, request = {**self.scope}, exchange.request
        query, root, state = request["query"], scope.get("root_path"), scope.get("state")
        scope["method"] = request["method"]
        scope["root_path"] = root.rstrip("/") if root else ""
        scope["headers"] = self.lane.delivered(self.head, body)
        scope["query_string"] = urlencode(to_wire(query)).encode() if query else b""
        scope["extensions"] = {}
        scope["state"] = dict(state) if state else {}
        scope[SCOPE_KEY] = exchange
        return scope
