"""Which action an assumption has: its own, its boundary's, or what the operator overrides at start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from catguard.errors import ConfigurationError
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.model import Action, PolicySet, Side

ACTIONS: tuple[Action, ...] = ("deny", "warn", "audit")
#: Without these the value has no form that later stages could judge (DESIGN.md section 3, "Stages").
WHOLE_BOUNDARY_ONLY = ("type", "required", "readable")
#: The id under which calls that no boundary declares are told, and overridden: catomatic.inbound/undeclared.
UNDECLARED = "undeclared"
#: A softened byte limit would be no limit, and a query that cannot be read would be delivered as none.
NEVER_SOFT = ("max_bytes", "query/max_bytes", "query/readable")


def parse_action(text: str) -> tuple[str, Action]:
    """Read GLOB=deny|warn|audit; raises ConfigurationError."""
    glob, _, action = text.rpartition("=")
    if not glob or action not in ACTIONS:
        hint = did_you_mean(action, ACTIONS) or "it is written GLOB=deny|warn|audit"
        raise ConfigurationError(f"--action {text}: not an action override; {hint}, e.g. 'catomatic.*=audit'")
    return glob, action


def check_overrides(overrides: Sequence[tuple[str, Action]], policies: PolicySet) -> None:
    """Hold overrides against what there is: one that changes nothing would be taken for one that is in force.

    Raises:
        ConfigurationError: With every override that matches no boundary and no assumption, or none that it can change.
    """
    if not overrides:
        return
    known = {found.name: {each.id for each in found.assumptions()} for found in policies.boundaries()}
    wrong = []
    for glob, action in overrides:
        boundary, slash, _ = glob.partition("/")
        names = [f"{name}/{identity}" for name in known for identity in known[name]] if slash else list(known)
        if slash:
            names += [f"{name}.{side}/{UNDECLARED}" for name in policies.components for side in ("inbound", "outbound")]
        matched = [name for name in names if fnmatchcase(name, glob)]
        if not matched:
            near = [name for name in names if name.startswith(f"{boundary}/")] if slash else []
            hint = did_you_mean(glob, near or known) or _where_to_look(boundary.partition(".")[0], policies)
            wrong.append(f"--action {glob}={action} matches no {'assumption' if slash else 'boundary'} ({hint})")
        elif slash and not any(_can_have(name.partition("/")[2], action) for name in matched):
            hint = "byte limits and queries that cannot be read always deny, a type only as its whole boundary does"
            wrong.append(f"--action {glob}={action} changes nothing ({hint})")
    if wrong:
        raise ConfigurationError("; ".join(wrong))


def _where_to_look(component: str, policies: PolicySet) -> str:
    """Say what helps with the name of a boundary or assumption that is like none."""
    if component in policies.components:
        return f"`catguard explain {component} --all` names all"
    return did_you_mean(component, policies.components) or f"the components are {', '.join(policies.components)}"


def _can_have(identity: str, action: Action) -> bool:
    return action == "deny" if identity in NEVER_SOFT else not of_whole_boundary(identity)


def of_undeclared(component: str, side: Side, action: Action, overrides: Sequence[tuple[str, Action]]) -> Action:
    """Return what becomes of a component's undeclared calls; only overrides with a slash speak of them."""
    name = f"{component}.{side}/{UNDECLARED}"
    for glob, override in overrides:
        if "/" in glob and fnmatchcase(name, glob):
            action = override
    return action


def of_whole_boundary(identity: str) -> bool:
    """Whether an assumption can be softened only with its boundary; a rule may be called `type` and is none of them."""
    part, _, keyword = identity.rpartition("/")
    return bool(part) and keyword in WHOLE_BOUNDARY_ONLY


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of one boundary: `own` by assumption id, `overrides` in the order given (the last that matches wins).

    An override without a slash speaks of whole boundaries (`catomatic.*`), one with a slash of single assumptions
    (`frontend.outbound.render/picture-area`).
    """

    boundary: str
    action: Action
    own: Mapping[str, Action]
    overrides: Sequence[tuple[str, Action]]

    def of(self, identity: str, own: Action | None = None) -> Action:
        """Return the action of the assumption with this id; `own` is what is written beside it."""
        if identity in NEVER_SOFT:
            return "deny"
        action = own or self.own.get(identity) or self.action
        for glob, override in self.overrides:
            if "/" not in glob and fnmatchcase(self.boundary, glob):
                action = override
            elif "/" in glob and fnmatchcase(f"{self.boundary}/{identity}", glob):
                action = action if of_whole_boundary(identity) else override
        return action
