"""Re-creates the outage of the cat service three times and shows side by side what each check was worth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import traffic
from report import WIDTH, document, table
from rich.console import Console
from rich.text import Text
from story import RUNS, Outcome, Run, deviations
from system import NotStarted, System, running
from traces import violations_by_trace

TRIGGER = f"GET /api/zoom?picture=...&part={traffic.PART}&scale={traffic.SCALE}"
#: Seconds to wait for the first death of a run that should have one: on busy cores 0.5 GiB take their time to fill.
DEATH_SECONDS = 60.0

EXAMPLES = """
\b
Examples:
  python examples/outage/run.py                      about a minute, a table
  python examples/outage/run.py --seconds 60         longer runs, more probes
  python examples/outage/run.py --json > outage.json
  python examples/outage/run.py --keep var/outage    keep logs and traces, and the store for the next time

\b
Progress is told on standard error. The exit code is 0 if all runs went as the story says, 1 if one did not (which and
how is told), 130 or 143 after SIGINT or SIGTERM, which end the running system first.
"""


@click.command(epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=15.0,
    show_default=True,
    help="How long there is traffic in each of the three runs.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.5),
    default=5.0,
    show_default=True,
    help="Seconds from one request of the monitoring to the next.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of the table.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Keep the store, logs (a.log, ...) and traces (a.jsonl, ...) there; otherwise they are temporary.",
)
def main(seconds: float, every: float, as_json: bool, keep: Path | None) -> None:
    """Run the cat service three times under the same traffic, with less checking each time.

    The monitoring repeats one innocent-looking request that becomes a picture 480,000 px wide, while users go on asking
    for sane pictures: (a) as shipped, (b) without the frontend's own refusal, (c) without any refusal.
    """
    progress = Console(stderr=True, highlight=False)
    with _place(keep) as place:
        try:
            outcomes = _interruptible(place, seconds, every, progress)
        except (NotStarted, traffic.NoCat) as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(document(outcomes, trigger=TRIGGER, seconds=seconds), indent=2))
    else:
        Console(width=WIDTH, highlight=False).print(table(outcomes, trigger=TRIGGER, seconds=seconds))
    found = [text for outcome in outcomes for text in deviations(outcome)]
    for text in found:
        progress.print(Text(f"not as told: {text}", style="bold red"), soft_wrap=True)
    sys.exit(1 if found else 0)


@contextlib.contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="catguard-outage-") as directory:
            yield Path(directory)


def _interruptible(place: Path, seconds: float, every: float, progress: Console) -> list[Outcome]:
    """Do all runs; a signal cancels them, and the exit waits until the running system has ended."""
    received: list[signal.Signals] = []

    async def cancellable() -> list[Outcome]:
        runs = asyncio.create_task(_all(place, seconds, every, progress))

        def cancel(number: signal.Signals) -> None:
            if not received:  # a second one would leave processes behind
                received.append(number)
                progress.print(f"{number.name}: ending the system")
                runs.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, cancel, number)
        return await runs

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        sys.exit(128 + received[0])


async def _all(place: Path, seconds: float, every: float, progress: Console) -> list[Outcome]:
    # Pictures that were asked for are kept: each user of each run asks for another, now and the next time.
    seed = random.SystemRandom().randrange(2**30)
    outcomes = []
    for number, run in enumerate(RUNS):
        outcomes.append(await _one(run, place, seconds, every, seed + number * 1_000_000, progress))
    return outcomes


async def _one(run: Run, place: Path, seconds: float, every: float, seed: int, progress: Console) -> Outcome:
    def tell(text: str) -> None:
        progress.print(Text(f"({run.name}) {text}"), soft_wrap=True)

    def tell_probe(answer: traffic.Answer) -> None:
        named = " and ".join(answer.boundaries) or answer.detail
        tell(f"monitoring: {answer.status or 'no answer'} after {answer.seconds:.1f} s: {named}")

    trace = place / f"{run.name}.jsonl"
    trace.unlink(missing_ok=True)
    tell(f"{run.title}: {' '.join(('catguard up', *run.options))}")
    async with running(
        run.options, data=place / "data", trace=trace, log=place / f"{run.name}.log", tell=tell
    ) as system:
        probes, users = await _traffic(system, seconds, every, seed, tell_probe)
        if run.dies and not await system.died(DEATH_SECONDS):
            tell("nobody has died")
        deaths, log = system.deaths(), system.said("catomatic")
    traced = violations_by_trace(trace)
    tell(f"{len(deaths)} deaths, {sum(answer.status == 200 for answer in users)} of {len(users)} users served")
    return Outcome(run, deaths, probes, tuple(traced.get(probe.trace_id, ()) for probe in probes), log, users)


async def _traffic(
    system: System, seconds: float, every: float, seed: int, tell_probe: traffic.Tell
) -> tuple[tuple[traffic.Answer, ...], tuple[traffic.Answer, ...]]:
    """Let monitoring and users at the system; returns what each of them saw."""
    async with traffic.client(system.url) as http:
        picture = await traffic.any_cat(http, seed=seed)
        system.mark()
        async with asyncio.TaskGroup() as group:
            monitoring = group.create_task(
                traffic.monitor(http, picture, seconds=seconds, every=every, tell=tell_probe)
            )
            asking = group.create_task(traffic.users(http, seconds=seconds, first_seed=seed + 1))
        return monitoring.result(), asking.result()


if __name__ == "__main__":
    main()
