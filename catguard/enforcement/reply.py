"""What the guard itself answers in an exchange: refusals and failures, with what every answer carries."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from catguard.enforcement.head import Head
from catguard.enforcement.lane import Lane
from catguard.enforcement.problem import Headers, RefusalPage, Render, send_refusal, target
from catguard.engine.decision import CallRefused, Decision, Violation, for_others
from catguard.policies.phases import title_of
from catguard.telemetry import Observation, Telemetry

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("catguard.inbound")

#: What a quoted text in a header cannot hold: an id has the names of members, as the policy writes them.
_NOT_QUOTED = re.compile(r"[^ !#-\[\]-~]")


@dataclass(frozen=True, slots=True)
class Point:
    """What all exchanges of one enforcement point have in common."""

    app: App
    telemetry: Telemetry
    render: Render | None


class Reply:
    """What a passage says to the caller in the guard's own words; it says at most one thing."""

    __slots__ = ("_send", "head", "lane", "observation", "point", "scope", "sent", "violations")

    point: Point
    lane: Lane
    scope: Scope
    head: Head
    observation: Observation
    #: Those that let the exchange through.
    violations: list[Violation]
    #: Whether something was sent, so that nothing else can be answered any more.
    sent: bool
    _send: Send

    async def refused_call(self, refused: CallRefused) -> None:
        """Answer for a handler that let CallRefused through: 500 when the own side refused, else 502."""
        # A call inside the process is one's own too, whichever phase broke.
        own = refused.side == "outbound" or ".inbound." in refused.boundary
        status = 500 if own else 502
        await self._answer(status, for_others(refused.violations), None)

    async def fail(self, detail: str) -> None:
        """Answer for what failed; `detail` tells the caller no more than that."""
        await self._answer(500, (), detail)

    def decided(self, decision: Decision) -> None:
        """Take note of a decision about the response."""
        self.observation.decided(decision, "response")
        self.violations += decision.violations

    async def refuse(self, status: int, decision: Decision) -> None:
        """Answer with the violations of a decision."""
        for violation in decision.denied:
            level = logging.INFO if self.lane.public and violation.phase == "request" else logging.WARNING
            log.log(level, "refused: %s trace %s", violation, self.observation.trace_id)
        told = tuple(violation for violation in decision.violations if violation.action != "audit")
        sent = tuple(violation for violation in told if violation.phase == "request")
        await self._answer(status, sent if len(sent) == len(told) else for_others(told), None)

    def begin(self) -> None:
        """Take note that an answer leaves now: nothing else can be answered any more."""
        self.sent = True

    async def _answer(self, status: int, violations: tuple[Violation, ...], detail: str | None) -> None:
        page = RefusalPage(status, title_of(status), violations, target(self.scope))

        async def send(message: Message) -> None:
            self.begin()
            await self._send(message)

        await send_refusal(
            send,
            page,
            self.head,
            self.point.render,
            public=self.lane.public,
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
        if self.violations and (warnings := [found for found in self.violations if found.action == "warn"]):
            told = ", ".join(f'"{_NOT_QUOTED.sub("?", f"{found.boundary}/{found.assumption}")}"' for found in warnings)
            headers.append((b"catguard-warning", told.encode("ascii")))
        return headers
