"""What runs beside the workers, under real supervisors."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.supervisor.conftest import Supervised

Start = Callable[..., Supervised]


def test_fill_runs_beside_the_workers_and_is_told_when_it_is_done(supervised: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    system = supervised({"tier": "a"}, {"tier": "b", "fill": f"prepare:{log}:0"})
    assert system.until("Filled").startswith("Filled: b[")
    assert log.read_text() == "prepared\n"
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0


def test_tiers_serve_before_they_are_filled(supervised: Start) -> None:
    system = supervised({"tier": "a", "fill": "slow"})
    system.until("Serving")
    assert system.get("/pid").status_code == 200
    assert not any(line.startswith("Fill") for line in system.seen)
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0


def test_fill_that_is_killed_is_begun_again_ever_more_slowly(supervised: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    system = supervised({"tier": "a", "fill": f"killed:{log}:2"})
    system.until("Filled")
    died = [line for line in system.seen if line.startswith("FillDied")]
    assert [line.rpartition("; ")[2] for line in died] == ["going on in 50 ms", "going on in 100 ms"]
    assert all("SIGKILL, sender unknown" in line for line in died)
    assert len(set(log.read_text().split())) == 3


def test_fill_that_fails_is_told_once_and_the_tier_serves_on(supervised: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    system = supervised({"tier": "a", "fill": f"prepare:{log}:7"})
    assert "exit code 7; the reason is above)" in system.until("FillDied")
    assert system.get("/pid").status_code == 200
    assert log.read_text() == "prepared\n"


def test_fill_that_is_killed_leaves_nothing_behind(supervised: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    system = supervised({"tier": "a", "fill": f"leaves:{log}"})
    system.until("Filled")
    left = Path(f"/proc/{log.read_text()}/stat")
    assert not left.exists() or left.read_text().rpartition(")")[2].split()[0] == "Z"
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0


@pytest.mark.parametrize("signals", [1, 2])
def test_fill_ends_with_the_run(supervised: Start, signals: int) -> None:
    system = supervised({"tier": "a", "fill": "slow"})
    system.until("Serving")
    own = system.process.pid
    children = [int(pid) for pid in Path(f"/proc/{own}/task/{own}/children").read_text().split()]
    assert len(children) == 2
    for _ in range(signals):
        system.process.send_signal(signal.SIGTERM)
        time.sleep(0.15)  # twice at the same moment is one wish
    system.end()
    assert not any(line.startswith("Fill") for line in system.seen)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_fill_ends_before_the_workers_have_drained(supervised: Start) -> None:
    system = supervised({"tier": "a", "fill": "slow"})
    system.until("Serving")
    own = system.process.pid
    children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    (filling,) = [pid for pid in children if int(pid) != system.worker()]
    call = system.calling("/sleep/3")
    system.process.send_signal(signal.SIGTERM)
    while Path(f"/proc/{filling}").exists():
        time.sleep(0.02)
    assert call.is_alive()
    assert system.end() == 0
    answer = call.result()
    assert answer is not None
    assert answer.text == "slept"
