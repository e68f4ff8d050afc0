"""`catguard up --candidate` and `catguard explain --candidate`: two opinions of real traffic, one of which acts."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from rich.console import Console

from catguard.cli.live import Followed, begin, begin_candidate
from catguard.cli.main import cli
from tests.cli.conftest import ANY, POLICIES, Run
from tests.cli.test_reload import config

Start = Callable[..., Run]
STRICTER = POLICIES.replace("maximum: 30", "maximum: 0.01")


def explained(run: Run, *arguments: str) -> str:
    done = CliRunner().invoke(cli, ["explain", "--candidate", "--data", str(run.place / "var"), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("how", [(), ("--in-process",)], ids=["processes", "in process"])
def test_differences_are_counted_and_shown_and_nothing_else_changes(
    catguard: Start, place: Path, how: tuple[str, ...]
) -> None:
    (place / "stricter.yaml").write_text(STRICTER)
    run = catguard("up", *ANY, *how, "--candidate", "stricter.yaml")
    url = run.ready()
    assert "candidate: stricter.yaml, revision" in run.told()
    assert [httpx2.get(f"{url}?wait={wait}").status_code for wait in (0, 0.1, 0.2)] == [200, 200, 200]

    def counted() -> bool:
        found = (
            json.loads(explained(run, "--format", "json"))
            if list((place / "var" / ".candidate").glob("*.json"))
            else []
        )
        return bool(found) and len(found[-1]["decided"]) >= 3 and found[-1]["decided"].get("front.inbound.relay") == 6

    until(counted)
    shown = explained(run)
    for boundary in ("front.inbound.relay", "front.outbound.hello", "back.inbound.hello"):
        assert f"2 of 6 refuses what is let through: {boundary} request query/wait/maximum" in shown
    assert "/query/wait: wait must be at most 0.01" in shown
    assert '"wait": "<number>"' in shown
    assert "back.inbound" not in explained(run, "front")
    (place / "stricter.yaml").write_text(STRICTER.replace("maximum: 0.01", "maximun: 1"))
    until(lambda: "candidate: the policy files changed: rejected" in run.told())
    (place / "stricter.yaml").write_text(POLICIES)
    until(lambda: "candidate: the policy files changed: revision" in run.told())
    until(lambda: httpx2.get(f"{url}?wait=0.1").status_code == 200 and "no difference" in explained(run))


def test_broken_candidate_and_policies_keep_nothing_from_starting(catguard: Start, place: Path) -> None:
    quiet = Console(file=io.StringIO())
    begin([place / "policies.yaml"], (), data=place / "var", console=quiet)
    (place / "policies.yaml").write_text(POLICIES + "x: [")
    (place / "stricter.yaml").write_text(STRICTER + "x: [")
    run = catguard("up", *ANY, "--in-process", "--candidate", "stricter.yaml", "--trace", "trace.jsonl")
    url = run.ready()
    assert "STARTED WITH THE LAST GOOD TEXT, revision" in run.told()
    assert "stricter.yaml" in run.told()
    assert "STARTED WITHOUT A CANDIDATE: mend the files" in run.told()
    assert httpx2.get(f"{url}?wait=0.1").status_code == 200
    (place / "stricter.yaml").write_text(STRICTER)
    until(lambda: "the tiers take it now; before there was none" in run.told())
    until((place / "var" / ".candidate").exists)
    until(lambda: httpx2.get(f"{url}?wait=0.1").status_code == 200 and "what is let through" in explained(run))
    told = [each for each in config(run) if "catguard.config.candidate" in each]
    assert [(each["service"], each["catguard.config.result"]) for each in told] == [("supervisor", "rejected")]


def test_broken_candidate_is_replaced_by_its_last_good_text(place: Path) -> None:
    told = io.StringIO()
    candidate = place / "stricter.yaml"

    def begun() -> Followed:
        found = begin_candidate(
            [candidate],
            (),
            data=place / "var",
            console=Console(file=told, width=200),
            trace=str(place / "trace.jsonl"),
        )
        assert found is not None
        return found

    candidate.write_text(STRICTER)
    good = begun()
    for broken in ("x: [", STRICTER.replace("maximum", "maximun"), None):
        candidate.write_text(broken) if broken else candidate.unlink()
        found = begun()
        assert (found.revision, found.kept) == (good.revision, good.kept)
        assert found.files == (str(candidate),)
    assert (
        told.getvalue().count(f"STARTED WITH THE CANDIDATE'S LAST GOOD TEXT, revision {str(good.revision)[:12]}") == 3
    )
    assert "did you mean 'maximum'?" in told.getvalue()
    assert (place / "trace.jsonl").read_text().count('"kept"') == 3


def test_explain_candidate_without_one_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["explain", "--candidate", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "start `catguard up --candidate FILE`" in " ".join(result.output.split())


def test_explain_needs_a_name_or_the_candidate() -> None:
    assert CliRunner().invoke(cli, ["explain"]).exit_code == 2
