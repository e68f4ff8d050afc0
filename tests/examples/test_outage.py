"""The outage as its users run it, briefly, and what tells a run that is not as the story says."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catguard.supervisor.deaths import Death, DrainOver, MemoryExceeded, OomKilled
from catguard.supervisor.events import Died

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "outage"
RUN = (sys.executable, str(EXAMPLE / "run.py"))
FRONTEND = "frontend.outbound.render"
CATOMATIC = "catomatic.inbound.render"
# On a busy machine starting and dying take long, and nothing here depends on how long.
patient = pytest.mark.timeout(900)


class Ran:
    """The example, run once from a directory that is not ours, with what it kept."""

    def __init__(self, place: Path, seeded: Path) -> None:
        self.kept = place / "kept"
        to_be_drawn(1, seeded, self.kept)
        command = [*RUN, "--seconds", "4", "--every", "2", "--json", "--keep", str(self.kept)]
        self.done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        self.document: dict[str, Any] = json.loads(self.done.stdout) if self.done.stdout else {}

    def run(self, name: str) -> Any:
        return next(run for run in self.document["runs"] if run["name"] == name)

    def statuses(self, name: str) -> list[int]:
        return [probe["status"] for probe in self.run(name)["probes"]]


def to_be_drawn(count: int, seeded: Path, kept: Path) -> None:
    """Keep a store whose drawing was interrupted when so many cats were missing."""
    shutil.copytree(seeded, kept / "data")
    with contextlib.closing(sqlite3.connect(kept / "data" / "store" / "store.db")) as database:
        database.execute("PRAGMA foreign_keys = ON")
        chosen = "SELECT id FROM pictures WHERE kind = 'cat' ORDER BY id LIMIT ?"
        assert database.execute(f"DELETE FROM pictures WHERE id IN ({chosen})", [count]).rowcount == count
        database.commit()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Ran:
    return Ran(tmp_path_factory.mktemp("outage"), seeded)


def violations(path: Path, trace_id: str) -> set[tuple[str, str]]:
    """Boundary and action of each violation event on the exported spans of one trace."""
    found = set()
    for line in path.read_text().splitlines():
        for resource in json.loads(line).get("resourceSpans", ()):
            for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
                for event in span.get("events", ()):
                    if span["traceId"] == trace_id and event["name"] == "catguard.violation":
                        values = {pair["key"]: pair["value"].get("stringValue") for pair in event["attributes"]}
                        found.add((values["catguard.boundary.name"], values["catguard.action"]))
    return found


@patient
def test_outage_goes_as_the_story_says(ran: Ran) -> None:
    assert ran.done.returncode == 0, ran.done.stderr
    assert ran.document["as_told"]
    assert [run["name"] for run in ran.document["runs"]] == ["a", "b", "c"]


@patient
def test_outage_as_shipped_is_refused_by_the_frontend(ran: Ran) -> None:
    run = ran.run("a")
    assert ran.statuses("a") == [422] * 2
    assert [probe["boundaries"] for probe in run["probes"]] == [[FRONTEND]] * 2
    assert run["log"] == []


@patient
def test_outage_behind_an_audit_is_refused_by_catomatic(ran: Ran) -> None:
    run = ran.run("b")
    assert ran.statuses("b") == [422] * 2
    assert [probe["boundaries"] for probe in run["probes"]] == [[CATOMATIC]] * 2
    assert any(line.startswith(f"refused: {CATOMATIC}") and "/body/width" in line for line in run["log"])


@patient
def test_outage_behind_an_audit_has_both_ends_in_one_trace(ran: Ran) -> None:
    for probe in ran.run("b")["probes"]:
        exported = violations(ran.kept / "b.jsonl", probe["trace_id"])
        assert exported == {(FRONTEND, "audit"), (CATOMATIC, "deny")}


@patient
@pytest.mark.parametrize("name", ["a", "b"])
def test_outage_with_a_check_kills_nobody_and_serves_all_users(ran: Ran, name: str) -> None:
    run = ran.run(name)
    assert run["deaths"] == []
    assert run["users"]["statuses"] == {"200": 8}
    assert run["users"]["asked"] == run["users"]["served"] == 8


@patient
def test_outage_without_checks_kills_catomatic_by_its_memory(ran: Ran) -> None:
    deaths = ran.run("c")["deaths"]
    assert deaths
    for death in deaths:
        assert death["tier"] == "catomatic"
        assert death["cause"].startswith("SIGKILL, killed by the ")
        assert "memory limit" in death["cause"]
        assert "512Mi" in death["cause"]
    assert len({death["pid"] for death in deaths}) == len(deaths)


@patient
def test_outage_without_checks_tells_the_monitoring_nothing(ran: Ran) -> None:
    for probe in ran.run("c")["probes"]:
        assert probe["status"] in (502, 503, 504)
        assert probe["boundaries"] == []


@patient
def test_outage_without_checks_answers_every_user(ran: Ran) -> None:
    users = ran.run("c")["users"]
    assert users["asked"] == 8
    assert set(users["statuses"]) <= {"200", "502", "503", "504"}


@patient
def test_outage_tells_its_progress_on_stderr(ran: Ran) -> None:
    assert "(a) store: drawing pictures: 100 %" in ran.done.stderr
    assert "(c) catomatic[" in ran.done.stderr


def test_outage_help_has_examples() -> None:
    done = subprocess.run([*RUN, "--help"], capture_output=True, text=True, check=True)
    assert "python examples/outage/run.py --json" in done.stdout


def running_below(place: Path) -> list[int]:
    """Process ids of all whose command line names a place."""
    found = []
    for directory in Path("/proc").iterdir():
        try:
            if directory.name.isdigit() and os.fsencode(place) in (directory / "cmdline").read_bytes():
                found.append(int(directory.name))
        except OSError:
            continue  # it has ended
    return found


@patient
@pytest.mark.parametrize(
    ("number", "moment"), [(signal.SIGTERM, "(a) store: drawing pictures"), (signal.SIGINT, "(a) monitoring: 422")]
)
def test_outage_interrupted_leaves_no_process(
    seeded: Path, tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    kept = tmp_path / "kept"
    to_be_drawn(12 if "drawing" in moment else 0, seeded, kept)
    process = subprocess.Popen([*RUN, "--keep", str(kept)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = []
    while not told or not told[-1].startswith(moment):
        told.append(process.stderr.readline())
        assert told[-1], told
    assert running_below(kept / "data")
    process.send_signal(number)
    told.append(process.communicate()[1])
    assert process.returncode == 128 + number, told
    assert f"{number.name}: ending the system" in told[-1]
    assert running_below(kept) == []


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the example's modules importable, as they are for run.py, and forget them afterwards."""
    monkeypatch.syspath_prepend(EXAMPLE)
    yield
    for name in ("report", "story", "system", "traces", "traffic"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("restart_in", [0.05, None])
@pytest.mark.parametrize(
    "death",
    [
        Death(None, "SIGKILL", MemoryExceeded(2**29, 2**29 + 1)),
        Death(None, "SIGKILL", OomKilled(2**29, 1)),
        Death(None, "SIGKILL", DrainOver(10)),
        Death(None, "SIGKILL"),
        Death(3, None),
    ],
    ids=str,
)
def test_outage_reads_the_deaths_that_the_supervisor_tells(
    death: Death, restart_in: float | None, served: bool
) -> None:
    import system

    line = str(Died("catomatic", 4711, death, uptime=1.5, served=served, restart_in=restart_in))
    assert system.deaths_in(["catomatic[4711] started", line]) == (system.Death("catomatic", 4711, str(death)),)


@pytest.mark.usefixtures("example")
def test_outage_reads_what_a_tier_logs() -> None:
    import system

    lines = [
        "2026-11-23 07:18:00,086 catomatic[19230] WARNING catguard.inbound: refused: too wide trace " + "5f" * 16,
        "2026-11-23 07:18:00,087 frontend[19231] WARNING catguard.outbound: refused on the inbound side",
        "catomatic[19230] serves http://127.0.0.1:43253 after 6.1 s",
    ]
    assert system.said_in(lines, "catomatic") == (
        "refused: too wide",
        "serves http://127.0.0.1:43253 after 6.1 s",
    )


def outcome(name: str, **changed: Any) -> Any:
    """An outcome that is as told, but for what is changed; a probe is (status, boundaries)."""
    import story
    from traffic import Answer

    run = next(run for run in story.RUNS if run.name == name)
    told = tuple(boundary for boundary, action in run.traced if action == "deny")
    values: dict[str, Any] = {
        "deaths": (story.Death("catomatic", 1, "SIGKILL, memory limit exceeded"),) if run.dies else (),
        "probes": ((502, ()) if run.dies else (422, told),),
        "traced": (run.traced,),
        "log": (),
        "users": (200,),
        **changed,
    }
    values["probes"] = tuple(Answer(status, 0.1, "", boundaries, "") for status, boundaries in values["probes"])
    values["users"] = tuple(Answer(status, 0.1, "", (), "") for status in values["users"])
    return story.Outcome(run, **values)


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_outage_as_told_has_no_deviation(name: str) -> None:
    import story

    assert story.deviations(outcome(name)) == ()


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(
    ("name", "changed", "text"),
    [
        ("a", {"deaths": ("SIGSEGV",)}, "(a) catomatic died: SIGSEGV"),
        ("a", {"probes": [(502, ())]}, "(a) probe 1 got 502"),
        ("b", {"probes": [(422, (CATOMATIC, FRONTEND))]}, "(b) probe 1 got 422"),
        ("b", {"traced": (((CATOMATIC, "deny"),),)}, "(b) the trace of probe 1"),
        ("b", {"users": (200, None)}, "(b) 1 of 2 users were served"),
        ("c", {"deaths": ()}, "(c) 0 deaths of 1 probes"),
        ("c", {"probes": [(502, ()), (502, ())], "traced": ((), ())}, "(c) 1 deaths of 2 probes"),
        ("c", {"deaths": ("exit code 3",)}, "(c) catomatic died, and not of its memory limit"),
        ("c", {"probes": [(422, (CATOMATIC,))]}, "(c) probe 1 got 422"),
    ],
)
def test_outage_not_as_told_says_how(name: str, changed: dict[str, Any], text: str) -> None:
    import story

    if "deaths" in changed:
        changed = {**changed, "deaths": tuple(story.Death("catomatic", 1, cause) for cause in changed["deaths"])}
    found = story.deviations(outcome(name, **changed))
    assert len(found) == 1
    assert found[0].startswith(text)


@pytest.mark.usefixtures("example")
def test_outage_table_fits_its_width() -> None:
    from io import StringIO

    import report
    from rich.console import Console

    shown = StringIO()
    outcomes = [outcome(name) for name in "abc"]
    Console(file=shown, width=200).print(report.table(outcomes, trigger="GET /api/zoom", seconds=4.0))
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(FRONTEND in line for line in lines) == 4
