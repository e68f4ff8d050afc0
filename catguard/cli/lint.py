"""`catguard lint`: what is doubtful about policies that load, and what each rule of the linter is about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catguard.analysis.catalogue import CATALOGUE, Entry
from catguard.analysis.findings import Finding
from catguard.cli import options
from catguard.cli.check import EXIT_FINDINGS, examine, show_faults
from catguard.errors import ConfigurationError
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.keywords import counted

COLOURS = {"error": "red", "warning": "yellow"}
NOT_SWITCHABLE = "policies that break it do not load; it cannot be switched off"


def entry_of(rule: str) -> Entry:
    """Return a rule of the catalogue; raises ConfigurationError with what was meant."""
    if rule not in CATALOGUE:
        raise ConfigurationError(f"there is no rule {rule!r}; {did_you_mean(rule, CATALOGUE) or 'see --list'}")
    return CATALOGUE[rule]


def switch_text(entry: Entry) -> str:
    """Say how a rule is switched off."""
    if not entry.switchable:
        return NOT_SWITCHABLE
    return f"lint: {{{entry.id}: {{off: the reason}}}} in the file, or at a boundary"


def explain_rule(entry: Entry, console: Console) -> None:
    """Print a rule for people."""
    colour = COLOURS.get(entry.level or "error", "red")
    console.print(f"[bold]{entry.id}[/] [{colour}]{entry.level or 'fault'}[/]: {escape(entry.title)}")
    console.print(f"\n{escape(entry.why)}\n")
    for name, piece in (("avoid", entry.avoid), ("prefer", entry.prefer)):
        console.print(f"[bold]{name}[/]")
        for line in piece.splitlines():
            console.print(f"    {line}", markup=False, soft_wrap=True)
    console.print(f"\n[bold]off[/]\n    {escape(switch_text(entry))}", soft_wrap=True)


def list_rules(console: Console) -> None:
    """Print the catalogue, a line for each rule."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("rule", "level", "what it finds"):
        table.add_column(name, overflow="fold")
    for entry in CATALOGUE.values():
        table.add_row(entry.id, entry.level or "fault", entry.title)
    console.print(table)


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print findings for people."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("where", no_wrap=True)
    table.add_column("rule", no_wrap=True)
    table.add_column("what", overflow="fold")
    for finding in findings:
        colour = COLOURS[finding.level]
        table.add_row(str(finding.location), f"[{colour}]{finding.rule}[/]", escape(finding.message))
    if findings:
        console.print(table)
    errors = sum(finding.level == "error" for finding in findings)
    count = f"{counted(len(findings), 'finding')}, {errors} of them errors"
    more = "; catguard lint --explain RULE says more" if findings else ""
    console.print(f"{count}{more}", soft_wrap=True)


@click.command(
    epilog="""\b
Examples:
  catguard lint
  catguard lint policies.yaml team.yaml     later files overlay earlier ones
  catguard lint --json | jq '.findings[] | select(.level == "error")'
  catguard lint --list                      every rule in a line
  catguard lint --explain unbounded         what a rule is about, what to write instead
"""
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--explain", "rule", metavar="RULE", help="Say what a rule is about, with an example; no file is read.")
@click.option("--list", "listed", is_flag=True, help="List the rules; no file is read.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def lint(files: tuple[Path, ...], rule: str | None, listed: bool, as_json: bool) -> None:
    """Find what is doubtful in policy FILES (default policies.yaml) though they load.

    Exit code 1 with faults or lint errors, 0 otherwise; `catguard check` runs the examples as well.
    """
    console = options.output()
    if rule is not None or listed:
        entries = [entry_of(rule)] if rule is not None else list(CATALOGUE.values())
        if as_json:
            rows = [{name: getattr(entry, name) for name in entry.__dataclass_fields__} for entry in entries]
            click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        elif rule is not None:
            explain_rule(entries[0], console)
        else:
            list_rules(console)
        return
    report = examine(files or (options.POLICIES,))
    if as_json:
        faults = [{"location": str(fault.location), "message": fault.message} for fault in report.faults]
        findings = [finding.as_data() for finding in report.findings]
        click.echo(json.dumps({"faults": faults, "findings": findings}, indent=2, ensure_ascii=False))
    elif report.compiled is None:
        show_faults(report, console)
    else:
        show(report.findings, console)
    if report.faults or any(finding.level == "error" for finding in report.findings):
        raise SystemExit(EXIT_FINDINGS)
