"""One exchange as a handler sees it: what was checked, who called, and what was noted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catguard.engine.decision import Violation
from catguard.errors import ConfigurationError

#: The key under which the inbound enforcement point leaves the exchange in an ASGI scope.
SCOPE_KEY = "catguard.exchange"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called: a component's name, "public" or "unknown"; `verified` only with keys."""

    component: str = UNKNOWN
    verified: bool = False

    def facts(self) -> dict[str, Any]:
        """Return what rules may read as `caller`."""
        return {"component": self.component, "verified": self.verified}


@dataclass(slots=True)
class Exchange:
    """One request and its response at one boundary.

    `request` holds the checked facts (method, path, params, query, headers, body, bytes); `violations` those noted so
    far that let the exchange through; `public` says that anybody may call this boundary.
    """

    boundary: str
    revision: str
    request: dict[str, Any]
    caller: Caller
    trace_id: str
    public: bool = False
    violations: list[Violation] = field(default_factory=list)

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of the path, typed."""
        return self.request.get("params") or {}

    @property
    def query(self) -> Mapping[str, Any]:
        """The query's parameters, typed, defaults filled in."""
        return self.request.get("query") or {}

    @property
    def headers(self) -> Mapping[str, Any]:
        """The declared headers."""
        return self.request.get("headers") or {}

    @property
    def body(self) -> Any:
        """The body as checked, defaults filled in; None without one."""
        return self.request.get("body")


def exchange(scope: Mapping[str, Any]) -> Exchange:
    """Return the exchange of an ASGI scope that came through the guard; raises ConfigurationError for others."""
    found = scope.get(SCOPE_KEY)
    if not isinstance(found, Exchange):
        raise ConfigurationError("this request did not come through the guard: wrap the app in guard.asgi(app)")
    return found
