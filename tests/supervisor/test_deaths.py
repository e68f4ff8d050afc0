from __future__ import annotations

import pytest

from catguard.supervisor.deaths import DrainOver, MemoryExceeded, OomKilled, classify

EXCEEDED = MemoryExceeded(limit=512 * 2**20, resident=530 * 2**20)
OOM = OomKilled(limit=512 * 2**20, kills=1)


@pytest.mark.parametrize(
    ("returncode", "kill", "oom", "text"),
    [
        (0, None, None, "exit code 0"),
        (3, None, None, "exit code 3"),
        (-9, None, None, "SIGKILL, sender unknown"),
        (-15, None, None, "SIGTERM, sender unknown"),
        (-11, None, None, "SIGSEGV"),
        (-40, None, None, "signal 40"),
        (
            -9,
            EXCEEDED,
            None,
            "SIGKILL, killed by the supervisor, memory limit exceeded: 530.0 MiB resident, 512Mi allowed",
        ),
        (-9, DrainOver(10), None, "SIGKILL, killed by the supervisor, not drained after 10 s"),
        (
            -9,
            None,
            OOM,
            "SIGKILL, killed by the kernel, memory limit of 512Mi reached (oom_kill +1 in the worker's cgroup)",
        ),
    ],
)
def test_classify_says_what_is_known(returncode, kill, oom, text) -> None:
    assert str(classify(returncode, kill=kill, oom=oom)) == text


@pytest.mark.parametrize("returncode", [-11, 1])
def test_classify_another_end_than_the_kill_is_not_blamed_on_it(returncode: int) -> None:
    assert classify(returncode, kill=EXCEEDED, oom=OOM).kill is None
