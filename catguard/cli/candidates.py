"""`catguard explain --candidate`: what a candidate policy would have decided otherwise, from what the workers wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from catguard.engine.candidate import Comparison, Difference
from catguard.errors import ConfigurationError
from catguard.host import DIFFERENCES
from catguard.proposing import as_data, read_comparisons

OUTCOMES = {
    "refuses": "refuses what is let through",
    "passes": "lets through what is refused",
    "differs": "tells other violations",
}


def show_candidate(data: Path, name: str | None, console: Console, *, form: str) -> None:
    """Show what candidates decided otherwise, of one component or boundary or of all, as text or JSON.

    Raises:
        ConfigurationError: Nothing was written below `data`, or it cannot be read.
    """
    comparisons = read_comparisons(data / DIFFERENCES)
    if not comparisons:
        raise ConfigurationError(
            f"{data / DIFFERENCES} has no comparison: start `catguard up --candidate FILE` with the same --data, and "
            "send it requests"
        )
    chosen = [_only(comparison, name) for comparison in comparisons]
    if form == "json":
        click.echo(json.dumps([as_data(comparison) for comparison in chosen], indent=2))
        return
    for comparison in chosen:
        _show(comparison, console)


def _only(comparison: Comparison, name: str | None) -> Comparison:
    if name is None:
        return comparison

    def belongs(boundary: str) -> bool:
        return boundary == name or boundary.startswith(f"{name}.")

    decided = {boundary: count for boundary, count in comparison.decided.items() if belongs(boundary)}
    found = {key: difference for key, difference in comparison.differences.items() if belongs(difference.boundary)}
    return Comparison(
        comparison.live, comparison.candidate, decided, comparison.unjudged, comparison.failed, differences=found
    )


def _show(comparison: Comparison, console: Console) -> None:
    decided = sum(comparison.decided.values())
    console.print(
        f"candidate [bold]{comparison.candidate[:12]}[/] beside {comparison.live[:12]}: {decided:,} "
        f"message{'' if decided == 1 else 's'} decided by both at "
        f"{len(comparison.decided)} boundar{'y' if len(comparison.decided) == 1 else 'ies'}",
        soft_wrap=True,
    )
    if comparison.unjudged:
        text = f"{comparison.unjudged:,} more were refused before their body was read: of them nothing is known"
        console.print(f"  {text}", style="dim", soft_wrap=True)
    if comparison.failed:
        times = f"{comparison.failed:,} time{'' if comparison.failed == 1 else 's'}"
        text = f"{times} the candidate itself broke; the first time stands in the log"
        console.print(f"  {text}", style="red", soft_wrap=True)
    if not comparison.differences:
        console.print("  no difference" if decided else "  nothing was decided yet", soft_wrap=True)
    for difference in sorted(comparison.differences.values(), key=lambda found: -found.count):
        of = comparison.decided.get(difference.boundary, 0)
        console.print(_headline(difference, of), soft_wrap=True)
        where = f"{difference.where}: " if difference.where else ""
        console.print(f"    {escape(where + difference.message)}", soft_wrap=True)
        console.print(f"    e.g. {escape(_example(difference.example))}", style="dim", soft_wrap=True)


def _headline(difference: Difference, of: int) -> str:
    colour = {"refuses": "red", "passes": "yellow"}.get(difference.outcome, "cyan")
    return (
        f"  [{colour}]{difference.count:,} of {of:,}[/] {OUTCOMES[difference.outcome]}: {difference.boundary} "
        f"{difference.phase} [bold]{escape(difference.assumption)}[/]"
    )


def _example(example: Any, names: Sequence[str] = ("method", "media", "operation", "tables")) -> str:
    """Return a masked example on one line: what says least comes last."""
    first = {name: value for name, value in example.items() if name not in names and value not in ({}, None)}
    rest = {name: example[name] for name in names if example.get(name) not in (None, {}, [])}
    return json.dumps({**first, **rest}, ensure_ascii=False)
