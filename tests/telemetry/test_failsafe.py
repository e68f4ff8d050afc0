from __future__ import annotations

import asyncio
import logging

import pytest

from catguard.telemetry.failsafe import MAX_KINDS, Failsafe


def fail(failsafe: Failsafe, operation: str, error: BaseException) -> None:
    with failsafe(operation):
        raise error


def test_failsafe_kind_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    failsafe = Failsafe()
    for _ in range(3):
        fail(failsafe, "end a span", OSError("disk"))
        fail(failsafe, "start a span", OSError("disk"))
        fail(failsafe, "end a span", KeyError("x"))
    assert len(caplog.records) == 3
    assert all(record.levelno == logging.WARNING and "Traceback" in record.getMessage() for record in caplog.records)


def test_failsafe_kinds_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    failsafe = Failsafe()
    for number in range(MAX_KINDS + 10):
        fail(failsafe, f"write {number}", OSError("disk"))
    assert len(caplog.records) == MAX_KINDS


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_failsafe_what_is_no_failure_passes(error: type[BaseException]) -> None:
    with pytest.raises(error):
        fail(Failsafe(), "end a span", error())
