"""The first start: the store serves while its cats are still being drawn."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx2

from tests.system.running import PATIENCE, System


def drawing(system: System) -> int:
    """The process that draws."""
    own = system.process.pid
    while True:
        for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
            if "fill" in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                return int(child)
        time.sleep(0.02)


def cats(system: System) -> list[tuple[str, str]]:
    query = {"kind": "cat", "limit": 20}
    answer = httpx2.get(f"{system.addresses['store']}/v1/pictures", params=query, timeout=PATIENCE)
    return [(picture["breed"], picture["pose"]) for picture in answer.json()["pictures"]]


def test_store_serves_while_it_is_filled_and_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    chosen = {"CATGUARD_STORE_DRAWINGS": "siamese, sphynx"}
    system = System(tmp_path, tiers=["store"], options=["store"], variables=chosen, complete=False)
    try:
        before = cats(system)
        os.kill(drawing(system), signal.SIGKILL)
        system.until_complete()
        assert 5 <= len(before) < 10, "the first few are there before anybody is served"
        assert len(set(cats(system))) == len(cats(system)) == 10, "two breeds in five poses"
        assert "is not complete: its filling died (SIGKILL" in system.log()
    finally:
        assert system.stop() == 0
