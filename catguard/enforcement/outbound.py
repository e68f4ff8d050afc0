"""The outbound enforcement point: a transport around another that checks the bytes which really leave and arrive."""

from __future__ import annotations

import asyncio
import functools
import logging
import ssl
from collections.abc import Callable
from typing import Any

import httpx2

from catguard.enforcement.arrival import VIOLATIONS_EXTENSION, Arrival, within
from catguard.enforcement.departure import DEFAULT_PORTS, Departure, NotDeclared, Target, Ways
from catguard.enforcement.routing import path_words, shown_path
from catguard.engine.decision import CallRefused, Decision
from catguard.engine.exchange import Caller
from catguard.engine.snapshots import Engine, Prepared
from catguard.errors import ConfigurationError
from catguard.policies.compiler import CompiledPolicySet
from catguard.telemetry import Observation, Telemetry, names

log = logging.getLogger("catguard.outbound")

#: Seconds for a whole call, from the first byte read of the request to the last of the response (DESIGN.md section 3).
CALL_SECONDS = 10.0
#: Options of httpx2.AsyncClient that are about the transport.
TRANSPORT_OPTIONS = ("verify", "cert", "http1", "http2", "limits", "trust_env")
#: Options that make ways around the guarded transport.
UNGUARDED_OPTIONS = ("mounts", "proxy")


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Guards the calls of one component to another.

    Args:
        inner: What sends the requests that are let out.
        engine: Holds the policies.
        telemetry: Where spans and violations go.
        component: Whose outbound boundaries these are.
        to: The component that is called, or "external".
        base_url: Where it answers: another origin, or a path that is not below it, is refused.
        boundary: The outbound boundary, where several match one call.
        timeout: Seconds for a whole call.

    Raises:
        ConfigurationError: When the policies declare no such call.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        *,
        engine: Engine,
        telemetry: Telemetry,
        component: str,
        to: str,
        base_url: str,
        boundary: str | None = None,
        timeout: float = CALL_SECONDS,
    ) -> None:
        address = httpx2.URL(base_url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ConfigurationError(f"base_url {base_url!r} of {to} is not an address like http://10.0.0.7:8001")
        self.inner = inner
        self.engine = engine
        self.telemetry = telemetry
        self.component = component
        self.to = to
        self.base_url = base_url
        self.boundary = boundary
        self.timeout = timeout
        self._ways = Prepared(engine, self._declared)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            CallRefused: When the own check refuses the request or the response (`side` "outbound"), or when the
                callee's guard did (`side` "inbound").
            httpx2.TransportError: As the inner transport raised it; a TimeoutException when the whole call took too
                long.
        """
        snapshot = self.engine.current()
        ways = self._ways.of(snapshot)
        try:
            target = ways.find(request.method, request.url)
        except NotDeclared as undeclared:
            decision = ways.refusal(undeclared)
            if not decision.allowed:
                raise self._undeclared(request, snapshot, decision) from None
            target = None
        if target is None:
            return await self._unchecked(request, snapshot, decision)
        observation = self._observe(request, snapshot, target)
        call = _Call(self, snapshot, target, request, observation)
        try:
            return await call.run()
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            if not call.streaming:
                observation.end(status=call.status)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self.inner.aclose()

    def _declared(self, snapshot: CompiledPolicySet) -> Ways:
        return Ways(snapshot, self.component, self.to, self.base_url, self.boundary)

    def _observe(self, request: httpx2.Request, snapshot: CompiledPolicySet, target: Target | None) -> Observation:
        policy = target.boundary.policy if target else None
        url = request.url
        return self.telemetry.start(
            "outbound",
            policy.name if policy else None,
            name=f"{request.method} {policy.path}" if policy else request.method,
            attributes={
                names.HTTP_REQUEST_METHOD: request.method,
                names.URL_FULL: self._shown(url, policy.path if policy else None, snapshot),
                names.URL_SCHEME: url.scheme,
                names.URL_TEMPLATE: policy.path if policy else None,
                names.SERVER_ADDRESS: url.host,
                names.SERVER_PORT: url.port or DEFAULT_PORTS.get(url.scheme),
                names.SERVICE_PEER_NAME: self.to,
            },
            revision=snapshot.revision,
        )

    def _shown(self, url: httpx2.URL, template: str | None, snapshot: CompiledPolicySet) -> str:
        """Return an address without user, query, fragment and path parameters, which may hold what is private.

        Of a path that nothing declares only what the policy or the base URL write is told.
        """
        if template is None:
            words = self._ways.of(snapshot).words | path_words([httpx2.URL(self.base_url).path])
            return str(url.copy_with(username=None, password=None, raw_path=shown_path(url.path, words).encode()))
        whole = httpx2.URL(self.base_url) if "{" in template else url
        shown = str(whole.copy_with(username=None, password=None, query=None, fragment=None))
        return shown if whole is url else shown.rstrip("/") + template

    def _undeclared(self, request: httpx2.Request, snapshot: CompiledPolicySet, decision: Decision) -> CallRefused:
        observation = self._observe(request, snapshot, None)
        observation.decided(decision, "request")
        observation.end()
        return refused(f"{self.component}.outbound", decision, observation)

    async def _unchecked(
        self, request: httpx2.Request, snapshot: CompiledPolicySet, decision: Decision
    ) -> httpx2.Response:
        """Send a call that nothing declares, where the policy lets such calls pass: nothing of it is checked."""
        observation = self._observe(request, snapshot, None)
        observation.decided(decision, "request")
        observation.inject(request.headers)
        status = None
        try:
            response = await self.inner.handle_async_request(request)
        except BaseException as error:
            observation.failed(error)
            raise
        else:
            status = response.status_code
            response.extensions[VIOLATIONS_EXTENSION] = decision.violations
            return response
        finally:
            observation.end(status=status)


class _Call:
    """One call: what is known of it while it lasts."""

    def __init__(
        self,
        transport: GuardedTransport,
        snapshot: CompiledPolicySet,
        target: Target,
        request: httpx2.Request,
        observation: Observation,
    ) -> None:
        self.transport = transport
        self.snapshot = snapshot
        self.target = target
        self.request = request
        self.observation = observation
        self.status: int | None = None
        self.streaming = False

    async def run(self) -> httpx2.Response:
        deadline = asyncio.get_running_loop().time() + self.transport.timeout
        async with within(deadline):
            return await self._run(deadline)

    async def _run(self, deadline: float) -> httpx2.Response:
        boundary, caller = self.target.boundary, Caller(self.transport.component)
        departure = Departure(self.snapshot, self.target, self.request, caller)
        decision = await departure.decide(self.observation)
        self.observation.decided(decision, "request")
        if not decision.allowed:
            raise refused(boundary.name, decision, self.observation)
        response = await self.transport.inner.handle_async_request(departure.checked())
        self.status = response.status_code
        arrival = Arrival(
            self.snapshot,
            boundary,
            departure.facts,
            caller,
            self.observation,
            decision.violations,
            deadline=deadline,
            head_only=self.request.method == "HEAD",
        )
        try:
            return await arrival.check(response)
        except CallRefused as error:
            tell(error, self.observation)
            raise
        finally:
            self.streaming = arrival.streaming


def refused(boundary: str, decision: Decision, observation: Observation) -> CallRefused:
    """Tell the log of a request that does not leave, and return what to raise."""
    error = CallRefused(boundary, "outbound", decision.violations)
    tell(error, observation)
    return error


def tell(error: CallRefused, observation: Observation) -> None:
    """Tell the log which assumptions ended a call."""
    denied = [str(violation) for violation in error.violations if violation.action == "deny"]
    for found in denied or ["no violation was told"]:
        log.warning("%s refused on the %s side: %s trace %s", error.boundary, error.side, found, observation.trace_id)


def client(
    wrap: Callable[[httpx2.AsyncBaseTransport], httpx2.AsyncBaseTransport], *, base_url: str, **options: Any
) -> httpx2.AsyncClient:
    """Return a client whose one transport is guarded.

    Args:
        wrap: Puts the guarded transport around another.
        base_url: Where the callee answers.
        options: For httpx2.AsyncClient.

    Raises:
        ConfigurationError: For options that would lead around the guard.
    """
    around = [name for name in UNGUARDED_OPTIONS if options.get(name) is not None]
    if around:
        hint = "give transport=httpx2.AsyncHTTPTransport(proxy=...) instead"
        raise ConfigurationError(f"{' and '.join(around)} would lead around the guard: {hint}")
    of_transport = {name: options.pop(name) for name in TRANSPORT_OPTIONS if name in options}
    inner = options.pop("transport", None)
    if inner is None:
        if not of_transport.keys() & {"verify", "cert", "trust_env"}:
            of_transport["verify"] = _authorities()
        inner = httpx2.AsyncHTTPTransport(**of_transport)
    # The guard ends the whole call; httpx2's own default of 5 s for each step would end it earlier.
    options.setdefault("timeout", CALL_SECONDS)
    return httpx2.AsyncClient(transport=wrap(inner), base_url=base_url, **options)


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Return whom to trust, read once in a process: it takes 20 ms."""
    return httpx2.create_ssl_context()
