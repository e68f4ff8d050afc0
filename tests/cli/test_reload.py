"""`catguard up` and policies that change: every worker takes them, or none does, also across restarts."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import ANY, POLICIES, Run

Start = Callable[..., Run]
#: Nobody waits longer than this any more.
NARROW = POLICIES.replace("maximum: 30", "maximum: 3")
BROKEN = POLICIES.replace("maximum: 30", "maximun: 30")
HELLO = "      hello:\n        http: GET /hello"


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def write(run: Run, text: str) -> None:
    (run.place / "policies.yaml").write_text(text)


def told(run: Run, text: str) -> None:
    until(lambda: text in run.told(), f"nobody said {text!r}: {run.told()}")


def config(run: Run) -> list[dict[str, str]]:
    """The attributes of every catguard.config.loaded event in the trace, with the service that told it."""
    found = []
    for line in (run.place / "trace.jsonl").read_text().splitlines():
        for resource in json.loads(line).get("resourceLogs", ()):
            service = {each["key"]: each["value"] for each in resource["resource"]["attributes"]}
            for scope in resource["scopeLogs"]:
                for record in scope["logRecords"]:
                    if record.get("eventName") == "catguard.config.loaded":
                        attributes = {each["key"]: str(*each["value"].values()) for each in record["attributes"]}
                        found.append({**attributes, "service": service["service.name"]["stringValue"]})
    return found


@pytest.fixture(params=[(), ("--in-process",)], ids=["processes", "in process"])
def either(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


def test_every_tier_takes_new_policies_and_none_takes_bad_ones(catguard: Start, either: tuple[str, ...]) -> None:
    run = catguard("up", *ANY, *either, "--trace", "trace.jsonl")
    url = run.ready()
    back = re.search(r"back\[\d+\] serves (http\S+) ", run.told())
    write(run, BROKEN)
    told(run, "the policy files changed: rejected")
    assert "did you mean 'maximum'?" in run.told()
    assert httpx2.get(f"{url}?wait=0").status_code == 200
    write(run, NARROW)
    told(run, "the tiers take it now; before it was")
    until(lambda: httpx2.get(f"{url}?wait=3.5", timeout=20).status_code == 400, "the front goes on as before")
    if back is not None:
        until(lambda: httpx2.get(f"{back[1]}/hello?wait=3.5").status_code == 400, "the back goes on as before")
    run.process.send_signal(signal.SIGHUP)
    told(run, "SIGHUP: nothing is new, revision")
    write(run, NARROW + "# a comment\n")
    told(run, "the policy files changed: they say what they said, and revision")
    assert run.end(signal.SIGTERM) == 0
    assert "Traceback" not in run.told()
    results = {(each["service"], each["catguard.config.result"]) for each in config(run)}
    assert results == {
        ("front", "applied"),
        ("back", "applied"),
        ("supervisor", "rejected"),
        ("supervisor", "kept"),
    }
    assert len({each["catguard.revision"] for each in config(run)}) == 2
    taken = {each["catguard.config.trigger"] for each in config(run) if each["catguard.config.result"] == "applied"}
    assert taken == {"start", "file"}


def test_what_the_code_can_follow_is_taken_and_a_boundary_without_a_handler_is_not(catguard: Start) -> None:
    run = catguard("up", *ANY)
    url = run.ready()
    back = re.search(r"back\[\d+\] serves (http\S+) ", run.told())
    assert back is not None
    other = HELLO.replace("hello", "other") + "\n        from: public\n        response: {200: {media: [text/plain]}}\n"
    write(run, POLICIES.replace(HELLO, other + HELLO))
    told(run, "back.inbound.other (policies.yaml:")
    assert "is new, and the running code has no handler for it; start again with it" in run.told()
    assert httpx2.get(url).status_code == 200
    moved = POLICIES.replace("http: GET /hello", "http: GET /hallo").replace("from: [front]", "from: [front, probe]")
    write(run, moved)
    until(lambda: httpx2.get(f"{back[1]}/hallo").status_code == 200, "the new path is not there")
    assert httpx2.get(f"{back[1]}/hello").status_code == 404


def test_worker_that_starts_again_takes_the_last_good_policies(catguard: Start) -> None:
    run = catguard("up", *ANY)
    url = run.ready()
    write(run, NARROW)
    told(run, "the tiers take it now")
    write(run, BROKEN)
    told(run, "rejected")
    pid = re.search(r"front\[(\d+)\] serves", run.told())
    assert pid is not None
    os.kill(int(pid[1]), signal.SIGKILL)
    until(lambda: run.told().count("front[") >= 3 and run.told().count("serves") == 3, "it was not started again")
    assert httpx2.get(f"{url}?wait=3.5", timeout=20).status_code == 400


def test_up_begins_with_the_last_good_text_when_the_files_are_broken(catguard: Start, place: Path) -> None:
    first = catguard("up", *ANY)
    first.ready()
    write(first, NARROW)
    told(first, "the tiers take it now")
    assert first.end(signal.SIGTERM) == 0
    (place / "policies.yaml").write_text(BROKEN)
    again = catguard("up", *ANY, "--trace", "trace.jsonl")
    url = again.ready()
    assert "STARTED WITH THE LAST GOOD TEXT, revision" in again.told()
    assert "did you mean 'maximum'?" in again.told()
    assert [httpx2.get(f"{url}?wait={wait}", timeout=20).status_code for wait in (0, 3.5)] == [200, 400]
    write(again, POLICIES)
    told(again, "the tiers take it now")
    until(lambda: httpx2.get(f"{url}?wait=3.5", timeout=20).status_code == 200, "the mended file is not in force")
    assert again.end(signal.SIGTERM) == 0
    started = {each["catguard.config.result"] for each in config(again) if each["catguard.config.trigger"] == "start"}
    assert started == {"kept"}


def test_up_without_a_last_good_text_ends_with_the_faults(catguard: Start, place: Path) -> None:
    (place / "policies.yaml").write_text(BROKEN)
    run = catguard("up", *ANY)
    assert run.process.wait(60) == 1
    assert "did you mean 'maximum'?" in run.told()
