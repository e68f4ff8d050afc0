"""What running code can follow when its policies change, and what it must be started again for."""

from __future__ import annotations

from collections.abc import Collection

from catguard.policies.model import EXTERNAL, Boundary, Component, PolicySet

RESTART = "start again with it"


def not_followed(old: PolicySet, new: PolicySet, *, tiers: Collection[str], addresses: Collection[str]) -> list[str]:
    """Return why running tiers cannot take a new policy set; an empty list says that they can.

    Handlers, guarded functions and clients are made when a tier starts: what they stand on must still be there, and
    an operation without a handler would be a promise that nobody keeps. Anything else may change: paths, methods,
    callers, health, limits, shapes, rules.

    Args:
        old: What the tiers run with.
        new: What they are to take.
        tiers: That run here.
        addresses: The components that are known where to be found.
    """
    reasons: list[str] = []
    for name in tiers:
        before, after = old.components[name], new.components.get(name)
        if after is None:
            reasons.append(f"{name} runs, and is no longer declared; {RESTART}")
            continue
        reasons += _inbound(before, after)
        for callee in sorted(_callees(before) - _callees(after)):
            reasons.append(
                f"{name} ({after.location}) may no longer call {callee}, for which it has a client; {RESTART}"
            )
        for need in after.needs:
            if need not in addresses:
                reasons.append(
                    f"{name} ({after.location}) needs {need}, and nothing says where that answers; {RESTART}"
                )
    return reasons


def _inbound(before: Component, after: Component) -> list[str]:
    reasons = []
    for kind, made in (("http", "handler"), ("call", "guarded function")):
        had = {(found.call or found.operation): found for found in _own(before, kind)}
        has = {(found.call or found.operation): found for found in _own(after, kind)}
        gone = [had[key].name for key in sorted(had.keys() - has.keys())]
        reasons += [f"{name} is gone, and the running code has a {made} for it; {RESTART}" for name in gone]
        if kind == "http":
            new = [has[key] for key in sorted(has.keys() - had.keys())]
            reasons += [
                f"{found.name} ({found.location}) is new, and the running code has no {made} for it; {RESTART}"
                for found in new
            ]
    return reasons


def _own(component: Component, kind: str) -> list[Boundary]:
    return [found for found in component.inbound.values() if found.kind == kind and not found.health]


def _callees(component: Component) -> set[str]:
    return {
        found.callee
        for found in component.outbound.values()
        if found.kind == "http" and found.to and found.to != EXTERNAL and not found.health
    }
