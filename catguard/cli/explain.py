"""`catguard explain`: one component or boundary on one screen: what it assumes, of whom, why, and what then happens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catguard.analysis.waivers import WaiverStatus, statuses
from catguard.cli import options
from catguard.cli.candidates import show_candidate
from catguard.errors import ConfigurationError
from catguard.policies.clock import utc_now
from catguard.policies.compiler import CompiledBoundary
from catguard.policies.costs import MAX_BOUNDARY, MAX_RULE, Cost, units, worst_exchange
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.loader import load_compiled
from catguard.policies.model import EXTERNAL, Action, Assumption, Boundary, Component, Phase, PolicySet
from catguard.policies.phases import SILENCE
from catguard.policies.shapes import IMPLIED

#: Columns of an id that are never broken over lines.
WHOLE = 32
#: Who is told of a violation that warns: an answer has a header for it, an httpx2 response its extensions, a function
#: and a statement have neither.
_WARNED = {
    ("http", "inbound"): "the caller and telemetry are told",
    ("http", "outbound"): "the calling code and telemetry are told",
}


def consequence(boundary: Boundary, phase: Phase, assumption: Assumption) -> str:
    """Say what happens when an assumption breaks, or is a rule that cannot be evaluated."""
    then = _when_broken(boundary, assumption)
    excused = [rule for rule in phase.rules if rule.failure_policy == "ignore" and rule.assumption is assumption]
    return f"{then}; where it cannot be evaluated: let through, telemetry is told" if excused else then


def _when_broken(boundary: Boundary, assumption: Assumption) -> str:
    """Say what happens when an assumption breaks, waivers that are in force included."""
    if assumption.waiver is not None and assumption.waiver.holds():
        return f"let through as waived until {assumption.waiver.expires} UTC; telemetry is told"
    if assumption.action == "audit":
        return "let through; telemetry is told"
    if assumption.action == "warn":
        return f"let through; {_WARNED.get((boundary.kind, boundary.side), 'telemetry is told')}"
    response = assumption.phase == "response"
    if boundary.kind == "sql":
        return "rolled back, CallRefused" if response else "not executed, CallRefused"
    if boundary.kind == "call":
        return "the result is not handed on, CallRefused" if response else "not called, CallRefused"
    if boundary.side == "outbound":
        return "the answer is not handed on, CallRefused" if response else "nothing is sent, CallRefused"
    return "answered with 500 instead" if response else "refused with a 4xx"


def of_whom(boundary: Boundary) -> str:
    """Say who calls, or who is called."""
    if boundary.side == "outbound":
        target = str(boundary.sql) if boundary.to == EXTERNAL and boundary.sql else boundary.to or ""
        return f"to {target}"
    if boundary.kind == "call":
        return f"call {boundary.call}, inside the process"
    if boundary.public:
        return "from anybody"
    return f"from {', '.join(boundary.callers)} (declared, not verified)"


def described(compiled: CompiledBoundary) -> dict[str, Any]:
    """Return a boundary as data: the one source of text and JSON."""
    boundary = compiled.policy
    phases = [(phase.policy, phase.rules) for phase in compiled.phases()]
    costs = worst_exchange(boundary, phases)
    return {
        "boundary": boundary.name,
        "about": boundary.about,
        "route": f"{boundary.method} {boundary.path}" if boundary.method else str(boundary.sql or boundary.call or ""),
        "of": of_whom(boundary),
        "owner": str(boundary.owner),
        "action": boundary.action,
        "policy": str(boundary.location),
        "statuses": list(boundary.responses),
        "variables": {variable.name: variable.expression for variable in boundary.variables},
        "cost": {"units": units(costs), "most": MAX_BOUNDARY, "rules": [_cost(cost) for cost in costs]},
        "assumptions": [_row(boundary, phase, found) for phase in boundary.phases() for found in phase.assumptions()],
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "id": cost.rule.rule.assumption.id,
        "units": cost.estimate.cost,
        "most": MAX_RULE,
        "goes_through": {str(size): size.most for size in cost.sizes},
    }


def cost_text(cost: Mapping[str, Any]) -> str:
    """Say what the rules of a boundary cost at worst, and which of them most."""
    text = f"the rules cost at most {cost['units']:,} of {cost['most']:,} units"
    dearest = max(cost["rules"], key=lambda rule: rule["units"])
    through = ", ".join(f"{name} (up to {most:,})" for name, most in dearest["goes_through"].items())
    if len(cost["rules"]) > 1 or through:
        text += f"; most of it {dearest['id']} with {dearest['units']:,}" + (f", through {through}" if through else "")
    return text


def _row(boundary: Boundary, phase: Phase, assumption: Assumption) -> dict[str, Any]:
    return {
        "phase": phase.phase if phase.status in (None, "*") else f"{phase.phase} {phase.status}",
        "id": assumption.id,
        "kind": assumption.kind,
        "limit": assumption.limit,
        "why": assumption.why,
        "action": assumption.action,
        "then": consequence(boundary, phase, assumption),
        "owner": str(assumption.owner),
        "policy": str(assumption.location),
        "waiver": _waiver(assumption),
        "written": _is_written(phase, assumption),
    }


def _waiver(assumption: Assumption) -> dict[str, Any] | None:
    waiver = assumption.waiver
    if waiver is None:
        return None
    return {
        "owner": str(waiver.owner),
        "why": waiver.why,
        "expires": waiver.expires.isoformat(),
        "in_force": waiver.holds(),
        "policy": str(waiver.location),
    }


def _is_written(phase: Phase, assumption: Assumption) -> bool:
    """Whether somebody wrote an assumption down, rather than the format implying it."""
    if assumption.location == phase.location or assumption.why in (SILENCE, *IMPLIED):
        return False
    return assumption.id not in phase.limits or assumption.id in ("max_bytes", "max_rows", "media")


@dataclass(frozen=True, slots=True)
class Line:
    """One line for people: what is assumed of one value for one reason."""

    phase: str
    subject: str
    limits: tuple[str, ...]
    why: str
    then: str
    places: tuple[str, ...]


def condensed(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Join the keywords that speak of one value for one reason, so that a boundary fits a screen."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        subject = row["id"].rpartition("/")[0] if row["kind"] == "shape" else row["id"]
        groups.setdefault((row["phase"], subject or row["id"], row["why"], row["then"]), []).append(row)
    return [
        Line(
            phase,
            subject,
            tuple(dict.fromkeys(row["limit"] for row in found if not row["id"].endswith("/range"))),
            why,
            then,
            tuple(dict.fromkeys(row["policy"].rpartition(":")[0] for row in found)),
        )
        for (phase, subject, why, then), found in groups.items()
    ]


def find(policies: PolicySet, name: str) -> Component | Boundary:
    """Return the component or boundary of a name; raises ConfigurationError."""
    if name in policies.components:
        return policies.components[name]
    boundaries = {boundary.name: boundary for boundary in policies.boundaries()}
    if name in boundaries:
        return boundaries[name]
    hint = did_you_mean(name, [*boundaries, *policies.components]) or f"known: {', '.join(policies.components)}"
    raise ConfigurationError(f"there is no component or boundary {name!r}; {hint}")


def show(
    boundaries: Sequence[CompiledBoundary], console: Console, *, everything: bool, waived: Sequence[WaiverStatus] = ()
) -> None:
    """Print boundaries for people, each with its waivers."""
    for compiled in boundaries:
        boundary, data = compiled.policy, described(compiled)
        console.print(f"\n[bold]{data['boundary']}[/]  {escape(data['route'])}  [dim]{escape(data['of'])}[/]")
        if data["about"]:
            console.print(f"  {escape(data['about'])}")
        answers = f"  answers {', '.join(data['statuses'])};" if boundary.kind == "http" else " "
        console.print(
            f"{answers} action {data['action']}; owner {escape(data['owner'])}; {data['policy']}", style="dim"
        )
        for status in waived:
            if status.waiver.boundary == boundary.name:
                console.print(f"  {escape(str(status))}: {escape(status.waiver.why)}", style="yellow")
        for name, expression in data["variables"].items():
            console.print(f"  where variables.{name} = {escape(expression)}")
        shown = [row for row in data["assumptions"] if everything or row["written"]]
        lines = condensed(shown)
        for phase, then in dict.fromkeys((line.phase, line.then) for line in lines):
            console.print(f"  [bold]{phase}[/], where one does not hold: {then}")
            console.print(_table([line for line in lines if (line.phase, line.then) == (phase, then)]))
        if data["cost"]["rules"]:
            console.print(f"  {escape(cost_text(data['cost']))}", style="dim")
        if hidden := len(data["assumptions"]) - len(shown):
            console.print(f"  and {hidden} that hold without being written (--all shows them)", style="dim")


def _table(lines: Sequence[Line]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(width=2)
    # Ids and places are copied: neither is broken, where it is not longer than half of the narrowest terminal.
    widest = max(len(line.subject) for line in lines)
    table.add_column(overflow="fold", style="cyan", min_width=min(widest, WHOLE))
    for style in ("", ""):
        table.add_column(overflow="fold", style=style)
    table.add_column(no_wrap=True, style="dim")
    for line in lines:
        places = line.places[0] + (f" +{len(line.places) - 1}" if len(line.places) > 1 else "")
        table.add_row("", *(escape(cell) for cell in (line.subject, "; ".join(line.limits), line.why, places)))
    return table


@click.command(
    epilog="""\b
Examples:
  catguard explain catomatic
  catguard explain frontend.outbound.render
  catguard explain store.inbound.find --all
  catguard explain catomatic --format json
  catguard explain --candidate                what `catguard up --candidate FILE` has found so far
"""
)
@click.argument("name", metavar="[COMPONENT|BOUNDARY]", required=False)
@options.policies_option
@options.action_option
@click.option("--all", "everything", is_flag=True, help="Also what holds without being written.")
@click.option("--candidate", is_flag=True, help="What the candidate policy of a running system decides otherwise.")
@options.data_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    name: str | None,
    policies: tuple[Path, ...],
    actions: tuple[tuple[str, Action], ...],
    everything: bool,
    candidate: bool,
    data: Path,
    form: str,
) -> None:
    """Show what a component or boundary assumes, of whom, why, where it is written and what happens when it breaks."""
    if candidate:
        show_candidate(data, name, options.output(), form=form)
        return
    if name is None:
        raise click.UsageError("name a component or a boundary, or ask for --candidate")
    compiled = load_compiled(policies, actions=actions)
    found = find(compiled.policies, name)
    named = [found] if isinstance(found, Boundary) else list(found.boundaries())
    boundaries = [compiled.boundaries[boundary.name] for boundary in named]
    if form == "json":
        click.echo(json.dumps([described(boundary) for boundary in boundaries], indent=2))
        return
    console = options.output()
    if isinstance(found, Component):
        console.print(f"[bold]{found.name}[/]: {escape(found.about)}  owner {escape(str(found.owner))}")
        soft = [f"{side} {action}" for side, action in found.undeclared.items() if action != "deny"]
        if soft:
            console.print(f"undeclared calls: {', '.join(soft)}; they pass unchecked", style="yellow")
    if actions:
        console.print(f"actions overridden: {', '.join(f'{glob}={action}' for glob, action in actions)}")
    show(boundaries, console, everything=everything, waived=statuses(compiled.policies, utc_now()))
