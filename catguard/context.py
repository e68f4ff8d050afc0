"""What a tier is given: the only way in which it reaches its policy, its neighbours, its database and its folder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from catguard.enforcement.problem import problem_document
from catguard.engine.decision import CallRefused
from catguard.engine.exchange import SCOPE_KEY, exchange
from catguard.errors import ConfigurationError
from catguard.failures import report
from catguard.guard import Guard, enforcement_point
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.health import HEALTHZ, READYZ
from catguard.policies.model import Boundary, Component
from catguard.policies.openapi import openapi
from catguard.policies.phases import PROBLEM
from catguard.progress import Advance, progress

if TYPE_CHECKING:
    import httpx2
    from sqlalchemy.ext.asyncio import AsyncEngine

Function = TypeVar("Function", bound=Callable[..., Any])
#: Answers a request that was checked; any ASGI callable is a response.
Handler = Callable[[Request], Awaitable[ASGIApp]]

#: Seconds that a neighbour has to say that it is healthy: half of what a usual readiness probe waits.
READY_SECONDS: Final = 0.5

_log = logging.getLogger("catguard.context")


class TierContext:
    """The context of one tier in one process.

    Attributes:
        component: the tier's name in the policy.
        data: a folder of the tier's own, which exists.
        settings: what the environment says for this tier: CATGUARD_STORE_DATABASE=... is `settings["database"]`.
    """

    def __init__(self, guard: Guard, *, data: Path, settings: Mapping[str, str], addresses: Mapping[str, str]) -> None:
        self.component = guard.component
        self.data = data
        self.settings = settings
        self._guard = guard
        self._addresses = addresses
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._neighbours: dict[str, httpx2.AsyncClient] = {}

    @property
    def _policy(self) -> Component:
        return self._guard.engine.current().policies.components[self.component]

    def app(self, handlers: Mapping[str, Handler]) -> ASGIApp:
        """Return the app of the tier's own routes; /healthz and /readyz are built in where the policy has `health`.

        Args:
            handlers: by the operations of the policy's inbound http boundaries: {"render": render}.

        Raises:
            ConfigurationError: a declared boundary has no handler, or a handler no boundary; both are listed.
        """
        boundaries = {name: found for name, found in self._policy.inbound.items() if found.kind == "http"}
        own = {name for name, found in boundaries.items() if not found.health}
        if own != set(handlers):
            raise ConfigurationError(self._mismatch(own, set(handlers)))
        served: dict[str, Handler] = {HEALTHZ: self._healthz, READYZ: self._readyz, **handlers}
        # A path that is written out wins over a template, as at the guard.
        ordered = sorted(boundaries.items(), key=lambda item: "{" in (item[1].path or ""))
        routes = [
            Route(found.path or "/", served[name], methods=[found.method or "GET"], name=name)
            for name, found in ordered
        ]
        unguarded = Router(routes, redirect_slashes=False)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if SCOPE_KEY not in scope:
                await unguarded(scope, receive, send)
                return
            # The guard has routed already, by the policies of the exchange: paths may change while the tier runs.
            found = exchange(scope)
            scope["path_params"] = dict(found.params)
            answer = await served[found.boundary.rpartition(".")[2]](Request(scope, receive, send))
            await answer(scope, receive, send)

        for need in self._policy.needs:
            self._neighbour(need)
        return app

    def client(self, component: str, *, boundary: str | None = None) -> httpx2.AsyncClient:
        """Return a guarded client for the calls to another component; the context closes it.

        Args:
            component: that is called.
            boundary: the operation of the outbound boundary, where several match one call.

        Raises:
            ConfigurationError: the policy lets no call go there, or nothing says where the component answers.
        """
        callees = {found.callee for found in self._policy.outbound.values() if found.kind == "http"}
        if component not in callees and self._policy.undeclared["outbound"] == "deny":
            hint = did_you_mean(component, callees) or "declare an outbound boundary that leads there"
            raise ConfigurationError(f"the policy lets {self.component} make no call to {component} ({hint})")
        if component not in self._addresses:
            raise ConfigurationError(
                f"{self.component} calls {component}, and nothing says where that answers: start it too, or give "
                f"--address {component}=http://HOST:PORT"
            )
        client = self._guard.client(component, base_url=self._addresses[component], boundary=boundary)
        self.on_close(client.aclose)
        return client

    def database(self, url: str, **options: Any) -> AsyncEngine:
        """Return a guarded SQLAlchemy engine; the context disposes of it.

        Args:
            url: SQLAlchemy's address of the database: "sqlite+aiosqlite:///pictures.db".
            options: of `sqlalchemy.ext.asyncio.create_async_engine`.

        Raises:
            ConfigurationError: the address cannot be opened, or SQLAlchemy is not installed.
        """
        engine: AsyncEngine = self._guard.database(enforcement_point("database").open_engine(url, **options))
        self.on_close(engine.dispose)
        return engine

    def call(
        self,
        operation: str,
        *,
        args: Callable[..., Mapping[str, Any]] | None = None,
        result: Callable[[Any], Any] | None = None,
    ) -> Callable[[Function], Function]:
        """Return the decorator that guards a function as a `call:` boundary; see `catguard.Guard.call`."""
        return self._guard.call(operation, args=args, result=result)

    def boundary(self, name: str) -> Boundary:
        """Return the policy of a boundary of this tier, "inbound.cats" or "frontend.inbound.cats".

        Raises:
            ConfigurationError: the policy has no such boundary of this tier.
        """
        wanted = name.removeprefix(f"{self.component}.")
        own = {f"{found.side}.{found.operation}": found for found in self._policy.boundaries()}
        if wanted not in own:
            hint = did_you_mean(wanted, own) or f"there are: {', '.join(own)}"
            raise ConfigurationError(f"{self.component} has no boundary {wanted} ({hint})")
        return own[wanted]

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document of the tier's inbound http boundaries."""
        return openapi(self._guard.engine.snapshot.policies, self.component)

    def progress(self, label: str, total: int) -> AbstractContextManager[Advance]:
        """Show how far a long task of `prepare` or `fill` is; the context manager's value has `advance(n=1)`.

        Args:
            label: what is done: "seeding pictures".
            total: number of steps.
        """
        return progress(f"{self.component}: {label}", total)

    def on_close(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Await `callback` when the tier has drained; what was added last is closed first."""
        self._closing.append(callback)

    async def close(self) -> None:
        """Close what the tier opened; an error of one is logged and the others are closed."""
        while self._closing:
            callback = self._closing.pop()
            try:
                await callback()
            except Exception as error:  # noqa: BLE001 # the others hold connections that must be closed
                report(_log, error, "%s: closing %s failed; the rest is closed", self.component, _named(callback))

    def _mismatch(self, declared: set[str], handled: set[str]) -> str:
        parts = []
        for name in sorted(declared - handled):
            found = self._policy.inbound[name]
            parts.append(f"`{name}` ({found.method} {found.path}, {found.location}) has no handler")
        for name in sorted(handled - declared):
            hint = did_you_mean(name, declared - handled)
            parts.append(f"the handler `{name}` has no inbound http boundary{f' ({hint})' if hint else ''}")
        return f"{self.component}: policy and handlers differ: {'; '.join(parts)}"

    async def _healthz(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "component": self.component})

    async def _readyz(self, _: Request) -> Response:
        needs = self._policy.needs
        answers = await asyncio.gather(*(_silence(need, self._neighbour(need)) for need in needs))
        silent = [answer for answer in answers if answer is not None]
        if not silent:
            return JSONResponse({"status": "ready", "component": self.component})
        body = problem_document(503, (), public=True, detail="; ".join(silent))
        return Response(body, 503, {"cache-control": "no-store"}, PROBLEM)

    def _neighbour(self, need: str) -> httpx2.AsyncClient:
        """Return the client that asks a neighbour for its health; policies that are reloaded may name others."""
        if need not in self._neighbours:
            self._neighbours[need] = self.client(need)
        return self._neighbours[need]


def _named(callback: Callable[[], Awaitable[None]]) -> str:
    return getattr(callback, "__qualname__", type(callback).__qualname__)


async def _silence(component: str, client: httpx2.AsyncClient) -> str | None:
    """Return why a neighbour does not count as healthy, None if it does."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            response = await client.get(f"/{HEALTHZ}")
    except CallRefused as refused:
        broken = ", ".join(violation.assumption for violation in refused.denied)
        return f"{component} does not answer as assumed: {broken}"
    except Exception as error:  # noqa: BLE001 # whatever keeps a neighbour from answering is why this tier is not ready
        return f"{component} does not answer: {type(error).__name__}"
    return None if response.status_code == 200 else f"{component} answers {response.status_code}"
