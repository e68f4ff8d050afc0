"""An outgoing request before it leaves: which boundary it belongs to, what it says, and what of it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from catguard.enforcement.head import Head
from catguard.enforcement.reception import Reception
from catguard.enforcement.routing import BadTarget, path_words, read_path, template_pattern
from catguard.engine import context
from catguard.engine.codec import dumps
from catguard.engine.decision import Decision, Violation
from catguard.engine.evaluator import conclude, decide_request, limit_violation
from catguard.engine.exchange import Caller
from catguard.errors import ConfigurationError
from catguard.policies.actions import UNDECLARED
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.model import EXTERNAL, PARAMETER
from catguard.policies.shapes import WHY_UNDECLARED
from catguard.telemetry import Observation

#: What the guard says itself; whatever the code wrote there does not leave.
OWN_HEADERS = (
    "accept-encoding",
    "catguard-context",
    "content-length",
    "host",
    "traceparent",
    "tracestate",
    "transfer-encoding",
)
#: Instructions to the connection that do not change what is sent; others do: "target" replaces path and query.
EXTENSIONS = ("timeout", "trace", "sni_hostname")
DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class NotDeclared(Exception):
    """No outbound boundary declares this call; `where` is a JSON Pointer, the message says what is declared.

    `harmful` says that the call does not go where calls to this component go, or cannot be read in one way only.
    """

    def __init__(self, where: str, message: str, *, harmful: bool = True) -> None:
        self.where = where
        self.harmful = harmful
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Target:
    """The boundary of a call, its path below the base URL, and the path's parameters as they stand there."""

    boundary: CompiledBoundary
    path: str
    params: list[tuple[str, str]]


class Ways:
    """The declared ways from one component to another under one policy set.

    Raises:
        ConfigurationError: When there is none, or none of the name that was asked for.
    """

    __slots__ = ("_component", "_origin", "_prefix", "_to", "_ways", "snapshot", "words")

    def __init__(self, snapshot: CompiledPolicySet, component: str, to: str, base_url: str, name: str | None) -> None:
        self.snapshot = snapshot
        self._component = component
        self._to = to
        base = httpx2.URL(base_url)
        self._origin = _origin(base)
        self._prefix = base.raw_path.partition(b"?")[0].rstrip(b"/")
        declared = [
            boundary
            for boundary in snapshot.component(component)
            if boundary.policy.kind == "http" and boundary.policy.callee == to
        ]
        if name is not None:
            known = [boundary.policy.operation for boundary in declared]
            declared = [boundary for boundary in declared if boundary.policy.operation == name]
            if not declared:
                hint = did_you_mean(name, known) or f"there are {', '.join(known) or 'none'}"
                raise ConfigurationError(f"{component} declares no outbound call {name!r} to {to}: {hint}")
        if not declared and snapshot.policies.components[component].undeclared["outbound"] == "deny":
            known = sorted({found.policy.callee for found in snapshot.component(component)} - {""})
            hint = did_you_mean(to, known) or f"it declares calls to {', '.join(known) or 'nobody'}"
            raise ConfigurationError(f"{component} declares no outbound call to {to}: {hint}")
        #: What telemetry may repeat of a path that is none of these.
        self.words = path_words(boundary.policy.path for boundary in declared)
        self._ways = [
            (boundary, template_pattern(boundary.policy.path or ""), PARAMETER.findall(boundary.policy.path or ""))
            for boundary in declared
        ]

    def find(self, method: str, url: httpx2.URL) -> Target:
        """Return the boundary of a call.

        Raises:
            NotDeclared: When there is none.
            ConfigurationError: When there are several; the code must say which is meant.
        """
        if _origin(url) != self._origin:
            raise NotDeclared("/origin", f"calls to {self._to} go to one address only: its client's base_url")
        raw = url.raw_path.partition(b"?")[0]
        if not raw.startswith(self._prefix + b"/"):
            raise NotDeclared("/path", f"calls to {self._to} go below the path of its client's base_url")
        try:
            path = read_path(raw[len(self._prefix) :])
        except BadTarget as error:
            raise NotDeclared("/path", str(error)) from None
        wanted = "GET" if method == "HEAD" else method
        found = [
            Target(boundary, path, list(zip(parameters, match.groups(), strict=True)))
            for boundary, pattern, parameters in self._ways
            if boundary.policy.method == wanted and (match := pattern.match(path))
        ]
        # As at the inbound side, a path that is written out wins over a template.
        written_out = [target for target in found if not target.params] or found
        if not written_out:
            known = ", ".join(sorted({f"{way[0].policy.method} {way[0].policy.path}" for way in self._ways}))
            message = f"{self._component} does not declare this call to {self._to}; declared: {known or 'none'}"
            raise NotDeclared("/path", message, harmful=False)
        if len(written_out) > 1:
            names = ", ".join(sorted(target.boundary.policy.operation for target in written_out))
            raise ConfigurationError(
                f"{method} {written_out[0].boundary.policy.path} of {self._to} matches several boundaries of "
                f"{self._component}: make the client with boundary= one of {names}"
            )
        return written_out[0]

    def refusal(self, undeclared: NotDeclared) -> Decision:
        """Return the decision on a call that nothing declares: as the component says, but for harmful ones."""
        component = self.snapshot.policies.components[self._component]
        found = Violation(
            assumption=UNDECLARED,
            boundary=f"{self._component}.outbound",
            side="outbound",
            phase="request",
            where=undeclared.where,
            limit=f"the outbound boundaries of {self._component}",
            message=str(undeclared),
            why=WHY_UNDECLARED,
            owner=str(component.owner),
            policy=str(component.location),
            kind="protocol",
            action="deny" if undeclared.harmful else component.undeclared["outbound"],
        )
        return conclude(self.snapshot, (found,))


class Departure:
    """One request on its way out: read as it stands on the wire, decided, and made anew from what was checked."""

    def __init__(self, snapshot: CompiledPolicySet, target: Target, request: httpx2.Request, caller: Caller) -> None:
        self.snapshot = snapshot
        self.target = target
        self.request = request
        self.caller = caller
        self._headers = httpx2.Headers(request.headers.raw)
        for name in OWN_HEADERS:
            self._headers.pop(name, None)
        self._body = b""
        self._reception = Reception(target.boundary, Head([]))

    @property
    def facts(self) -> dict[str, object]:
        """The checked facts of the request."""
        return self._reception.facts

    async def decide(self, observation: Observation) -> Decision:
        """Read the request and decide it; nothing has left yet."""
        boundary = self.target.boundary
        raw = await self._read(boundary.request.max_bytes)
        self._sign(observation)
        reception = self._reception = Reception(boundary, self._head(len(raw)))
        query = self.request.url.raw_path.partition(b"?")[2]
        reception.read_head(boundary.policy.method or "GET", self.target.path, self.target.params, query)
        if reception.check_length() and not reception.refused:
            reception.raw = raw
            reception.facts["bytes"] = len(raw)
            reception.read_json()
        decision = decide_request(
            self.snapshot,
            boundary,
            reception.facts,
            caller=self.caller.facts(),
            noted=reception.violations,
            exact=True,
        )
        if not decision.allowed:
            return decision
        self._body = dumps(reception.facts["body"]) if "body" in reception.facts else raw
        if len(self._body) > boundary.request.max_bytes:
            # 1e15 in the text is 1000000000000000.0 when it is written again.
            text = f"the body must have {boundary.request.policy.limits['max_bytes'].limit}"
            longer = limit_violation(boundary, boundary.request, "max_bytes", text, "/body")
            return conclude(self.snapshot, (*decision.violations, longer))
        return decision

    def checked(self) -> httpx2.Request:
        """Return the request that is sent: of the code's own nothing that was not read above."""
        request = self.request
        extensions = {name: request.extensions[name] for name in EXTENSIONS if name in request.extensions}
        return httpx2.Request(
            request.method, request.url, headers=self._headers, content=self._body, extensions=extensions
        )

    async def _read(self, limit: int) -> bytes:
        """Read the request's stream, at most one chunk beyond the limit: what is longer is refused by its length."""
        chunks: list[bytes] = []
        count = 0
        if not isinstance(self.request.stream, httpx2.AsyncByteStream):
            raise ConfigurationError("a guarded transport sends asynchronous streams only: use httpx2.AsyncClient")
        async for chunk in self.request.stream:
            chunks.append(chunk)
            count += len(chunk)
            if count > limit:
                break
        return b"".join(chunks)

    def _sign(self, observation: Observation) -> None:
        self._headers["accept-encoding"] = "identity"
        observation.inject(self._headers)
        if self.target.boundary.policy.to != EXTERNAL:
            self._headers[context.HEADER] = context.encode(self.caller.component, observation.trace_id)

    def _head(self, length: int) -> Head:
        raw = [(name.lower(), value) for name, value in self._headers.raw]
        if length:
            raw.append((b"content-length", b"%d" % length))
        return Head(raw)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or DEFAULT_PORTS.get(url.scheme)
