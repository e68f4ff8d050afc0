"""The facade: one guard holds one component's policies and makes its enforcement points when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from catguard.engine.codec import Unreadable
from catguard.engine.decision import Decision
from catguard.engine.evaluator import rehearse
from catguard.engine.plain import NoJson, plain
from catguard.engine.snapshots import Engine
from catguard.errors import ConfigurationError
from catguard.policies.actions import parse_action
from catguard.policies.clock import Clock, utc_now
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.facts import MEDIA_FACTS
from catguard.policies.loader import read_sources
from catguard.policies.model import Action, Kind
from catguard.policies.sources import NO_TEXTS, Sources
from catguard.reloading import PolicyLoader, Reloader
from catguard.telemetry import Telemetry

if TYPE_CHECKING:
    import httpx2
    from sqlalchemy import Engine as DatabaseEngine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from catguard.enforcement.inbound import App, InboundGuard
    from catguard.enforcement.problem import Render

    AnyEngine = TypeVar("AnyEngine", DatabaseEngine, AsyncEngine)

Function = TypeVar("Function", bound=Callable[..., Any])

#: Which extra brings the library that an enforcement point stands on.
EXTRAS: Mapping[str, str] = {"httpx2": "client", "sqlalchemy": "sql"}

#: What an exchange that is written down may say, by the kind of its boundary; facts by media type come to them.
REQUEST: Mapping[Kind, tuple[str, ...]] = {
    "http": ("method", "path", "params", "query", "headers", "media", "body", "bytes"),
    "call": ("args", "bytes"),
    "sql": ("operation", "tables", "limit", "rows", "parameters", "bytes"),
}
RESPONSE: Mapping[Kind, tuple[str, ...]] = {
    "http": ("status", "headers", "media", "body", "bytes", "bodiless", *sorted(MEDIA_FACTS)),
    "call": ("result", "bytes"),
    "sql": ("rows", "bytes"),
}


def enforcement_point(name: str) -> ModuleType:
    """Import an enforcement point; raises ConfigurationError with the pip line when its library is missing."""
    try:
        return importlib.import_module(f"catguard.enforcement.{name}")
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        message = f"{name} calls need {error.name}, which is not installed: pip install 'catguard[{extra}]'"
        raise ConfigurationError(message) from error


class Guard:
    """Guards one component: every call that it takes and every call that it makes.

    Args:
        engine: Holds the compiled policies.
        component: The name of the component in them.
        telemetry: Where spans and violations go; the OpenTelemetry API's globals when it is None.
        loader: Where policies come from when they are loaded anew.
        sources: The texts in force, which came from there.

    Raises:
        ConfigurationError: When the policies declare no such component.
    """

    def __init__(
        self,
        engine: Engine,
        component: str,
        telemetry: Telemetry | None = None,
        *,
        loader: PolicyLoader | None = None,
        sources: Sources = NO_TEXTS,
    ) -> None:
        components = engine.snapshot.policies.components
        if component not in components:
            hint = did_you_mean(component, components) or "add it under components:"
            raise ConfigurationError(f"the policies declare no component {component!r} ({hint})")
        self.engine = engine
        self.component = component
        self.telemetry = telemetry or Telemetry(component)
        self._reloader = Reloader(engine, component, self.telemetry, loader, sources) if loader else None

    @classmethod
    def from_file(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        component: str,
        telemetry: Telemetry | None = None,
        actions: Sequence[str | tuple[str, Action]] = (),
        clock: Clock = utc_now,
    ) -> Guard:
        """Load policies and return the guard of one component.

        Args:
            path: A policy file, or several of which later ones overlay earlier ones.
            component: Whose boundaries are guarded.
            telemetry: As for the class.
            actions: Overrides, as "GLOB=audit" or as pairs.
            clock: Says when waivers end.

        Raises:
            PolicyError: With every fault of the files.
            ConfigurationError: For an unknown component or a malformed override.
        """
        paths = [Path(path)] if isinstance(path, str | Path) else [Path(each) for each in path]
        overrides = [parse_action(action) if isinstance(action, str) else action for action in actions]
        loader = PolicyLoader(lambda: read_sources(paths), component, overrides, clock)
        sources = loader.read()
        return cls(Engine(loader.compile(sources)), component, telemetry, loader=loader, sources=sources)

    def asgi(self, app: App, *, render: Render | None = None) -> InboundGuard:
        """Return an ASGI app that lets into `app` what the policies declare, and checks what it answers.

        Args:
            app: Any ASGI app.
            render: Makes the page of a refusal for callers that prefer text/html.
        """
        from catguard.enforcement.inbound import InboundGuard

        return InboundGuard(app, engine=self.engine, component=self.component, telemetry=self.telemetry, render=render)

    def transport(
        self, inner: httpx2.AsyncBaseTransport, *, to: str, base_url: str, boundary: str | None = None
    ) -> httpx2.AsyncBaseTransport:
        """Return a transport that sends through `inner` what the policies let out, and checks what comes back."""
        transport: httpx2.AsyncBaseTransport = enforcement_point("outbound").GuardedTransport(
            inner,
            engine=self.engine,
            telemetry=self.telemetry,
            component=self.component,
            to=to,
            base_url=base_url,
            boundary=boundary,
        )
        return transport

    def client(self, to: str, *, base_url: str, boundary: str | None = None, **options: Any) -> httpx2.AsyncClient:
        """Return a client for calls to one component.

        Args:
            to: The component that is called, or "external".
            base_url: Where it answers.
            boundary: The outbound boundary, where several match one call.
            options: For httpx2.AsyncClient; `transport` is the one that is wrapped.
        """
        client: httpx2.AsyncClient = enforcement_point("outbound").client(
            lambda inner: self.transport(inner, to=to, base_url=base_url, boundary=boundary),
            base_url=base_url,
            **options,
        )
        return client

    def database(self, engine: AnyEngine) -> AnyEngine:
        """Guard every statement of an SQLAlchemy engine, sync or async, and return it."""
        guarded: AnyEngine = enforcement_point("database").guard_engine(
            engine, policy=self.engine, telemetry=self.telemetry, component=self.component
        )
        return guarded

    def call(
        self,
        name: str,
        *,
        args: Callable[..., Mapping[str, Any]] | None = None,
        result: Callable[[Any], Any] | None = None,
    ) -> Callable[[Function], Function]:
        """Return a decorator that guards a function, sync or async, as the call `name` of the policies.

        Args:
            name: What stands under `call:`.
            args: Makes the facts of the arguments where they are no JSON.
            result: Makes the facts of the result.
        """
        guarded = enforcement_point("call").guarded

        def decorate(function: Function) -> Function:
            wrapped: Function = guarded(
                function,
                engine=self.engine,
                telemetry=self.telemetry,
                component=self.component,
                name=name,
                args=args,
                result=result,
            )
            return wrapped

        return decorate

    def decide(
        self, boundary: str, *, request: Mapping[str, Any], response: Mapping[str, Any] | None = None
    ) -> Decision:
        """Decide an exchange that is written down; nothing is sent and nothing changed.

        Args:
            boundary: Its name, with or without the component: "inbound.render".
            request: The facts of the request, typed: {"body": {...}}, {"query": {...}}.
            response: The facts of the response: {"status": 200, "body": {...}}.

        Raises:
            ConfigurationError: When there is no such boundary, or no such fact in an exchange of its kind.
        """
        snapshot = self.engine.snapshot
        name = boundary if boundary in snapshot.boundaries else f"{self.component}.{boundary}"
        if name not in snapshot.boundaries:
            hint = did_you_mean(name, snapshot.boundaries) or f"`catguard explain {self.component}` names all"
            raise ConfigurationError(f"there is no boundary {boundary!r} ({hint})")
        kind = snapshot.boundaries[name].policy.kind
        copies: dict[str, dict[str, Any]] = {}
        for phase, given, known in (("request", request, REQUEST[kind]), ("response", response or {}, RESPONSE[kind])):
            for fact in given:
                if fact not in known:
                    hint = did_you_mean(fact, known) or f"there are: {', '.join(known)}"
                    raise ConfigurationError(f"the {phase} of {name} has no {fact!r} ({hint})")
            try:
                copies[phase] = plain(given)
            except (Unreadable, NoJson) as error:
                if not getattr(error, "beyond_range", False):  # that one the shape tells, under its own name
                    where = getattr(error, "where", "")
                    raise ConfigurationError(f"the {phase} of {name} is no JSON: {where} {error}") from None
        if len(copies) < 2:
            return rehearse(snapshot, name, request, response)
        return rehearse(
            snapshot, name, copies["request"], copies["response"] if response is not None else None, exact=True
        )

    def reload(self) -> str:
        """Load the policies anew and swap them in whole; on any fault the old ones stay.

        Returns:
            The revision that decides from now on.

        Raises:
            PolicyError: With every fault of the new text.
            ConfigurationError: When the guard was not made from files, or the new policies lack the component.
        """
        return self.reloader.reload()

    async def reload_apart(self) -> str:
        """As `reload`, without holding up the event loop: the text is judged in a process of its own."""
        return await self.reloader.reload_apart()

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Return a context manager that reloads when a file has changed for 200 ms, and when SIGHUP comes.

        What is rejected is logged and told to telemetry. Raises ConfigurationError as `reload` does.
        """
        return self.reloader.watching()

    @property
    def reloader(self) -> Reloader:
        """What loads the policies anew; raises ConfigurationError when the guard was not made from files."""
        if self._reloader is None:
            raise ConfigurationError("this guard was not made from files: swap its engine's snapshot instead")
        return self._reloader
