"""Real supervisors over real worker processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.supervisor.conftest import Call, Supervised

Start = Callable[..., Supervised]


def connect_while(call: Call, port: int | None) -> None:
    while call.is_alive():
        socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.05)


def ended(pid: int) -> bool:
    """Whether a process ends within ten seconds; one that nobody has reaped yet has ended, too."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_serving_all_tiers_is_told_once_with_addresses(supervised: Start) -> None:
    system = supervised({"tier": "a"}, {"tier": "b"})
    system.until("Serving")
    assert sum(line.startswith("Ready") for line in system.seen) == 2
    os.kill(system.worker(), signal.SIGKILL)
    system.until("Ready")
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0
    assert sum(line.startswith("Serving") for line in system.seen) == 1


def test_worker_killed_from_outside_is_reported_without_a_guess_and_restarted(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    first = system.worker()
    os.kill(first, signal.SIGKILL)
    died = system.until("Died")
    assert f"a[{first}] died after" in died
    assert died.endswith("SIGKILL, sender unknown; dmesg says whether it was the kernel; starting again in 50 ms")
    system.until("Ready")
    assert system.worker() != first


def test_callers_wait_in_the_backlog_while_a_worker_restarts(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    os.kill(system.worker(), signal.SIGKILL)
    assert system.get("/pid").status_code == 200


@pytest.mark.parametrize("code", [0, 3])
def test_exit_code_of_a_worker_that_had_served_is_an_ordinary_death(supervised: Start, code: int) -> None:
    system = supervised()
    system.until("Serving")
    system.broken(f"/exit/{code}")
    assert re.search(rf"exit code {code};( the reason is above;)? starting again", system.until("Died"))
    system.until("Ready")
    assert system.get("/pid").status_code == 200


def test_death_by_own_fault_names_the_signal(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    os.kill(system.worker(), signal.SIGSEGV)
    assert re.search(r": SIGSEGV; native code faulted.*; starting again", system.until("Died"))


def test_first_worker_that_never_gets_ready_ends_the_run(supervised: Start) -> None:
    system = supervised({"tier": "a"}, {"tier": "b", "start": "exit:3"})
    assert system.end() == 1
    assert any(line.startswith("StartFailed: b did not start (exit code 3)") for line in system.seen)
    assert sum(line.startswith("Started: b") for line in system.seen) == 1


def test_later_worker_that_does_not_get_ready_is_tried_ever_more_slowly(supervised: Start, tmp_path: Path) -> None:
    system = supervised({"tier": "a", "start": f"once:{tmp_path / 'started'}:3"})
    system.until("Serving")
    os.kill(system.worker(), signal.SIGKILL)
    waits = [system.until("Died").rsplit(" in ")[-1] for _ in range(4)]
    assert waits == ["50 ms", "100 ms", "200 ms", "400 ms"]


def test_worker_over_its_memory_is_killed_with_limit_and_size_on_record(supervised: Start) -> None:
    system = supervised({"tier": "a", "memory": 150 * 2**20})
    assert "memory limit 150Mi" in system.until("Started")
    system.until("Serving")
    system.broken("/eat/300")
    assert "SIGKILL, killed by the " in (died := system.until("Died"))
    assert "memory limit" in died
    assert "150Mi" in died
    system.until("Ready")
    assert system.get("/eat/1").text == str(2**20)


def test_worker_is_the_kernels_choice_before_its_supervisor(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    own, worker = (Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in (os.getpid(), system.worker()))
    assert int(worker) >= max(int(own), 500)


def test_first_signal_lets_a_slow_request_finish_and_ends_with_0(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    call = system.calling("/sleep/1")
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0
    assert call.result().text == "slept"
    assert system.seen[-1].startswith("Stopped: a")


def test_tiers_drain_from_the_last_so_that_callees_outlast_their_callers(supervised: Start) -> None:
    system = supervised({"tier": "callee"}, {"tier": "caller"})
    system.until("Serving")
    call = system.calling("/sleep/1", tier=1)
    system.process.send_signal(signal.SIGINT)
    assert "draining caller, callee for" in system.until("Draining")
    assert system.get("/pid", tier=0).status_code == 200
    assert call.result().text == "slept"
    assert system.end() == 0
    stopped = [line.split("[")[0] for line in system.seen if line.startswith("Stopped")]
    assert stopped == ["Stopped: caller", "Stopped: callee"]


def test_new_connections_are_refused_while_draining(supervised: Start) -> None:
    system = supervised(drain=20)
    system.until("Serving")
    call = system.calling("/sleep/3")
    system.process.send_signal(signal.SIGTERM)
    system.until("Draining")
    with pytest.raises(ConnectionRefusedError):
        connect_while(call, urlsplit(system.urls[0]).port)
    assert call.result().text == "slept"


def test_request_that_outlasts_the_drain_is_told_so_and_the_run_ends(supervised: Start) -> None:
    system = supervised(drain=0.5)
    system.until("Serving")
    call = system.calling("/sleep/30")
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0
    answer = call.result()
    assert answer.status_code == 503
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in system.process.communicate()[1]


def test_worker_that_does_not_drain_is_killed_with_the_reason(supervised: Start) -> None:
    system = supervised(drain=0.2)
    system.until("Serving")
    os.kill(system.worker(), signal.SIGSTOP)
    system.process.send_signal(signal.SIGTERM)
    assert "SIGKILL, killed by the supervisor, not drained after 0.2 s" in system.until("Died")
    assert system.end() == 0


def test_second_signal_ends_at_once(supervised: Start) -> None:
    system = supervised(drain=60)
    system.until("Serving")
    worker = system.worker()
    call = system.calling("/sleep/50")
    system.process.send_signal(signal.SIGINT)
    system.until("Draining")
    time.sleep(0.3)
    system.process.send_signal(signal.SIGINT)
    assert system.end() == 128 + signal.SIGINT
    assert any("told to stop at once" in line for line in system.seen)
    assert ended(worker)
    assert call.result() is None


def test_signal_that_comes_twice_at_the_same_moment_is_one_wish(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    system.process.send_signal(signal.SIGTERM)
    system.until("Draining")
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0


def test_worker_ignores_the_terminals_interrupt(supervised: Start) -> None:
    system = supervised()
    system.until("Serving")
    worker = system.worker()
    assert os.getsid(worker) == worker
    os.kill(worker, signal.SIGINT)
    assert system.worker() == worker


def test_workers_end_when_their_supervisor_is_killed(supervised: Start) -> None:
    system = supervised({"tier": "a"}, {"tier": "b"})
    system.until("Serving")
    workers = [system.worker(tier) for tier in (0, 1)]
    system.process.kill()
    assert [ended(worker) for worker in workers] == [True, True]


def test_prepare_runs_once_before_any_worker(supervised: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    system = supervised({"tier": "a"}, {"tier": "b", "prepare": f"prepare:{log}:0"})
    system.until("Serving")
    os.kill(system.worker(1), signal.SIGKILL)
    system.until("Ready")
    assert log.read_text() == "prepared\n"


def test_prepare_that_fails_ends_the_run_with_its_code(supervised: Start, tmp_path: Path) -> None:
    system = supervised({"tier": "a"}, {"tier": "b", "prepare": f"prepare:{tmp_path / 'log'}:7"})
    assert system.end() == 7
    assert [line.split(" (")[0] for line in system.seen] == ["StartFailed: b could not be prepared"]


def test_signal_during_prepare_ends_it(supervised: Start) -> None:
    system = supervised({"tier": "a", "prepare": "slow"})
    own = system.process.pid
    children = Path(f"/proc/{own}/task/{own}/children")
    while not (child := children.read_text().strip()):
        time.sleep(0.02)
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0
    assert ended(int(child))


def test_signal_before_a_worker_is_ready_stops_it(supervised: Start) -> None:
    system = supervised({"tier": "a", "start": "slow"})
    system.until("Started")
    system.process.send_signal(signal.SIGTERM)
    assert system.end() == 0
    assert system.seen[-1].startswith("Stopped: a")
