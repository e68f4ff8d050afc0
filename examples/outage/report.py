"""The outcome of all runs, side by side for people and as JSON for machines, from the same data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rich.box import HORIZONTALS
from rich.table import Table
from rich.text import Text
from story import Outcome, deviations
from traffic import Answer

WIDTH = 100
TIMES = "\N{MULTIPLICATION SIGN}"
#: What the supervisor says of a worker's ordinary life.
_ORDINARY = ("started", "serves ", "stopped ")


def table(outcomes: Sequence[Outcome], *, trigger: str, seconds: float) -> Table:
    """Return the table, a column for each run."""
    shown = Table(
        title=f"Every run: {seconds:g} s of {trigger}",
        title_style="bold",
        title_justify="left",
        box=HORIZONTALS,
        show_lines=True,
        width=WIDTH,
        padding=(0, 1),
    )
    shown.add_column("", style="bold", width=12)
    for outcome in outcomes:
        shown.add_column(Text(f"({outcome.run.name}) {outcome.run.title}"), ratio=1, overflow="fold")
    rows: tuple[tuple[str, Callable[[Outcome], Text]], ...] = (
        ("catguard up", _options),
        ("deaths", _deaths),
        ("monitoring", _monitoring),
        ("its trace", _trace),
        ("backend log", _log),
        ("users served", _users),
    )
    for label, cell in rows:
        shown.add_row(label, *(cell(outcome) for outcome in outcomes))
    return shown


def document(outcomes: Sequence[Outcome], *, trigger: str, seconds: float) -> dict[str, Any]:
    """Return the same for machines."""
    found = [text for outcome in outcomes for text in deviations(outcome)]
    return {
        "trigger": trigger,
        "seconds": seconds,
        "as_told": not found,
        "deviations": found,
        "runs": [_run(outcome) for outcome in outcomes],
    }


def _run(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.run.name,
        "title": outcome.run.title,
        "options": list(outcome.run.options),
        "deaths": [{"tier": death.tier, "pid": death.pid, "cause": death.cause} for death in outcome.deaths],
        "probes": [
            {
                "status": probe.status,
                "boundaries": list(probe.boundaries),
                "detail": probe.detail,
                "seconds": round(probe.seconds, 3),
                "trace_id": probe.trace_id,
                "traced": [{"boundary": boundary, "action": action} for boundary, action in traced],
            }
            for probe, traced in zip(outcome.probes, outcome.traced, strict=True)
        ],
        "log": list(outcome.log),
        "users": {
            "asked": len(outcome.users),
            "served": outcome.served,
            "statuses": _statuses(outcome.users),
            "slowest_seconds": round(_slowest(outcome.users), 3),
        },
    }


def _options(outcome: Outcome) -> Text:
    pairs = zip(outcome.run.options[::2], outcome.run.options[1::2], strict=True)
    return Text("\n".join(f"{option} {value}" for option, value in pairs) or "no options")


def _deaths(outcome: Outcome) -> Text:
    if not outcome.deaths:
        return Text("0", style="green")
    text = Text(f"{len(outcome.deaths)} in {len(outcome.probes)} probes", style="bold red")
    how = dict.fromkeys(f"{death.tier}: {death.cause.partition(':')[0]}" for death in outcome.deaths)
    return text.append("\n" + "\n".join(how), style="not bold")


def _monitoring(outcome: Outcome) -> Text:
    text = Text(_counted(outcome.probes), style="bold")
    named = list(dict.fromkeys(boundary for probe in outcome.probes for boundary in probe.boundaries))
    if named:
        return text.append("\nnaming " + "\nand ".join(named), style="not bold")
    return text.append("\nnaming nobody:\n" + _kinds([probe.detail for probe in outcome.probes]), style="not bold")


def _trace(outcome: Outcome) -> Text:
    pairs = outcome.traced[-1] if outcome.traced else ()
    return Text("\n".join(f"{boundary} ({action})" for boundary, action in pairs) or "no violation")


def _log(outcome: Outcome) -> Text:
    wrong = [line for line in outcome.log if not line.startswith(_ORDINARY)]
    return Text(_kinds(wrong) or "nothing: no such call arrived")


def _users(outcome: Outcome) -> Text:
    everyone = outcome.served == len(outcome.users)
    text = Text(f"{outcome.served} of {len(outcome.users)}", style="bold green" if everyone else "bold red")
    if not everyone:
        failed = [answer for answer in outcome.users if answer.status != 200]
        text.append(f"\nothers: {_counted(failed)}", style="not bold")
    return text.append(f"\nslowest {_slowest(outcome.users):.1f} s", style="not bold")


def _statuses(answers: Sequence[Answer]) -> dict[str, int]:
    return dict(Counter(str(answer.status or "none") for answer in answers))


def _counted(answers: Sequence[Answer]) -> str:
    return ", ".join(f"{count} {TIMES} {status}" for status, count in _statuses(answers).items())


def _slowest(answers: Sequence[Answer]) -> float:
    return max((answer.seconds for answer in answers), default=0.0)


def _kinds(lines: Sequence[str]) -> str:
    """Return one line of each kind with its count: lines that differ in numbers only are of a kind."""
    kinds: dict[str, list[str]] = {}
    for line in lines:
        kinds.setdefault(re.sub(r"[\d.]+", "#", line), []).append(line)
    return "\n".join(f"{len(same)} {TIMES} {same[0]}" for same in kinds.values())
