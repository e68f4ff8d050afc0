"""`catguard check`: loads the policies, runs their examples and lints them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catguard.analysis.examples import ExampleResult, run_examples
from catguard.analysis.findings import Finding
from catguard.analysis.lint import lint
from catguard.analysis.waivers import check_waivers
from catguard.cli import options
from catguard.errors import PolicyError
from catguard.policies.clock import Clock, utc_now
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.keywords import counted
from catguard.policies.loader import load_compiled
from catguard.policies.model import Action, Fault

EXIT_FINDINGS = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found; text and JSON are both made from it."""

    files: tuple[str, ...]
    compiled: CompiledPolicySet | None
    faults: tuple[Fault, ...]
    examples: tuple[ExampleResult, ...]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> tuple[ExampleResult, ...]:
        """The examples that do not do what they say."""
        return tuple(result for result in self.examples if not result.passed)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; warnings are no wrong."""
        return not (self.faults or self.failed or any(finding.level == "error" for finding in self.findings))


def examine(paths: Sequence[Path], actions: Sequence[tuple[str, Action]] = (), *, clock: Clock = utc_now) -> Report:
    """Load, run the examples, lint; `clock` says which waivers are in force."""
    files = tuple(str(path) for path in paths)
    try:
        compiled = load_compiled(paths, actions=actions, clock=clock)
    except PolicyError as error:
        faults = tuple(fault for fault in error.faults if isinstance(fault, Fault))
        return Report(files, None, faults, (), ())
    examples = tuple(run_examples(compiled))
    findings = lint(compiled, check_waivers(compiled.policies, examples, clock()))
    return Report(files, compiled, (), examples, tuple(findings))


def as_json(report: Report) -> str:
    """Return the report as JSON text."""
    document: dict[str, Any] = {
        "ok": report.ok,
        "files": list(report.files),
        "revision": report.compiled.revision if report.compiled else None,
        "faults": [
            {"location": str(fault.location), "message": fault.message, "hint": fault.hint} for fault in report.faults
        ],
        "examples": [
            {
                "location": str(result.location),
                "boundary": result.boundary,
                "example": result.example,
                "kind": result.kind,
                "expected": list(result.expected),
                "found": list(result.found),
                "passed": result.passed,
            }
            for result in report.examples
        ],
        "findings": [finding.as_data() for finding in report.findings],
    }
    return json.dumps(document, indent=2)


def show_faults(report: Report, console: Console) -> None:
    """Print the faults of policies that do not load."""
    for fault in report.faults:
        hint = f"\n  [dim]{escape(fault.hint)}[/]" if fault.hint else ""
        console.print(f"[bold]{fault.location}[/]: [red]{escape(fault.message)}[/]{hint}", soft_wrap=True)
    count = counted(len(report.faults), "fault")
    console.print(f"[red]{count}[/] in {', '.join(report.files)}; nothing was loaded", soft_wrap=True)


def show(report: Report, console: Console) -> None:
    """Print the report for people."""
    if report.compiled is None:
        show_faults(report, console)
        return
    console.print(_table(report))
    for result in report.failed:
        console.print(f"[red]{escape(str(result))}[/]", soft_wrap=True)
    for finding in report.findings:
        colour = "red" if finding.level == "error" else "yellow"
        console.print(f"[{colour}]{escape(str(finding))}[/]", soft_wrap=True)
    accepted = sum(result.kind == "accept" for result in report.examples)
    refused = len(report.examples) - accepted
    unverified = any(boundary.callers and not boundary.public for boundary in report.compiled.policies.boundaries())
    if unverified:
        console.print("callers in `from` are declared, not verified: no keys are configured", style="dim")
    verdict = "[green]ok[/]" if report.ok else "[red]not ok[/]"
    console.print(
        f"{verdict}: {accepted} accepted and {refused} refused examples, {len(report.failed)} of them wrong; "
        f"{counted(len(report.findings), 'finding')}; revision {report.compiled.revision[:12]}",
        soft_wrap=True,
    )


def _table(report: Report) -> Table:
    assert report.compiled is not None
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in (("boundary", "left"), ("owner", "left"), ("assumptions", "right"), ("accepted", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # rich wants its literal
    table.add_column("refused", justify="right")
    for boundary in report.compiled.policies.boundaries():
        if boundary.health:
            continue
        results = [result for result in report.examples if result.boundary == boundary.name]
        accepted = sum(result.kind == "accept" for result in results)
        assumptions = len({(found.phase, found.status, found.id) for found in boundary.assumptions()})
        row = (boundary.name, boundary.owner.team, str(assumptions), str(accepted), str(len(results) - accepted))
        table.add_row(*row)
    return table


@click.command(
    epilog="""\b
Examples:
  catguard check
  catguard check policies.yaml team.yaml    later files overlay earlier ones
  catguard check --format json | jq .findings
"""
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@options.action_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(files: tuple[Path, ...], actions: tuple[tuple[str, Action], ...], form: str) -> None:
    """Load policy FILES (default policies.yaml), run their examples, and lint them.

    Exit code 0 when nothing is wrong, 1 with faults, wrong examples or lint errors; warnings do not count.
    """
    report = examine(files or (options.POLICIES,), actions)
    if form == "json":
        click.echo(as_json(report))
    else:
        show(report, options.output())
    if not report.ok:
        raise SystemExit(EXIT_FINDINGS)
