"""`catguard explain`: one component or boundary on one screen: what it assumes, of whom, why, and what then happens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catguard.errors import ConfigurationError
from catguard.policies.actions import parse_action
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.loader import load
from catguard.policies.model import EXTERNAL, Assumption, Boundary, Component, PolicySet
from catguard.policies.phases import SILENCE


def consequence(boundary: Boundary, assumption: Assumption) -> str:
    """Say what happens when an assumption breaks."""
    if assumption.action == "audit":
        return "let through; telemetry is told"
    if assumption.action == "warn":
        return "let through; the caller and telemetry are told"
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


def described(boundary: Boundary) -> dict[str, Any]:
    """Return a boundary as data: the one source of text and JSON."""
    seen: dict[tuple[str, str | None, str], Assumption] = {}
    for assumption in boundary.assumptions():
        seen.setdefault((assumption.phase, assumption.status, assumption.id), assumption)
    return {
        "boundary": boundary.name,
        "about": boundary.about,
        "route": f"{boundary.method} {boundary.path}" if boundary.method else str(boundary.sql or boundary.call or ""),
        "of": of_whom(boundary),
        "owner": str(boundary.owner),
        "policy": str(boundary.location),
        "statuses": list(boundary.responses),
        "assumptions": [
            {
                "phase": phase if status in (None, "*") else f"{phase} {status}",
                "id": identity,
                "limit": assumption.limit,
                "why": assumption.why,
                "action": assumption.action,
                "then": consequence(boundary, assumption),
                "owner": str(assumption.owner),
                "policy": str(assumption.location),
                "written": assumption.why != SILENCE and not _implied(identity),
            }
            for (phase, status, identity), assumption in seen.items()
        ],
    }


def _implied(identity: str) -> bool:
    """Whether an assumption holds without being written."""
    return identity in ("body/readable", "body/undeclared", "body/required", "content-encoding") or identity.endswith(
        ("/range", "params/type", "query/type", "headers/type", "args/type", "parameters/type")
    )


def find(policies: PolicySet, name: str) -> Component | Boundary:
    """Return the component or boundary of a name; raises ConfigurationError."""
    if name in policies.components:
        return policies.components[name]
    boundaries = {boundary.name: boundary for boundary in policies.boundaries()}
    if name in boundaries:
        return boundaries[name]
    hint = did_you_mean(name, [*boundaries, *policies.components]) or f"known: {', '.join(policies.components)}"
    raise ConfigurationError(f"there is no component or boundary {name!r}; {hint}")


def show(boundaries: Sequence[Boundary], console: Console, *, everything: bool) -> None:
    """Print boundaries for people."""
    for boundary in boundaries:
        data = described(boundary)
        console.print(f"\n[bold]{data['boundary']}[/]  {escape(data['route'])}  [dim]{escape(data['of'])}[/]")
        if data["about"]:
            console.print(f"  {escape(data['about'])}")
        answers = f"  answers {', '.join(data['statuses'])};" if boundary.kind == "http" else " "
        console.print(f"{answers} owner {escape(data['owner'])}, {data['policy']}", style="dim")
        shown = [row for row in data["assumptions"] if everything or row["written"]]
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("phase", "assumption", "must be", "why", "if not", "written at"):
            table.add_column(column, overflow="fold")
        for row in shown:
            cells = (row["phase"], row["id"], row["limit"], row["why"], row["then"], row["policy"])
            table.add_row(*(escape(str(cell)) for cell in cells))
        if shown:
            console.print(table)
        if hidden := len(data["assumptions"]) - len(shown):
            console.print(f"  and {hidden} that hold without being written (--all shows them)", style="dim")


@click.command(
    epilog="""\b
Examples:
  catguard explain catomatic
  catguard explain frontend.outbound.render
  catguard explain store.inbound.find --all
  catguard explain catomatic --format json
"""
)
@click.argument("name", metavar="COMPONENT|BOUNDARY")
@click.option(
    "--policies",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Policy file; later ones overlay earlier ones.  [default: policies.yaml]",
)
@click.option(
    "--action", "actions", multiple=True, metavar="GLOB=ACTION", help="Override actions, as `catguard up` does."
)
@click.option("--all", "everything", is_flag=True, help="Also what holds without being written.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(name: str, files: tuple[Path, ...], actions: tuple[str, ...], everything: bool, form: str) -> None:
    """Show what a component or boundary assumes, of whom, why, where it is written and what happens when it breaks."""
    policies = load(files or (Path("policies.yaml"),), actions=[parse_action(action) for action in actions])
    found = find(policies, name)
    boundaries = [found] if isinstance(found, Boundary) else list(found.boundaries())
    if form == "json":
        click.echo(json.dumps([described(boundary) for boundary in boundaries], indent=2))
        return
    console = Console(highlight=False)
    if isinstance(found, Component):
        console.print(f"[bold]{found.name}[/]: {escape(found.about)}  owner {escape(str(found.owner))}")
    if policies.actions:
        console.print(f"actions overridden: {', '.join(f'{glob}={action}' for glob, action in policies.actions)}")
    show(boundaries, console, everything=everything)
